// SPDX-License-Identifier: Apache-2.0
//
// Reports for tests of the renderers, built from the accounts of processes: tests fill cells, and this sums them up as
// the model does.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "verdict/report.h"

namespace taskcost::test {

using namespace std::chrono_literals;

// The account of a task whose lifetime is the sum of its cells, plus `lost` if that is set.
class AccountBuilder {
 public:
  AccountBuilder() {
    for (const tc_counter counter :
         {TC_COUNTER_KERNEL_SLAB_BYTES, TC_COUNTER_KERNEL_SLAB_ALLOCATIONS, TC_COUNTER_KERNEL_PAGES}) {
      cannot_count(counter);
    }
  }
  AccountBuilder& runs(tc_activity activity, Duration time, std::uint64_t count = 1) {
    return spends(activity, TC_CONDITION_RUNNING, time, count);
  }
  AccountBuilder& is_preempted(tc_activity activity, Duration time) {
    return spends(activity, TC_CONDITION_PREEMPTED, time, 0);
  }
  AccountBuilder& queues(tc_activity activity, Duration time) {
    return spends(activity, TC_CONDITION_RUNNABLE, time, 0);
  }
  AccountBuilder& blocks(tc_activity activity, Duration time, tc_wait wait = TC_WAIT_OTHER) {
    ++account_.waits[wait].count;
    account_.waits[wait].blocked += time;
    return spends(activity, TC_CONDITION_BLOCKED, time, 0);
  }
  // Lifetime that is in no cell.
  AccountBuilder& lost(Duration time) {
    account_.lifetime += time;
    return *this;
  }
  AccountBuilder& counts(tc_counter counter, std::uint64_t count) {
    account_.counters[counter] = count;
    return *this;
  }
  AccountBuilder& cannot_count(tc_counter counter) {
    account_.counters[counter] = std::nullopt;
    return *this;
  }
  AccountBuilder& creates(tc_creation kind, std::uint64_t count, Duration copy_of_each) {
    account_.creations[kind] = {count, copy_of_each * count, count, 2us * count, 5us * count,
                                count, 40us * count,         count};
    return *this;
  }
  AccountBuilder& transfers(tc_channel channel, std::uint64_t calls, std::uint64_t in, std::uint64_t out) {
    account_.channels[channel] = ChannelUse{calls, in, out, 900ns * calls};
    return *this;
  }
  // Kernel figures that agree with the ledger, but for 1 us of CPU time.
  [[nodiscard]] Account build() const {
    Account account = account_;
    const auto counted = [&account](tc_counter counter) { return account.counters[counter].value_or(0); };
    const Duration running = account.total(TC_CONDITION_RUNNING);
    account.task_stats = TaskStats{counted(TC_COUNTER_VOLUNTARY_SWITCHES),
                                   counted(TC_COUNTER_INVOLUNTARY_SWITCHES),
                                   counted(TC_COUNTER_FAULTS_MINOR),
                                   counted(TC_COUNTER_FAULTS_MAJOR),
                                   std::max(running - 1us, Duration(0)),
                                   running / 2,
                                   running / 2};
    return account;
  }

 private:
  AccountBuilder& spends(tc_activity activity, tc_condition condition, Duration time, std::uint64_t count) {
    account_.cells[activity][condition] += time;
    *account_.entries[activity] += count;
    account_.lifetime += time;
    return *this;
  }

  Account account_ = empty_account();
};

// Its verbs change the process that was added last, and its last task.
class ReportBuilder {
 public:
  ReportBuilder() {
    report_.tool_version = "0.1.0";
    report_.command_line = "taskcost run -- ./bakery --cooks 3";
    report_.host = {"6.1.0-18-amd64",
                    "x86_64",
                    2,
                    "kvm",
                    "lab",
                    "0123456789abcdef0123456789abcdef",
                    "01234567-89ab-cdef-0123-456789abcdef"};
    report_.clocks = {ClockAnchor{1'000'000'000'000, 1'700'000'000'000'000'000, 1'000'500'000'000},
                      ClockAnchor{1'000'020'000'000, 1'700'000'000'020'000'000, 1'000'520'000'000}};
    report_.target.command = "./bakery --cooks 3";
    report_.session.totals = empty_account();
    report_.session.kernel_totals = empty_account();
    report_.session.start = report_.session.end = Instant(1000s);
  }

  ReportBuilder& process(std::uint32_t tgid, std::string comm, TaskOrigin how, Duration born,
                         const AccountBuilder& account) {
    Process process;
    process.id = report_.session.processes.size() + 1;
    process.tgid = tgid;
    process.ppid = 1;
    process.comm = comm;
    process.command = comm + " --flag";
    process.origin = how;
    process.start = report_.session.start + born;
    process.end = process.start;
    process.address_space = process.id;
    report_.session.processes.push_back(std::move(process));
    return task(tgid, std::move(comm), how, born, account);
  }
  ReportBuilder& child_of(std::uint32_t tgid) {
    auto& processes = report_.session.processes;
    const auto parent =
        std::find_if(processes.begin(), processes.end(), [tgid](const Process& p) { return p.tgid == tgid; });
    last().parent = parent->id;
    last().ppid = tgid;
    return *this;
  }
  ReportBuilder& thread(std::uint32_t tid, std::string comm, Duration born, const AccountBuilder& account) {
    return task(tid, std::move(comm), TaskOrigin::thread, born, account);
  }
  // A kernel thread of a window on the whole machine. Its account is not included in the totals.
  ReportBuilder& kernel_thread(std::uint32_t tid, std::string comm, const AccountBuilder& account) {
    const Account totals = report_.session.totals;
    process(tid, std::move(comm), TaskOrigin::attached, 0ms, account);
    report_.session.totals = totals;
    add(report_.session.kernel_totals, last_task().account);
    last().kernel = true;
    return *this;
  }
  // The ids of the last task as a container numbers them.
  ReportBuilder& inside(std::uint32_t tgid, std::uint32_t tid) {
    last_task().tgid_inside = tgid;
    last_task().tid_inside = tid;
    return *this;
  }
  ReportBuilder& exits(int code) {
    last().exit_code = code;
    last().zombie = 30us;
    last_task().exit = 110us;
    last_task().exit_teardown = 70us;
    return *this;
  }
  ReportBuilder& dies_of(int signal) {
    last().exit_signal = signal;
    return *this;
  }
  ReportBuilder& execs() {
    last_task().execs = 1;
    last_task().exec_replace = 320us;
    last_task().exec_return = 80us;
    return *this;
  }
  ReportBuilder& lived_before() {
    last().open_at_start = last_task().open_at_start = true;
    return *this;
  }
  ReportBuilder& lives_on() {
    last().open_at_end = last_task().open_at_end = true;
    return *this;
  }
  ReportBuilder& aggregated(std::string comm, std::uint64_t processes, const AccountBuilder& account) {
    AggregatedProcesses aggregated{std::move(comm), processes, processes, account.build()};
    add(report_.session.totals, aggregated.total);
    report_.session.process_count += processes;
    report_.session.task_count += processes;
    report_.session.aggregated.push_back(std::move(aggregated));
    return *this;
  }
  ReportBuilder& latency(const std::string& key, std::initializer_list<Duration> values) {
    Histogram& histogram = report_.session.histograms[key];
    for (const Duration value : values) {
      histogram.add(value);
    }
    return *this;
  }

  // Access for changes that have no verb.
  Report& report() { return report_; }

  [[nodiscard]] Report build() const {
    Report report = report_;
    report.session.process_count += report.session.processes.size();
    return report;
  }

 private:
  ReportBuilder& task(std::uint32_t tid, std::string comm, TaskOrigin how, Duration born,
                      const AccountBuilder& account) {
    Task task;
    task.id = ++report_.session.task_count;
    task.tid = tid;
    task.comm = std::move(comm);
    task.leader = how != TaskOrigin::thread;
    task.origin = how;
    task.created_by_tid = how == TaskOrigin::attached ? 0 : last().tgid;
    task.account = account.build();
    task.start = report_.session.start + born;
    task.end = task.start + task.account->lifetime;
    last().end = std::max(last().end, task.end);
    report_.session.end = std::max(report_.session.end, task.end);
    add(report_.session.totals, task.account);
    last().tasks.push_back(std::move(task));
    return *this;
  }
  Process& last() { return report_.session.processes.back(); }
  Task& last_task() { return last().tasks.back(); }

  Report report_;
};

inline void add_judgement(Report& report) {
  Verdict creation;
  creation.id = "cost.creation";
  creation.statement = "creating a process costs more than creating a thread";
  creation.chapter = "Overhead";
  creation.ruling = Ruling::confirmed;
  creation.unit = Unit::ns;
  creation.left_label = "process (fork)";
  creation.right_label = "thread (pthread_create)";
  creation.left = 68'230;
  creation.right = 9'120;
  creation.ratio = 7.48;
  creation.interval = Interval{7.21, 7.73};
  creation.rounds = 25;
  creation.evidence = "tracepoints from sys_enter to task_newtask";
  creation.meaning =
      "A process took 68.2 µs to copy, a thread 9.12 µs: the copy of the address space is the difference.";
  Verdict tlb;
  tlb.id = "cost.switch-tlb";
  tlb.statement = "a switch of processes flushes the TLB";
  tlb.chapter = "Overhead";
  tlb.ruling = Ruling::not_measurable;
  tlb.unit = Unit::count;
  tlb.meaning = "This kernel has no tlb:tlb_flush.";
  creation.condition = Condition::same_cpu;
  creation.answer = Answer::more;
  creation.left_total = Total{71'000, 0.043};
  creation.right_total = Total{9'800, 0.21};
  creation.user_space = UserView{"wall time of an operation", Unit::ns, 109'000, 21'000, 5.19, Interval{5.0, 5.3}};
  creation.breakdown = Breakdown{"The typical creation, by phase",
                                 {68'230, 9'120, 59'110, {58'000, 60'000}},
                                 {{"copy (system call to task_newtask)", {66'000, 7'300, 58'700, {57'600, 59'600}}},
                                  {"publish (to sched_wakeup_new)", {2'230, 1'820, 410, {380, 440}}}},
                                 13};
  creation.modes = {
      {"thread (pthread_create)", {20'000, 9'000, 31'000, 0.13}, "publish (to sched_wakeup_new)", 21'500}};
  creation.pairs = {{0, {68'000, 9'100}}, {1, {68'460, 9'140}}};
  report.claims = {creation, tlb};
  report.sweeps.push_back({"creation-by-resident",
                           "cost.creation",
                           "Creation by resident memory of the creator",
                           "resident memory",
                           Unit::mebibytes,
                           "copy and publish",
                           Unit::ns,
                           false,
                           {{"fork",
                             {{0, 68'000, {67'000, 69'000}, 5}, {64, 920'000, {910'000, 931'000}, 5}},
                             13'312.5,
                             Interval{13'100, 13'500}},
                            {"thread", {{0, 9'100, {9'000, 9'200}, 5}}, std::nullopt, std::nullopt}}});
  report.prices = {
      {"create.thread", "create", "thread, whole life", "created thread", Unit::ns, Condition::same_cpu, 21'400,
       Interval{20'900, 21'800}, 9},
      {"fault.major", "fault", "major fault", "fault", Unit::ns, Condition::same_cpu, std::nullopt, std::nullopt, 0}};
  report.tables.push_back({"lifetime-price",
                           "cost.creation.lifetime",
                           "Lifetime cost, in kernel time on a CPU",
                           {"thread", "fork"},
                           {{"create", Unit::ns, {9'000, 70'000}}, {"exec", Unit::ns, {std::nullopt, 0}}},
                           "Costs that come later stand with the creation."});

  SideBySide sides;
  sides.workload = "create";
  sides.left_label = "process (fork)";
  sides.right_label = "thread (pthread_create)";
  sides.rounds = 25;
  sides.lines.push_back({"copy", Unit::ns, 68'230.0, 9'120.0, Ratio{68'230, 9'120, 7.48, {7.21, 7.73}}});
  sides.lines.push_back({"page tables", Unit::bytes, 49'152.0, 0.0, std::nullopt});
  sides.lines.push_back({"TLB flushes on switch", Unit::count, std::nullopt, std::nullopt, std::nullopt});
  report.comparisons = {sides};
}

inline void add_evidence(Report& report) {
  report.evidence = {
      {"creation_phases", "tracepoints sys_enter, task_newtask, sched_wakeup_new, sys_exit", EvidenceKind::exact, "",
       ""},
      {"switch_latency", "sched_switch to sys_exit of the incoming task", EvidenceKind::bound,
       "the return to user mode is included: fentry on finish_task_switch was refused (EPERM)",
       "run as root on a kernel that is not locked down"},
      {"tlb_flushes", "", EvidenceKind::unavailable, "this kernel has no tracepoint tlb:tlb_flush", ""},
  };
  Observer& observer = report.observer;
  observer.probes = {{"on_switch", 5321, 1'300us}, {"on_syscall_enter", 20'110, 2'800us}, {"on_fault", 412, 90us}};
  observer.userspace_cpu = 3ms;
  observer.per_transition = 210ns;
  observer.transitions = 45'000;
  observer.share_of_wall = 0.012;
  observer.stack_time = 2ms;
  observer.attach_time = 350ms;
  observer.per_transition_cold = 640ns;
  observer.share_of_cpu = 0.006;
  observer.share_of_cpu_cold = 0.017;
  observer.measured = {12, {2e9, 2.1e9, 1.05, Interval{1.04, 1.06}}, {1e9, 1.1e9, 1.1, Interval{1.08, 1.12}}};
}

inline void add_records(Report& report) {
  const Instant start = report.session.start;
  RecordCheck& records = report.records.emplace();
  records.gaps = {{start, Instant::max(), std::nullopt, std::nullopt, ReplayGap::Why::damaged},
                  {start + 12ms, start + 12'300us, 17, 1, ReplayGap::Why::ring_full},
                  {start + 40ms, start + 90ms, 120'481, std::nullopt, ReplayGap::Why::disk_slow}};
  records.touched_tasks = 3;
  records.unknown = 81ms;
  records.missing_snapshots = 1;
  records.integrity.events = 45'012;
  records.integrity.switches_checked = 4'019;
  records.integrity.broken_switches = 2;
  records.integrity.breaks = {{start + 95ms, 1, 4713, 4711, 3, 1}, {start + 96ms, 0, 0, 4714, 0, 4}};
  records.integrity.lost_final_ledgers = 1;
}

// A cook that forks a helper with two threads of its own, and all kinds of figures that a report can have for them.
inline Report full_report() {
  ReportBuilder builder;
  builder
      .process(4711, "bakery", TaskOrigin::attached, 0ms,
               AccountBuilder()
                   .runs(TC_ACTIVITY_USER, 700ms, 2100)
                   .is_preempted(TC_ACTIVITY_USER, 1200us)
                   .runs(TC_ACTIVITY_CREATE, 68'230ns)
                   .runs(TC_ACTIVITY_PIPE, 1800us, 2000)
                   .queues(TC_ACTIVITY_PIPE, 310us)
                   .blocks(TC_ACTIVITY_PIPE, 240ms, TC_WAIT_PIPE)
                   .runs(TC_ACTIVITY_WAIT, 12us)
                   .blocks(TC_ACTIVITY_WAIT, 90ms, TC_WAIT_CHILD)
                   .runs(TC_ACTIVITY_PAGE_FAULT, 250us, 301)
                   .lost(12us)
                   .counts(TC_COUNTER_VOLUNTARY_SWITCHES, 2003)
                   .counts(TC_COUNTER_INVOLUNTARY_SWITCHES, 17)
                   .counts(TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE, 1990)
                   .counts(TC_COUNTER_SWITCHES_TO_IDLE, 30)
                   .counts(TC_COUNTER_FAULTS_MINOR, 301)
                   .counts(TC_COUNTER_FAULTS_COW, 20)
                   .counts(TC_COUNTER_CHILDREN_FORKS, 1)
                   .counts(TC_COUNTER_PAGE_TABLE_BYTES, 49'152)
                   .cannot_count(TC_COUNTER_TLB_FLUSHES_ON_SWITCH)
                   .cannot_count(TC_COUNTER_TLB_REUSES_ON_SWITCH)
                   .creates(TC_CREATION_FORK, 1, 61us)
                   .transfers(TC_CHANNEL_PIPE, 2000, 64'000, 64'000))
      .lived_before()
      .exits(0)
      .process(4712, "helper", TaskOrigin::fork, 10ms,
               AccountBuilder()
                   .runs(TC_ACTIVITY_USER, 400ms, 5)
                   .blocks(TC_ACTIVITY_FUTEX, 300ms, TC_WAIT_FUTEX_PRIVATE)
                   .creates(TC_CREATION_THREAD, 2, 9us))
      .child_of(4711)
      .execs()
      .thread(4713, "oven", 20ms,
              AccountBuilder()
                  .runs(TC_ACTIVITY_USER, 300ms, 9)
                  .blocks(TC_ACTIVITY_SLEEP, 100ms, TC_WAIT_TIMER)
                  .counts(TC_COUNTER_VOLUNTARY_SWITCHES, 9))
      .thread(4714, "mixer", 25ms,
              AccountBuilder().runs(TC_ACTIVITY_USER, 5ms).blocks(TC_ACTIVITY_POLL, 500ms, TC_WAIT_EPOLL).lost(40ms))
      .lives_on()
      .dies_of(9)
      .latency("run_queue", {800ns, 900ns, 1200ns, 1500ns, 3us, 9us, 40us})
      .latency("switch_other", {820ns, 840ns, 850ns, 860ns, 1100ns})
      .latency("creation", {61us, 9us, 10us})
      .latency("zombie", {30us});
  Report report = builder.build();
  report.session.histograms["fault_major"];  // measured, but there were none
  report.target.exit_code = 0;
  report.session.losses.counts[TC_LOSS_UNRESOLVED_FAULTS] = 3;
  report.session.losses.skipped_probes = 1;
  report.session.lifecycle_costs[TC_CREATION_FORK] = {1, 68us, 2us, 90us, 31us, 120us, 7us, 4us};
  const Waker helper{Waker::Kind::task, 2, 4712};
  const Waker timer{Waker::Kind::interrupt, 0, 0};
  report.session.edges = {{helper, 1, 4711, TC_WAIT_PIPE, 1998, 240ms, 3ms, {{"write", 1997}, {"close", 1}}, 64'000},
                          {timer, 3, 4713, TC_WAIT_TIMER, 10, 100ms, 10ms, {}, std::nullopt},
                          {{Waker::Kind::unobserved, 0, 99}, 4, 4714, TC_WAIT_EPOLL, 1, 9ms, 9ms, {}, std::nullopt},
                          {{Waker::Kind::task, 1, 4711}, 0, 0, TC_WAIT_PIPE, 0, 0ms, 0ms, {}, 64'000}};
  report.session.chains = {{{1, 4711, helper, TC_WAIT_PIPE, "write", 41ms}, {2, 4712, timer, TC_WAIT_TIMER, "", 38ms}}};
  report.session.ran_instead = {{{1, RanInstead::Kind::task, 2, "", 12, 1100us},
                                 {1, RanInstead::Kind::unobserved, 0, "customer", 3, 200us},
                                 {1, RanInstead::Kind::kernel_thread, 0, "kworker/1:2", 2, 30us},
                                 {1, RanInstead::Kind::idle, 0, "", 9, 20us}}};
  report.session.cpu_quotas = {{44, "/lab", 20ms, 100ms, 3, 400us}};
  report.session.interrupts = {{{TC_INTERRUPT_NET_RX, 40, 900us}, {TC_INTERRUPT_HANDLER, 3, 12us}}};
  report.session.locks = {{{2, "mmap_lock", TC_LOCK_RWSEM_WRITE, RanInstead::Kind::task, 3, 5, 700us, 300us, 0us},
                           {1, "", TC_LOCK_SPINLOCK, std::nullopt, 0, 2, 3us, 2us, 0us}}};
  report.session.wait_objects = {
      {{2, TC_WAIT_DISK, WaitObjectKind::file, "/var/lib/oven/recipes", "sda", "8:1", 42, 5, 700us, 300us},
       {1, TC_WAIT_INET_SOCKET, WaitObjectKind::tcp, "tcp 10.0.0.1:5432", "", "", std::nullopt, 2, 300us, 200us},
       {0, TC_WAIT_PAGE_FAULT, WaitObjectKind::unknown, "", "", "", std::nullopt, 1, 30us, 30us}}};
  RingOperations reads;
  reads.program = "bakery";
  reads.name = "IORING_OP_READ";
  reads.count = 12;
  reads.errors = {{"EAGAIN", 2}};
  reads.bytes = 40'960;
  reads.timed = 12;
  reads.total = 3ms;
  reads.p50 = 200us;
  reads.p99 = reads.longest = 700us;
  report.session.ring_operations = {reads};
  report.session.signal_deaths.push_back({2, 9, report.session.start + 600ms, 3, 120us, 380us, 1, 1});
  MarkedRegion knead;
  knead.program = "bakery";
  knead.name = "knead";
  knead.count = 40;
  knead.parts = {600ms, 1ms, 250us, 1ms, 300us, {}};
  knead.parts.blocked[TC_WAIT_PIPE] = 200ms;
  knead.parts.blocked[TC_WAIT_CHILD] = 90ms;
  knead.total = knead.parts.total();
  knead.shortest = 9ms;
  knead.p50 = 20ms;
  knead.p99 = knead.longest = 110ms;
  knead.open = 1;
  knead.open_time = 12ms;
  MarkedRegion bake;
  bake.program = "helper";
  bake.name = "bake";
  bake.not_ended = 2;
  bake.not_ended_time = 30ms;
  bake.stray_ends = 1;
  report.session.regions = {knead, bake};
  add_evidence(report);
  add_records(report);
  add_judgement(report);
  return report;
}

// A shell script that runs 300 commands, one of which fails.
inline Report shell_script() {
  ReportBuilder builder;
  builder.process(100, "sh", TaskOrigin::attached, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 900ms)).exits(0);
  for (std::uint32_t i = 0; i < 300; ++i) {
    builder.process(200 + i, "true", TaskOrigin::fork, 3ms * i, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms))
        .child_of(100)
        .exits(i == 7 ? 1 : 0);
  }
  return builder.build();
}

}  // namespace taskcost::test
