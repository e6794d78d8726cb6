// SPDX-License-Identifier: Apache-2.0
//
// A ledger that was kept by a wrong conclusion is found, whatever was concluded. Each case has the events as a probe
// saw them, and a change of them that leads to the wrong conclusion: its ledger is that of the changed events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "support/audited.h"

namespace taskcost {
namespace {

using namespace test;                  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using testing::Contains;

struct Planted {
  std::string what;
  Script seen;
  std::function<void(Record&)> conclude;
  std::string quantity;  // one of those that differ
};

std::vector<std::string> differences(const Planted& planted) {
  Script concluded;
  for (Record record : planted.seen.records()) {
    planted.conclude(record);
    concluded.emits(record);
  }
  Script recorded = planted.seen;
  recorded.emits_ledger(kernel_ledger_of(concluded, a, [](tc_ledger&) {}));
  std::vector<std::string> names;
  for (const auto& task : audit_of(recorded).differing) {
    for (const AuditRow& row : task.rows) {
      names.push_back(row.quantity);
    }
  }
  return names;
}

void expect_found(const std::vector<Planted>& cases) {
  for (const Planted& planted : cases) {
    Planted right = planted;
    right.conclude = [](Record&) {};
    EXPECT_EQ(differences(right), std::vector<std::string>{}) << planted.what;
    EXPECT_THAT(differences(planted), Contains(planted.quantity)) << planted.what;
  }
}

// Changes the switch that task a leaves its CPU with, or comes with.
std::function<void(Record&)> leaving(std::function<void(tc_switch&)> change) {
  return [change = std::move(change)](Record& record) {
    auto* event = std::get_if<tc_switch>(&record);
    if (event != nullptr && event->prev == a && !is_last(*event)) {
      change(*event);
    }
  };
}
std::function<void(Record&)> coming(std::function<void(tc_switch&)> change) {
  return [change = std::move(change)](Record& record) {
    auto* event = std::get_if<tc_switch>(&record);
    if (event != nullptr && event->next == a) {
      change(*event);
    }
  };
}
template <typename Event>
std::function<void(Record&)> each(std::function<void(Event&)> change) {
  return [change = std::move(change)](Record& record) {
    if (auto* event = std::get_if<Event>(&record)) {
      change(*event);
    }
  };
}

Script ended(Script script) { return script.at(90us).exits(a).at(95us).switches(0, dead(), unobserved); }

// Task a sleeps from 30 to 60 us in that call.
Script sleeps(std::uint32_t syscall, const std::function<void(tc_switch&)>& seen, const Coming& woken_so) {
  Leaving sleeper = asleep(TC_ACTIVITY_OTHER, TC_WAIT_OTHER);
  sleeper.id = a;
  sleeper.tid = tid_of(a);
  tc_switch out = switched(30'000, sleeper, {});
  out.syscall = syscall;
  seen(out);
  Coming comes_back = woken_so;
  comes_back.id = a;
  comes_back.tid = tid_of(a);
  return ended(script().at(10us).adopted_running(a, 0).emits(out).emits(switched(70'000, {}, comes_back)).unseen(0, a));
}
Script sleeps(std::uint32_t syscall, const std::function<void(tc_switch&)>& seen) {
  return sleeps(syscall, seen, woken(60us, b, 4));
}

TEST(AuditConclusions, CausesByTheStateOfATask) {
  const std::uint32_t nanosleep = call_in(TC_ACTIVITY_SLEEP);
  const auto no_facts = leaving([](tc_switch& event) { event.saw = 0; });
  const auto in_exit = [](tc_switch& event) {
    event.context = TC_IN_EXIT;
    event.saw = TC_SAW_CORE_DUMP;
  };
  expect_found({
      {"frozen", sleeps(nanosleep, [](tc_switch& event) { event.saw = TC_SAW_FREEZE_TRAP; }), no_facts,
       "wait for its cgroup or the system to be thawed: count"},
      {"dumping", sleeps(0, in_exit), no_facts, "wait for a core dump to be written: count"},
      {"disk",
       sleeps(
           call_in(TC_ACTIVITY_FILE), [](tc_switch& event) { event.saw = TC_SAW_IOWAIT; }, woken(60us)),
       no_facts, "wait for the disk: blocked"},
  });
}

TEST(AuditConclusions, CausesByTheArgumentsOfACall) {
  const auto detail = [](int value) {
    return [value](tc_switch& event) { event.detail = static_cast<std::uint16_t>(value); };
  };
  const auto file = [](int value, int with = TC_NOT_ANONYMOUS) {
    return [value, with](tc_switch& event) {
      event.file = static_cast<std::uint16_t>(value);
      event.detail = static_cast<std::uint16_t>(with);
    };
  };
  const std::uint32_t futex = call_of_kind(TC_KIND_FUTEX, TC_ACTIVITY_FUTEX);
  const std::uint32_t open = call_of_kind(TC_KIND_OPEN, TC_ACTIVITY_FILE);
  const std::uint32_t fcntl = call_of_kind(TC_KIND_FCNTL, TC_ACTIVITY_FILE);
  const std::uint32_t ioctl = call_with(TC_CALL_FD_FIRST, TC_ACTIVITY_FILE);
  const std::uint32_t splice = call_of_kind(TC_KIND_SPLICE, TC_ROW_CALL_PENDING);
  constexpr int regular = TC_FILE_REGULAR | int{TC_OPEN_SEEN};
  constexpr int leased = regular | int{TC_OPEN_LEASED};
  const auto locks = [](int command) { return TC_FCNTL_COMMAND(command) | int{TC_NOT_ANONYMOUS}; };
  constexpr int to_full = TC_FILE_FIFO | int{TC_SPLICE_FULL};
  expect_found({
      {"shared futex", sleeps(futex, file(TC_FUTEX_MAYSHARE)), leaving(file(TC_FUTEX_PRIVATE)),
       "wait for a futex in shared memory: count"},
      {"futex that was not looked up", sleeps(futex, file(0)), leaving(file(TC_FUTEX_PRIVATE)),
       "wait for a futex of its process: count"},
      {"opened FIFO", sleeps(open, detail(TC_FILE_FIFO | int{TC_OPEN_SEEN})), leaving(detail(regular)),
       "wait for a pipe: count"},
      {"opened file with a lease", sleeps(open, detail(leased)), leaving(detail(regular)),
       "wait for a file lock: count"},
      {"opened file that was not looked up", sleeps(open, detail(0)), leaving(detail(TC_OPEN_SEEN)),
       "wait for another file: count"},
      {"lock by fcntl", sleeps(fcntl, file(TC_FILE_REGULAR, locks(7))), leaving(detail(locks(6))),
       "wait for a file lock: count"},
      {"command that was not looked up", sleeps(fcntl, file(TC_FILE_REGULAR)), leaving(detail(locks(6))),
       "wait for a regular file: count"},
      {"eventfd", sleeps(ioctl, file(TC_FILE_REGULAR, TC_ANONYMOUS_NAME('e', 'f'))), leaving(detail(TC_NOT_ANONYMOUS)),
       "wait for an eventfd: count"},
      {"inode that was not looked up", sleeps(ioctl, file(TC_FILE_REGULAR, 0)), leaving(detail(TC_NOT_ANONYMOUS)),
       "wait for a regular file: count"},
      {"regular file", sleeps(ioctl, file(TC_FILE_REGULAR)), leaving(file(0)), "wait for a regular file: count"},
      {"splice to a full pipe", sleeps(splice, file(TC_FILE_SOCKET | 2, to_full)), leaving(detail(TC_FILE_FIFO)),
       "wait for a pipe: count"},
  });
}

TEST(AuditConclusions, CausesAndWakersByTheWakeup) {
  const auto waking = [](unsigned bits) {
    return coming([bits](tc_switch& event) { event.waking = static_cast<std::uint16_t>(bits); });
  };
  const auto disk = [](tc_switch& event) { event.saw = TC_SAW_IOWAIT; };
  const auto nothing = [](tc_switch&) {};
  const std::uint32_t stat = call_in(TC_ACTIVITY_FILE);
  const std::uint32_t nanosleep = call_in(TC_ACTIVITY_SLEEP);
  Script thawed = sleeps(nanosleep, nothing);
  Planted frozen{"frozen where it slept", {}, waking(0), "wait for its cgroup or the system to be thawed: count"};
  for (Record record : thawed.records()) {
    waking(TC_WAKING_FROZEN)(record);
    frozen.seen.emits(record);
  }
  expect_found({
      {"disk that a program ended", sleeps(stat, disk), waking(TC_WAKING_IDLE), "wait for another file: count"},
      frozen,
      {"task", sleeps(nanosleep, nothing), waking(TC_WAKING_HARDIRQ), "waker from a timer: count (an interrupt)"},
      {"timer", sleeps(nanosleep, nothing, woken(60us, TC_WAKER_TIMER)), waking(TC_WAKING_HARDIRQ),
       "waker from a timer: count (an interrupt)"},
      {"interrupt", sleeps(nanosleep, nothing, woken(60us)), waking(0), "waker from a timer: count (unseen)"},
  });
}

TEST(AuditConclusions, ChannelsOfCallsAndPassages) {
  const std::uint32_t futex = call_of_kind(TC_KIND_FUTEX, TC_ACTIVITY_FUTEX);
  const auto futex_call = [&](std::uint16_t seen) {
    tc_call call = called(a, 20'000, 40'000, TC_ACTIVITY_FUTEX, 0);
    call.syscall = futex;
    call.file = seen;
    return ended(script().at(10us).adopted_running(a, 0).emits(call));
  };
  const Script passes = ended(script().at(10us).adopted_running(a, 0).at(40us).passes(a, TC_CHANNEL_PIPE, 8, 0));
  expect_found({
      {"shared futex", futex_call(TC_FUTEX_MAYSHARE), each<tc_call>([](tc_call& call) { call.file = 0; }),
       "shared memory: calls"},
      {"private futex", futex_call(TC_FUTEX_PRIVATE),
       each<tc_call>([](tc_call& call) { call.file = TC_FUTEX_MAYSHARE; }), "shared memory: calls"},
      {"passage", passes, each<tc_passage>([](tc_passage& passage) { passage.file = TC_FILE_SOCKET | 2; }),
       "pipe: bytes in"},
  });
}

TEST(AuditConclusions, KindsOfCreation) {
  const Script creates = ended(script()
                                   .at(10us)
                                   .adopted_running(a, 0)
                                   .at(40us)
                                   .born(b, a, TC_CREATION_SPAWN, 38us, 20us)
                                   .published(b, a)
                                   .at(50us)
                                   .calls(a, TC_ACTIVITY_CREATE, 20us));
  const auto of_child = [](const std::function<void(tc_task_new&)>& change) {
    return each<tc_task_new>([change](tc_task_new& new_task) {
      if (new_task.id == b) {
        change(new_task);
      }
    });
  };
  expect_found({
      {"spawn", creates, of_child([](tc_task_new& child) { child.same_stack = 1; }), "creation of a vfork: count"},
      {"fork", creates, of_child([](tc_task_new& child) { child.clone_flags = 0; }), "children forks"},
      {"the call that returned", creates,
       each<tc_call>([](tc_call& call) { call.syscall = call_in(TC_ACTIVITY_OTHER); }), "creation of a spawn: returns"},
  });
}

TEST(AuditConclusions, TheStateOfAnAdoptedTask) {
  const auto adopted_so = [](const std::function<void(tc_task_new&)>& seen) {
    tc_task_new new_task = test::adopted(a, 10'000, TC_ACTIVITY_SLEEP, TC_CONDITION_BLOCKED, TC_WAIT_TIMER);
    seen(new_task);
    return ended(script().emits(new_task).at(60us).runs(0, a, woken(50us, b, 4)));
  };
  const auto in_fault = [](tc_task_new& new_task) {
    new_task.context = TC_IN_USER;
    new_task.found = 1;
  };
  expect_found({
      {"asleep", adopted_so([](tc_task_new&) {}), each<tc_task_new>([](tc_task_new& task) { task.state = 0; }),
       "sleep blocked"},
      {"ready", adopted_so([](tc_task_new& task) { task.state = 0; }),
       each<tc_task_new>([](tc_task_new& task) { task.state = 1; }), "sleep preempted"},
      {"frozen", adopted_so([](tc_task_new& task) { task.saw = TC_SAW_FROZEN; }),
       each<tc_task_new>([](tc_task_new& task) { task.saw = 0; }), "wait for a timer: count"},
      {"in a page fault", adopted_so(in_fault),
       each<tc_task_new>([](tc_task_new& task) { task.context = TC_IN_KERNEL; }), "page fault blocked"},
  });
}

TEST(AuditConclusions, TheCellOfACorrection) {
  const Script corrected = ended(script()
                                     .at(10us)
                                     .adopted(a, 0, asleep(TC_ACTIVITY_POLL, TC_WAIT_POLL))
                                     .at(50us)
                                     .event(a, TC_EV_FOUND_RUNNING)
                                     .unseen(0, a)
                                     .at(60us)
                                     .event(a, TC_EV_CORRECTED, 15'000));
  const auto to_another_row = [](Record& record) {
    if (auto* ledger = std::get_if<tc_task_new>(&record)) {
      ledger->syscall = call_in(TC_ACTIVITY_FUTEX);
    }
  };
  expect_found({{"row", corrected, to_another_row, "poll running"}});
}

}  // namespace
}  // namespace taskcost
