// SPDX-License-Identifier: Apache-2.0
#include "account/glance_numbers.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace taskcost::test {
namespace {

Glance::Task task_of(std::uint64_t process, std::uint64_t parent) {
  Glance::Task task;
  task.process = process;
  task.parent_process = parent;
  return task;
}

TEST(GlanceNumbers, AreSmallAndStay) {
  constexpr std::uint64_t shell = 0xffff'8881'0000'4711;
  constexpr std::uint64_t tool = 0xffff'8881'0000'4712;
  GlanceNumbers numbers;
  std::vector<Glance::Task> first{task_of(shell, 99), task_of(tool, shell), task_of(tool, shell)};
  numbers.apply(first);
  EXPECT_EQ(first[0].process, 1U);
  EXPECT_EQ(first[0].parent_process, 0U) << "it is not observed";
  EXPECT_EQ(first[1].process, 2U);
  EXPECT_EQ(first[1].parent_process, 1U);
  EXPECT_EQ(first[2].process, 2U);

  std::vector<Glance::Task> second{task_of(500, shell), task_of(tool, shell)};
  numbers.apply(second);
  EXPECT_EQ(second[0].process, 3U);
  EXPECT_EQ(second[0].parent_process, 0U) << "it has ended";
  EXPECT_EQ(second[1].process, 2U);

  std::vector<Glance::Task> third{task_of(shell, 99)};
  numbers.apply(third);
  EXPECT_EQ(third[0].process, 4U) << "another one";
}

}  // namespace
}  // namespace taskcost::test
