// SPDX-License-Identifier: Apache-2.0
#include "trace/call_classes.h"

#include <linux/major.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace taskcost {
namespace {

static_assert(TC_FILE_FORMAT == S_IFMT && TC_FILE_FIFO == S_IFIFO && TC_FILE_DEVICE == S_IFCHR &&
              TC_FILE_REGULAR == S_IFREG && TC_FILE_SOCKET == S_IFSOCK);

std::uint32_t restarted(std::uint32_t function) {
  switch (function) {
    case TC_RESTART_POLL:
      return TC_ACTIVITY_POLL;
    case TC_RESTART_FUTEX:
      return TC_ACTIVITY_FUTEX | TC_KIND_FUTEX << TC_CALL_KIND_SHIFT;
    case TC_RESTART_SLEEP:
      return TC_ACTIVITY_SLEEP;
    default:
      return TC_ACTIVITY_OTHER;
  }
}

std::uint8_t channel_of_file(std::uint32_t activity, std::uint16_t file) {
  const int detail = file & TC_FILE_DETAIL;
  switch (file & TC_FILE_FORMAT) {
    case TC_FILE_FIFO:
      return TC_CHANNEL_PIPE;
    case TC_FILE_SOCKET:
      if (detail == AF_UNIX) {
        return TC_CHANNEL_UNIX_SOCKET;
      }
      return detail == AF_INET || detail == AF_INET6 ? TC_CHANNEL_INET_SOCKET : TC_CHANNEL_OTHER_SOCKET;
    case TC_FILE_DEVICE:
      return detail == UNIX98_PTY_MASTER_MAJOR || detail == UNIX98_PTY_SLAVE_MAJOR ? TC_CHANNEL_PTY : TC_CHANNEL_NONE;
    default:
      return activity == TC_ACTIVITY_OTHER && (file & TC_FILE_QUEUE) != 0 ? TC_CHANNEL_MESSAGE_QUEUE : TC_CHANNEL_NONE;
  }
}

}  // namespace

std::uint32_t CallClasses::call(std::uint32_t syscall) const {
  const std::vector<std::uint32_t>& classes = (syscall & TC_FROM_COMPAT) != 0 ? compat : native;
  const std::uint32_t number = syscall & TC_CALL_NUMBER_MASK;
  const std::uint32_t selector = syscall >> TC_CALL_SELECTOR_SHIFT & TC_CALL_SELECTOR_MASK;
  const std::uint32_t call = number < classes.size() ? classes[number] : std::uint32_t{TC_ACTIVITY_OTHER};
  switch (call >> TC_CALL_KIND_SHIFT) {
    case TC_KIND_RESTART:
      return restarted(selector);
    case TC_KIND_SOCKETCALL:
      return selector < socketcall.size() ? socketcall[selector] : std::uint32_t{TC_ACTIVITY_SOCKET};
    case TC_KIND_IPC:
      return selector < ipc.size() ? ipc[selector] : std::uint32_t{TC_ACTIVITY_OTHER};
    default:
      return call;
  }
}

bool CallClasses::is_mark(std::uint32_t syscall) const {
  return call(syscall) >> TC_CALL_KIND_SHIFT == TC_KIND_PRCTL && syscall >> TC_CALL_SELECTOR_SHIFT != 0;
}

std::uint8_t CallClasses::row(std::uint32_t syscall) const {
  const std::uint32_t known = call(syscall);
  return static_cast<std::uint8_t>((known & TC_CALL_BY_FD) != 0 ? std::uint32_t{TC_ROW_CALL_PENDING}
                                                                : known & TC_CALL_ACTIVITY_MASK);
}

std::uint8_t CallClasses::row(std::uint32_t syscall, std::uint16_t file) const {
  const std::uint32_t known = call(syscall);
  if ((known & TC_CALL_BY_FD) != 0 && (file & TC_FILE_FORMAT) == TC_FILE_FIFO) {
    return TC_ACTIVITY_PIPE;
  }
  if ((known & TC_CALL_BY_FD) != 0 && (file & TC_FILE_FORMAT) == TC_FILE_SOCKET) {
    return TC_ACTIVITY_SOCKET;
  }
  return static_cast<std::uint8_t>(known & TC_CALL_ACTIVITY_MASK);
}

std::uint8_t CallClasses::file_channel(std::uint32_t syscall, std::uint16_t file) const {
  return channel_of_file(call(syscall) & TC_CALL_ACTIVITY_MASK, file);
}

std::uint8_t CallClasses::channel(std::uint32_t syscall, std::uint16_t file) const {
  const std::uint32_t known = call(syscall);
  const std::uint32_t activity = known & TC_CALL_ACTIVITY_MASK;
  if ((known & TC_CALL_BY_FD) != 0) {
    return channel_of_file(activity, file);
  }
  switch (known >> TC_CALL_KIND_SHIFT) {
    case TC_KIND_SEMOP:
      return TC_CHANNEL_SYSV_SEMAPHORE;
    case TC_KIND_MSGSND:
    case TC_KIND_MSGRCV:
      return TC_CHANNEL_SYSV_QUEUE;
    case TC_KIND_PROCESS_VM:
      return TC_CHANNEL_PROCESS_MEMORY;
    default:
      return activity == TC_ACTIVITY_FUTEX && is_shared_futex(file) ? TC_CHANNEL_SHARED_MEMORY : TC_CHANNEL_NONE;
  }
}

std::uint8_t channel_of_passage(std::uint16_t file) { return channel_of_file(TC_ACTIVITY_OTHER, file); }

bool is_shared_futex(std::uint16_t futex) { return (futex & TC_FUTEX_MAYSHARE) != 0; }

std::uint8_t row_of_wait(std::uint8_t wait) {
  switch (wait) {
    case TC_WAIT_PIPE:
      return TC_ACTIVITY_PIPE;
    case TC_WAIT_UNIX_SOCKET:
    case TC_WAIT_INET_SOCKET:
    case TC_WAIT_OTHER_SOCKET:
      return TC_ACTIVITY_SOCKET;
    case TC_WAIT_EVENTFD:
    case TC_WAIT_FILE_LOCK:
    case TC_WAIT_REGULAR_FILE:
    case TC_WAIT_TERMINAL:
    case TC_WAIT_OTHER_FILE:
      return TC_ACTIVITY_FILE;
    default:
      return TC_ACTIVITY_OTHER;
  }
}

}  // namespace taskcost
