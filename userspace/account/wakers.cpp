// SPDX-License-Identifier: Apache-2.0
#include "account/wakers.h"

namespace taskcost {

Waker waker_of(std::uint64_t raw, const TaskNumbers& numbers) {
  if (raw == TC_WAKER_INTERRUPT) {
    return {Waker::Kind::interrupt, 0, 0};
  }
  if (raw == TC_WAKER_TIMER) {
    return {Waker::Kind::timer, 0, 0};
  }
  if (raw == TC_WAKER_SEVERAL) {
    return {Waker::Kind::several, 0, 0};
  }
  if ((raw & TC_WAKER_UNOBSERVED) != 0) {
    return {Waker::Kind::unobserved, 0, static_cast<std::uint32_t>(raw)};
  }
  return raw == 0 ? Waker{} : Waker{Waker::Kind::task, numbers.task(raw), numbers.tid(raw)};
}

std::string call_named(std::uint32_t number, bool compat, const SyscallName& syscall_name) {
  const std::string name = syscall_name ? syscall_name(number, compat) : std::string();
  return name.empty() ? "system call " + std::to_string(number) : name;
}

std::string call_site_name(std::uint32_t from, const SyscallName& syscall_name) {
  switch (from) {
    case TC_FROM_NOWHERE:
      return "unknown";
    case TC_FROM_EXIT:
      return "exit";
    case TC_FROM_INTERRUPT:
      return "interrupt";
    case TC_FROM_FAULT:
      return "page fault";
    case TC_FROM_USER:
      return "user code";
    case TC_FROM_KERNEL:
      return "kernel worker";
    default:
      return call_named(from & TC_CALL_NUMBER_MASK, (from & TC_FROM_COMPAT) != 0, syscall_name);
  }
}

}  // namespace taskcost
