// SPDX-License-Identifier: Apache-2.0
#include "export/families.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>

#include "base/escape.h"
#include "support/hostile_names.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

GroupCounters::Group group_named(const std::string& label) {
  GroupCounters::Group group;
  group.label = label;
  group.tasks = 3;
  group.shown.assign(group_series(true).size(), 1'500'000'000);
  return group;
}

std::string text_of(const GroupCounters::Group& group) {
  return exposition_of(group_families({group}, group_series(true), "cgroup"));
}

TEST(Families, TimesAreSecondsAndCountsAreCounts) {
  const std::string text = text_of(group_named("/a"));
  EXPECT_THAT(text, HasSubstr("# TYPE taskcost_task_seconds_total counter\n"));
  EXPECT_THAT(text, HasSubstr("\ntaskcost_task_seconds_total{cgroup=\"/a\",state=\"user\"} 1.5\n"));
  EXPECT_THAT(text, HasSubstr("\ntaskcost_context_switches_total{cgroup=\"/a\",type=\"voluntary\"} 1500000000\n"));
  EXPECT_THAT(text, HasSubstr("\ntaskcost_tasks{cgroup=\"/a\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("channel=\"pipe\",direction=\"in\""));
  EXPECT_THAT(text, Not(HasSubstr("taskcost_cgroup_info")));
}

TEST(Families, WhatIsNotMeasuredHasNoSeries) {
  GroupCounters::Group group = group_named("/a");
  group.shown.assign(group.shown.size(), std::nullopt);
  EXPECT_THAT(text_of(group), Not(HasSubstr("_total")));
  EXPECT_TRUE(latency_families({}).empty());
}

TEST(Families, EveryLineOfHostileNamesIsASample) {
  for (const std::string& name : test::hostile_names) {
    GroupCounters::Group group = group_named(label_value(name));
    group.identity = identify_cgroup("/x.slice/" + name + ".service");
    const std::string text = text_of(group);
    EXPECT_EQ(valid_utf8(text), text) << name;
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      const std::string line = text.substr(begin, end - begin);
      EXPECT_TRUE(line.starts_with("# ") || line.starts_with("taskcost_")) << line;
      EXPECT_TRUE(line.starts_with("# ") || line.find("} ") != std::string::npos) << line;
      begin = end + 1;
    }
  }
}

TEST(Families, BucketsOfLatenciesAreExact) {
  std::array<std::optional<Histogram>, TC_NR_HISTOGRAMS> latencies;
  latencies[TC_HISTOGRAM_RUN_QUEUE].emplace();
  for (const Duration wait : {0ns, 1023ns, 1024ns, 4095ns, 4096ns, 1'000'000ns, 60'000'000'000ns}) {
    latencies[TC_HISTOGRAM_RUN_QUEUE]->add(wait);
  }
  const Families families = latency_families(latencies);
  ASSERT_EQ(families.size(), 1U);
  EXPECT_EQ(families[0].name, "taskcost_run_queue_wait_seconds");
  const auto& histogram = families[0].metric.at(0).histogram;
  ASSERT_GE(histogram.bucket.size(), 4U);
  EXPECT_DOUBLE_EQ(histogram.bucket[0].upper_bound, 1.024e-6);
  EXPECT_EQ(histogram.bucket[0].cumulative_count, 2U);
  EXPECT_DOUBLE_EQ(histogram.bucket[1].upper_bound, 4.096e-6);
  EXPECT_EQ(histogram.bucket[1].cumulative_count, 4U);
  EXPECT_EQ(histogram.bucket[2].cumulative_count, 5U);
  EXPECT_TRUE(std::isinf(histogram.bucket.back().upper_bound));
  EXPECT_EQ(histogram.bucket.back().cumulative_count, 7U);
  EXPECT_EQ(histogram.sample_count, 7U);
  for (std::size_t i = 2; i + 1 < histogram.bucket.size(); ++i) {
    EXPECT_DOUBLE_EQ(histogram.bucket[i].upper_bound, 4 * histogram.bucket[i - 1].upper_bound);
  }
}

TEST(Families, LossesAndOverheadNeverFall) {
  MachineCounters counters;
  MachineFigures figures;
  figures.losses.skipped_probes = 5;
  figures.userspace_cpu = 2s;
  const std::string before = exposition_of(counters.families(figures));
  EXPECT_THAT(before, HasSubstr("taskcost_lost_total{loss=\"skipped_probes\"} 5\n"));
  EXPECT_THAT(before, HasSubstr("taskcost_overhead_seconds_total{part=\"userspace\"} 2\n"));
  EXPECT_THAT(before, Not(HasSubstr("part=\"probes\"")));
  figures.losses.skipped_probes = 3;
  figures.userspace_cpu = 1s;
  EXPECT_EQ(exposition_of(counters.families(figures)), before);
  figures.probes = 1s;
  EXPECT_THAT(exposition_of(counters.families(figures)),
              HasSubstr("taskcost_overhead_seconds_total{part=\"probes\"} 1\n"));
}

// Prometheus takes two families of one name, or two series with the same labels, for a broken scrape.
TEST(Families, NamesAreUnique) {
  std::array<std::optional<Histogram>, TC_NR_HISTOGRAMS> latencies;
  latencies.fill(Histogram());
  Families all = group_families({group_named("/a"), group_named("/b")}, group_series(true), "cgroup");
  MachineCounters counters;
  const Evidence evidence{"page_faults", "exceptions", EvidenceKind::exact, "", "", false};
  for (const Families& more :
       {latency_families(latencies), counters.families({}), info_families({evidence}, "1.2.3"), process_families({})}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  std::set<std::string> names;
  std::set<std::string> series;
  for (const auto& family : all) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name;
    EXPECT_FALSE(family.help.empty()) << family.name;
    for (const auto& metric : family.metric) {
      std::string key = family.name;
      for (const auto& label : metric.label) {
        key += '\0' + label.name + '\0' + label.value;
      }
      EXPECT_TRUE(series.insert(key).second) << family.name;
    }
  }
}

}  // namespace
}  // namespace taskcost
