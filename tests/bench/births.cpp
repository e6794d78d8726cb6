// SPDX-License-Identifier: Apache-2.0
//
// taskcost-bench-births [TASKS [KEPT [threads|processes]]]: what user space takes for each task that ends, from its
// final record to the text report, in CPU time and in memory. KEPT of the tasks are kept one by one. It asserts
// nothing.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <ostream>
#include <span>
#include <streambuf>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "account/session_builder.h"
#include "capture/record.h"
#include "report/render.h"
#include "support/final_record.h"
#include "support/ledger_builder.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using test::ledger;

class Discarded : public std::streambuf {
 protected:
  std::streamsize xsputn(const char*, std::streamsize count) override { return count; }
  int_type overflow(int_type c) override { return c; }
};

Duration cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + Duration(time.tv_nsec);
}

std::size_t heap_bytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

// A thread or process that the first task created, which worked a little, waited twice and ended.
tc_ledger short_life(std::uint64_t id, bool thread) {
  const auto born = 10us * id;
  auto life = ledger(id);
  life.born_at(born).copied_in(9us).published(born + 9us, born + 11us).first_ran_at(born + 15us);
  if (thread) {
    life.thread_of(1);
  } else {
    life.child_of(1);
  }
  life.cell(TC_ACTIVITY_USER, TC_CONDITION_RUNNING, 12345ns).cell(TC_ACTIVITY_EXIT, TC_CONDITION_RUNNING, 21us);
  life.cell(TC_ACTIVITY_CREATE, TC_CONDITION_BLOCKED, 11us).cell(TC_ACTIVITY_CREATE, TC_CONDITION_RUNNABLE, 4us);
  life.cell(TC_ACTIVITY_FUTEX, TC_CONDITION_BLOCKED, 30us).cell(TC_ACTIVITY_FUTEX, TC_CONDITION_RUNNABLE, 2us);
  life.cell(TC_ACTIVITY_FUTEX, TC_CONDITION_RUNNING, 3us).cell(TC_ACTIVITY_PAGE_FAULT, TC_CONDITION_RUNNING, 5us);
  life.entered(TC_ACTIVITY_CREATE, 1).entered(TC_ACTIVITY_FUTEX, 2).entered(TC_ACTIVITY_EXIT, 1);
  life.entered(TC_ACTIVITY_PAGE_FAULT, 3).counted(TC_COUNTER_SYSCALLS, 6).counted(TC_COUNTER_FAULTS_MINOR, 3);
  life.counted(TC_COUNTER_VOLUNTARY_SWITCHES, 2).counted(TC_COUNTER_INVOLUNTARY_SWITCHES, 1);
  life.counted(TC_COUNTER_MIGRATIONS, 1).counted(TC_COUNTER_SWITCHES_SAME_ADDRESS_SPACE, 2);
  life.counted(TC_COUNTER_SWITCHES_TO_IDLE, 1).counted(TC_COUNTER_SWITCHES_FROM_IDLE, 2);
  life.waited(TC_WAIT_CREATION, 1, 11us).waited(TC_WAIT_FUTEX_PRIVATE, 2, 30us);
  life.woken_by(0, 1, TC_WAIT_CREATION, 56, 1, 11us).woken_by(1, 1, TC_WAIT_FUTEX_PRIVATE, 202, 2, 30us);
  life.task_stats({}, {2, 1, 3, 0, 40'000, 12'000, 28'000});
  return life.named("worker").ended_at(born + 90us);
}

class Bench {
 public:
  Bench(std::uint64_t tasks, std::size_t kept, bool threads) : tasks_(tasks), threads_(threads), options_(all(kept)) {}

  void run() {
    SessionBuilder builder(options_);
    const std::size_t before = heap_bytes();
    take_tasks(builder);
    builder.on_ledger(ledger(1).launched().born_at(1us).ended_at(10us * (tasks_ + 100)));
    const std::size_t held = heap_bytes() - before;
    Report report;
    measure("finish", [&] { report.session = builder.finish(Instant{}, Instant(10us * (tasks_ + 200)), {}, 0); });
    const std::size_t finished = heap_bytes() - before;
    measure("text report", [&] {
      Discarded discarded;
      std::ostream out(&discarded);
      render_text(report, out, {});
    });
    measure("JSON report", [&] {
      Discarded discarded;
      std::ostream out(&discarded);
      render_json(report, out);
    });
    const auto each = [this](std::size_t bytes) { return static_cast<double>(bytes) / static_cast<double>(tasks_); };
    fmt::print("{:24} {:8.0f} bytes, {:.0f} after finish\n", "memory of a task", each(held), each(finished));
    fmt::print("{:24} {:8.0f} bytes\n", "final record", each(record_bytes_));
    fmt::print("{:24} {:8} bytes: Task, {} Process\n", "", sizeof(Task), sizeof(Process));
  }

 private:
  static SessionBuilder::Options all(std::size_t kept) {
    SessionBuilder::Options options;
    options.kept_tasks = kept;
    options.measured.fill(true);
    options.syscall_name = [](std::uint32_t number, bool) { return fmt::format("call_{}", number); };
    return options;
  }

  // The records are made in between, a batch at a time: their memory and time do not count.
  void take_tasks(SessionBuilder& builder) {
    constexpr std::uint64_t batch = 1024;
    std::vector<std::byte> records;
    Duration decoding{};
    Duration taking{};
    for (std::uint64_t first = 2; first < tasks_ + 2; first += batch) {
      records.clear();
      for (std::uint64_t id = first; id < std::min(first + batch, tasks_ + 2); ++id) {
        const auto record = test::final_record(short_life(id, threads_)).bytes();
        records.insert(records.end(), record.begin(), record.end());
      }
      record_bytes_ += records.size();
      Duration begin = cpu_time();
      for_each_record(records, [](std::span<const std::byte> record) {
        if (!decode(record)) {
          std::abort();  // they are made here, so they cannot be invalid
        }
      });
      decoding += cpu_time() - begin;
      begin = cpu_time();
      for_each_record(records, [&](std::span<const std::byte> record) {
        const auto decoded = decode(record);
        builder.on_ledger(std::get<tc_ledger>(*decoded));
      });
      taking += cpu_time() - begin;
    }
    print("decode", decoding);
    print("decode and account", taking);
  }

  template <typename Do>
  void measure(std::string_view what, Do work) {
    const Duration begin = cpu_time();
    work();
    print(what, cpu_time() - begin);
  }
  void print(std::string_view what, Duration time) const {
    fmt::print("{:24} {:8.3f} us a task, {:.3f} s\n", what,
               static_cast<double>(time.count()) / 1e3 / static_cast<double>(tasks_),
               static_cast<double>(time.count()) / 1e9);
    std::fflush(stdout);
  }

  std::uint64_t tasks_;
  bool threads_;
  SessionBuilder::Options options_;
  std::size_t record_bytes_ = 0;
};

int run(int argc, char** argv) {
  const std::uint64_t tasks = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
  const std::uint64_t kept = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : SessionBuilder::Options().kept_tasks;
  if (tasks == 0) {
    fmt::print(stderr, "taskcost-bench-births: there has to be a task\n");
    return 2;
  }
  Bench(tasks, kept, argc <= 3 || std::string_view(argv[3]) != "processes").run();
  return 0;
}

}  // namespace
}  // namespace taskcost

int main(int argc, char** argv) {
  try {
    return taskcost::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "taskcost-bench-births: {}\n", error.what());
    return 1;
  }
}
