// SPDX-License-Identifier: Apache-2.0
//
// Names of what stands as a number in events: the stable ones, as in the JSON report, and those for people.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "taskcost/event_export.h"
#include "trace/task_table.h"

namespace taskcost {

// The rows that are not decided yet are `page_fault` and `call` here: a fault without its outcome, a call on a
// descriptor before it returned.
std::string_view row_name(std::uint8_t row);
std::string_view condition_name(std::uint8_t condition);
std::string_view wait_name(std::uint8_t wait);
std::string_view wait_text(std::uint8_t wait);        // "a pipe"
std::string_view channel_name(std::uint8_t channel);  // empty for none
std::string_view creation_name(std::uint32_t how);
std::string_view step_name(std::uint32_t kind);
std::string_view step_text(std::uint32_t kind);
std::string_view outcome_name(std::uint8_t outcome);

// Asks for each name once.
class CallNames {
 public:
  explicit CallNames(SyscallNames ask) : ask_(std::move(ask)) {}
  // Of a number with TC_FROM_COMPAT. Empty when there is none. Holds as long as this object.
  std::string_view name(std::uint32_t call);

 private:
  SyscallNames ask_;
  std::array<std::array<std::unique_ptr<std::string>, TC_MAX_SYSCALLS>, 2> names_;
};

// Who ended a wait.
struct WokenBy {
  std::optional<std::uint32_t> tid;  // of a task
  std::string_view comm;             // when it is observed, written for the output
  std::string_view kind;             // task, interrupt, timer, several; empty when nobody saw
};
WokenBy woken_by(std::uint64_t waker, const TaskTable& tasks);

// From where: a system call, or exit, interrupt, page_fault, user, kernel; empty when that is not known.
std::string_view woken_from(std::uint32_t from, CallNames& names);

}  // namespace taskcost
