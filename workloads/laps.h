// SPDX-License-Identifier: Apache-2.0
//
// A region in parts: one look at the clock for each, so that one slow operation does not hide what the others took.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace taskcost::workload {

// Some twenty parts of the same number of operations, and what is left over at the end belongs to none. It may lie in
// memory that several processes share, and several may take turns to call it.
class Laps {
 public:
  // `least`: operations of a lap, so many that reading the clock takes next to nothing of their time.
  void begin(std::uint64_t operations, std::uint64_t least);
  // After each operation, or each group of them.
  void after(std::uint64_t operations) {
    if (operations >= next_) {
      end_lap(operations);
    }
  }
  // The median over the laps of the nanoseconds that an operation took. nullopt: too few operations for one lap.
  [[nodiscard]] std::optional<double> typical_ns() const;

 private:
  static constexpr std::size_t laps = 20;
  struct Mark {
    std::uint64_t operations;
    std::chrono::nanoseconds at;
  };

  void end_lap(std::uint64_t operations);

  std::uint64_t next_ = 0;  // operations at which the lap ends
  std::uint64_t each_ = 0;
  std::size_t marks_ = 0;
  std::array<Mark, laps + 1> mark_{};  // the first: the beginning
};

}  // namespace taskcost::workload
