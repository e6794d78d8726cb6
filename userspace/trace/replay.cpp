// SPDX-License-Identifier: Apache-2.0
//
// Finds the task of each event, checks the switches of each CPU against each other, and returns tasks that are
// complete.
#include "trace/replay.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <variant>

#include "account/ledger.h"
#include "base/monotonic_clock.h"
#include "trace/replay_task.h"

namespace taskcost {
namespace {

// The limit of tasks without a birth in memory. A capture that is not corrupt has few of them.
constexpr std::size_t kept_unknown = 65536;

struct Cpu {
  bool known = false;  // the fields below are valid
  std::uint64_t task = 0;
  std::uint32_t tid = 0;
  std::uint64_t switched_ns = 0;
  std::uint64_t ended = 0;  // the task that exited here, until its final ledger comes
};

}  // namespace

bool RebuiltTask::comparable() const {
  return kernel != nullptr && unknown == Duration::zero() && affecting_gaps == 0 && !beginning_unknown &&
         !position_unknown && !touched_afterwards;
}

bool ReplayIntegrity::clean() const {
  return broken_switches == 0 && impossible_switches == 0 && backward_times == 0 && missing_new_tasks == 0 &&
         repeated_new_tasks == 0 && impossible_corrections == 0 && invalid_cpus == 0 && lost_final_ledgers == 0;
}

struct Replay::State {
  ReplayTotals totals;
  std::function<void(const RebuiltTask&)> on_ended;
  std::unordered_map<std::uint64_t, std::unique_ptr<ReplayTask>> tasks;
  std::vector<Cpu> cpus;
  std::size_t unknown_tasks = 0;
  std::uint64_t touched_tasks = 0;
  Duration unknown{};
  std::uint64_t missing_snapshots = 0;

  explicit State(Options&& options)
      : totals{{options.calls, std::move(options.classes), Gaps(std::move(options.gaps))}, options.listener, {}, {}},
        on_ended(std::move(options.on_ended)) {
    totals.trace.backward_times = &totals.integrity.backward_times;
  }

  // nullptr if number >= TC_MAX_CPUS (corrupt capture).
  Cpu* cpu_of(std::uint32_t number) {
    if (number >= TC_MAX_CPUS) {
      totals.integrity.invalid_cpus++;
      return nullptr;
    }
    if (number >= cpus.size()) {
      cpus.resize(number + 1);
    }
    return &cpus[number];
  }

  ReplayTask* find(std::uint64_t id) {
    const auto found = tasks.find(id);
    return found == tasks.end() ? nullptr : found->second.get();
  }

  // The task of an event at `at_ns`; nullptr if the event has no observed task.
  ReplayTask* task_of(std::uint64_t id, std::uint64_t at_ns) {
    if (id == 0) {
      return nullptr;
    }
    if (ReplayTask* task = find(id)) {
      return task->tracker().ended() ? nullptr : task;
    }
    totals.integrity.missing_new_tasks++;
    if (unknown_tasks == kept_unknown) {
      return nullptr;
    }
    ++unknown_tasks;
    return tasks.emplace(id, std::make_unique<ReplayTask>(totals, id, at_ns)).first->second.get();
  }

  void count_unknown(const RebuiltTask& task) {
    touched_tasks += task.unknown > Duration::zero() ? 1 : 0;
    // Timestamps from a corrupt capture are arbitrary: saturate.
    unknown += std::clamp(task.unknown, Duration::zero(), Duration::max() - unknown);
  }

  void hand_out(std::uint64_t id) {
    const auto found = tasks.find(id);
    if (found == tasks.end()) {
      return;
    }
    unknown_tasks -= found->second->beginning_unknown() ? 1 : 0;
    const RebuiltTask task = found->second->take();
    tasks.erase(found);
    count_unknown(task);
    if (task.kernel == nullptr) {
      totals.integrity.lost_final_ledgers++;
    }
    if (on_ended) {
      on_ended(task);
    }
  }

  // A CPU on which a task ended switches again: the final ledger of that task was lost.
  void forget_ended(Cpu& cpu) {
    if (cpu.ended != 0) {
      hand_out(std::exchange(cpu.ended, 0));
    }
  }

  void check(const Cpu& cpu, const tc_switch& event) {
    if (!cpu.known || totals.trace.gaps.any(cpu.switched_ns, event.at_ns, event.cpu)) {
      return;
    }
    totals.integrity.switches_checked++;
    // A switch between two tasks that are not observed has no event.
    const bool fits = cpu.task == 0 ? event.prev == 0 : event.prev == cpu.task && event.prev_tid == cpu.tid;
    const ReplayTask* seen = fits || event.prev == 0 ? nullptr : find(event.prev);
    if (fits || (seen != nullptr && seen->tracker().found_on_cpu())) {
      return;
    }
    ReplayIntegrity& integrity = totals.integrity;
    integrity.broken_switches++;
    if (integrity.breaks.size() < ReplayIntegrity::kept_breaks) {
      integrity.breaks.push_back({instant(event.at_ns), event.cpu, cpu.tid, event.prev_tid, cpu.task, event.prev});
    }
  }

  // A task runs on that CPU, although no switch to it was seen.
  void found_on(std::uint32_t number, std::uint64_t id, std::uint32_t tid, std::uint64_t at_ns) {
    if (Cpu* cpu = cpu_of(number)) {
      cpu->known = true;
      cpu->task = id;
      cpu->tid = tid;
      cpu->switched_ns = at_ns;
    }
  }

  void on(const tc_switch& event) {
    Cpu* cpu = cpu_of(event.cpu);
    if (cpu != nullptr) {
      forget_ended(*cpu);
      check(*cpu, event);
    }
    if (ReplayTask* task = task_of(event.prev, event.at_ns)) {
      task->on_switch_out(event);
      if (task->tracker().ended() && cpu != nullptr) {
        cpu->ended = event.prev;
      } else if (task->tracker().ended()) {
        hand_out(event.prev);
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

  void on(const tc_task_new& birth) {
    if (ReplayTask* task = find(birth.id)) {
      if (task->on_correction(birth)) {
        return;
      }
      if (!task->beginning_unknown()) {
        totals.integrity.repeated_new_tasks++;
        return;
      }
      task->on_late_birth(birth);
    } else if (birth.id != 0) {
      auto made = std::make_unique<ReplayTask>(totals, birth.id, birth.birth_ns);
      made->on_birth(birth);
      tasks.emplace(birth.id, std::move(made));
      if (birth.how >= TC_NR_CREATIONS && birth.condition == TC_CONDITION_RUNNING) {
        // The task may have left that CPU before its ledger existed.
        if (Cpu* cpu = cpu_of(birth.cpu)) {
          cpu->known = false;
        }
      }
    }
    ReplayTask* creator = birth.how < TC_NR_CREATIONS ? find(birth.creator) : nullptr;
    if (creator != nullptr && !creator->tracker().ended()) {
      is_worker_of_process(birth.flags) ? creator->on_worker()
                                        : creator->on_created(static_cast<tc_creation>(birth.how), birth.copy_ns);
    }
  }

  void on(const tc_call& call) {
    if (ReplayTask* task = task_of(call.id, call.at_ns)) {
      task->on_call(call);
    }
  }

  void on(const tc_transfer& transfer) {
    if (ReplayTask* task = task_of(transfer.call.id, transfer.call.at_ns)) {
      task->on_transfer(transfer);
    }
  }

  void on(const tc_passage& passage) {
    if (ReplayTask* task = task_of(passage.id, passage.at_ns)) {
      task->on_passage(passage);
    }
  }

  void on(const tc_fault& fault) {
    if (ReplayTask* task = task_of(fault.id, std::min(fault.begun_ns, fault.at_ns))) {
      task->on_fault(fault);
    }
  }

  void on_published(const tc_event& step) {
    ReplayTask* child = task_of(step.id, step.at_ns);
    if (child == nullptr) {
      return;
    }
    child->on_step(step);
    const tc_ledger& ledger = child->ledger();
    ReplayTask* creator = step.value != 0 && step.value == ledger.creator ? find(ledger.creator) : nullptr;
    if (creator != nullptr && !creator->tracker().ended() && ledger.how < TC_NR_CREATIONS &&
        !is_worker_of_process(ledger.flags)) {
      creator->on_published_child(static_cast<tc_creation>(ledger.how), ledger.newtask_ns, step.at_ns);
    }
  }

  void on(const tc_event& step) {
    if (step.kind == TC_EV_PUBLISHED) {
      on_published(step);
      return;
    }
    ReplayTask* task = task_of(step.id, step.at_ns);
    if (task == nullptr) {
      return;
    }
    task->on_step(step);
    if (step.kind == TC_EV_FOUND_RUNNING) {
      found_on(step.arg, step.id, task->ledger().tid, step.at_ns);
    }
  }

  void on(const tc_exec& exec) {
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

  void on(const tc_ledger& kernel) {
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
    hand_out(kernel.id);
    for (Cpu& cpu : cpus) {
      cpu.ended = cpu.ended == kernel.id ? 0 : cpu.ended;
    }
  }

  void add(const ReplayGap& gap) {
    if (!totals.trace.gaps.add(gap)) {
      return;
    }
    for (auto& [id, task] : tasks) {
      task->on_late_gap(gap);
    }
  }

  void on(const tc_gap& gap) { add(to_gap(gap)); }

  // These records do not concern a ledger, or they are part of the one that the probes kept.
  void on(const tc_reap& /*reap*/) {}
  void on(const tc_cpu_slice& /*cpu_slice*/) {}
  void on(const tc_edge_record& /*edge*/) {}
  void on(const tc_flow_record& /*flow*/) {}
  void on(const tc_histogram_record& /*histogram*/) {}
  void on(const tc_command& /*command*/) {}
  // A ledger has the comm that the kernel has at its end; earlier names are not in it.
  void on(const tc_rename& /*rename*/) {}
};

Replay::Replay(Options options) : state_(std::make_unique<State>(std::move(options))) {}
Replay::Replay(Replay&&) noexcept = default;
Replay& Replay::operator=(Replay&&) noexcept = default;
Replay::~Replay() = default;

void Replay::on_record(const Record& record) {
  state_->totals.integrity.events++;
  std::visit([this](const auto& event) { state_->on(event); }, record);
}

void Replay::on_gap(const ReplayGap& gap) { state_->add(gap); }

std::vector<RebuiltTask> Replay::living(Instant end) {
  for (Cpu& cpu : state_->cpus) {
    state_->forget_ended(cpu);
  }
  std::vector<RebuiltTask> tasks;
  tasks.reserve(state_->tasks.size());
  for (auto& [id, task] : state_->tasks) {
    task->close(static_cast<std::uint64_t>(std::max(end.time_since_epoch(), Duration::zero()).count()));
    tasks.push_back(task->take());
    state_->count_unknown(tasks.back());
    state_->missing_snapshots += tasks.back().kernel == nullptr ? 1 : 0;
  }
  state_->tasks.clear();
  std::ranges::sort(tasks, {}, [](const RebuiltTask& task) { return std::uint64_t{task.ledger.id}; });
  return tasks;
}

std::size_t Replay::held() const { return state_->tasks.size(); }

std::optional<Histogram> Replay::histogram(tc_histogram_id id) const {
  const bool recorded = id != TC_HISTOGRAM_SWITCH_SAME && id != TC_HISTOGRAM_SWITCH_OTHER;
  return recorded && id < TC_NR_HISTOGRAMS ? std::optional(state_->totals.histograms[id]) : std::nullopt;
}

const ReplayIntegrity& Replay::integrity() const { return state_->totals.integrity; }

RecordCheck Replay::check() const {
  return {state_->totals.trace.gaps.all(), integrity(), state_->touched_tasks, state_->unknown,
          state_->missing_snapshots};
}

}  // namespace taskcost
