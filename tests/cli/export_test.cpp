// SPDX-License-Identifier: Apache-2.0
//
// `taskcost export` as a scraper sees it, held against the kernel's counts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/exporting.h"
#include "support/servers.h"
#include "support/subprocess.h"
#include "support/taskcost.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using ::testing::HasSubstr;
using ::testing::Not;

// Runs a command in a cgroup: a shell moves there first.
Words in_cgroup(const std::string& path, const std::string& command) {
  return {"/bin/sh", "-c", "echo $$ > '" + path + "/cgroup.procs' && exec " + command};
}

// The label of a cgroup in the version 2 hierarchy.
std::string label_of(const Cgroup& cgroup) {
  return "cgroup=\"/" + std::filesystem::path(cgroup.path()).filename().string() + "\"";
}

std::string in_promtool(const std::string& text) {
  const Finished finished = run({"promtool", "check", "metrics"}, {.environment = {}, .input = text, .directory = ""});
  return finished.exit_code() == 0 ? "" : finished.describe() + text;
}

TEST(ExportInCgroup, SwitchesAndForksOfACgroupAreThoseOfTheKernel) {
  const Cgroup cgroup;
  const Exporting exporting;
  // It keeps the group while the load ends.
  Subprocess resting(in_cgroup(cgroup.path(), "sleep 1000"));
  const std::string group = label_of(cgroup);
  ASSERT_TRUE(eventually([&] { return exporting.scrape()["taskcost_tasks{" + group + "}"] == 1; }, 60s));
  const auto created = [&group](Samples& samples) {
    return samples["taskcost_tasks_created_total{" + group + ",kind=\"fork\"}"];
  };
  const auto switches = [&group](const Samples& samples) {
    return sum_of(samples, "taskcost_context_switches_total", group);
  };
  Samples before = exporting.scrape();
  constexpr int forks = 300;
  const Finished load = run(in_cgroup(cgroup.path(), program("forks") + " " + std::to_string(forks) + " /dev/null"));
  ASSERT_EQ(load.exit_code(), 0) << load.describe();
  const auto waited = static_cast<double>(load.usage.ru_nvcsw + load.usage.ru_nivcsw);
  // The records of the last ends are on their way.
  Samples after;
  const double skipped_before = sum_of(before, "taskcost_lost_total");
  EXPECT_TRUE(eventually(
      [&] {
        after = exporting.scrape();
        const double lost = sum_of(after, "taskcost_lost_total") - skipped_before;
        return created(after) - created(before) >= forks && switches(after) - switches(before) >= waited - lost;
      },
      30s))
      << waited << " switches, shown " << switches(after) - switches(before);
  EXPECT_EQ(created(after) - created(before), forks);
  // The last switch of a task is too late for wait4.
  EXPECT_LE(switches(after) - switches(before), waited + forks + 1);
  EXPECT_EQ(after["taskcost_tasks{" + group + "}"], 1);
}

// Over all groups and states the time grows by one second for each task and second. The number of tasks changes
// meanwhile: it is read several times a second.
TEST(Export, TimesOfAllGroupsAddUpToTheLivingTasks) {
  for (const char* const detail : {"switches", "full"}) {
    const Exporting exporting({"--detail", detail});
    double grown = 0;
    double expected = 0;
    Samples before;
    steady_clock::time_point at;
    for (int scrape = 0; scrape <= 25; ++scrape) {
      const auto begin = steady_clock::now();
      Samples now = exporting.scrape();
      const auto between = begin + (steady_clock::now() - begin) / 2;
      for (const auto& [series, value] : now) {
        EXPECT_TRUE(value >= 0 || !series.starts_with("taskcost_")) << series << ' ' << value;
        const auto old = before.find(series);
        // A counter that is lower than before began anew.
        if (!before.empty() && series.starts_with("taskcost_task_seconds_total{")) {
          grown += old == before.end() || old->second > value ? value : value - old->second;
        }
      }
      if (!before.empty()) {
        expected += (sum_of(before, "taskcost_tasks") + sum_of(now, "taskcost_tasks")) / 2 *
                    std::chrono::duration<double>(between - at).count();
      }
      before = std::move(now);
      at = between;
      std::this_thread::sleep_for(100ms);  // the time that is measured
    }
    EXPECT_GT(expected, 10);
    EXPECT_NEAR(grown, expected, 0.05 * expected) << detail;
  }
}

TEST(Export, IsValidForPrometheusAndSaysWhatItIs) {
  for (const Words& options : {Words{}, Words{"--detail", "full"}, Words{"--by", "comm"}}) {
    const Exporting exporting(options);
    const std::string text = exporting.text();
    EXPECT_EQ(in_promtool(text), "");
    for (const char* const series :
         {"taskcost_build_info{version=\"", "taskcost_source_info{figure=\"", "taskcost_lost_total{loss=\"",
          "taskcost_overhead_seconds_total{part=\"userspace\"}", "taskcost_run_queue_wait_seconds_bucket{le=\"",
          "process_resident_memory_bytes ", "taskcost_tasks{"}) {
      EXPECT_THAT(text, HasSubstr(series));
    }
    const bool full = options.size() > 1 && options[1] == "full";
    EXPECT_EQ(text.find("state=\"user\"") != std::string::npos, full);
    EXPECT_EQ(text.find("taskcost_kernel_seconds_total") != std::string::npos, full);
    EXPECT_EQ(text.find("taskcost_channel_bytes_total") != std::string::npos, full);
    EXPECT_EQ(text.find("state=\"running\"") == std::string::npos, full);
  }
}

// The kernel allows every name but one with a line break.
TEST(ExportInCgroup, HostileNamesAreLabels) {
  const Cgroup cgroup;
  const std::vector<std::string> names = {"a\"b",        "back\\slash", "\xff\xfe", "\xe2\x80\xaetxt",
                                          "{x=\"1\"} 5", "# HELP x"};
  std::vector<std::unique_ptr<Subprocess>> sleepers;
  for (const std::string& name : names) {
    const std::string path = cgroup.path() + "/" + name;
    std::filesystem::create_directory(path);
    sleepers.push_back(std::make_unique<Subprocess>(Words{"/bin/sleep", "1000"}));
    std::ofstream(path + "/cgroup.procs") << sleepers.back()->pid() << std::flush;
  }
  const Exporting exporting;
  const std::string text = exporting.text();
  EXPECT_EQ(in_promtool(text), "");
  const std::string group = label_of(cgroup);
  const std::string prefix = "taskcost_tasks{" + group.substr(0, group.size() - 1) + "/";
  for (const char* const label :
       {"a\\\"b", "back\\\\slash", "\\\\xff\\\\xfe", "\\\\u202etxt", "{x=\\\"1\\\"} 5", "# HELP x"}) {
    EXPECT_THAT(text, HasSubstr(prefix + label + "\"} 1\n"));
  }
  for (const auto& sleeper : sleepers) {
    sleeper->send(SIGKILL);
    sleeper->wait();
  }
  for (const std::string& name : names) {
    EXPECT_TRUE(eventually([&] { return rmdir((cgroup.path() + "/" + name).c_str()) == 0; }));
  }
}

TEST(Export, GroupsAreBoundedAndEveryTaskIsInOne) {
  const Exporting exporting({"--by", "comm", "--max-groups", "3"});
  const Samples samples = exporting.scrape();
  std::size_t groups = 0;
  for (const auto& [series, value] : samples) {
    groups += series.starts_with("taskcost_tasks{") ? 1 : 0;
  }
  EXPECT_EQ(groups, 4);
  EXPECT_TRUE(samples.contains("taskcost_tasks{comm=\"(others)\"}"));
}

TEST(Export, ClientsThatDoNotReadOrAskStopNothing) {
  Subprocess running({program("steady"), "2"});
  ASSERT_TRUE(running.wait_for_output("ready"));
  Exporting exporting({"-p", std::to_string(running.pid()), "--detail", "full"});
  std::vector<std::unique_ptr<HttpRequest>> silent;
  for (const char* const path : {"/metrics", "/metrics", "/metrics", "", "", ""}) {
    silent.push_back(std::make_unique<HttpRequest>(exporting.port(), path));
    EXPECT_TRUE(silent.back()->sent());
  }
  const auto switches = [&exporting] { return sum_of(exporting.scrape(), "taskcost_context_switches_total"); };
  const double before = switches();
  EXPECT_GT(before, 0);
  EXPECT_TRUE(eventually([&] { return switches() > before + 100; }, 60s));
  exporting.stop();
}

TEST(Export, ResidentMemoryStaysInAStormOfPrograms) {
  const Exporting exporting;
  const auto resident = [&exporting] { return exporting.scrape()["process_resident_memory_bytes"]; };
  ASSERT_EQ(run({program("forks"), "3000", "/dev/null"}).exit_code(), 0);
  const double before = resident();
  EXPECT_GT(before, 0);
  ASSERT_EQ(run({program("forks"), "10000", "/dev/null"}).exit_code(), 0);
  const double after = resident();
  constexpr double mebibyte = 1024.0 * 1024;
  EXPECT_LT(after, before + 8 * mebibyte);
  EXPECT_LT(after, 80 * mebibyte) << "with " << sum_of(exporting.scrape(), "taskcost_tasks") << " tasks";
}

TEST(Export, SignalsAndTheEndOfTheTarget) {
  Exporting exporting;
  exporting.tool().send(SIGHUP);
  EXPECT_TRUE(eventually([&] { return exporting.tool().err().find("SIGHUP") != std::string::npos; }, 60s));
  EXPECT_FALSE(exporting.scrape().empty());
  exporting.stop(SIGINT);

  Subprocess target({"/bin/sleep", "1000"});
  Subprocess ends(tool({"export", "--listen", "127.0.0.1:0", "-p", std::to_string(target.pid())}));
  ASSERT_TRUE(eventually([&] { return ends.err().find("exporting 1 task ") != std::string::npos; }, 5min))
      << ends.err();
  target.send(SIGKILL);
  target.wait();
  EXPECT_EQ(ends.wait().exit_code(), 0);
}

TEST(Export, AFileIsReplacedAgainAndAgain) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("taskcost.prom");
  Subprocess tool_run(tool({"export", "--textfile", file, "--interval", "0.05"}));
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(file); }, 5min)) << tool_run.err();
  const std::string first = read_file(file);
  EXPECT_EQ(in_promtool(first), "");
  EXPECT_THAT(first, Not(HasSubstr("\nprocess_")));
  std::string text = first;
  EXPECT_TRUE(eventually([&] {
    text = read_file(file);
    EXPECT_TRUE(text.ends_with('\n'));
    EXPECT_THAT(text, HasSubstr("taskcost_build_info"));
    return text != first;
  }));
  tool_run.send(SIGTERM);
  const Finished finished = tool_run.wait();
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory.path()), {}), 1) << "nothing else is left";
}

// One line, and the status of an error.
void expect_refused(const Words& command, int status, const std::string& why) {
  const Finished finished = run(command);
  EXPECT_EQ(finished.exit_code(), status) << finished.describe();
  EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
  EXPECT_THAT(finished.err, HasSubstr(why));
}

TEST(Export, Misuse) {
  const Exporting exporting;
  expect_refused(tool({"export", "--listen", "127.0.0.1:" + exporting.port()}), 1, "Address already in use");
  expect_refused(tool({"export", "--listen", "192.0.2.1:9437"}), 1, "Cannot assign requested address");
  expect_refused(tool({"export", "--listen", "127.0.0.1"}), 2, "no port");
  expect_refused(tool({"export", "--listen", "127.0.0.1:0", "--textfile", "x"}), 2, "excludes");
  expect_refused(tool({"export", "--max-groups", "0"}), 2, "--max-groups");
  expect_refused(tool({"export", "--textfile", "/nonexistent/x.prom"}), 1, "/nonexistent/x.prom");
  expect_refused(tool({"export", "--textfile", "/proc/x.prom"}), 1, "/proc/x.prom");
  expect_refused(tool({"export", "--listen", "127.0.0.1:0", "-p", "4194300"}), 1, "does not exist");
  // The first port that any user may have is usually 1024.
  if (std::stoi(read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start")) > 1) {
    Words command = {"setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-all"};
    const Words words = tool({"export", "--listen", "127.0.0.1:1"});
    command.insert(command.end(), words.begin(), words.end());
    expect_refused(command, 1, "CAP_NET_BIND_SERVICE");
  }
}

}  // namespace
}  // namespace taskcost::test
