// SPDX-License-Identifier: Apache-2.0
#include "account/session_builder.h"

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "account/aftermath.h"
#include "account/conversations.h"
#include "account/ledger.h"
#include "account/process_table.h"
#include "account/wakers.h"
#include "account/zombies.h"
#include "base/bounded_map.h"

namespace taskcost {
namespace {

// The limit of entries that wait for another record: children without a reap, creators that still live, commands.
constexpr std::size_t max_waiting = 65536;
constexpr std::size_t max_aggregated_names = 1024;
constexpr const char* other_names = "(others)";

bool is_fault(tc_histogram_id id) {
  return id == TC_HISTOGRAM_FAULT_MINOR || id == TC_HISTOGRAM_FAULT_MAJOR || id == TC_HISTOGRAM_FAULT_COW;
}

bool is_switch(tc_histogram_id id) { return id == TC_HISTOGRAM_SWITCH_SAME || id == TC_HISTOGRAM_SWITCH_OTHER; }

std::string joined_arguments(const tc_exec& exec) {
  std::string text(exec.command, std::min<std::size_t>(exec.command_size, sizeof(exec.command)));
  if (text.ends_with('\0')) {
    text.pop_back();
  }
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

// The time that children waited for a CPU for the first time.
struct Starts {
  Duration sum{};
  std::uint64_t count = 0;
};

void add(CreationSums& sums, const Starts& starts) {
  sums.child_start += starts.sum;
  sums.starts += starts.count;
}

// Latencies that come from the records of single tasks, and not from a histogram of the probes.
struct Latencies {
  PerCreation<Histogram> creation;
  Histogram child_start;
  Histogram exit;
  Histogram zombie;
};

}  // namespace

struct SessionBuilder::State {
  explicit State(const Options& wanted)
      : options(wanted),
        totals(blank_account(wanted)),
        kernel_totals(blank_account(wanted)),
        commands(wanted.kept_tasks + max_waiting),
        conversations(wanted.kept_edges) {}

  void book(const tc_ledger& ledger, Closed closed);
  void book_latencies(const tc_ledger& ledger, const Task& task);
  void book_start(const tc_ledger& child);
  void add_waiting_starts(Account& account, std::uint64_t ledger);
  [[nodiscard]] bool is_kept(const tc_ledger& ledger) const;
  void fold(const tc_ledger& ledger, const Account& account);
  AggregatedProcesses& folded_named(std::string comm);
  void settle(const Zombies::Reaped& reaped);
  std::vector<Process> take_processes();
  std::map<std::string, Histogram> take_histograms();
  void keep_cpu_slice(const tc_cpu_slice& cpu_slice);
  std::vector<CpuSlice> take_cpu_slices();

  void take_conversations(Session& session);

  Options options;
  Account totals;
  Account kernel_totals;
  std::uint64_t task_count = 0;
  std::uint64_t ended = 0;
  std::uint64_t missed = 0;
  // The number of processes that have no task in `processes`.
  std::uint64_t folded_processes = 0;
  bool launched_ended = false;
  std::optional<std::uint64_t> launched_process;

  ProcessTable processes;
  std::map<std::string, AggregatedProcesses, std::less<>> aggregated;
  std::deque<tc_ledger> living;
  Zombies zombies{max_waiting};
  Commands commands;
  BoundedMap<std::uint64_t, PerCreation<Starts>> starts{max_waiting};  // by creator, until its ledger comes
  std::array<std::optional<Histogram>, TC_NR_HISTOGRAMS> kernel_latencies;
  Latencies latencies;
  Conversations conversations;
  std::deque<tc_cpu_slice> cpu_slices;
  std::uint64_t dropped_stints = 0;
};

// Books one task whose ledger is closed. Its ledger lacks the starts of its children: these reach the totals with the
// ledgers of the children.
void SessionBuilder::State::book(const tc_ledger& ledger, Closed closed) {
  Account account = account_of(ledger, closed, options);
  Task task = task_of(ledger, closed, options);
  ++task_count;
  add(is_kernel_thread(ledger) ? kernel_totals : totals, account);
  conversations.note(ledger);
  add_waiting_starts(account, ledger.id);
  book_start(ledger);
  book_latencies(ledger, task);
  if (!task.open_at_start && !task.open_at_end) {
    missed += missed_switches(ledger);
  }
  if (task.open_at_end || is_kept(ledger)) {
    task.account = account;
    processes.keep(ledger, std::move(task));
  } else {
    fold(ledger, account);
  }
  processes.note(ledger, closed);
}

void SessionBuilder::State::book_latencies(const tc_ledger& ledger, const Task& task) {
  if (ledger.how < TC_NR_CREATIONS && task.copy && task.publish) {
    latencies.creation[ledger.how].add(*task.copy + *task.publish);
  }
  if (task.child_start && task.origin != TaskOrigin::worker) {
    latencies.child_start.add(*task.child_start);
  }
  if (task.exit) {
    latencies.exit.add(*task.exit);
  }
}

// The creator's ledger has the cost of the creation; only the child's ledger has its wait for a CPU.
void SessionBuilder::State::book_start(const tc_ledger& child) {
  const std::optional<Duration> start = child_start_of(child);
  if (child.creator == 0 || child.how >= TC_NR_CREATIONS || is_worker_of_process(child.flags) || !start) {
    return;
  }
  const Starts one{*start, 1};
  add(totals.creations[child.how], one);
  if (Account* creator = processes.account_of(child.creator)) {
    add(creator->creations[child.how], one);
    return;
  }
  Starts& waiting = starts.refresh(child.creator)[child.how];
  waiting.sum += one.sum;
  waiting.count += one.count;
}

void SessionBuilder::State::add_waiting_starts(Account& account, std::uint64_t ledger) {
  const PerCreation<Starts>* waiting = starts.find(ledger);
  if (waiting == nullptr) {
    return;
  }
  for (std::size_t kind = 0; kind < waiting->size(); ++kind) {
    add(account.creations[kind], (*waiting)[kind]);
  }
  starts.erase(ledger);
}

bool SessionBuilder::State::is_kept(const tc_ledger& ledger) const {
  const bool launched = (ledger.flags & TC_LEDGER_LAUNCHED) != 0;
  const bool leads_launched = launched_process == ledger.process && is_leader(ledger);
  return processes.size() < options.kept_tasks || launched || leads_launched;
}

void SessionBuilder::State::fold(const tc_ledger& ledger, const Account& account) {
  AggregatedProcesses& sum = folded_named(text_of(ledger.comm, sizeof(ledger.comm)));
  ++sum.tasks;
  add(sum.total, account);
  if (is_founder(ledger)) {
    ++sum.processes;
  }
  if (processes.contains(ledger.process)) {
    return;
  }
  if (is_founder(ledger)) {
    ++folded_processes;
  }
  if (is_leader(ledger)) {
    commands.erase(ledger.process);
  }
}

AggregatedProcesses& SessionBuilder::State::folded_named(std::string comm) {
  auto found = aggregated.find(comm);
  if (found == aggregated.end()) {
    if (aggregated.size() >= max_aggregated_names) {
      comm = other_names;
    }
    found = aggregated.try_emplace(comm, AggregatedProcesses{comm, 0, 0, blank_account(options)}).first;
  }
  return found->second;
}

// The last task of a kept process may still exit, so finish() takes its time as a zombie.
void SessionBuilder::State::settle(const Zombies::Reaped& reaped) {
  if (processes.contains(reaped.process)) {
    processes.note_reap(reaped.process, reaped.at_ns, reaped.running_ns);
  } else if (!reaped.replaces_earlier) {
    latencies.zombie.add(nanoseconds(elapsed(reaped.end_ns, reaped.at_ns)));
  }
}

std::vector<Process> SessionBuilder::State::take_processes() {
  std::vector<Process> taken = processes.take(commands);
  for (const Process& process : taken) {
    if (process.zombie) {
      latencies.zombie.add(*process.zombie);
    }
  }
  return taken;
}

std::map<std::string, Histogram> SessionBuilder::State::take_histograms() {
  std::map<std::string, Histogram> named;
  for (std::size_t id = 0; id < kernel_latencies.size(); ++id) {
    if (kernel_latencies[id]) {
      named[key_of(static_cast<tc_histogram_id>(id))] = *kernel_latencies[id];
    }
  }
  Histogram& creation = named[latency_key::creation];
  for (std::size_t kind = 0; kind < latencies.creation.size(); ++kind) {
    creation.merge(latencies.creation[kind]);
    named[latency_key::of(static_cast<tc_creation>(kind))] = latencies.creation[kind];
  }
  named[latency_key::child_start] = latencies.child_start;
  named[latency_key::exit] = latencies.exit;
  named[latency_key::zombie] = latencies.zombie;
  return named;
}

void SessionBuilder::State::take_conversations(Session& session) {
  auto taken = conversations.take({[this](std::uint64_t ledger) { return processes.task_number(ledger); },
                                   [this](std::uint32_t from) { return place_named(from, options.syscall_name); }});
  session.edges = std::move(taken.edges);
  session.other_edges = taken.other_edges;
  session.chains = std::move(taken.chains);
}

void SessionBuilder::State::keep_cpu_slice(const tc_cpu_slice& cpu_slice) {
  if (cpu_slices.size() < options.kept_cpu_slices) {
    cpu_slices.push_back(cpu_slice);
  } else {
    ++dropped_stints;
  }
}

std::vector<CpuSlice> SessionBuilder::State::take_cpu_slices() {
  std::vector<CpuSlice> taken;
  taken.reserve(cpu_slices.size());
  for (const tc_cpu_slice& cpu_slice : cpu_slices) {
    // A ledger that was closed before the window has no task.
    if (const std::uint64_t task = processes.task_number(cpu_slice.id); task != 0) {
      taken.push_back({task, cpu_slice.cpu, instant(cpu_slice.start_ns), instant(cpu_slice.end_ns)});
    }
  }
  std::ranges::sort(taken, {}, &CpuSlice::start);
  return taken;
}

SessionBuilder::SessionBuilder(const Options& options) : state_(std::make_unique<State>(options)) {}
SessionBuilder::SessionBuilder(SessionBuilder&&) noexcept = default;
SessionBuilder& SessionBuilder::operator=(SessionBuilder&&) noexcept = default;
SessionBuilder::~SessionBuilder() = default;

void SessionBuilder::on_ledger(const tc_ledger& ledger) {
  State& state = *state_;
  if (ledger.end_ns == 0) {
    state.living.push_back(ledger);
    return;
  }
  ++state.ended;
  if ((ledger.flags & TC_LEDGER_LAUNCHED) != 0) {
    state.launched_ended = true;
    state.launched_process = ledger.process;
  }
  state.book(ledger, Closed::by_end_of_task);
  for (const Zombies::Reaped& reaped : state.zombies.on_end(ledger)) {
    state.settle(reaped);
  }
}

void SessionBuilder::on_exec(const tc_exec& exec) {
  KnownCommand& command = state_->commands.refresh(exec.process);
  if (command.by_exec && command.at_ns > exec.at_ns) {
    return;
  }
  command.text = joined_arguments(exec);
  command.comm = taskcost::text_of(exec.comm, sizeof(exec.comm));
  command.truncated = exec.truncated != 0;
  command.by_exec = true;
  command.at_ns = exec.at_ns;
}

void SessionBuilder::on_command(std::uint64_t process, std::string_view text) {
  KnownCommand& command = state_->commands.refresh(process);
  if (!command.by_exec) {
    command.text = text;
  }
}

void SessionBuilder::on_reap(const tc_reap& reap) {
  for (const Zombies::Reaped& reaped : state_->zombies.on_reap(reap)) {
    state_->settle(reaped);
  }
}

void SessionBuilder::on_cpu_slice(const tc_cpu_slice& cpu_slice) { state_->keep_cpu_slice(cpu_slice); }

void SessionBuilder::on_edge(const tc_edge& edge) { state_->conversations.on_edge(edge); }

void SessionBuilder::on_flow(const tc_flow& flow) { state_->conversations.on_flow(flow); }

void SessionBuilder::on_histogram(tc_histogram_id id, const tc_histogram& raw) {
  const Options& options = state_->options;
  if (id >= TC_NR_HISTOGRAMS || (is_fault(id) && !options.fault_latency) ||
      (is_switch(id) && !options.switch_latency)) {
    return;
  }
  std::optional<Histogram>& histogram = state_->kernel_latencies[id];
  if (!histogram) {
    histogram.emplace();
  }
  histogram->merge(raw);
}

std::uint64_t SessionBuilder::ended() const { return state_->ended; }

bool SessionBuilder::launched_ended() const { return state_->launched_ended; }

std::size_t SessionBuilder::held() const {
  const State& state = *state_;
  return state.processes.size() + state.aggregated.size() + state.living.size() + state.zombies.size() +
         state.commands.size() + state.starts.size() + state.conversations.size();
}

std::uint64_t SessionBuilder::task_number(std::uint64_t ledger) const { return state_->processes.task_number(ledger); }

std::uint64_t SessionBuilder::process_number(std::uint64_t process) const {
  return state_->processes.process_number(process);
}

Session SessionBuilder::finish(Instant start, Instant end, const PerLoss<std::uint64_t>& losses,
                               std::uint64_t skipped_probes) {
  State& state = *state_;
  for (const Zombies::Reaped& reaped : state.zombies.finish()) {
    state.settle(reaped);
  }
  for (; !state.living.empty(); state.living.pop_front()) {
    tc_ledger& ledger = state.living.front();
    // The task may have exited at the instant of its snapshot, so that its final record came first.
    if (state.processes.account_of(ledger.id) == nullptr) {
      close_at(ledger, static_cast<std::uint64_t>(end.time_since_epoch().count()));
      if (state.options.cpu_slices && ledger.condition == TC_CONDITION_RUNNING) {
        state.keep_cpu_slice({{}, ledger.id, ledger.on_cpu_ns, ledger.end_ns, ledger.cpu, 0});
      }
      state.book(ledger, Closed::by_end_of_window);
    }
  }
  Session session;
  session.start = start;
  session.end = end;
  session.processes = state.take_processes();
  for (auto& [comm, sum] : state.aggregated) {
    session.aggregated.push_back(std::move(sum));
  }
  session.totals = state.totals;
  session.kernel_totals = state.kernel_totals;
  session.calls_seen = state.options.calls;
  state.take_conversations(session);
  session.task_count = state.task_count;
  session.process_count = session.processes.size() + state.folded_processes;
  session.histograms = state.take_histograms();
  session.losses = {losses, skipped_probes, state.missed};
  session.losses.counts[TC_LOSS_DROPPED_EVENTS] += state.dropped_stints;
  session.lifecycle_costs = lifecycle_costs_of(session);
  session.signal_deaths = signal_deaths_of(session.processes);
  if (state.options.cpu_slices) {
    session.cpu_slices = state.take_cpu_slices();
  }
  return session;
}

}  // namespace taskcost
