// SPDX-License-Identifier: Apache-2.0
#include "account/session_builder.h"

#include <algorithm>
#include <utility>

#include "account/ledger.h"
#include "account/lifecycle_costs.h"
#include "account/wakers.h"

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

}  // namespace

SessionBuilder::SessionBuilder(const Options& options)
    : options_(options),
      totals_(blank_account(options)),
      kernel_totals_(blank_account(options)),
      zombies_(max_waiting),
      commands_(options.kept_tasks + max_waiting),
      starts_(max_waiting),
      wakeup_graph_(options.kept_edges),
      ran_instead_(options.kept_edges),
      locks_(options.kept_edges),
      wait_objects_(options.kept_edges) {}

void SessionBuilder::on_ledger(const tc_ledger& ledger) {
  if (ledger.end_ns == 0) {
    living_.push_back(ledger);
    return;
  }
  if ((ledger.flags & TC_LEDGER_LAUNCHED) != 0) {
    launched_process_ = ledger.process;
  }
  add_closed(ledger, Closed::by_end_of_task);
  for (const Zombies::Reaped& reaped : zombies_.on_end(ledger)) {
    settle(reaped);
  }
}

void SessionBuilder::on_exec(const tc_exec& exec) {
  KnownCommand& command = commands_.refresh(exec.process);
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
  KnownCommand& command = commands_.refresh(process);
  if (!command.by_exec) {
    command.text = text;
  }
}

std::string SessionBuilder::command_of(std::uint64_t process) {
  const KnownCommand* const command = commands_.find(process);
  return command == nullptr ? std::string() : command->text;
}

void SessionBuilder::on_reap(const tc_reap& reap) {
  for (const Zombies::Reaped& reaped : zombies_.on_reap(reap)) {
    settle(reaped);
  }
}

void SessionBuilder::on_cpu_slice(const tc_cpu_slice& cpu_slice) { keep_cpu_slice(cpu_slice); }

void SessionBuilder::on_edge(const tc_edge& edge) { wakeup_graph_.on_edge(edge); }

void SessionBuilder::on_flow(const tc_flow& flow) { wakeup_graph_.on_flow(flow); }

void SessionBuilder::on_syscalls(const tc_syscall_key& key, const tc_syscall_sums& sums) { syscalls_.add(key, sums); }

void SessionBuilder::on_ran_instead(const tc_ran_key& key, const tc_ran_sums& sums) { ran_instead_.add(key, sums); }

void SessionBuilder::on_interrupts(tc_interrupt kind, const tc_interrupt_sums& sums) {
  if (!interrupts_) {
    interrupts_.emplace();
  }
  if (sums.count != 0 && interrupts_->size() < TC_NR_INTERRUPTS) {
    interrupts_->push_back({kind, sums.count, nanoseconds(sums.ns)});
  }
}

void SessionBuilder::on_wait_object(const tc_wait_object_key& key, const tc_wait_object_sums& sums) {
  wait_objects_.add(key, sums);
}

void SessionBuilder::on_lock(const tc_lock_key& key, const tc_lock_sums& sums, std::string_view symbol) {
  locks_.add(key, sums, symbol);
}

void SessionBuilder::on_quota(const tc_quota_key& key, const tc_quota_sums& sums) {
  if (cpu_quotas_.size() > TC_MAX_QUOTAS || sums.throttled == 0) {
    return;
  }
  CpuQuota& quota = cpu_quotas_.emplace_back();
  quota.cgroup_id = key.cgroup;
  if (sums.period_ns != 0) {
    quota.quota = nanoseconds(sums.quota_ns);
    quota.period = nanoseconds(sums.period_ns);
  }
  quota.throttled = sums.throttled;
  quota.time = nanoseconds(sums.ns);
}

void SessionBuilder::on_histogram(tc_histogram_id id, const tc_histogram& raw) {
  if (id >= TC_NR_HISTOGRAMS || (is_fault(id) && !options_.fault_latency) ||
      (is_switch(id) && !options_.switch_latency)) {
    return;
  }
  std::optional<Histogram>& histogram = kernel_latencies_[id];
  if (!histogram) {
    histogram.emplace();
  }
  histogram->merge(raw);
}

std::size_t SessionBuilder::held() const {
  return processes_.size() + aggregated_.size() + living_.size() + zombies_.size() + commands_.size() + starts_.size() +
         wakeup_graph_.size() + ran_instead_.size() + locks_.size() + wait_objects_.size();
}

std::uint64_t SessionBuilder::task_number(std::uint64_t ledger) const { return processes_.task_number(ledger); }

std::uint64_t SessionBuilder::process_number(std::uint64_t process) const { return processes_.process_number(process); }

Session SessionBuilder::finish(Instant start, Instant end, const PerLoss<std::uint64_t>& losses,
                               std::uint64_t skipped_probes) {
  for (const Zombies::Reaped& reaped : zombies_.finish()) {
    settle(reaped);
  }
  for (; !living_.empty(); living_.pop_front()) {
    tc_ledger& ledger = living_.front();
    // The task may have exited at the instant of its snapshot, so that its final record came first.
    if (processes_.account_of(ledger.id) == nullptr) {
      close_at(ledger, static_cast<std::uint64_t>(end.time_since_epoch().count()));
      if (options_.cpu_slices && ledger.condition == TC_CONDITION_RUNNING) {
        keep_cpu_slice({{}, ledger.id, ledger.on_cpu_ns, ledger.end_ns, ledger.cpu, 0});
      }
      add_closed(ledger, Closed::by_end_of_window);
    }
  }
  Session session;
  session.start = start;
  session.end = end;
  session.processes = take_processes();
  for (auto& [comm, sum] : aggregated_) {
    session.aggregated.push_back(std::move(sum));
  }
  session.totals = totals_;
  session.kernel_totals = kernel_totals_;
  session.calls_seen = options_.calls;
  take_wakeup_graph(session);
  if (options_.syscalls) {
    session.syscalls = syscalls_.take(options_.syscall_name);
    if (!options_.ring_operations.empty()) {
      session.ring_operations = syscalls_.take_operations(options_.ring_operations);
    }
  }
  session.ran_instead = ran_instead_.take([this](std::uint64_t ledger) { return processes_.task_number(ledger); });
  std::ranges::stable_sort(cpu_quotas_, std::ranges::greater(), &CpuQuota::time);
  session.cpu_quotas = std::move(cpu_quotas_);
  session.locks = locks_.take([this](std::uint64_t ledger) { return processes_.task_number(ledger); });
  session.wait_objects = wait_objects_.take([this](std::uint64_t ledger) { return processes_.task_number(ledger); });
  session.interrupts = interrupts_;
  if (options_.regions) {
    session.regions = regions_.take();
  }
  session.task_count = task_count_;
  session.process_count = session.processes.size() + aggregated_processes_;
  session.histograms = take_histograms();
  session.losses = {losses, skipped_probes, missed_};
  session.losses.counts[TC_LOSS_DROPPED_EVENTS] += dropped_cpu_slices_;
  session.lifecycle_costs = lifecycle_costs_of(session);
  session.signal_deaths = signal_deaths_of(session.processes);
  if (options_.cpu_slices) {
    session.cpu_slices = take_cpu_slices();
  }
  return session;
}

// Adds one task whose ledger is closed. Its ledger lacks the starts of its children: these reach the totals with the
// ledgers of the children.
void SessionBuilder::add_closed(const tc_ledger& ledger, Closed closed) {
  Account account = account_of(ledger, closed, options_);
  Task task = task_of(ledger, closed, options_);
  ++task_count_;
  add(is_kernel_thread(ledger) ? kernel_totals_ : totals_, account);
  wakeup_graph_.add(ledger);
  add_waiting_starts(account, ledger.id);
  add_start(ledger);
  add_latencies(ledger, task);
  if (!task.open_at_start && !task.open_at_end) {
    missed_ += missed_switches(ledger);
  }
  if (task.open_at_end || is_kept(ledger)) {
    task.account = account;
    processes_.keep(ledger, std::move(task));
  } else {
    aggregate(ledger, account);
  }
  processes_.note(ledger, closed);
}

void SessionBuilder::add_latencies(const tc_ledger& ledger, const Task& task) {
  if (ledger.how < TC_NR_CREATIONS && task.copy && task.publish) {
    latencies_.creation[ledger.how].add(*task.copy + *task.publish);
  }
  if (task.child_start && task.origin != TaskOrigin::worker) {
    latencies_.child_start.add(*task.child_start);
  }
  if (task.exit) {
    latencies_.exit.add(*task.exit);
  }
}

void SessionBuilder::add_starts(CreationSums& sums, const Starts& starts) {
  sums.child_start += starts.sum;
  sums.starts += starts.count;
}

// The creator's ledger has the cost of the creation; only the child's ledger has its wait for a CPU.
void SessionBuilder::add_start(const tc_ledger& child) {
  const std::optional<Duration> start = child_start_of(child);
  if (child.creator == 0 || child.how >= TC_NR_CREATIONS || is_worker_of_process(child.flags) || !start) {
    return;
  }
  const Starts one{*start, 1};
  add_starts(totals_.creations[child.how], one);
  if (PackedAccount* const packed = processes_.account_of(child.creator)) {
    Account creator = *packed;
    add_starts(creator.creations[child.how], one);
    *packed = creator;
    return;
  }
  Starts& waiting = starts_.refresh(child.creator)[child.how];
  waiting.sum += one.sum;
  waiting.count += one.count;
}

void SessionBuilder::add_waiting_starts(Account& account, std::uint64_t ledger) {
  const PerCreation<Starts>* waiting = starts_.find(ledger);
  if (waiting == nullptr) {
    return;
  }
  for (std::size_t kind = 0; kind < waiting->size(); ++kind) {
    add_starts(account.creations[kind], (*waiting)[kind]);
  }
  starts_.erase(ledger);
}

bool SessionBuilder::is_kept(const tc_ledger& ledger) const {
  const bool launched = (ledger.flags & TC_LEDGER_LAUNCHED) != 0;
  const bool leads_launched = launched_process_ == ledger.process && is_leader(ledger);
  return processes_.size() < options_.kept_tasks || launched || leads_launched;
}

void SessionBuilder::aggregate(const tc_ledger& ledger, const Account& account) {
  if (!is_kernel_thread(ledger)) {  // its sum is kernel_totals
    AggregatedProcesses& sum = aggregate_named(text_of(ledger.comm, sizeof(ledger.comm)));
    ++sum.tasks;
    add(sum.total, account);
    if (is_first_task(ledger)) {
      ++sum.processes;
    }
  }
  if (processes_.contains(ledger.process)) {
    return;
  }
  if (is_first_task(ledger)) {
    ++aggregated_processes_;
  }
  if (is_leader(ledger)) {
    commands_.erase(ledger.process);
  }
}

AggregatedProcesses& SessionBuilder::aggregate_named(std::string comm) {
  auto found = aggregated_.find(comm);
  if (found == aggregated_.end()) {
    if (aggregated_.size() >= max_aggregated_names) {
      comm = other_names;
    }
    found = aggregated_.try_emplace(comm, AggregatedProcesses{comm, 0, 0, blank_account(options_)}).first;
  }
  return found->second;
}

// The last task of a kept process may still exit, so finish() takes its time as a zombie.
void SessionBuilder::settle(const Zombies::Reaped& reaped) {
  if (processes_.contains(reaped.process)) {
    processes_.note_reap(reaped.process, reaped.at_ns, reaped.running_ns);
  } else if (!reaped.replaces_earlier) {
    latencies_.zombie.add(nanoseconds(elapsed(reaped.end_ns, reaped.at_ns)));
  }
}

std::vector<Process> SessionBuilder::take_processes() {
  std::vector<Process> taken = processes_.take(commands_);
  for (const Process& process : taken) {
    if (process.zombie) {
      latencies_.zombie.add(*process.zombie);
    }
  }
  return taken;
}

std::map<std::string, Histogram> SessionBuilder::take_histograms() {
  std::map<std::string, Histogram> named;
  for (std::size_t id = 0; id < kernel_latencies_.size(); ++id) {
    if (kernel_latencies_[id]) {
      named[key_of(static_cast<tc_histogram_id>(id))] = *kernel_latencies_[id];
    }
  }
  Histogram& creation = named[latency_key::creation];
  for (std::size_t kind = 0; kind < latencies_.creation.size(); ++kind) {
    creation.merge(latencies_.creation[kind]);
    named[latency_key::of(static_cast<tc_creation>(kind))] = latencies_.creation[kind];
  }
  named[latency_key::child_start] = latencies_.child_start;
  named[latency_key::exit] = latencies_.exit;
  named[latency_key::zombie] = latencies_.zombie;
  return named;
}

void SessionBuilder::take_wakeup_graph(Session& session) {
  auto taken = wakeup_graph_.take({[this](std::uint64_t ledger) { return processes_.task_number(ledger); },
                                   [this](std::uint32_t from) { return call_site_name(from, options_.syscall_name); }});
  session.edges = std::move(taken.edges);
  session.other_edges = taken.other_edges;
  session.chains = std::move(taken.chains);
}

void SessionBuilder::keep_cpu_slice(const tc_cpu_slice& cpu_slice) {
  if (cpu_slices_.size() < options_.kept_cpu_slices) {
    cpu_slices_.push_back(cpu_slice);
  } else {
    ++dropped_cpu_slices_;
  }
}

std::vector<CpuSlice> SessionBuilder::take_cpu_slices() {
  std::vector<CpuSlice> taken;
  taken.reserve(cpu_slices_.size());
  for (const tc_cpu_slice& cpu_slice : cpu_slices_) {
    // A ledger that was closed before the window has no task.
    if (const std::uint64_t task = processes_.task_number(cpu_slice.id); task != 0) {
      taken.push_back({task, cpu_slice.cpu, instant(cpu_slice.start_ns), instant(cpu_slice.end_ns)});
    }
  }
  std::ranges::sort(taken, {}, &CpuSlice::start);
  return taken;
}

}  // namespace taskcost
