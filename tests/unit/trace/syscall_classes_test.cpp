// SPDX-License-Identifier: Apache-2.0
#include "trace/syscall_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/ipc.h>
#include <linux/net.h>

#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "taskcost/abi.h"

namespace taskcost {
namespace {

std::uint32_t kind_of(std::string_view name) { return call_of_name(name) >> TC_CALL_KIND_SHIFT; }

bool has_descriptor_first(std::string_view name) {
  return (call_of_name(name) & (TC_CALL_BY_FD | TC_CALL_FD_FIRST)) != 0;
}

std::uint32_t activity_of(std::string_view name) { return call_of_name(name) & TC_CALL_ACTIVITY_MASK; }

TEST(SyscallClasses, NameEachCallOnce) {
  std::set<std::string> seen;
  for (const SyscallClass& group : syscall_classes()) {
    std::istringstream names{std::string(group.names)};
    for (std::string name; names >> name;) {
      EXPECT_TRUE(seen.insert(name).second) << name;
      EXPECT_EQ(call_of_name(name), group.call) << name;
    }
    EXPECT_LT(group.call >> TC_CALL_KIND_SHIFT, std::uint32_t{TC_NR_KINDS}) << group.names;
    EXPECT_LT(group.call & TC_CALL_ACTIVITY_MASK, std::uint32_t{TC_NR_ACTIVITIES}) << group.names;
  }
  EXPECT_EQ(call_of_name("no_such_call"), std::uint32_t{TC_ACTIVITY_OTHER});
  EXPECT_EQ(call_of_name(""), std::uint32_t{TC_ACTIVITY_OTHER});
}

TEST(SyscallClasses, KnowWhichCallsHaveADescriptorFirst) {
  for (const char* name : {"read", "write", "splice", "tee", "vmsplice", "sendmmsg", "accept4", "connect", "fsync",
                           "flock", "fcntl", "pread64", "copy_file_range", "ioctl", "mq_timedsend"}) {
    EXPECT_TRUE(has_descriptor_first(name)) << name;
  }
  // These calls take a path, no descriptor, or a descriptor that is closed when the wait begins.
  for (const char* name : {"open",  "openat", "openat2", "creat",     "socket", "socketpair", "pipe",
                           "pipe2", "sync",   "rename",  "renameat2", "mount",  "close",      "close_range",
                           "dup2",  "dup3",   "stat",    "unlinkat",  "mkdir",  "futex",      "socketcall"}) {
    EXPECT_FALSE(has_descriptor_first(name)) << name;
  }
}

TEST(SyscallClasses, KnowTheDirectionOfBytes) {
  const auto direction = [](std::string_view name) { return call_of_name(name) & (TC_CALL_IN | TC_CALL_OUT); };
  for (const char* name : {"read", "recvmsg", "recvmmsg", "splice", "tee", "mq_timedreceive", "process_vm_readv"}) {
    EXPECT_EQ(direction(name), std::uint32_t{TC_CALL_IN}) << name;
  }
  for (const char* name :
       {"write", "sendmsg", "sendmmsg", "sendfile", "vmsplice", "mq_timedsend", "process_vm_writev"}) {
    EXPECT_EQ(direction(name), std::uint32_t{TC_CALL_OUT}) << name;
  }
  for (const char* name : {"accept", "lseek", "fsync", "semop"}) {
    EXPECT_EQ(direction(name), 0U) << name;
  }
}

// The 32-bit ABIs have other names for the same calls.
TEST(SyscallClasses, AreThoseOfAllAbis) {
  EXPECT_EQ(call_of_name("futex"), call_of_name("futex_time64"));
  EXPECT_EQ(call_of_name("mmap"), call_of_name("mmap2"));
  EXPECT_EQ(call_of_name("recvmmsg"), call_of_name("recvmmsg_time64"));
  EXPECT_EQ(call_of_name("mq_timedsend"), call_of_name("mq_timedsend_time64"));
  EXPECT_EQ(call_of_name("fcntl"), call_of_name("fcntl64"));
  EXPECT_EQ(kind_of("epoll_wait"), std::uint32_t{TC_KIND_EPOLL});
  EXPECT_EQ(kind_of("futex_wait"), std::uint32_t{TC_KIND_FUTEX_FLAGS});
  EXPECT_EQ(kind_of("futex_waitv"), std::uint32_t{TC_KIND_FUTEX_LIST});
}

// What 32-bit calls multiplex has numbers of its own, which linux/net.h and linux/ipc.h name.
TEST(SyscallClasses, KnowWhatOneCallStandsFor) {
  const CallClasses classes = classes_by_name([](std::uint32_t, bool) { return std::string(); });
  const std::vector<std::pair<unsigned, const char*>> of_socketcall{
      {SYS_SOCKET, "socket"},         {SYS_BIND, "bind"},         {SYS_CONNECT, "connect"},
      {SYS_LISTEN, "listen"},         {SYS_ACCEPT, "accept"},     {SYS_GETSOCKNAME, "getsockname"},
      {SYS_SOCKETPAIR, "socketpair"}, {SYS_SEND, "send"},         {SYS_RECV, "recv"},
      {SYS_SENDTO, "sendto"},         {SYS_RECVFROM, "recvfrom"}, {SYS_SHUTDOWN, "shutdown"},
      {SYS_GETSOCKOPT, "getsockopt"}, {SYS_SENDMSG, "sendmsg"},   {SYS_RECVMSG, "recvmsg"},
      {SYS_ACCEPT4, "accept4"},       {SYS_RECVMMSG, "recvmmsg"}, {SYS_SENDMMSG, "sendmmsg"}};
  for (const auto& [selector, name] : of_socketcall) {
    EXPECT_EQ(classes.socketcall.at(selector), call_of_name(name)) << name;
    EXPECT_EQ(activity_of(name), std::uint32_t{TC_ACTIVITY_SOCKET}) << name;
  }
  const std::vector<std::pair<unsigned, const char*>> of_ipc{{SEMOP, "semop"},   {SEMTIMEDOP, "semtimedop"},
                                                             {MSGSND, "msgsnd"}, {MSGRCV, "msgrcv"},
                                                             {SHMAT, "shmat"},   {SHMCTL, "shmctl"}};
  for (const auto& [selector, name] : of_ipc) {
    EXPECT_EQ(classes.ipc.at(selector), call_of_name(name)) << name;
  }
  EXPECT_EQ(classes.socketcall.at(0), std::uint32_t{TC_ACTIVITY_OTHER});
  EXPECT_EQ(classes.ipc.at(5), std::uint32_t{TC_ACTIVITY_OTHER});
  EXPECT_EQ(classes.ipc.back(), std::uint32_t{TC_ACTIVITY_OTHER});
}

TEST(SyscallClasses, FollowTheNumbersOfTheMachine) {
  const CallClasses classes = classes_by_name([](std::uint32_t number, bool compat) -> std::string {
    return number == 7 ? (compat ? "waitpid" : "poll") : number == 9 && !compat ? "read" : "";
  });
  ASSERT_EQ(classes.native.size(), std::size_t{TC_MAX_SYSCALLS});
  ASSERT_EQ(classes.compat.size(), std::size_t{TC_MAX_SYSCALLS});
  EXPECT_EQ(classes.native[7], call_of_name("poll"));
  EXPECT_EQ(classes.compat[7], call_of_name("waitpid"));
  EXPECT_EQ(classes.native[9], call_of_name("read"));
  EXPECT_EQ(classes.compat[9], std::uint32_t{TC_ACTIVITY_OTHER});
}

}  // namespace
}  // namespace taskcost
