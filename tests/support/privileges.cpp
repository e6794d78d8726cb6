// SPDX-License-Identifier: Apache-2.0
//
// A test that could not run has not passed: where nothing can be observed all tests fail at once, for one reason.
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace taskcost::test {
namespace {

bool has(unsigned capability) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> data{};
  return syscall(SYS_capget, &header, data.data()) == 0 &&
         (data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

class Privileges : public ::testing::Environment {
  void SetUp() override {
    ASSERT_TRUE(has(CAP_BPF) && has(CAP_PERFMON))
        << "these tests load probes: run them as root, or those of tests/unprivileged with CAP_BPF and CAP_PERFMON";
  }
};

// GoogleTest owns this object.
const ::testing::Environment* const kPrivileges = ::testing::AddGlobalTestEnvironment(new Privileges);

}  // namespace
}  // namespace taskcost::test
