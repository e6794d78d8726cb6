// SPDX-License-Identifier: Apache-2.0
//
// Finds the task of each event, checks the switches of each CPU against each other, and returns tasks that are
// complete.
#include "trace/replay.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "account/ledger.h"
#include "base/monotonic_clock.h"

namespace taskcost {
namespace {

// The limit of tasks whose creation is not known. A capture that is not corrupt has few of them.
constexpr std::size_t kept_unknown = 65536;

}  // namespace

Replay::Replay(Options options)
    : totals_{{options.calls, std::move(options.classes), Gaps(std::move(options.gaps))},
              options.listener,
              {},
              {},
              options.span.value_or(TraceSpan{}),
              options.span.has_value()},
      on_ended_(std::move(options.on_ended)) {
  totals_.trace.backward_times = &totals_.integrity.backward_times;
}

void Replay::on_record(const Record& record) {
  totals_.integrity.events++;
  std::visit([this](const auto& event) { on(event); }, record);
}

void Replay::on_gap(const ReplayGap& gap) { add(gap); }

std::vector<RebuiltTask> Replay::living(Instant end) {
  for (Cpu& cpu : cpus_) {
    forget_ended(cpu);
  }
  std::vector<RebuiltTask> tasks;
  tasks.reserve(tasks_.size());
  for (auto& [id, task] : tasks_) {
    task->close(static_cast<std::uint64_t>(std::max(end.time_since_epoch(), Duration::zero()).count()));
    tasks.push_back(task->take());
    count_unknown(tasks.back());
    missing_snapshots_ += tasks.back().kernel == nullptr && tasks.back().in_span ? 1 : 0;
  }
  tasks_.clear();
  std::ranges::sort(tasks, {}, [](const RebuiltTask& task) { return std::uint64_t{task.ledger.id}; });
  return tasks;
}

std::vector<const ReplayTask*> Replay::tasks() const {
  std::vector<const ReplayTask*> tasks;
  tasks.reserve(tasks_.size());
  for (const auto& [id, task] : tasks_) {
    tasks.push_back(task.get());
  }
  std::ranges::sort(tasks, {}, [](const ReplayTask* task) { return task->tracker().id(); });
  return tasks;
}

std::optional<Histogram> Replay::histogram(tc_histogram_id id) const {
  const bool recorded = id != TC_HISTOGRAM_SWITCH_SAME && id != TC_HISTOGRAM_SWITCH_OTHER;
  return recorded && id < TC_NR_HISTOGRAMS ? std::optional(totals_.histograms[id]) : std::nullopt;
}

RecordCheck Replay::check() const {
  return {totals_.trace.gaps.all(), integrity(), touched_tasks_, unknown_, missing_snapshots_};
}

// nullptr if number >= TC_MAX_CPUS (corrupt capture).
Replay::Cpu* Replay::cpu_of(std::uint32_t number) {
  if (number >= TC_MAX_CPUS) {
    totals_.integrity.invalid_cpus++;
    return nullptr;
  }
  if (number >= cpus_.size()) {
    cpus_.resize(number + 1);
  }
  return &cpus_[number];
}

ReplayTask* Replay::find(std::uint64_t id) {
  const auto found = tasks_.find(id);
  return found == tasks_.end() ? nullptr : found->second.get();
}

// The task of an event at `at_ns`; nullptr if the event has no observed task.
ReplayTask* Replay::task_of(std::uint64_t id, std::uint64_t at_ns) {
  if (id == 0) {
    return nullptr;
  }
  if (ReplayTask* task = find(id)) {
    return task->tracker().ended() ? nullptr : task;
  }
  totals_.integrity.missing_new_tasks++;
  if (unknown_tasks_ == kept_unknown) {
    return nullptr;
  }
  ++unknown_tasks_;
  return tasks_.emplace(id, std::make_unique<ReplayTask>(totals_, id, at_ns)).first->second.get();
}

void Replay::count_unknown(const RebuiltTask& task) {
  touched_tasks_ += task.unknown > Duration::zero() ? 1 : 0;
  // Timestamps from a corrupt capture are arbitrary: saturate.
  unknown_ += std::clamp(task.unknown, Duration::zero(), Duration::max() - unknown_);
}

void Replay::return_task(std::uint64_t id) {
  const auto found = tasks_.find(id);
  if (found == tasks_.end()) {
    return;
  }
  unknown_tasks_ -= found->second->beginning_unknown() ? 1 : 0;
  const RebuiltTask task = found->second->take();
  tasks_.erase(found);
  count_unknown(task);
  if (task.kernel == nullptr) {
    totals_.integrity.lost_final_ledgers++;
  }
  if (on_ended_) {
    on_ended_(task);
  }
}

// A CPU on which a task ended switches again: the final ledger of that task was lost.
void Replay::forget_ended(Cpu& cpu) {
  if (cpu.ended != 0) {
    return_task(std::exchange(cpu.ended, 0));
  }
}

void Replay::check_switch(const Cpu& cpu, const tc_switch& event) {
  if (!cpu.known || totals_.trace.gaps.any(cpu.switched_ns, event.at_ns, event.cpu)) {
    return;
  }
  totals_.integrity.switches_checked++;
  // A switch between two tasks that are not observed has no event.
  const bool fits = cpu.task == 0 ? event.prev == 0 : event.prev == cpu.task && event.prev_tid == cpu.tid;
  const ReplayTask* seen = fits || event.prev == 0 ? nullptr : find(event.prev);
  if (fits || (seen != nullptr && seen->tracker().found_on_cpu())) {
    return;
  }
  ReplayIntegrity& integrity = totals_.integrity;
  integrity.broken_switches++;
  if (integrity.breaks.size() < ReplayIntegrity::kept_breaks) {
    integrity.breaks.push_back({instant(event.at_ns), event.cpu, cpu.tid, event.prev_tid, cpu.task, event.prev});
  }
}

// A task runs on that CPU, although no switch to it was seen.
void Replay::found_on(std::uint32_t number, std::uint64_t id, std::uint32_t tid, std::uint64_t at_ns) {
  if (Cpu* cpu = cpu_of(number)) {
    cpu->known = true;
    cpu->task = id;
    cpu->tid = tid;
    cpu->switched_ns = at_ns;
  }
}

void Replay::on(const tc_switch& event) {
  Cpu* cpu = cpu_of(event.cpu);
  if (cpu != nullptr) {
    forget_ended(*cpu);
    check_switch(*cpu, event);
  }
  if (ReplayTask* task = task_of(event.prev, event.at_ns)) {
    task->on_switch_out(event);
    if (task->tracker().ended() && cpu != nullptr) {
      cpu->ended = event.prev;
    } else if (task->tracker().ended()) {
      return_task(event.prev);
    }
  }
  if (ReplayTask* task = task_of(event.next, event.at_ns)) {
    task->on_switch_in(event);
  }
  if (cpu != nullptr) {
    cpu->known = true;
    cpu->task = event.next;
    cpu->tid = event.next_tid;
    cpu->switched_ns = event.at_ns;
  }
}

void Replay::on(const tc_task_new& new_task) {
  if (ReplayTask* task = find(new_task.id)) {
    if (task->on_correction(new_task)) {
      return;
    }
    if (!task->beginning_unknown()) {
      totals_.integrity.repeated_new_tasks++;
      return;
    }
    task->on_late_new_task(new_task);
  } else if (new_task.id != 0) {
    auto made = std::make_unique<ReplayTask>(totals_, new_task.id, new_task.start_ns);
    made->on_new_task(new_task);
    tasks_.emplace(new_task.id, std::move(made));
    if (condition_of(new_task) == TC_CONDITION_RUNNING) {
      // The task may have left that CPU before its ledger existed.
      if (Cpu* cpu = cpu_of(new_task.cpu)) {
        cpu->known = false;
      }
    }
  }
  ReplayTask* child = find(new_task.id);
  ReplayTask* creator = child == nullptr || is_adopted(new_task) ? nullptr : find(new_task.creator);
  if (creator != nullptr && !creator->tracker().ended()) {
    creator->on_child(*child, new_task);
  }
}

void Replay::on(const tc_call& call) {
  if (ReplayTask* task = task_of(call.id, call.at_ns)) {
    task->on_call(call);
  }
}

void Replay::on(const tc_transfer& transfer) {
  if (ReplayTask* task = task_of(transfer.call.id, transfer.call.at_ns)) {
    task->on_transfer(transfer);
  }
}

void Replay::on(const tc_passage& passage) {
  if (ReplayTask* task = task_of(passage.id, passage.at_ns)) {
    task->on_passage(passage);
  }
}

void Replay::on(const tc_fault& fault) {
  if (ReplayTask* task = task_of(fault.id, std::min(fault.begun_ns, fault.at_ns))) {
    task->on_fault(fault);
  }
}

void Replay::on_published(const tc_event& event) {
  ReplayTask* child = task_of(event.id, event.at_ns);
  if (child == nullptr) {
    return;
  }
  child->on_event(event);
  const tc_ledger& ledger = child->ledger();
  ReplayTask* creator = event.value != 0 && event.value == ledger.creator ? find(ledger.creator) : nullptr;
  if (creator != nullptr && !creator->tracker().ended() && ledger.how < TC_NR_CREATIONS &&
      !is_worker_of_process(ledger.flags)) {
    creator->on_published_child(static_cast<tc_creation>(ledger.how), ledger.newtask_ns, event.at_ns);
  }
}

void Replay::on(const tc_event& event) {
  if (event.kind == TC_EV_PUBLISHED) {
    on_published(event);
    return;
  }
  ReplayTask* task = task_of(event.id, event.at_ns);
  if (task == nullptr) {
    return;
  }
  task->on_event(event);
  if (event.kind == TC_EV_FOUND_RUNNING) {
    found_on(event.arg, event.id, task->ledger().tid, event.at_ns);
  }
}

void Replay::on(const tc_exec& exec) {
  ReplayTask* task = task_of(exec.id, exec.at_ns);
  if (task == nullptr) {
    return;
  }
  task->on_exec(exec);
  // A thread that calls exec takes over the tid of its leader.
  if (Cpu* cpu = cpu_of(task->tracker().cpu()); cpu != nullptr && cpu->task == exec.id) {
    cpu->tid = exec.tid;
  }
}

void Replay::on(const tc_rename& rename) {
  if (ReplayTask* task = find(rename.id)) {
    task->on_rename(rename);
  }
}

// A capture begins in the middle of its life.
void Replay::on(const tc_task_state& state) {
  if (state.task.id == 0 || tasks_.contains(state.task.id)) {
    totals_.integrity.repeated_new_tasks++;
    return;
  }
  auto made = std::make_unique<ReplayTask>(totals_, state.task.id, state.task.start_ns);
  made->restore(state);
  if (made->beginning_unknown()) {
    if (unknown_tasks_ == kept_unknown) {
      return;
    }
    ++unknown_tasks_;
  }
  if (made->tracker().ended() && state.cpu != Slice::none) {
    if (Cpu* cpu = cpu_of(state.cpu)) {
      forget_ended(*cpu);
      cpu->ended = state.task.id;
    }
  }
  tasks_.emplace(state.task.id, std::move(made));
}

void Replay::on(const tc_ledger& kernel) {
  ReplayTask* task = find(kernel.id);
  if (task == nullptr) {
    task = task_of(kernel.id, kernel.end_ns != 0 ? kernel.end_ns : kernel.since_ns);
  }
  if (task == nullptr) {
    return;
  }
  task->on_kernel_ledger(kernel);
  if (kernel.end_ns == 0) {
    return;
  }
  return_task(kernel.id);
  for (Cpu& cpu : cpus_) {
    cpu.ended = cpu.ended == kernel.id ? 0 : cpu.ended;
  }
}

void Replay::add(const ReplayGap& gap) {
  if (!totals_.trace.gaps.add(gap)) {
    return;
  }
  for (auto& [id, task] : tasks_) {
    task->on_late_gap(gap);
  }
}

}  // namespace taskcost
