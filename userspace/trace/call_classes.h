// SPDX-License-Identifier: Apache-2.0
//
// The conclusions that user space draws from a system call and the file that a probe saw behind its descriptor. The
// probes draw them as well, by their own code; an audit compares both.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "taskcost/abi.h"

namespace taskcost {

// The number of a call and its ABI, without the selector: what has a name.
constexpr std::uint32_t plain_call(std::uint32_t syscall) {
  return syscall & (std::uint32_t{TC_CALL_NUMBER_MASK} | TC_FROM_COMPAT);
}

// Calls are those of ledgers and events: number, TC_FROM_COMPAT and selector. Files are TC_FILE_*, 0 for none; for a
// call on a futex they are TC_FUTEX_*.
struct CallClasses {
  // Class (abi_calls.h) by number; a call beyond the end is `other`.
  std::vector<std::uint32_t> native;
  std::vector<std::uint32_t> compat;
  // Class by selector.
  std::array<std::uint32_t, TC_MULTIPLEXED_CALLS> socketcall{};
  std::array<std::uint32_t, TC_MULTIPLEXED_CALLS> ipc{};

  [[nodiscard]] std::uint32_t call(std::uint32_t syscall) const;
  // It marks a region (taskcost/mark.h).
  [[nodiscard]] bool is_mark(std::uint32_t syscall) const;
  // The row of a call that has not returned: TC_ROW_CALL_PENDING if its file decides.
  [[nodiscard]] std::uint8_t row(std::uint32_t syscall) const;
  // An activity.
  [[nodiscard]] std::uint8_t row(std::uint32_t syscall, std::uint16_t file) const;
  // The channel of a file that such a call is about.
  [[nodiscard]] std::uint8_t file_channel(std::uint32_t syscall, std::uint16_t file) const;
  // The channel of a call that has a tc_transfer; TC_CHANNEL_NONE if no such call has one.
  [[nodiscard]] std::uint8_t channel(std::uint32_t syscall, std::uint16_t file) const;
};

// The channel of a file that bytes passed through apart from a call's own.
std::uint8_t channel_of_passage(std::uint16_t file);
// By TC_FUTEX_*: several processes can wait there for each other.
bool is_shared_futex(std::uint16_t futex);
// The row of a call on a descriptor that waits for such a file.
std::uint8_t row_of_wait(std::uint8_t wait);

}  // namespace taskcost
