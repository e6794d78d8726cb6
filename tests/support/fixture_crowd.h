// SPDX-License-Identifier: Apache-2.0
//
// A report of very many tasks, with their timeline: a parent that forks one child after the other, as make does.
#pragma once

#include <string>
#include <vector>

#include "support/fixture_timeline.h"
#include "support/report_builder.h"

namespace taskcost::test {

// Each child runs for 300 us, waits for a disk in between, and has one of 50 names. Four are alive at a time.
inline Report report_of_crowd(std::uint64_t tasks) {
  constexpr std::uint64_t apart_ns = 100'000;
  std::vector<Record> records = {adopted(1, 0, TC_ACTIVITY_USER, TC_CONDITION_RUNNING)};
  ReportBuilder builder;
  builder.process(1001, "make", TaskOrigin::attached, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 7ms));
  for (std::uint64_t id = 2; id <= tasks; ++id) {
    const std::uint64_t birth = apart_ns * id;
    const auto cpu = static_cast<std::uint32_t>(1 + id % 4);
    records.push_back(born(id, birth, 1));
    records.push_back(event_of(TC_EV_PUBLISHED, id, birth + 10'000, 1, 1));
    records.push_back(comes(birth + 20'000, {id}, cpu));
    records.push_back(leaves(birth + 120'000, {id, TC_CONDITION_BLOCKED, TC_ACTIVITY_FILE, TC_WAIT_DISK}, cpu));
    records.push_back(comes(birth + 150'000, {id, birth + 140'000, TC_WAKER_INTERRUPT}, cpu));
    records.push_back(leaves_for_good(birth + 350'000, id, cpu));
    builder.process(static_cast<std::uint32_t>(1000 + id), "cc" + std::to_string(id % 50), TaskOrigin::fork,
                    Duration(static_cast<Duration::rep>(birth)),
                    AccountBuilder().runs(TC_ACTIVITY_USER, 300us).blocks(TC_ACTIVITY_FILE, 20us, TC_WAIT_DISK));
  }
  Report report = builder.build();
  const Duration wall(static_cast<Duration::rep>(apart_ns * (tasks + 10)));
  report.timeline = timeline_from(records, wall);
  return report;
}

}  // namespace taskcost::test
