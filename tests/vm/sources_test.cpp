// SPDX-License-Identifier: Apache-2.0
//
// The exact sources and their fallbacks, side by side on the same events. These tests need root and a kernel that
// allows function probes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "collector/collector.h"

namespace taskcost::test {
namespace {

constexpr std::size_t kPages = 1000;
constexpr int kRounds = 300;

void touch_pages() {
  constexpr std::size_t page = 4096;
  auto* memory = static_cast<volatile char*>(
      mmap(nullptr, kPages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  // Each page takes one fault, whatever the machine's policy of huge pages is.
  madvise(const_cast<char*>(memory), kPages * page, MADV_NOHUGEPAGE);
  for (std::size_t i = 0; i < kPages; ++i) {
    memory[i * page] = 1;
  }
}

// Both processes share a CPU, so each round has a switch to the other process and one back.
void ping_pong() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof(one), &one);
  std::array<int, 2> there{};
  std::array<int, 2> back{};
  char byte = 0;
  if (pipe(there.data()) != 0 || pipe(back.data()) != 0) {
    _exit(1);
  }
  const pid_t partner = fork();
  for (int i = 0; i < kRounds; ++i) {
    if (partner == 0) {
      (void)!read(there[0], &byte, 1);
      (void)!write(back[1], &byte, 1);
    } else {
      (void)!write(there[1], &byte, 1);
      (void)!read(back[0], &byte, 1);
    }
  }
  if (partner == 0) {
    _exit(0);
  }
  waitpid(partner, nullptr, 0);
}

// A process that begins on request.
class Subject {
 public:
  Subject() {
    EXPECT_EQ(pipe(gate_.data()), 0);
    pid_ = fork();
    if (pid_ == 0) {
      char byte = 0;
      (void)!read(gate_[0], &byte, 1);
      touch_pages();
      ping_pong();
      _exit(0);
    }
  }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  ~Subject() {
    close(gate_[0]);
    close(gate_[1]);
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  void begin() const { EXPECT_EQ(write(gate_[1], "", 1), 1); }
  [[nodiscard]] int wait() const {
    int status = -1;
    waitpid(pid_, &status, 0);
    return status;
  }

 private:
  std::array<int, 2> gate_{};
  pid_t pid_ = -1;
};

Result<std::unique_ptr<Collector>> collector_on(pid_t pid, bool no_function_probes) {
  CollectorOptions options;
  options.max_tasks = 64;
  options.no_function_probes = no_function_probes;
  auto collector = Collector::open(options);
  if (!collector) {
    return collector.error();
  }
  Target target;
  target.ids = {pid};
  if (const auto adopted = (*collector)->adopt(target); !adopted) {
    return adopted.error();
  }
  return collector;
}

std::string source_of(const EvidenceList& evidence, const std::string& figure) {
  for (const Evidence& entry : evidence) {
    if (entry.figure == figure) {
      return entry.source;
    }
  }
  return {};
}

bool is_unavailable(const EvidenceList& evidence, const std::string& figure) {
  return std::any_of(evidence.begin(), evidence.end(), [&](const Evidence& entry) {
    return entry.figure == figure && entry.kind == EvidenceKind::unavailable;
  });
}

class SourcesSideBySide : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const Subject subject;
    auto exact = collector_on(subject.pid(), false);
    auto fallback = collector_on(subject.pid(), true);
    ASSERT_TRUE(exact) << to_line(exact.error());
    ASSERT_TRUE(fallback) << to_line(fallback.error());
    subject.begin();
    ASSERT_EQ(subject.wait(), 0);
    // The end of a task is known before its last switch.
    ASSERT_TRUE((*exact)->wait({}));
    ASSERT_TRUE((*fallback)->wait({}));
    exact_ = (*exact)->finish().session;
    fallback_ = (*fallback)->finish().session;
    exact_evidence_ = (*exact)->evidence();
    fallback_evidence_ = (*fallback)->evidence();
  }
  void SetUp() override {
    ASSERT_TRUE(exact_ && fallback_);
    if (source_of(exact_evidence_, figure_) == source_of(fallback_evidence_, figure_)) {
      GTEST_SKIP() << figure_ << " has one source here: " << source_of(exact_evidence_, figure_);
    }
    std::cout << figure_ << ": " << source_of(exact_evidence_, figure_) << " | "
              << source_of(fallback_evidence_, figure_) << "\n";
  }
  explicit SourcesSideBySide(std::string figure) : figure_(std::move(figure)) {}

  static std::int64_t median(const Session& session, const char* histogram) {
    const auto found = session.histograms.find(histogram);
    const auto value = found != session.histograms.end() ? found->second.quantile(0.5) : std::nullopt;
    return value ? value->count() : 0;
  }
  static std::uint64_t count(const Session& session, const char* histogram) {
    const auto found = session.histograms.find(histogram);
    return found != session.histograms.end() ? found->second.count() : 0;
  }
  static std::optional<std::uint64_t> counter(const Session& session, tc_counter id) {
    return session.totals.counters.at(id);
  }

  std::string figure_;
  static std::optional<Session> exact_;
  static std::optional<Session> fallback_;
  static EvidenceList exact_evidence_;
  static EvidenceList fallback_evidence_;
};

std::optional<Session> SourcesSideBySide::exact_;
std::optional<Session> SourcesSideBySide::fallback_;
EvidenceList SourcesSideBySide::exact_evidence_;
EvidenceList SourcesSideBySide::fallback_evidence_;

class FaultSources : public SourcesSideBySide {
 protected:
  FaultSources() : SourcesSideBySide("page_fault_latency") {}
};

class SwitchSources : public SourcesSideBySide {
 protected:
  SwitchSources() : SourcesSideBySide("switch_latency") {}
};

TEST_F(FaultSources, CountTheSame) {
  const auto task_stats = counter(*exact_, TC_COUNTER_FAULTS_MINOR);
  EXPECT_GE(task_stats.value_or(0), kPages);
  EXPECT_EQ(task_stats, counter(*fallback_, TC_COUNTER_FAULTS_MINOR));
  EXPECT_EQ(counter(*exact_, TC_COUNTER_FAULTS_KERNEL), counter(*fallback_, TC_COUNTER_FAULTS_KERNEL));
  if (!is_unavailable(fallback_evidence_, "cow_faults")) {
    EXPECT_EQ(counter(*exact_, TC_COUNTER_FAULTS_COW), counter(*fallback_, TC_COUNTER_FAULTS_COW));
  }
}

// fexit sees two returns for a fault that the kernel retries; the perf event sees one.
TEST_F(FaultSources, TimeTheSameFaults) {
  const auto exact = static_cast<double>(counter(*exact_, TC_COUNTER_FAULTS_TIMED).value_or(0));
  const auto fallback = static_cast<double>(counter(*fallback_, TC_COUNTER_FAULTS_TIMED).value_or(0));
  EXPECT_GE(exact, static_cast<double>(kPages));
  EXPECT_NEAR(fallback / exact, 1.0, 0.01);
  EXPECT_EQ(fallback_->losses.counts.at(TC_LOSS_UNPAIRED_FAULTS), 0U);
}

// Between the two ends the kernel and the other probe run, which takes a part of the fault's time.
TEST_F(FaultSources, AgreeOnTheLatency) {
  const auto exact = static_cast<double>(median(*exact_, "fault_minor"));
  const auto fallback = static_cast<double>(median(*fallback_, "fault_minor"));
  std::cout << "median of minor faults: exact " << exact << " ns, stand-in " << fallback << " ns\n";
  ASSERT_GT(exact, 0);
  EXPECT_GT(fallback / exact, 0.4);
  EXPECT_LT(fallback / exact, 2.5);
}

TEST_F(SwitchSources, CountTheSame) {
  for (const tc_counter id : {TC_COUNTER_VOLUNTARY_SWITCHES, TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE,
                              TC_COUNTER_SWITCHES_SAME_ADDRESS_SPACE}) {
    EXPECT_EQ(counter(*exact_, id), counter(*fallback_, id)) << id;
  }
}

// The fallback includes the way back to user mode, so it is an upper bound. It cannot see switches of a task that
// leaves its CPU again before it gets there.
// leaves its CPU again before it comes there.
TEST_F(SwitchSources, TheStandInIsABoundFromAbove) {
  const auto exact = median(*exact_, "switch_other");
  const auto fallback = median(*fallback_, "switch_other");
  std::cout << "median of switches: exact " << exact << " ns of " << count(*exact_, "switch_other") << ", stand-in "
            << fallback << " ns of " << count(*fallback_, "switch_other") << "\n";
  ASSERT_GT(exact, 0);
  EXPECT_GE(fallback, exact);
  EXPECT_LE(count(*fallback_, "switch_other"), count(*exact_, "switch_other"));
  EXPECT_GE(count(*fallback_, "switch_other"), static_cast<std::uint64_t>(kRounds));
}

}  // namespace
}  // namespace taskcost::test
