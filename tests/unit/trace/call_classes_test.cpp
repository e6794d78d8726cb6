// SPDX-License-Identifier: Apache-2.0
#include "trace/call_classes.h"

#include <gtest/gtest.h>

#include <string>

#include "trace/syscall_classes.h"

namespace taskcost {
namespace {

constexpr std::uint16_t pipe_file = TC_FILE_FIFO;
constexpr std::uint16_t regular_file = TC_FILE_REGULAR;

constexpr std::uint16_t socket_of(int family) { return static_cast<std::uint16_t>(TC_FILE_SOCKET | family); }
constexpr std::uint16_t device_of(int driver) { return static_cast<std::uint16_t>(TC_FILE_DEVICE | driver); }

// The numbers of a machine with these calls; 32-bit programs have the last three of them.
enum : std::uint32_t {
  read_call,
  poll_call,
  futex_call,
  mq_receive,
  semop_call,
  msgrcv_call,
  process_read,
  prctl_call,
  restart_call,
  socketcall_call,
  ipc_call,
  no_call,
};

const CallClasses& classes() {
  static const CallClasses all = classes_by_name([](std::uint32_t number, bool compat) -> std::string {
    constexpr const char* names[] = {"read",
                                     "poll",
                                     "futex",
                                     "mq_timedreceive",
                                     "semop",
                                     "msgrcv",
                                     "process_vm_readv",
                                     "prctl",
                                     "restart_syscall",
                                     "socketcall",
                                     "ipc"};
    const bool known = number < std::size(names) && (!compat || number >= restart_call);
    return known ? names[number] : "";
  });
  return all;
}

std::uint32_t compat(std::uint32_t number, std::uint32_t selector = 0) {
  return number | TC_FROM_COMPAT | selector << TC_CALL_SELECTOR_SHIFT;
}

TEST(CallClasses, ACallIsInARowUntilItReturns) {
  EXPECT_EQ(classes().row(read_call), TC_ROW_CALL_PENDING);
  EXPECT_EQ(classes().row(poll_call), TC_ACTIVITY_POLL);
  EXPECT_EQ(classes().row(no_call), TC_ACTIVITY_OTHER);
  EXPECT_EQ(classes().row(60000), TC_ACTIVITY_OTHER);
  EXPECT_EQ(classes().row(compat(read_call)), TC_ACTIVITY_OTHER) << "another ABI has other numbers";
}

TEST(CallClasses, AMarkIsAPrctlWithASelector) {
  constexpr std::uint32_t selected = 1U << TC_CALL_SELECTOR_SHIFT;
  EXPECT_TRUE(classes().is_mark(prctl_call | selected));
  EXPECT_FALSE(classes().is_mark(prctl_call));
  EXPECT_FALSE(classes().is_mark(read_call | selected));
  EXPECT_FALSE(classes().is_mark(compat(socketcall_call, 1)));
  EXPECT_EQ(classes().row(prctl_call | selected), TC_ACTIVITY_OTHER);
}

TEST(CallClasses, TheFileDecidesTheRowOfACallOnADescriptor) {
  EXPECT_EQ(classes().row(read_call, pipe_file), TC_ACTIVITY_PIPE);
  EXPECT_EQ(classes().row(read_call, socket_of(1)), TC_ACTIVITY_SOCKET);
  EXPECT_EQ(classes().row(read_call, regular_file), TC_ACTIVITY_FILE);
  EXPECT_EQ(classes().row(read_call, 0), TC_ACTIVITY_FILE);
  EXPECT_EQ(classes().row(poll_call, pipe_file), TC_ACTIVITY_POLL) << "it has no descriptor";
}

TEST(CallClasses, TheFileDecidesTheChannelOfACallOnADescriptor) {
  EXPECT_EQ(classes().channel(read_call, pipe_file), TC_CHANNEL_PIPE);
  EXPECT_EQ(classes().channel(read_call, socket_of(1)), TC_CHANNEL_UNIX_SOCKET);
  EXPECT_EQ(classes().channel(read_call, socket_of(2)), TC_CHANNEL_INET_SOCKET);
  EXPECT_EQ(classes().channel(read_call, socket_of(10)), TC_CHANNEL_INET_SOCKET);
  EXPECT_EQ(classes().channel(read_call, socket_of(16)), TC_CHANNEL_OTHER_SOCKET);
  EXPECT_EQ(classes().channel(read_call, device_of(128)), TC_CHANNEL_PTY);
  EXPECT_EQ(classes().channel(read_call, device_of(136)), TC_CHANNEL_PTY);
  EXPECT_EQ(classes().channel(read_call, device_of(4)), TC_CHANNEL_NONE);
  EXPECT_EQ(classes().channel(read_call, regular_file), TC_CHANNEL_NONE);
  EXPECT_EQ(classes().channel(read_call, regular_file | TC_FILE_QUEUE), TC_CHANNEL_NONE);
  EXPECT_EQ(classes().channel(mq_receive, regular_file | TC_FILE_QUEUE), TC_CHANNEL_MESSAGE_QUEUE);
}

TEST(CallClasses, SomeCallsAreChannelsByThemselves) {
  EXPECT_EQ(classes().channel(futex_call, TC_FUTEX_MAYSHARE), TC_CHANNEL_SHARED_MEMORY);
  EXPECT_EQ(classes().channel(futex_call, TC_FUTEX_MAYSHARE | TC_FUTEX_PRIVATE), TC_CHANNEL_SHARED_MEMORY)
      << "a list of both";
  EXPECT_EQ(classes().channel(futex_call, TC_FUTEX_OWN | TC_FUTEX_PRIVATE), TC_CHANNEL_NONE);
  EXPECT_EQ(classes().channel(futex_call, TC_FUTEX_UNKNOWN), TC_CHANNEL_NONE);
  EXPECT_EQ(classes().channel(futex_call, 0), TC_CHANNEL_NONE);
  EXPECT_EQ(classes().channel(semop_call, 0), TC_CHANNEL_SYSV_SEMAPHORE);
  EXPECT_EQ(classes().channel(msgrcv_call, 0), TC_CHANNEL_SYSV_QUEUE);
  EXPECT_EQ(classes().channel(process_read, 0), TC_CHANNEL_PROCESS_MEMORY);
  EXPECT_EQ(classes().channel(poll_call, pipe_file), TC_CHANNEL_NONE);
}

TEST(CallClasses, ASelectorNamesTheCallBehindAMultiplexedOne) {
  EXPECT_EQ(classes().row(compat(socketcall_call, 12)), TC_ROW_CALL_PENDING) << "recvfrom";
  EXPECT_EQ(classes().row(compat(socketcall_call, 3)), TC_ACTIVITY_SOCKET) << "connect";
  EXPECT_EQ(classes().row(compat(socketcall_call, TC_MULTIPLEXED_CALLS)), TC_ACTIVITY_SOCKET);
  EXPECT_EQ(classes().channel(compat(ipc_call, 12), 0), TC_CHANNEL_SYSV_QUEUE) << "msgrcv";
  EXPECT_EQ(classes().row(compat(ipc_call, 21)), TC_ACTIVITY_MEMORY) << "shmat";
  EXPECT_EQ(classes().row(compat(ipc_call, TC_MULTIPLEXED_CALLS)), TC_ACTIVITY_OTHER);
  EXPECT_EQ(plain_call(compat(ipc_call, 21)), compat(ipc_call));
}

TEST(CallClasses, ARestartedCallIsThatOfItsFunction) {
  const auto restarted = [](tc_restart function) {
    return classes().row(restart_call | static_cast<std::uint32_t>(function) << TC_CALL_SELECTOR_SHIFT);
  };
  EXPECT_EQ(restarted(TC_RESTART_POLL), TC_ACTIVITY_POLL);
  EXPECT_EQ(restarted(TC_RESTART_FUTEX), TC_ACTIVITY_FUTEX);
  EXPECT_EQ(restarted(TC_RESTART_SLEEP), TC_ACTIVITY_SLEEP);
  EXPECT_EQ(restarted(TC_RESTART_OTHER), TC_ACTIVITY_OTHER);
}

}  // namespace
}  // namespace taskcost
