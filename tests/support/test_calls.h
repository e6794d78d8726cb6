// SPDX-License-Identifier: Apache-2.0
//
// System calls of recorded events. Scripts name the row that a call is to have: call_in() gives a call of that row in
// test_classes(), with the number below 64 that the script wants to see.
#pragma once

#include <cstdint>
#include <string>

#include "account/ledger.h"
#include "taskcost/events.h"
#include "trace/slice.h"
#include "trace/syscall_classes.h"

namespace taskcost::test {

enum : std::uint32_t {
  number_read = 0,
  number_write = 1,
  number_yield = 24,
  number_clone = 56,
  number_execve = 59,
  number_wait4 = 61
};

inline std::string call_name(std::uint32_t number, bool) {
  switch (number) {
    case number_read:
      return "read";
    case number_write:
      return "write";
    case number_yield:
      return "sched_yield";
    case number_clone:
      return "clone";
    case number_execve:
      return "execve";
    case number_wait4:
      return "wait4";
    default:
      return {};
  }
}

constexpr std::uint32_t wanted_bits = 6;
constexpr std::uint32_t wanted_number(std::uint32_t number) { return number & ((1U << wanted_bits) - 1); }

inline const CallClasses& test_classes() {
  static const CallClasses classes = [] {
    CallClasses all;
    for (std::uint32_t number = 0; number < (TC_NR_ROWS + 1U) << wanted_bits; ++number) {
      const std::uint32_t row = (number >> wanted_bits) - 1;
      const std::uint32_t by_file = std::uint32_t{TC_ACTIVITY_FILE} | TC_CALL_BY_FD;
      all.native.push_back(row > TC_NR_ROWS             ? call_of_name(call_name(number, false))
                           : row == TC_ROW_CALL_PENDING ? by_file
                                                        : row);
    }
    return all;
  }();
  return classes;
}

// A call that is in `row` until it returns.
inline std::uint32_t call_in(std::size_t row, std::uint32_t number = 0) {
  return test_classes().row(number) == row ? number
                                           : wanted_number(number) | static_cast<std::uint32_t>(row + 1) << wanted_bits;
}

constexpr std::uint8_t context_in(std::size_t row) {
  return static_cast<std::uint8_t>(is_call_row(row) ? std::size_t{TC_IN_CALL} : row);
}

// A file of a call that is in `row` when it has returned; 0: its file does not matter.
constexpr std::uint16_t file_in(std::size_t row) {
  switch (row) {
    case TC_ACTIVITY_PIPE:
      return TC_FILE_FIFO;
    case TC_ACTIVITY_SOCKET:
      return TC_FILE_SOCKET | 1;
    case TC_ACTIVITY_FILE:
      return TC_FILE_REGULAR;
    default:
      return 0;
  }
}

// A file of that channel; 0: the call decides.
constexpr std::uint16_t file_of(tc_channel channel) {
  switch (channel) {
    case TC_CHANNEL_PIPE:
      return TC_FILE_FIFO;
    case TC_CHANNEL_UNIX_SOCKET:
      return TC_FILE_SOCKET | 1;
    case TC_CHANNEL_INET_SOCKET:
      return TC_FILE_SOCKET | 2;
    case TC_CHANNEL_OTHER_SOCKET:
      return TC_FILE_SOCKET | 16;
    case TC_CHANNEL_PTY:
      return TC_FILE_DEVICE | 136;
    default:
      return 0;
  }
}

}  // namespace taskcost::test
