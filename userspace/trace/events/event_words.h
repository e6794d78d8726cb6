// SPDX-License-Identifier: Apache-2.0
//
// Names for the numbers in events: stable names, as in the JSON report, and texts for people.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "trace/task_table.h"
#include "trace/trace_info.h"

namespace taskcost {

// A row that is not decided yet is named `page_fault` (a fault without its outcome) or `call` (a call on a descriptor
// that has not returned).
std::string_view row_name(std::uint8_t row);
std::string_view condition_name(std::uint8_t condition);
std::string_view wait_name(std::uint8_t wait);
std::string_view wait_text(std::uint8_t wait);        // "a pipe"
std::string_view channel_name(std::uint8_t channel);  // empty for TC_CHANNEL_NONE
std::string_view creation_name(std::uint32_t how);
std::string_view event_name(std::uint32_t kind);
std::string_view event_text(std::uint32_t kind);
std::string_view outcome_name(std::uint8_t outcome);

// Calls SyscallNames once for each number.
class CallNames {
 public:
  explicit CallNames(SyscallNames ask) : ask_(std::move(ask)) {}
  // The name of a number with TC_FROM_COMPAT; empty if it has none. It is valid as long as this object.
  std::string_view name(std::uint32_t call);

 private:
  SyscallNames ask_;
  std::array<std::array<std::unique_ptr<std::string>, TC_MAX_SYSCALLS>, 2> names_;
};

// The source of a wakeup.
struct WokenBy {
  std::optional<std::uint32_t> tid;  // tid of the waker if it is a task
  std::string_view comm;             // its name if it is observed, as the output writes it
  std::string_view kind;             // task, interrupt, timer, several; empty: not traced
};
WokenBy woken_by(std::uint64_t waker, const TaskTable& tasks);

// The call site of the waker: a system call, or exit, interrupt, page_fault, user, kernel; empty if not known.
std::string_view woken_from(std::uint32_t from, CallNames& names);

}  // namespace taskcost
