// SPDX-License-Identifier: Apache-2.0
//
// A test that could not run is no test that passed: without root everything fails at once, for one reason.
#include <gtest/gtest.h>
#include <unistd.h>

namespace taskcost::test {
namespace {

class Root : public ::testing::Environment {
  void SetUp() override { ASSERT_EQ(geteuid(), 0) << "these tests load probes: run them as root"; }
};

// GoogleTest owns it.
const ::testing::Environment* const kRoot = ::testing::AddGlobalTestEnvironment(new Root);

}  // namespace
}  // namespace taskcost::test
