// SPDX-License-Identifier: Apache-2.0
//
// A capture gives the same report as the live run. Replaying it gives for each task the ledger that the probes kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/start_thread.h"
#include "support/expect.h"
#include "support/servers.h"
#include "support/trace_decoder.h"

namespace taskcost::test {
namespace {

// A program to record, with more options for `taskcost record`.
struct Recorded {
  std::string name;
  Words command;
  Words options;
};

// The files that `taskcost record` writes: the capture, and the report of the live run.
struct CaptureFiles {
  TemporaryDirectory directory;
  std::string capture = directory.file("run.tcap");
  std::string live = directory.file("live.json");
};

void record(const CaptureFiles& files, const Recorded& what, const Words& options = {}) {
  Words words{taskcost_binary(), "record", "-o", files.capture, "-o", files.live};
  words.insert(words.end(), what.options.begin(), what.options.end());
  words.insert(words.end(), options.begin(), options.end());
  words.emplace_back("--");
  words.insert(words.end(), what.command.begin(), what.command.end());
  const Finished finished = run(words);
  ASSERT_EQ(finished.exit_code(), 0) << finished.err;
}

class Capture : public ::testing::TestWithParam<Recorded> {
 protected:
  static void TearDownTestSuite() { captures_.clear(); }
  // All tests of one program share a capture. With `tests/run --thorough`, each test records its own.
  void SetUp() override {
    auto& kept = captures_[GetParam().name];
    if (kept == nullptr || thorough()) {
      auto made = std::make_unique<CaptureFiles>();
      ASSERT_NO_FATAL_FAILURE(record(*made, GetParam()));
      kept = std::move(made);
    }
    files_ = kept.get();
  }

  const CaptureFiles* files_ = nullptr;
  TemporaryDirectory directory_;
  std::string replayed_ = directory_.file("replayed.json");

 private:
  static std::map<std::string, std::unique_ptr<CaptureFiles>> captures_;
};

std::map<std::string, std::unique_ptr<CaptureFiles>> Capture::captures_;

// The report from the capture has two fields more than that of the live run: `critical_path`, and `records`, which says
// whether the records of the capture are complete and consistent. All other fields are equal, the command line among
// them.
TEST_P(Capture, GivesTheReportOfTheLiveRun) {
  const Finished finished = run({taskcost_binary(), "report", files_->capture, "--format", "none", "-o", replayed_});
  ASSERT_EQ(finished.exit_code(), 0) << finished.err;
  EXPECT_EQ(finished.err, "");
  const auto live = read_report(files_->live);
  const auto replayed = read_report(replayed_);
  ASSERT_TRUE(live && replayed);
  expect_closed(*live);
  expect_equal_task_stats(*live);
  const Json difference = Json::diff(live->json(), replayed->json());
  ASSERT_EQ(difference.size(), 2) << difference.dump(1);
  EXPECT_EQ(difference[0].at("path"), "/critical_path");
  EXPECT_EQ(difference[1].at("path"), "/records");
  const Json& records = difference[1].at("value");
  EXPECT_EQ(records.at("gaps"), Json::array());
  EXPECT_EQ(records.at("unknown_ns"), 0);
  EXPECT_EQ(records.at("missing_snapshots"), 0);
  EXPECT_EQ(records.at("integrity").at("broken_switches"), 0);
  EXPECT_EQ(records.at("integrity").at("impossible_switches"), 0);
}

// The audit replays the events and compares the ledgers with those that the probes kept.
Json run_audit(const std::string& capture) {
  const Finished finished = run({taskcost_binary(), "report", "--audit", "--format", "json", capture});
  EXPECT_EQ(finished.exit_code(), 0) << finished.err << finished.out;
  return Json::parse(finished.out, nullptr, false);
}

// Expects that no events are missing and that the ledgers of each task are equal.
Json expect_complete_audit(const std::string& capture) {
  const Json audit = run_audit(capture);
  if (!audit.is_object()) {
    ADD_FAILURE() << "no audit of " << capture;
    return {{"compared", {{"tasks", 0}}}};
  }
  EXPECT_TRUE(audit.at("agrees")) << audit.dump(1);
  EXPECT_TRUE(audit.at("complete")) << audit.dump(1);
  return audit;
}

// The ledgers are equal to the nanosecond, and the audit compares those of all tasks.
TEST_P(Capture, LedgersAgree) {
  const Json audit = expect_complete_audit(files_->capture);
  const auto live = read_report(files_->live);
  ASSERT_TRUE(live);
  EXPECT_EQ(audit.at("compared").at("tasks"), live->task_count());
}

// A crash can truncate a capture. The report then has the probes' ledgers of tasks that ended before the cut, and
// replayed ledgers of the others.
TEST_P(Capture, GivesAReportUpToWhereItIsTruncated) {
  const std::string bytes = read_file(files_->capture);
  for (const double kept_share : {0.9, 0.5}) {
    SCOPED_TRACE(kept_share);
    const std::string cut = directory_.file("cut.tcap");
    write_file(cut, bytes.substr(0, static_cast<std::size_t>(kept_share * static_cast<double>(bytes.size()))));
    const Finished finished = run({taskcost_binary(), "report", cut, "--format", "none", "-o", replayed_});
    if (finished.exit_code() != 0) {
      EXPECT_THAT(finished.err, ::testing::HasSubstr("cut"))
          << "a report fails only if the cut is before the first record";
      continue;
    }
    EXPECT_THAT(finished.err, ::testing::HasSubstr("is truncated at byte"));
    const auto report = read_report(replayed_);
    ASSERT_TRUE(report);
    EXPECT_EQ((*report)["window"].at("exit"), "cut");
    expect_closed(*report);
  }
}

// The smallest ring buffer may lose events. The gaps of the capture add up to the loss that the live report counts, and
// the audit finds no difference outside of the gaps.
class SmallBuffer : public ::testing::TestWithParam<Recorded> {};

TEST_P(SmallBuffer, LossesAreCountedAndLedgersAgree) {
  const CaptureFiles files;
  ASSERT_NO_FATAL_FAILURE(record(files, GetParam(), {"--buffer", "1", "-q"}));
  const Json audit = run_audit(files.capture);
  ASSERT_TRUE(audit.is_object());
  EXPECT_TRUE(audit.at("agrees")) << audit.dump(1);
  const auto live = read_report(files.live);
  ASSERT_TRUE(live);
  std::uint64_t lost = 0;
  for (const Json& gap : audit.at("gaps")) {
    lost += gap.at("lost").get<std::uint64_t>();
  }
  EXPECT_EQ(lost, (*live)["losses"].at("dropped_transitions"));
}

// perf unwinds the user stacks of the tasks inside sched_switch, where its reads can fault.
TEST(CaptureBesideAnotherTracer, LedgersAgree) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("run.tcap");
  Subprocess tracer({"/usr/bin/perf", "record", "-o", directory.file("perf.data"), "-e", "context-switches", "-c", "1",
                     "-g", "-a", "-q", "--", "sh", "-c", "echo ready; sleep 60"});
  ASSERT_TRUE(tracer.wait_for_output("ready"));
  const Finished finished =
      run({taskcost_binary(), "record", "-q", "-o", capture, "--", "perf", "bench", "sched", "messaging", "-g", "1"});
  tracer.send(SIGINT);
  tracer.wait();
  ASSERT_EQ(finished.exit_code(), 0) << finished.err;
  expect_complete_audit(capture);
}

// At attach, the tasks of a server are in the middle of a wait or a system call.
TEST(CaptureOfAServer, LedgersAgree) {
  Redis server;
  ASSERT_TRUE(server.start()) << server.process().out();
  const TemporaryDirectory directory;
  const std::string capture = directory.file("run.tcap");
  Subprocess tool({taskcost_binary(), "record", "-o", capture, "-p", std::to_string(server.pid())});
  ASSERT_TRUE(eventually([&] { return tool.err().find("tracing ") != std::string::npos; })) << tool.err();
  const Finished bench =
      run({"/usr/bin/redis-benchmark", "-p", server.port(), "-q", "-t", "set,get", "-c", "10", "-n", "10000"});
  EXPECT_EQ(bench.exit_code(), 0) << bench.describe();
  tool.send(SIGINT);
  ASSERT_EQ(tool.wait().exit_code(), 0) << tool.err();
  const Json audit = expect_complete_audit(capture);
  EXPECT_GE(audit.at("compared").at("tasks"), 3);
}

// When the window opens and closes, tasks may be in the middle of anything.
TEST(CaptureOfAllTasks, LedgersAgree) {
  Subprocess load({"/usr/bin/perf", "bench", "sched", "messaging", "-g", "1", "-l", "2000"});
  const TemporaryDirectory directory;
  const std::string capture = directory.file("run.tcap");
  const Finished finished = run({taskcost_binary(), "record", "-q", "-a", "-d", "1", "-o", capture});
  load.send(SIGTERM);
  load.wait();
  ASSERT_EQ(finished.exit_code(), 0) << finished.err;
  const Json audit = run_audit(capture);
  ASSERT_TRUE(audit.is_object());
  EXPECT_TRUE(audit.at("agrees")) << audit.dump(1);
}

// The probes batch events until the task leaves its CPU, or until the next tick. This task never leaves, so its last
// events are not in the ring buffer when the window closes.
TEST(CaptureOfATaskThatRuns, LedgersAgree) {
  Subprocess load({"/usr/bin/perf", "bench", "syscall", "basic", "-l", "1000000000"});
  const TemporaryDirectory directory;
  const std::string capture = directory.file("run.tcap");
  const Finished finished =
      run({taskcost_binary(), "record", "-q", "-p", std::to_string(load.pid()), "-d", "0.3", "-o", capture});
  load.send(SIGKILL);
  load.wait();
  ASSERT_EQ(finished.exit_code(), 0) << finished.err;
  const Json audit = expect_complete_audit(capture);
  EXPECT_EQ(audit.at("compared").at("tasks"), 1);
}

// The threads that read the ring buffer and write the file have a real-time priority, so busy loops do not delay them.
TEST(CaptureOfABusyMachine, LosesNothing) {
  if (!may_set_priority(Priority::reader)) {
    GTEST_SKIP() << "no right to a real-time priority (CAP_SYS_NICE)";
  }
  std::vector<std::unique_ptr<Subprocess>> busy;
  for (int i = 0; i < 6; ++i) {
    busy.push_back(std::make_unique<Subprocess>(Words{"/bin/sh", "-c", "while :; do :; done"}));
  }
  const TemporaryDirectory directory;
  const std::string capture = directory.file("run.tcap");
  const Finished finished = run({taskcost_binary(), "record", "-q", "-o", capture, "--", "perf", "bench", "sched",
                                 "messaging", "-g", "5", "-l", "200"});
  for (const auto& loop : busy) {
    loop->send(SIGKILL);
    loop->wait();
  }
  ASSERT_EQ(finished.exit_code(), 0) << finished.err;
  expect_complete_audit(capture);
}

// What a Perfetto trace shows of one task.
struct Drawn {
  std::int64_t running_ns = 0;                   // between its switches
  std::map<std::string, std::int64_t> waits_ns;  // by the cause of the wait
  std::int64_t faults = 0;
};

// Returns what the trace shows of each task, by tid.
std::map<std::uint64_t, Drawn> sum_drawn(const std::vector<Message>& packets) {
  std::map<std::uint64_t, Drawn> tasks;
  std::map<std::uint64_t, std::uint64_t> switched_in;
  for (const FtraceEvent& event : ftrace_events_of(packets)) {
    if (event.kind == "sched_switch") {
      const std::uint64_t prev = event.event->number("prev_pid");
      if (const auto since = switched_in.find(prev); since != switched_in.end()) {
        tasks[prev].running_ns += static_cast<std::int64_t>(event.at - since->second);
        switched_in.erase(since);
      }
      switched_in[event.event->number("next_pid")] = event.at;
    }
  }
  std::map<std::uint64_t, std::uint64_t> tids;  // by the uuid of the task's track
  for (const Message& packet : packets) {
    if (packet.has("track_descriptor") && packet.message("track_descriptor").has("thread")) {
      const Message& track = packet.message("track_descriptor");
      tids[track.number("uuid")] = track.message("thread").number("tid");
    }
  }
  for (const Slice& slice : slices_of(packets)) {
    const auto tid = tids.find(slice.track);
    if (tid != tids.end() && slice.arguments.contains("wait")) {
      tasks[tid->second].waits_ns[slice.arguments.at("wait")] += static_cast<std::int64_t>(slice.end - slice.begin);
    } else if (tid != tids.end() && slice.name == "page fault") {
      tasks[tid->second].faults++;
    }
  }
  return tasks;
}

TEST(TraceOfARun, DrawsWhatTheReportSays) {
  const TemporaryDirectory directory;
  const std::string trace = directory.file("run.pftrace");
  const std::string live = directory.file("live.json");
  std::optional<Report> report;
  // Some switches have no sched_switch event. The report counts them, but the trace cannot show them: record again.
  for (int tries = 0; !report || (*report)["totals"].at("counters").at("unseen_switch_ins") > 0; ++tries) {
    ASSERT_LT(tries, 10);
    const Finished finished = run({taskcost_binary(), "record", "-q", "-o", directory.file("run.tcap"), "-o", trace,
                                   "-o", live, "--", program("waits"), "5"});
    ASSERT_EQ(finished.exit_code(), 0) << finished.err;
    report = read_report(live);
    ASSERT_TRUE(report);
  }
  const std::vector<Message> packets = decode_trace(read_file(trace));
  const auto drawn = sum_drawn(packets);
  for (const Json& process : report->processes()) {
    for (const Json& task : process.at("tasks")) {
      const std::uint64_t tid = task.at("tid");
      SCOPED_TRACE(tid);
      ASSERT_TRUE(drawn.contains(tid));
      const Json& account = task.at("account");
      EXPECT_EQ(drawn.at(tid).running_ns, time_in_condition(account, "running_ns"));
      std::map<std::string, std::int64_t> waits;
      for (const auto& [cause, wait] : account.at("waits").items()) {
        waits[cause] = wait.at("blocked_ns");
      }
      EXPECT_EQ(drawn.at(tid).waits_ns, waits);
      EXPECT_EQ(drawn.at(tid).faults, counter(task, "faults_timed"));
    }
  }
}

// While taskcost is stopped by SIGSTOP, the ring buffer overflows. The probes go on with the ledgers, so the live
// report is complete. The gaps of the capture account for every lost event.
TEST(CaptureWithLosses, HasGapsButACompleteLiveReport) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("run.tcap");
  const std::string live = directory.file("live.json");
  Subprocess tool({taskcost_binary(), "record", "-q", "--buffer", "1", "-o", capture, "-o", live, "--", "sh", "-c",
                   "echo ready; sleep 0.2; perf bench sched pipe -l 40000 > /dev/null; sleep 1"});
  ASSERT_TRUE(tool.wait_for_output("ready"));
  tool.send(SIGSTOP);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  tool.send(SIGCONT);
  ASSERT_EQ(tool.wait().exit_code(), 0);
  const auto report = read_report(live);
  ASSERT_TRUE(report);
  expect_closed(*report);
  expect_equal_task_stats(*report);
  const std::uint64_t dropped = (*report)["losses"].at("dropped_transitions");
  EXPECT_GT(dropped, 0);

  const Json audit = run_audit(capture);
  ASSERT_TRUE(audit.is_object());
  EXPECT_TRUE(audit.at("agrees")) << audit.dump(1);
  EXPECT_FALSE(audit.at("complete"));
  std::uint64_t lost = 0;
  for (const Json& gap : audit.at("gaps")) {
    EXPECT_GE(gap.at("first_ns"), (*report)["window"].at("start_ns"));
    EXPECT_LE(gap.at("first_ns"), gap.at("last_ns"));
    lost += gap.at("lost").get<std::uint64_t>();
  }
  EXPECT_EQ(lost, dropped);
}

std::vector<Recorded> recorded_programs() {
  return {Recorded{"forks", {program("forks"), "100", "/dev/null"}, {}},
          Recorded{"threads", {program("threads"), "100"}, {}},
          Recorded{"waits", {program("waits"), "5"}, {}},
          Recorded{"waits_in_calls", {program("waits_in_calls"), "20"}, {}},
          Recorded{"several_messages", {program("transfers"), "unix_messages"}, {}},
          Recorded{"peeks", {program("transfers"), "peeks"}, {}},
          Recorded{"pipe_to_socket", {program("transfers"), "pipe_to_socket"}, {}},
          Recorded{"tee", {program("transfers"), "tee"}, {}},
          Recorded{"sysv_queue", {program("transfers"), "sysv_queue"}, {}},
          Recorded{"process_memory", {program("transfers"), "process_memory"}, {}},
          Recorded{"terminal", {program("transfers"), "terminal"}, {}},
          Recorded{"ring", {program("transfers"), "ring"}, {}},
          Recorded{"short_calls", {program("transfers"), "short_calls"}, {}},
          Recorded{"switches_only", {program("waits"), "5"}, {"--detail", "switches"}},
          Recorded{"calls_by_registers", {program("waits_in_calls"), "20"}, {"--detail", "switches"}},
          Recorded{"spawns", {program("spawns"), "20", "/dev/null", "/bin/true"}, {}},
          Recorded{"vforks", {program("vforks"), "20", "/dev/null"}, {}},
          Recorded{"clone_vm", {program("clone_vm"), "20", "/dev/null"}, {}},
          Recorded{"stacks", {program("waits"), "5"}, {"--stacks"}},
          Recorded{"kernel_memory", {program("forks"), "20", "/dev/null"}, {"--kernel-memory"}},
          Recorded{"fork_from_threads", {program("fork_from_threads"), "4", "5", "/dev/null"}, {}},
          Recorded{"pipe", {"perf", "bench", "sched", "pipe", "-l", "5000"}, {}},
          Recorded{"messaging", {"perf", "bench", "sched", "messaging", "-g", "2", "-l", "20"}, {}}};
}

// The last two programs, which record the most events. With `tests/run --thorough`, all programs.
std::vector<Recorded> programs_for_a_small_buffer() {
  std::vector<Recorded> programs = recorded_programs();
  if (!thorough()) {
    programs.erase(programs.begin(), programs.end() - 2);
  }
  return programs;
}

std::string recorded_name(const ::testing::TestParamInfo<Recorded>& recorded) { return recorded.param.name; }

INSTANTIATE_TEST_SUITE_P(Of, Capture, ::testing::ValuesIn(recorded_programs()), recorded_name);
INSTANTIATE_TEST_SUITE_P(Of, SmallBuffer, ::testing::ValuesIn(programs_for_a_small_buffer()), recorded_name);

}  // namespace
}  // namespace taskcost::test
