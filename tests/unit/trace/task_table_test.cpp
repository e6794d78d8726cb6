// SPDX-License-Identifier: Apache-2.0
#include "trace/task_table.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

#include "support/script.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using test::idle_comes;
using test::leaves;
using test::Script;

TEST(TaskTable, OnlyTheLivingAndTheLatestDeadAreKept) {
  TaskTable tasks([](std::string_view bytes) { return std::string(bytes); }, true, {}, {});
  for (std::uint64_t id = 1; id <= 20'000; ++id) {
    Script life;
    life.at(1us).born(id, 0, TC_CREATION_FORK, "x").switches(0, leaves(id).for_ever(), idle_comes());
    tasks.on_new_task(std::get<tc_task_new>(life.records()[0]));
    tasks.on_switch(std::get<tc_switch>(life.records()[1]));
  }
  EXPECT_LE(tasks.size(), 4100U);
  EXPECT_NE(tasks.find(20'000), nullptr);
  EXPECT_EQ(tasks.find(1), nullptr);
  EXPECT_EQ(tasks.process(20'000), nullptr);
}

TEST(TaskTable, ATidThatComesAgainEndsWhoHadIt) {
  TaskTable tasks([](std::string_view bytes) { return std::string(bytes); }, true, {}, {});
  Script script;
  script.at(1us).adopted(1, "first").adopted(2, "second");
  auto first = std::get<tc_task_new>(script.records()[0]);
  auto second = std::get<tc_task_new>(script.records()[1]);
  second.tid = second.tgid = first.tid;
  tasks.on_new_task(first);
  tasks.on_new_task(second);
  EXPECT_TRUE(tasks.find(1)->ended);
  EXPECT_FALSE(tasks.find(2)->ended);
}

}  // namespace
}  // namespace taskcost
