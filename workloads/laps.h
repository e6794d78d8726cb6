// SPDX-License-Identifier: Apache-2.0
//
// A region is divided into parts with one clock read each, so that one slow operation does not hide how long the others
// took.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace taskcost::workload {

// There are some twenty parts with the same number of operations; the rest at the end belongs to none. The object may
// lie in memory that several processes share, and several tasks may take turns to call it.
class Laps {
 public:
  // A lap has at least `least` operations, so that the clock read is a negligible part of it.
  void begin(std::uint64_t operations, std::uint64_t least);
  // Call this after each operation, or after each group of them.
  void after(std::uint64_t operations) {
    if (operations >= next_) {
      end_lap(operations);
    }
  }
  // The median over the laps of the nanoseconds for one operation. nullopt: there were too few operations for one lap.
  [[nodiscard]] std::optional<double> typical_ns() const;

 private:
  static constexpr std::size_t laps = 20;
  struct Mark {
    std::uint64_t operations;
    std::chrono::nanoseconds at;
  };

  void end_lap(std::uint64_t operations);

  std::uint64_t next_ = 0;  // the number of operations at which the lap ends
  std::uint64_t each_ = 0;
  std::size_t marks_ = 0;
  std::array<Mark, laps + 1> mark_{};  // the first one is the beginning
};

}  // namespace taskcost::workload
