// SPDX-License-Identifier: Apache-2.0
//
// System calls of recorded events, and what a probe sees of a wait in one. Scripts name the row that a call is to have:
// call_in() gives a call of that row in test_classes(), with the number below 64 that the script wants to see.
#pragma once

#include <algorithm>
#include <array>
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
constexpr std::uint32_t row_bits = 5;
constexpr std::uint32_t wanted_number(std::uint32_t number) { return number & ((1U << wanted_bits) - 1); }

// The class of a call in any row is the row and one of these.
constexpr std::array<std::uint32_t, 16> variants = {0,
                                                    TC_CALL_FD_FIRST,
                                                    TC_KIND_EPOLL << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_FLOCK << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_SEMOP << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_MSGRCV << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_PROCESS_VM << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_OPEN << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_FCNTL << TC_CALL_KIND_SHIFT | TC_CALL_FD_FIRST,
                                                    TC_KIND_SPLICE << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_TEE << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_FUTEX << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_VFORK << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_MSGSND << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_YIELD << TC_CALL_KIND_SHIFT,
                                                    TC_KIND_ASYNC_IO << TC_CALL_KIND_SHIFT};

inline const CallClasses& test_classes() {
  static const CallClasses classes = [] {
    CallClasses all;
    for (std::uint32_t number = 0; number < variants.size() << (wanted_bits + row_bits); ++number) {
      const std::uint32_t row = (number >> wanted_bits & ((1U << row_bits) - 1)) - 1;
      const std::uint32_t by_file = std::uint32_t{TC_ACTIVITY_FILE} | TC_CALL_BY_FD;
      const std::uint32_t variant = variants[number >> (wanted_bits + row_bits)];
      all.native.push_back(row >= TC_NR_ROWS            ? call_of_name(call_name(number, false))
                           : row == TC_ROW_CALL_PENDING ? by_file | variant
                                                        : row | variant);
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

// Likewise; its class has those bits or that kind (`variants`).
inline std::uint32_t call_with(std::uint32_t variant, std::size_t row, std::uint32_t number = 0) {
  const auto index = static_cast<std::uint32_t>(std::ranges::find(variants, variant) - variants.begin());
  return wanted_number(number) | static_cast<std::uint32_t>(row + 1) << wanted_bits | index << (wanted_bits + row_bits);
}
inline std::uint32_t call_of_kind(tc_call_kind kind, std::size_t row, std::uint32_t number = 0) {
  const std::uint32_t variant = static_cast<std::uint32_t>(kind) << TC_CALL_KIND_SHIFT;
  return call_with(kind == TC_KIND_FCNTL ? variant | TC_CALL_FD_FIRST : variant, row, number);
}

constexpr std::uint8_t context_in(std::size_t row) {
  return static_cast<std::uint8_t>(is_call_row(row)                ? std::size_t{TC_IN_CALL}
                                   : row == TC_ACTIVITY_PAGE_FAULT ? std::size_t{TC_IN_USER}
                                                                   : row);
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

// A file or futex of that channel; 0: the call decides.
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
    case TC_CHANNEL_SHARED_MEMORY:
      return TC_FUTEX_MAYSHARE;
    default:
      return 0;
  }
}

// What a probe sees of a task in `row` that sleeps for that cause, if its call is `number` of that row.
struct SeenSleep {
  std::uint32_t syscall = 0;
  std::uint16_t state = 1;  // TASK_INTERRUPTIBLE
  std::uint16_t file = 0;
  std::uint16_t detail = 0;
  std::uint8_t saw = 0;
};

inline SeenSleep sleep_in(std::size_t row, tc_wait wait, std::uint32_t number = 0) {
  SeenSleep seen{.syscall = call_in(row, number)};
  const auto on_file = [&](int file, int detail = TC_NOT_ANONYMOUS) {
    seen.syscall = row == TC_ROW_CALL_PENDING ? seen.syscall : call_with(TC_CALL_FD_FIRST, row, number);
    seen.file = static_cast<std::uint16_t>(file);
    seen.detail = static_cast<std::uint16_t>(detail);
  };
  switch (wait) {
    case TC_WAIT_PIPE:
      on_file(TC_FILE_FIFO);
      break;
    case TC_WAIT_UNIX_SOCKET:
      on_file(TC_FILE_SOCKET | 1);
      break;
    case TC_WAIT_INET_SOCKET:
      on_file(TC_FILE_SOCKET | 2);
      break;
    case TC_WAIT_OTHER_SOCKET:
      on_file(TC_FILE_SOCKET | 16);
      break;
    case TC_WAIT_REGULAR_FILE:
      on_file(TC_FILE_REGULAR);
      break;
    case TC_WAIT_TERMINAL:
      on_file(TC_FILE_DEVICE | 4);
      break;
    case TC_WAIT_EVENTFD:
      on_file(0, TC_ANONYMOUS_NAME('e', 'f'));
      break;
    case TC_WAIT_TIMER:
      if (row != TC_ACTIVITY_SLEEP) {
        on_file(0, TC_ANONYMOUS_NAME('t', 'f'));
      }
      break;
    case TC_WAIT_EPOLL:
      seen.syscall = call_of_kind(TC_KIND_EPOLL, row, number);
      break;
    case TC_WAIT_FUTEX_SHARED:
      seen.file = TC_FUTEX_MAYSHARE;
      break;
    case TC_WAIT_FUTEX_PRIVATE:
      seen.file = TC_FUTEX_PRIVATE;
      break;
    case TC_WAIT_STOPPED:
      seen.state = 4;  // __TASK_STOPPED
      break;
    case TC_WAIT_FROZEN:
      seen.state = 0x8000;  // TASK_FROZEN
      break;
    case TC_WAIT_CORE_DUMP:
      seen.saw = TC_SAW_CORE_DUMP;
      break;
    case TC_WAIT_DISK:
      seen.saw = TC_SAW_IOWAIT;
      break;
    default:
      break;  // the row says it
  }
  if (row == TC_ROW_CALL_PENDING && seen.file == 0 && seen.detail == 0) {
    seen.detail = TC_NO_FILE;
  }
  return seen;
}

}  // namespace taskcost::test
