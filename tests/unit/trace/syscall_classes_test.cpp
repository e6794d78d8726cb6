// SPDX-License-Identifier: Apache-2.0
#include "trace/syscall_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

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

// The numbers are those of linux/net.h and linux/ipc.h.
TEST(SyscallClasses, KnowWhatOneCallStandsFor) {
  EXPECT_EQ(calls_of_socketcall()[1], "socket");
  EXPECT_EQ(calls_of_socketcall()[10], "recv");
  EXPECT_EQ(calls_of_socketcall()[20], "sendmmsg");
  EXPECT_EQ(calls_of_ipc()[1], "semop");
  EXPECT_EQ(calls_of_ipc()[4], "semtimedop");
  EXPECT_EQ(calls_of_ipc()[11], "msgsnd");
  EXPECT_EQ(calls_of_ipc()[12], "msgrcv");
  EXPECT_EQ(calls_of_ipc()[21], "shmat");
  EXPECT_EQ(calls_of_ipc()[24], "shmctl");
  for (const std::string_view name : calls_of_socketcall()) {
    EXPECT_TRUE(name.empty() || activity_of(name) == TC_ACTIVITY_SOCKET) << name;
  }
}

}  // namespace
}  // namespace taskcost
