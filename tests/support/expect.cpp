// SPDX-License-Identifier: Apache-2.0
#include "support/expect.h"

#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>

#include "report/render.h"
#include "support/schema.h"

namespace taskcost::test {

namespace {

// Fails the test once for each offender up to a handful, then only counts them.
class Offenders {
 public:
  explicit Offenders(const char* what) : what_(what) {}
  ~Offenders() {
    if (count_ > kShown) {
      ADD_FAILURE() << what_ << ": " << count_ - kShown << " more";
    }
  }
  Offenders(const Offenders&) = delete;
  Offenders& operator=(const Offenders&) = delete;

  void add(const std::string& task) {
    if (++count_ <= kShown) {
      ADD_FAILURE() << what_ << ": " << task;
    }
  }

 private:
  static constexpr int kShown = 5;
  const char* what_;
  int count_ = 0;
};

std::int64_t number(const Json& object, const char* key) { return object.at(key).get<std::int64_t>(); }

std::string name_of(const Json& process, const Json& task) {
  std::ostringstream text;
  text << "task " << task.at("tid") << " of process " << process.at("tgid") << " (" << process.at("command")
       << "), lifetime " << task.at("lifetime_ns") << " ns";
  return text.str();
}

template <typename Visit>
void for_each_task(const Report& report, Visit visit) {
  for (const Json& process : report.processes()) {
    for (const Json& task : process.at("tasks")) {
      visit(process, task);
    }
  }
}

std::int64_t cells_of(const Json& account) {
  std::int64_t sum = 0;
  for (const char* condition : {"running_ns", "preempted_ns", "runnable_ns", "blocked_ns"}) {
    sum += time_in_condition(account, condition);
  }
  return sum;
}

constexpr std::array kBooks{"voluntary_switches", "involuntary_switches", "faults_minor", "faults_major"};

std::string compare_task_stats(const Json& task) {
  std::ostringstream differences;
  for (const char* figure : kBooks) {
    const std::int64_t kernel = number(task.at("account").at("task_stats"), figure);
    const std::int64_t ledger = counter(task, figure);
    if (kernel != ledger) {
      differences << ", " << figure << " " << ledger << " but the kernel counted " << kernel;
    }
  }
  return differences.str();
}

void compare_status(const Json& process, int status, Offenders& offenders) {
  const Json code = WIFEXITED(status) ? Json(WEXITSTATUS(status)) : Json(nullptr);
  const Json signal = WIFSIGNALED(status) ? Json(WTERMSIG(status)) : Json(nullptr);
  if (process.at("exit_code") != code || process.at("exit_signal") != signal) {
    offenders.add("process " + process.at("tgid").dump() + ": wait status " + std::to_string(status) +
                  ", report: code " + process.at("exit_code").dump() + ", signal " + process.at("exit_signal").dump());
  }
}

std::int64_t time_in_condition(const std::vector<const Json*>& family, const std::string& condition) {
  std::int64_t sum = 0;
  for (const Json* process : family) {
    sum += test::time_in_condition(process->at("total"), condition);
  }
  return sum;
}

// From Linux 7.2 on the kernel can preempt a task in the middle of a probe, and skips that probe for other tasks
// meanwhile.
bool probes_are_preempted() {
  utsname host{};
  uname(&host);
  int major = 0;
  int minor = 0;
  return std::sscanf(host.release, "%d.%d", &major, &minor) == 2 && std::pair(major, minor) >= std::pair(7, 2);
}

// Returns "" if the report agrees with wait4.
std::string compare_usage(const std::vector<const Json*>& family, const Waited& waited) {
  std::ostringstream differences;
  const auto tasks = static_cast<std::int64_t>(tasks_in(family));
  const auto check = [&](const char* figure, std::int64_t kernel, std::int64_t slack) {
    const std::int64_t ours = counter(family, figure);
    if (ours < kernel || ours > kernel + slack) {
      differences << ", " << figure << " " << ours << " but wait4 says " << kernel;
    }
  };
  check("faults_minor", waited.faults_minor, 0);
  check("faults_major", waited.faults_major, 0);
  check("voluntary_switches", waited.voluntary_switches, tasks);
  // wait4 may read its figures before the last switch of a task; until then a preemptible kernel can take its CPU,
  // maybe more than once. expect_equal_task_stats() checks that our figures equal the kernel's up to the last switch.
  check("involuntary_switches", waited.involuntary_switches, probes_are_preempted() ? 5 * tasks : tasks);
  return differences.str();
}

// The kernel skips a probe that interrupts itself. An interrupt can flush the TLB for another CPU, or wait for a lock,
// while a task does.
bool may_interrupt_itself(const std::string& probe) {
  return probe == "taskcost_tlb_flush" || probe == "taskcost_contention_begin" || probe == "taskcost_contention_end";
}

std::int64_t skips_by_the_kernel(const Report& report) {
  std::int64_t skips = 0;
  for (const Json& probe : report["observer"].at("probes")) {
    if (probes_are_preempted() || may_interrupt_itself(probe.at("name").get<std::string>())) {
      skips += probe.at("skipped").get<std::int64_t>();
    }
  }
  return skips;
}

}  // namespace

std::int64_t allowed_loss(const Report& report, const std::string& name) {
  // A key has a few places in the table of turns. By chance all can be taken long before the table is full.
  constexpr std::int64_t unlucky_turns = 100;
  return name == "skipped_probes" ? skips_by_the_kernel(report) : name == "missed_turns" ? unlucky_turns : 0;
}

void expect_valid(const Report& report) { EXPECT_EQ(schema_complaints(json_schema(), report.json()), ""); }

void expect_no_losses(const Report& report) {
  for (const auto& [name, count] : report["losses"].items()) {
    EXPECT_LE(count, allowed_loss(report, name)) << "loss: " << name << report["observer"]["probes"].dump();
  }
}

void expect_closed(const Report& report) {
  Offenders open("residual of 1 % or more");
  Offenders inconsistent("lifetime, cells and residual disagree");
  for_each_task(report, [&](const Json& process, const Json& task) {
    const Json& account = task.at("account");
    const std::int64_t lifetime = number(account, "lifetime_ns");
    const std::int64_t residual = number(account, "residual_ns");
    if (std::abs(residual) * 100 >= lifetime) {
      open.add(name_of(process, task) + ", residual " + std::to_string(residual) + " ns");
    }
    if (cells_of(account) + residual != lifetime || number(task, "end_ns") - number(task, "start_ns") != lifetime) {
      inconsistent.add(name_of(process, task));
    }
  });
}

void expect_equal_task_stats(const Report& report) {
  Offenders missing("no kernel figures for a task that ended");
  Offenders different("the kernel has another count");
  for_each_task(report, [&](const Json& process, const Json& task) {
    if (task.at("open_at_start").get<bool>() || task.at("open_at_end").get<bool>()) {
      return;
    }
    if (task.at("account").at("task_stats").is_null()) {
      missing.add(name_of(process, task));
      return;
    }
    const std::string differences = compare_task_stats(task);
    if (!differences.empty()) {
      different.add(name_of(process, task) + differences);
    }
  });
}

void expect_sums(const Report& report) {
  Offenders different("a process is not the sum of its tasks");
  std::int64_t lifetime_of_all = 0;
  for (const Json& process : report.processes()) {
    std::int64_t lifetime = 0;
    std::int64_t switches = 0;
    for (const Json& task : process.at("tasks")) {
      lifetime += number(task, "lifetime_ns");
      switches += counter(task, "voluntary_switches");
    }
    if (lifetime != number(process.at("total"), "lifetime_ns") || switches != counter(process, "voluntary_switches") ||
        process.at("threads") != process.at("tasks").size()) {
      different.add(process.at("tgid").dump());
    }
    lifetime_of_all += lifetime;
  }
  if (report["aggregated"].empty()) {
    EXPECT_EQ(lifetime_of_all, number(report["totals"], "lifetime_ns"));
    EXPECT_EQ(report["task_count"], report.task_count());
    EXPECT_EQ(report["process_count"], report.processes().size());
  }
}

void expect_waits(const Report& report) {
  Offenders different("blocked time by cause and by activity differ");
  for_each_task(report, [&](const Json& process, const Json& task) {
    const Json& account = task.at("account");
    std::int64_t by_cause = 0;
    for (const Json& wait : account.at("waits")) {
      by_cause += wait.at("blocked_ns").get<std::int64_t>();
    }
    const std::int64_t blocked = time_in_condition(account, "blocked_ns");
    if (by_cause != blocked) {
      different.add(name_of(process, task) + ": " + std::to_string(by_cause) + " and " + std::to_string(blocked));
    }
  });
}

void expect_sound(const Report& report) {
  EXPECT_EQ(report["schema"], "taskcost.report/2");
  EXPECT_FALSE(report.processes().empty());
  expect_no_losses(report);
  expect_closed(report);
  expect_equal_task_stats(report);
  expect_sums(report);
  expect_waits(report);
}

void expect_as_waited(const Report& report, const std::vector<Waited>& log) {
  Offenders missing("a process that was waited for is not in the report");
  Offenders status("wait status");
  Offenders different("wait4 has other figures");
  std::int64_t running_ns = 0;
  std::int64_t runnable_ns = 0;
  std::int64_t cpu_ns = 0;
  for (const Waited& waited : log) {
    const Json* process = report.find(waited.pid, waited.at_ns);
    if (process == nullptr) {
      missing.add(std::to_string(waited.pid));
      continue;
    }
    compare_status(*process, waited.status, status);
    const auto family = report.family(*process);
    running_ns += time_in_condition(family, "running_ns");
    runnable_ns += time_in_condition(family, "runnable_ns");
    cpu_ns += waited.cpu_us * 1000;
    const std::string differences = compare_usage(family, waited);
    if (!differences.empty()) {
      different.add("process " + std::to_string(waited.pid) + " (" + process->at("command").dump() + ")" + differences);
    }
  }
  // What a process runs before its first probe and after its last can exceed 5 % of a very short one.
  constexpr std::int64_t long_enough_ns = 10'000'000;
  EXPECT_LE((cpu_ns - running_ns - runnable_ns) * 100, std::max(cpu_ns, long_enough_ns) * 5)
      << "running " << running_ns << " ns, runnable " << runnable_ns << " ns, by wait4 " << cpu_ns << " ns";
}

void expect_ran(const Observed& observed, int exit_status) {
  EXPECT_EQ(observed.finished.exit_code(), exit_status) << observed.finished.describe();
  EXPECT_TRUE(observed.report.has_value()) << "no report\n" << observed.finished.describe();
}

}  // namespace taskcost::test
