// SPDX-License-Identifier: Apache-2.0
//
// What lost events make unknown: the rule of replay.h, for the ledgers and for the timeline. Nearly always nothing is
// lost, and asking is cheap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "taskcost/replay.h"

namespace taskcost {

// What a task did between two of its events, as far as these tell.
struct Stay {
  std::uint64_t from_ns = 0;
  std::uint64_t to_ns = 0;
  std::uint8_t condition = TC_CONDITION_RUNNING;
  std::optional<std::uint32_t> cpu;  // of a running task; nullopt where nobody knows
  std::uint64_t woken_ns = 0;        // the wake-up that lasted until `to_ns`; 0: none was seen
};

class Gaps {
 public:
  // How many gaps touch a stay, and from where on nothing is known of it.
  struct Touch {
    std::uint64_t gaps = 0;
    std::uint64_t from_ns = 0;

    explicit operator bool() const { return gaps != 0; }
  };

  explicit Gaps(std::vector<ReplayGap> gaps = {});

  // False for one that is among them already.
  bool add(const ReplayGap& gap);

  [[nodiscard]] Touch touching(const Stay& stay) const {
    return gaps_.empty() || stay.from_ns >= stay.to_ns ? Touch{} : judged(stay);
  }
  // Whether some gap on `cpu` (nullopt: on any) reaches into the open interval.
  [[nodiscard]] bool any(std::uint64_t from_ns, std::uint64_t to_ns, std::optional<std::uint32_t> cpu) const {
    return !gaps_.empty() && from_ns < to_ns && search(from_ns, to_ns, cpu).gaps != 0;
  }
  [[nodiscard]] const std::vector<ReplayGap>& all() const { return gaps_; }  // by the first loss

 private:
  [[nodiscard]] Touch judged(const Stay& stay) const;
  // The gaps that reach into the open interval, and where the first of them begins.
  [[nodiscard]] Touch search(std::uint64_t from_ns, std::uint64_t to_ns, std::optional<std::uint32_t> cpu) const;
  void note_ends(std::size_t from);

  std::vector<ReplayGap> gaps_;
  std::vector<std::uint64_t> ends_ns_;  // the latest end of this gap and all before it
};

}  // namespace taskcost
