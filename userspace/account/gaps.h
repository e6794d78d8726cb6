// SPDX-License-Identifier: Apache-2.0
//
// What lost events make unknown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "account/task_track.h"

namespace taskcost {

class Gaps {
 public:
  struct Gap {
    std::uint64_t first_ns = 0;
    std::uint64_t last_ns = 0;
    std::optional<std::uint32_t> cpu;  // nullopt: all CPUs
  };

  // With more than this many, the newest of a CPU grows.
  static constexpr std::size_t limit = 4096;
  void add(const Gap& gap);
  [[nodiscard]] std::size_t size() const { return gaps_.size(); }

  // Of the first gap that ends at `since_ns` or later; UINT64_MAX for none.
  [[nodiscard]] std::uint64_t first_after(std::uint64_t since_ns) const;
  // Makes unknown what they touch; the stretches stay in their order.
  void cover(std::vector<Stretch>& stretches) const;

 private:
  std::vector<Gap> gaps_;
};

}  // namespace taskcost
