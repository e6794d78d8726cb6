// SPDX-License-Identifier: Apache-2.0
//
// Gaps in the order of time, and which of them an interval touches. Nearly always there are none, and asking is cheap.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "taskcost/replay.h"

namespace taskcost {

class GapList {
 public:
  // Of one interval: how many gaps touch it, and where the first of them begins.
  struct Touch {
    std::uint64_t gaps = 0;
    std::uint64_t first_ns = 0;

    explicit operator bool() const { return gaps != 0; }
  };

  explicit GapList(std::vector<ReplayGap> gaps);

  // False for one that is in the list already.
  bool add(const ReplayGap& gap);

  // The gaps that reach into the open interval and lie on `cpu`; nullopt: on any.
  [[nodiscard]] Touch touching(std::uint64_t from_ns, std::uint64_t to_ns, std::optional<std::uint32_t> cpu) const {
    return gaps_.empty() || from_ns >= to_ns ? Touch{} : search(from_ns, to_ns, cpu);
  }
  [[nodiscard]] const std::vector<ReplayGap>& all() const { return gaps_; }

 private:
  [[nodiscard]] Touch search(std::uint64_t from_ns, std::uint64_t to_ns, std::optional<std::uint32_t> cpu) const;
  void note_ends(std::size_t from);

  std::vector<ReplayGap> gaps_;         // by the first loss
  std::vector<std::uint64_t> ends_ns_;  // the latest end of this gap and all before it
};

}  // namespace taskcost
