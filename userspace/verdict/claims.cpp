// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "verdict/claim_table.h"
#include "verdict/figures.h"
#include "verdict/verdict.h"

namespace taskcost {
namespace {

// The conditions that a claim is judged in. Each becomes a row.
enum class JudgedIn { as_stated, one_cpu, across, both };

struct Chapter {
  std::string_view claims;  // the first word of the claims' ids
  std::string_view title;
};

// The chapters of the judged text, in its order. The table of claims has the same order.
constexpr auto chapters = std::to_array<Chapter>({{"definition", "Definition"},
                                                  {"memory", "Memory Space"},
                                                  {"bake", "Baking Analogy"},
                                                  {"execution", "Execution Behavior"},
                                                  {"ipc", "Communication"},
                                                  {"cost", "Overhead"},
                                                  {"isolation", "Isolation"},
                                                  {"failure", "Failure Impact"},
                                                  {"resources", "Resource Allocation"},
                                                  {"summary", "Summary"}});

std::string chapter_title(std::string_view claim) {
  const auto* chapter = std::ranges::find(chapters, claim.substr(0, claim.find('.')), &Chapter::claims);
  return chapter == chapters.end() ? std::string() : std::string(chapter->title);
}

Claim ratio(const char* id, const char* statement, const char* workload, const char* figure, Unit unit,
            const char* evidence) {
  return {id, statement, workload, figure, unit, evidence, false, Condition::none, chapter_title(id)};
}

Claim structural(const char* id, const char* statement, const char* workload, const char* figure,
                 const char* evidence) {
  return {id, statement, workload, figure, Unit::count, evidence, true, Condition::none, chapter_title(id)};
}

// "a process is an independent program with its own memory space, while a thread is a lightweight execution unit inside
// a process that shares memory and resources"
constexpr std::array<std::string_view, 6> summary_parts = {
    "definition.",       "memory.", "resources.", "cost.creation.lifetime", "cost.creation.lifetime.across-cpus",
    "cost.thread-reuses"};

struct TableRow {
  ClaimRow row;
  JudgedIn where = JudgedIn::as_stated;
};

const std::array table_rows = {
    TableRow{{structural("definition.own-memory", "a process has its own memory space", "create",
                         "forked processes whose address space is not their parent's",
                         "the address space of each forked process and of its parent"),
              "ledger",
              StructuralRule{{"create/fork"}, &own_memory, {"new processes", "had a memory space of their own"}}}},
    TableRow{{structural("definition.main-thread", "every process has at least one thread, the main one", "create",
                         "processes with a leader whose thread id is the process id, and never without a living thread",
                         "thread ids, creations and final switch-outs of all tasks of each process"),
              "ledger",
              StructuralRule{{"create/fork", "create/thread"},
                             &main_thread,
                             {"processes", "had a main thread, and a living thread at every instant"}}}},
    TableRow{{structural("definition.many-threads", "several threads can live in one process", "create",
                         "processes that created threads and had several tasks at one instant",
                         "creations and final switch-outs of all tasks of each process"),
              "ledger",
              StructuralRule{{"create/thread"},
                             &many_threads,
                             {"processes that created threads", "had several living threads at one instant"}}}},
    TableRow{{structural("definition.thread-shares", "threads share the memory space of their process", "create",
                         "threads in the process of their creator without an address space of their own",
                         "the process and the address space of each new thread and of its creator"),
              "ledger",
              StructuralRule{
                  {"create/thread"}, &thread_shares, {"new threads", "shared the memory space of their creator"}}}},
    TableRow{{structural("memory.separate", "a write in one process is not seen by another", "share",
                         "rounds in which a child's writes stayed its own, each with a copy-on-write fault",
                         "what the parent reads afterwards; copy-on-write faults and page tables of the child"),
              "page_fault_latency",
              StructuralRule{{"share/process"},
                             &separate_memory,
                             {"rounds of writes in a process", "were unseen by its parent, page after page copied"}}}},
    TableRow{
        {structural("memory.shared", "a write in one thread is seen by the others, directly", "share",
                    "rounds in which a thread's writes were seen, without a fault or a system call for them",
                    "what the creator reads afterwards; faults and system calls of the thread, with the writes and "
                    "without"),
         "page_fault_latency",
         StructuralRule{{"share/thread", "share/thread/none"},
                        &shared_memory,
                        {"rounds of writes in a thread", "were seen by its creator, without help of the kernel"}}}},
    TableRow{{structural("memory.sharing-needs-ipc", "processes share data only through IPC", "channel, share",
                         "rounds in which every byte that crossed is accounted to a channel, and none crossed without",
                         "bytes by channel, cross-checked with the workload's own count"),
              "ledger",
              StructuralRule{
                  {"share/process", "channel/process/pipe", "channel/process/unix-stream", "channel/process/unix-dgram",
                   "channel/process/tcp", "channel/process/message-queue", "channel/process/shared-memory"},
                  &every_byte_by_channel,
                  {"rounds", "crossed between processes by a channel that the ledger names, or not at all"}}}},
    TableRow{
        {structural("bake.serial", "one person does all steps one after the other", "bake",
                    "rounds in which one task did everything", "which tasks were on a CPU, and when"),
         "cpu_slices",
         StructuralRule{{"cpu-slices/serial"}, &alone, {"rounds of one cook", "kept one task busy, and no other"}}}},
    TableRow{{ratio("bake.threads", "several people in one house are faster than one", "bake",
                    "makespan of one cook against a family of threads", Unit::ns,
                    "the workload's clock; the ledger has the whole bill"),
              "ledger",
              RatioRule{"bake/serial",
                        "bake/threads",
                        "one cook",
                        "family (threads)",
                        MeasureId::wall,
                        {"One cook", "took", "as long as", "a family of threads"}}},
             JudgedIn::across},
    TableRow{
        {ratio("bake.processes", "friends in other houses cost more than a family in one", "bake",
               "kernel time of a batch, with the bakers' creation and end: processes that send each other their wares, "
               "against threads",
               Unit::ns, "time on a CPU in the kernel, of all bakers and of the task that creates them"),
         "ledger",
         RatioRule{"bake/processes",
                   "bake/threads",
                   "friends (processes)",
                   "family (threads)",
                   MeasureId::lifetime,
                   {"Friends in other houses", "cost the kernel", "as much as", "a family in one house"}}},
        JudgedIn::both},
    TableRow{{structural("execution.one-at-a-time", "one thread does one thing at a time", "bake",
                         "tasks whose times on a CPU never overlap", "each time on a CPU of each task"),
              "cpu_slices",
              StructuralRule{{"cpu-slices/serial", "cpu-slices/threads", "cpu-slices/processes"},
                             &one_at_a_time,
                             {"tasks", "were on one CPU at a time"}}}},
    TableRow{{structural("execution.parallel", "several threads run in parallel in one process", "bake",
                         "rounds in which two threads of one process were on CPUs at one instant",
                         "each time on a CPU of each task"),
              "cpu_slices",
              StructuralRule{{"cpu-slices/threads"},
                             &run_in_parallel,
                             {"rounds of a family of threads", "had two of them on different CPUs at one instant"},
                             true /*one_is_enough*/}}},
    TableRow{{ratio("execution.coordination", "threads coordinate faster than processes", "handoff",
                    "wall time of a handoff by futex, processes against threads", Unit::ns,
                    "the workload's clock around handoffs that the ledger counts"),
              "ledger",
              RatioRule{"handoff/process/futex",
                        "handoff/thread/futex",
                        "process (shared futex)",
                        "thread (private futex)",
                        MeasureId::wall,
                        {"A handoff between processes", "took", "as long as", "one between threads"}}},
             JudgedIn::both},
    TableRow{{ratio("execution.coordination.ipc", "threads coordinate faster than processes that use a pipe", "handoff",
                    "wall time of a handoff, processes by pipe against threads by futex", Unit::ns,
                    "the workload's clock around handoffs that the ledger counts"),
              "ledger",
              RatioRule{"handoff/process/pipe",
                        "handoff/thread/futex",
                        "process (pipe)",
                        "thread (futex)",
                        MeasureId::wall,
                        {"A handoff between processes through a pipe", "took", "as long as",
                         "one between threads through a futex"}}},
             JudgedIn::both},
    TableRow{
        {ratio("ipc.pipe", "a pipe between processes has a high overhead", "channel",
               "kernel time of a message of 4 KiB: a pipe between processes against memory between threads", Unit::ns,
               "time on a CPU in the kernel, of both sides"),
         "ledger",
         RatioRule{"channel/process/pipe",
                   "channel/thread/memory",
                   "process (pipe)",
                   "thread (memory)",
                   MeasureId::kernel,
                   {"A message through a pipe", "cost the kernel", "as much as", "one handed over between threads"}}},
        JudgedIn::both},
    TableRow{{ratio("ipc.socket", "a socket between processes has a high overhead", "channel",
                    "kernel time of a message of 4 KiB: a unix socket between processes against memory between threads",
                    Unit::ns, "time on a CPU in the kernel, of both sides"),
              "ledger",
              RatioRule{"channel/process/unix-stream",
                        "channel/thread/memory",
                        "process (socket)",
                        "thread (memory)",
                        MeasureId::kernel,
                        {"A message through a unix socket", "cost the kernel", "as much as",
                         "one handed over between threads"}}},
             JudgedIn::both},
    TableRow{{ratio("ipc.shared-memory", "shared memory between processes has a high overhead", "channel",
                    "kernel time of a message of 4 KiB: shared memory between processes against memory between threads",
                    Unit::ns, "time on a CPU in the kernel, of both sides"),
              "ledger",
              RatioRule{"channel/process/shared-memory",
                        "channel/thread/memory",
                        "process (shared memory)",
                        "thread (memory)",
                        MeasureId::kernel,
                        {"A message through shared memory", "cost the kernel", "as much as",
                         "one handed over between threads"}}},
             JudgedIn::both},
    TableRow{{ratio("ipc.thread", "sharing between threads is fast", "channel",
                    "wall time of a message of 4 KiB: a pipe between processes against memory between threads",
                    Unit::ns, "the workload's clock around messages that the ledger counts"),
              "ledger",
              RatioRule{"channel/process/pipe",
                        "channel/thread/memory",
                        "process (pipe)",
                        "thread (memory)",
                        MeasureId::wall,
                        {"A message between processes through a pipe", "took", "as long as",
                         "one handed over between threads"}}},
             JudgedIn::both},
    TableRow{{ratio("ipc.complex", "process IPC needs more kernel machinery than thread sharing", "channel",
                    "system calls, wakeups and context switches of a message of 4 KiB", Unit::count,
                    "system calls, wakeups and context switches of both sides"),
              "ledger",
              RatioRule{"channel/process/pipe",
                        "channel/thread/memory",
                        "process (pipe)",
                        "thread (memory)",
                        MeasureId::machinery,
                        {"A message through a pipe", "needed", "as many system calls, wakeups and context switches as",
                         "one handed over between threads"}}},
             JudgedIn::both},
    TableRow{{ratio("cost.creation", "creating a process costs more than creating a thread", "create",
                    "kernel time of a creation, from the system call to the run queue (copy and publish)", Unit::ns,
                    "system call entered -> task_newtask -> sched_wakeup_new"),
              "creation",
              RatioRule{"create/fork",
                        "create/thread",
                        "process (fork)",
                        "thread",
                        MeasureId::creation,
                        {"Creating a process", "took", "as long as", "creating a thread"}}},
             JudgedIn::both},
    TableRow{{ratio("cost.creation.vfork", "creating a process by vfork costs more than creating a thread", "create",
                    "kernel time of a creation, from the system call to the run queue (copy and publish)", Unit::ns,
                    "system call entered -> task_newtask -> sched_wakeup_new"),
              "creation",
              RatioRule{"create/vfork",
                        "create/thread",
                        "process (vfork)",
                        "thread",
                        MeasureId::creation,
                        {"Creating a process by vfork", "took", "as long as", "creating a thread"}}},
             JudgedIn::both},
    TableRow{
        {ratio("cost.creation.lifetime", "a process costs more than a thread from creation to reaping", "create",
               "kernel time of a task's lifetime: creation, first faults, exit, reaping, and costs that come later",
               Unit::ns, "time on a CPU in the kernel, of creator and created task"),
         "ledger",
         RatioRule{"create/fork",
                   "create/thread",
                   "process (fork)",
                   "thread",
                   MeasureId::lifetime,
                   {"The lifetime of a process", "cost the kernel", "as much as", "that of a thread"}}},
        JudgedIn::both},
    TableRow{{ratio("cost.creation.program", "starting a program costs more than creating a thread", "create",
                    "kernel time of a lifetime: fork, exec, faults, exit and reaping, against a thread's", Unit::ns,
                    "time on a CPU in the kernel, of creator and created task"),
              "ledger",
              RatioRule{"create/fork-exec",
                        "create/thread",
                        "process (fork, exec)",
                        "thread",
                        MeasureId::lifetime,
                        {"The lifetime of a program", "cost the kernel", "as much as", "that of a thread"}}},
             JudgedIn::both},
    TableRow{
        {structural("cost.new-memory", "a process means new memory", "create", "page tables made for a new task",
                    "page-table bytes of the address space that came with each new task"),
         "page_table_bytes",
         StructuralRule{{"create/fork", "create/thread", "memory/fork", "memory/thread"},
                        &new_memory_of_both,
                        {"new tasks", "brought page tables if they were processes, and none if they were threads"}}}},
    TableRow{
        {structural("cost.new-resources", "a process means new kernel objects", "create",
                    "forked processes with a file table, directory, signal handlers, limits and memory of their own",
                    "addresses of the objects of each new task and of its creator"),
         "ledger",
         StructuralRule{{"create/fork"}, &new_objects, {"new processes", "had all their kernel objects anew"}}}},
    TableRow{
        {structural("cost.thread-reuses", "a thread reuses its process's resources", "create",
                    "threads that use each of these objects of their creator",
                    "addresses of the objects of each new task and of its creator"),
         "ledger",
         StructuralRule{{"create/thread"}, &same_objects, {"new threads", "reused all objects of their creator"}}}},
    TableRow{{ratio("cost.switch", "switching processes costs more than switching threads", "switch",
                    "median latency of a switch to another address space, against one within it", Unit::ns,
                    "sched_switch -> first event of the incoming task"),
              "switch_latency",
              RatioRule{"switch/process",
                        "switch/thread",
                        "process",
                        "thread",
                        MeasureId::switch_latency,
                        {"Switching to another process", "took", "as long as", "switching to another thread"}}},
             JudgedIn::one_cpu},
    TableRow{{ratio("cost.switch.hop", "a hop between processes takes longer than one between threads", "switch",
                    "wall time of a hop through a pipe", Unit::ns,
                    "the workload's clock around hops that the ledger counts"),
              "ledger",
              RatioRule{"switch/process",
                        "switch/thread",
                        "process",
                        "thread",
                        MeasureId::wall,
                        {"A hop between processes", "took", "as long as", "one between threads"}}},
             JudgedIn::both},
    TableRow{{structural("isolation.memory", "a wild write in a process harms only itself", "crash",
                         "rounds in which no neighbor saw the wild value, and all ended normally",
                         "what the neighbors read, and their exit statuses"),
              "ledger",
              StructuralRule{{"crash/process/wild-write"},
                             &neighbors_unharmed,
                             {"rounds with a wild write in a process", "left its neighbors unharmed"}}}},
    TableRow{{structural("isolation.thread", "a wild write in a thread harms its siblings", "crash",
                         "rounds in which a sibling read the wild value", "what the siblings read"),
              "ledger",
              StructuralRule{{"crash/thread/wild-write"},
                             &siblings_harmed,
                             {"rounds with a wild write in a thread", "let a sibling read the wild value"}}}},
    TableRow{{structural("failure.process", "a crashing process leaves the others alive", "crash",
                         "rounds in which the signal ended one process, and the others kept running",
                         "final records of the tasks that ended; CPU time of the others after the crash"),
              "ledger",
              StructuralRule{{"crash/process/segv", "crash/process/abort", "crash/process/kill"},
                             &others_survive,
                             {"rounds with a crash of a process", "ended it alone, and the others kept running"}}}},
    TableRow{{structural("failure.thread", "a crashing thread takes its whole process down", "crash",
                         "rounds in which one signal ended all tasks of the process",
                         "final records of the tasks that ended, from the signal on"),
              "ledger",
              StructuralRule{{"crash/thread/segv", "crash/thread/abort", "crash/thread/kill"},
                             &all_tasks_end,
                             {"rounds with a crash of a thread", "ended every task of its process"}}}},
    TableRow{{structural("resources.independent", "a process has its own resource allocation", "create, share",
                         "rounds in which a child's file, directory, limit and signal handler stayed its own",
                         "what the parent sees afterwards; addresses of the objects"),
              "ledger",
              StructuralRule{{"share/process"},
                             &separate_resources,
                             {"rounds of changes in a process", "were invisible to its parent"}}}},
    TableRow{
        {structural("resources.shared", "threads share memory, files and CPU allocation", "create, share",
                    "rounds in which a thread's file, directory, limit and signal handler were its creator's",
                    "what the creator sees afterwards; addresses of the objects, the cgroup among them"),
         "ledger",
         StructuralRule{
             {"share/thread"}, &shared_resources, {"rounds of changes in a thread", "were visible to its creator"}}}},
    TableRow{{structural("summary", "a process is an independent program, a thread a light unit inside one", "all",
                         "all claims above", "the verdicts above"),
              "ledger", DerivedRule{summary_parts}}},
};

constexpr std::string_view across_suffix = "across";
constexpr std::string_view across_ending = ".across-cpus";

ClaimRow in_condition(ClaimRow row, Condition condition) {
  row.claim.condition = condition;
  auto& rule = std::get<RatioRule>(row.rule);
  rule.left = variant_in(rule.left, condition);
  rule.right = variant_in(rule.right, condition);
  if (condition == Condition::across_cpus) {
    rule.words.where = " across CPUs";
  } else {
    rule.words.where = " on one CPU";
  }
  return row;
}

// A claim that is judged in both conditions has a second id across CPUs.
ClaimRow across_cpus(ClaimRow row) {
  row.claim.id += across_ending;
  row.claim.statement += ", across CPUs";
  return in_condition(std::move(row), Condition::across_cpus);
}

std::vector<ClaimRow> expand_rows() {
  std::vector<ClaimRow> rows;
  for (const TableRow& each : table_rows) {
    switch (each.where) {
      case JudgedIn::as_stated:
        rows.push_back(each.row);
        break;
      case JudgedIn::one_cpu:
        rows.push_back(in_condition(each.row, Condition::same_cpu));
        break;
      case JudgedIn::across:
        rows.push_back(in_condition(each.row, Condition::across_cpus));
        break;
      case JudgedIn::both:
        rows.push_back(in_condition(each.row, Condition::same_cpu));
        rows.push_back(across_cpus(each.row));
        break;
    }
  }
  return rows;
}

std::vector<Claim> list_claims() {
  std::vector<Claim> all;
  for (const ClaimRow& row : claim_table()) {
    all.push_back(row.claim);
  }
  return all;
}

const ClaimRow* find_claim_row(std::string_view claim) {
  const std::span<const ClaimRow> rows = claim_table();
  const auto row = std::ranges::find_if(rows, [&](const ClaimRow& each) { return each.claim.id == claim; });
  return row == rows.end() ? nullptr : &*row;
}

}  // namespace

std::span<const ClaimRow> claim_table() {
  static const std::vector<ClaimRow> rows = expand_rows();
  return rows;
}

std::string variant_in(std::string_view variant, Condition condition) {
  std::string name(variant);
  if (condition == Condition::across_cpus) {
    name += '/';
    name += across_suffix;
  }
  return name;
}

bool follows_from(const DerivedRule& rule, std::string_view claim) {
  return std::ranges::any_of(rule.parts, [claim](std::string_view part) {
    return part.ends_with('.') ? claim.starts_with(part) : claim == part;
  });
}

bool is_wanted(const std::vector<std::string>& claims, std::string_view claim) {
  return claims.empty() || std::ranges::any_of(claims, [claim](const std::string& wanted) {
           return claim == wanted || claim == wanted + std::string(across_ending);
         });
}

bool needs(const ClaimRow& row, std::string_view variant) {
  if (const auto* rule = std::get_if<RatioRule>(&row.rule)) {
    return rule->left == variant || rule->right == variant;
  }
  if (const auto* rule = std::get_if<StructuralRule>(&row.rule)) {
    return std::ranges::find(rule->variants, variant) != rule->variants.end();
  }
  const auto& derived = std::get<DerivedRule>(row.rule);
  return std::ranges::any_of(claim_table(), [&](const ClaimRow& part) {
    return !std::holds_alternative<DerivedRule>(part.rule) && follows_from(derived, part.claim.id) &&
           needs(part, variant);
  });
}

const std::vector<Claim>& claims() {
  static const std::vector<Claim> all = list_claims();
  return all;
}

const Claim* find_claim(std::string_view id) {
  const auto found = std::ranges::find(claims(), id, &Claim::id);
  return found == claims().end() ? nullptr : &*found;
}

const RatioWords* ratio_words(std::string_view claim) {
  const ClaimRow* row = find_claim_row(claim);
  const auto* rule = row == nullptr ? nullptr : std::get_if<RatioRule>(&row->rule);
  return rule == nullptr ? nullptr : &rule->words;
}

const StructuralWords* structural_words(std::string_view claim) {
  const ClaimRow* row = find_claim_row(claim);
  const auto* rule = row == nullptr ? nullptr : std::get_if<StructuralRule>(&row->rule);
  return rule == nullptr ? nullptr : &rule->words;
}

}  // namespace taskcost
