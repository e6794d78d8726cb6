// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "base/escape.h"
#include "support/hostile_names.h"
#include "support/schema.h"
#include "top/once.h"
#include "unit/top/glances.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::GlanceBuilder;

std::string rendered(const Changes& changes, const View& view = {}) {
  std::ostringstream out;
  render_top_json(changes, view,
                  {{"6.1.0", "x86_64", 2, "kvm", "lab", "0123", "4567"}, ClockAnchor{1, 1'700'000'000'000'000'000, 2}},
                  out);
  return out.str();
}

Changes example() {
  GlanceBuilder before(10s);
  before.process(7).runs(100ms, 10ms);
  GlanceBuilder now(12s);
  now.process(7).named("a\033\xff\"").runs(600ms, 110ms).queues(2ms, 3ms).waits(TC_WAIT_INET_SOCKET, 40ms);
  now.task(7, 8).runs(400ms).counts(TC_COUNTER_VOLUNTARY_SWITCHES, 5).cannot_count(TC_COUNTER_FAULTS_MAJOR);
  now.process(9, 7).named("child").runs(1500ms).counts(TC_COUNTER_CHILDREN_FORKS, 2).ends();
  now.process(2).named("kswapd0").in_kernel().runs(0ms, 2s);
  now.glance().transitions = 1000;
  now.glance().userspace_cpu = 3ms;
  now.glance().losses.skipped_probes = 1;
  return changes_between(before.glance(), now.glance());
}

void expect_figures(const json& object, const Figures& figures, Duration interval) {
  EXPECT_EQ(object["user_ns"], figures.user.count());
  EXPECT_EQ(object["kernel_ns"], figures.kernel.count());
  EXPECT_EQ(object["cpu_ns"], figures.cpu().count());
  EXPECT_EQ(object["queued_ns"], figures.queue().count());
  EXPECT_EQ(object["preempted_ns"], figures.preempted.count());
  EXPECT_EQ(object["runnable_ns"], figures.runnable.count());
  EXPECT_EQ(object["blocked_ns"], figures.blocked.count());
  EXPECT_DOUBLE_EQ(object["cpu_share"].get<double>() * static_cast<double>(interval.count()),
                   static_cast<double>(figures.cpu().count()));
  Duration::rep blocked = 0;
  for (const auto& [cause, time] : object["blocked_by"].items()) {
    blocked += time.get<Duration::rep>();
  }
  EXPECT_EQ(blocked, figures.blocked.count());
  const auto expect_count = [&object](const char* key, const std::optional<std::uint64_t>& count) {
    EXPECT_EQ(object[key], count ? json(*count) : json(nullptr)) << key;
  };
  expect_count("voluntary_switches", figures.voluntary_switches);
  expect_count("involuntary_switches", figures.involuntary_switches);
  expect_count("faults_minor", figures.faults_minor);
  expect_count("faults_major", figures.faults_major);
  expect_count("creations", figures.creations);
}

TEST(TopJson, EqualsTheModel) {
  const Changes changes = example();
  const std::string text = rendered(changes);
  EXPECT_TRUE(text.starts_with("{\n  \"schema\": \"taskcost.top/2\",\n"));
  EXPECT_TRUE(text.ends_with("\n}\n"));
  const json top = json::parse(text);
  EXPECT_EQ(test::schema_complaints(top_schema(), top), "");
  EXPECT_EQ(top["host"]["name"], "lab");
  EXPECT_EQ(top["host"]["boot_id"], "4567");
  EXPECT_EQ(top["time"], "2023-11-14T22:13:20.000000000Z");
  EXPECT_EQ(top["realtime_ns"], 1'700'000'000'000'000'000);
  EXPECT_EQ(top["boottime_ns"], 2);
  EXPECT_EQ(top["interval_ns"], 2'000'000'000);
  expect_figures(top["totals"], changes.total, changes.interval);

  const View view;
  const Rows rows = rows_of(changes, view);
  ASSERT_EQ(top["processes"].size(), rows.rows.size());
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const ProcessChange& process = *rows.rows[i].process;
    const json& written = top["processes"][i];
    EXPECT_EQ(written["tgid"], process.tgid);
    EXPECT_EQ(written["kernel"], process.kernel_thread);
    EXPECT_EQ(written["exited"], process.ended);
    expect_figures(written, process.figures, changes.interval);
    ASSERT_EQ(written["tasks"].size(), process.tasks.size());
    for (std::size_t task = 0; task < process.tasks.size(); ++task) {
      EXPECT_EQ(written["tasks"][task]["tid"], process.tasks[task].tid);
      EXPECT_EQ(written["tasks"][task]["created"], process.tasks[task].born);
      expect_figures(written["tasks"][task], process.tasks[task].figures, changes.interval);
    }
  }
}

TEST(TopJson, IsOneLineInAStream) {
  std::ostringstream out;
  render_top_json(example(), {}, {}, out, JsonWriter::Layout::row);
  const std::string line = out.str();
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(test::schema_complaints(top_schema(), json::parse(line)), "");
  std::ostringstream lines;
  render_top_json(example(), {}, {}, lines);
  EXPECT_EQ(json::parse(line), json::parse(lines.str()));
}

TEST(TopJson, IsInTheOrderOfTheViewWithKernelThreadsLast) {
  const json top = json::parse(rendered(example()));
  EXPECT_EQ(top["sorted_by"], "cpu");
  EXPECT_EQ(top["processes"][0]["comm"], "child");
  EXPECT_EQ(top["processes"][0]["parent"], 70);
  EXPECT_EQ(top["processes"][1]["comm"], "a\033\uFFFD\"");
  EXPECT_TRUE(top["processes"][1]["parent"].is_null());
  EXPECT_EQ(top["processes"][2]["comm"], "kswapd0");
  EXPECT_EQ(top["processes"][1]["blocked_by"]["inet_socket"], 40'000'000);
}

TEST(TopJson, FiltersProcessesWhateverTheShape) {
  View view;
  view.filter = "child";
  view.shape = View::Shape::tree;
  const json top = json::parse(rendered(example(), view));
  ASSERT_EQ(top["processes"].size(), 1U);
  EXPECT_EQ(top["processes"][0]["tgid"], 9);
}

TEST(TopJson, NotMeasuredIsNullAndNoneIsZero) {
  const Changes changes = example();
  const json top = json::parse(rendered(changes));
  EXPECT_TRUE(top["processes"][1]["faults_major"].is_null());
  EXPECT_EQ(top["processes"][1]["faults_minor"], 0);
  EXPECT_TRUE(top["overhead"]["cpu_share"].is_null());
  EXPECT_TRUE(top["overhead"]["probes_ns"].is_null());
  EXPECT_EQ(top["overhead"]["userspace_cpu_ns"], 3'000'000);
  EXPECT_EQ(top["losses"]["skipped_probes"], 1);
  EXPECT_EQ(top["losses"]["missed_ledgers"], 0);

  View view;
  view.user_kernel_split = false;
  const json together = json::parse(rendered(changes, view));
  EXPECT_TRUE(together["totals"]["user_ns"].is_null());
  EXPECT_EQ(together["totals"]["cpu_ns"], top["totals"]["cpu_ns"]);
}

TEST(TopJson, HostileNamesReadBack) {
  for (const std::string& name : test::hostile_names) {
    GlanceBuilder before(10s);
    GlanceBuilder now(12s);
    now.process(7).named(name).runs(600ms);
    const std::string text = rendered(changes_between(before.glance(), now.glance()));
    EXPECT_TRUE(test::is_harmless(text)) << text;
    EXPECT_EQ(json::parse(text).at("processes").at(0).at("comm"), valid_utf8(name));
  }
}

TEST(TopJson, HasGroupsOnRequest) {
  const json without = json::parse(rendered(example()));
  EXPECT_TRUE(without["grouped_by"].is_null());
  EXPECT_TRUE(without["groups"].empty());
  View view;
  view.shape = View::Shape::groups;
  view.by = GroupBy::thread;
  const Changes changes = example();
  const json document = json::parse(rendered(changes, view));
  EXPECT_EQ(test::schema_complaints(top_schema(), document), "");
  EXPECT_EQ(document["grouped_by"], "thread");
  EXPECT_EQ(document["processes"].size(), 3U);
  Duration::rep cpu = 0;
  std::size_t tasks = 0;
  for (const json& group : document["groups"]) {
    cpu += group["cpu_ns"].get<Duration::rep>();
    tasks += group["tasks"].get<std::size_t>();
  }
  EXPECT_EQ(cpu, changes.total.cpu().count());
  EXPECT_EQ(tasks, changes.task_count());
  EXPECT_EQ(document["groups"].back()["name"], "kernel threads");
  EXPECT_EQ(document["groups"].back()["kernel"], true);
}

}  // namespace
}  // namespace taskcost
