// SPDX-License-Identifier: Apache-2.0
//
// Which task an event is about, what the events of a CPU say of each other, and when a task is complete.
#include "taskcost/replay.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <variant>

#include "account/event_rules.h"
#include "account/gaps.h"
#include "account/ledger.h"
#include "account/replayed_life.h"

namespace taskcost {
namespace {

// Tasks without a birth that are held at once. In a capture that is what it claims to be they are few.
constexpr std::size_t kept_unknown = 65536;

struct Cpu {
  bool known = false;  // what follows
  std::uint64_t task = 0;
  std::uint32_t tid = 0;
  std::uint64_t switched_ns = 0;
  std::uint64_t ended = 0;  // the task whose last switch was here, until its final ledger comes
};

}  // namespace

bool RebuiltTask::comparable() const {
  return kernel != nullptr && unknown == Duration::zero() && touching_gaps == 0 && !beginning_unknown &&
         !position_unknown && !touched_afterwards;
}

bool ReplayIntegrity::clean() const {
  return broken_switches == 0 && impossible_switches == 0 && backward_times == 0 && unknown_beginnings == 0 &&
         repeated_births == 0 && impossible_corrections == 0 && wild_cpus == 0 && lost_final_ledgers == 0;
}

struct Replay::State {
  ReplayBooks books;
  std::function<void(const RebuiltTask&)> on_ended;
  std::unordered_map<std::uint64_t, std::unique_ptr<ReplayedLife>> lives;
  std::vector<Cpu> cpus;
  std::size_t unknown_lives = 0;
  std::uint64_t touched_tasks = 0;
  Duration unknown{};
  std::uint64_t missing_snapshots = 0;

  explicit State(Options&& options)
      : books{options.calls, Gaps(std::move(options.gaps)), {}, {}}, on_ended(std::move(options.on_ended)) {}

  // Null for a CPU that cannot be.
  Cpu* cpu_of(std::uint32_t number) {
    if (number >= TC_MAX_CPUS) {
      books.integrity.wild_cpus++;
      return nullptr;
    }
    if (number >= cpus.size()) {
      cpus.resize(number + 1);
    }
    return &cpus[number];
  }

  ReplayedLife* find(std::uint64_t id) {
    const auto found = lives.find(id);
    return found == lives.end() ? nullptr : found->second.get();
  }

  // Of an event at `at_ns`; null when it is about nobody who is observed.
  ReplayedLife* life_of(std::uint64_t id, std::uint64_t at_ns) {
    if (id == 0) {
      return nullptr;
    }
    if (ReplayedLife* life = find(id)) {
      return life->ended() ? nullptr : life;
    }
    books.integrity.unknown_beginnings++;
    if (unknown_lives == kept_unknown) {
      return nullptr;
    }
    ++unknown_lives;
    return lives.emplace(id, std::make_unique<ReplayedLife>(books, id, at_ns)).first->second.get();
  }

  void count_unknown(const RebuiltTask& task) {
    touched_tasks += task.unknown > Duration::zero() ? 1 : 0;
    // Times of a damaged capture are whatever they are.
    unknown += std::clamp(task.unknown, Duration::zero(), Duration::max() - unknown);
  }

  void hand_out(std::uint64_t id) {
    const auto found = lives.find(id);
    if (found == lives.end()) {
      return;
    }
    unknown_lives -= found->second->beginning_unknown() ? 1 : 0;
    const RebuiltTask task = found->second->take();
    lives.erase(found);
    count_unknown(task);
    if (task.kernel == nullptr) {
      books.integrity.lost_final_ledgers++;
    }
    if (on_ended) {
      on_ended(task);
    }
  }

  // The next switch of a CPU on which a task ended: its final ledger is not to come.
  void forget_ended(Cpu& cpu) {
    if (cpu.ended != 0) {
      hand_out(std::exchange(cpu.ended, 0));
    }
  }

  void check(const Cpu& cpu, const tc_switch& event) {
    if (!cpu.known || books.gaps.any(cpu.switched_ns, event.at_ns, event.cpu)) {
      return;
    }
    books.integrity.switches_checked++;
    // Switches between tasks that nobody observes are not recorded.
    const bool fits = cpu.task == 0 ? event.prev == 0 : event.prev == cpu.task && event.prev_tid == cpu.tid;
    const ReplayedLife* seen = fits || event.prev == 0 ? nullptr : find(event.prev);
    if (fits || (seen != nullptr && seen->found_on_cpu())) {
      return;
    }
    ReplayIntegrity& integrity = books.integrity;
    integrity.broken_switches++;
    if (integrity.breaks.size() < ReplayIntegrity::kept_breaks) {
      integrity.breaks.push_back({instant(event.at_ns), event.cpu, cpu.tid, event.prev_tid, cpu.task, event.prev});
    }
  }

  // A task has that CPU, although no switch to it was seen.
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
    if (ReplayedLife* life = life_of(event.prev, event.at_ns)) {
      life->left_cpu(event);
      if (life->ended() && cpu != nullptr) {
        cpu->ended = event.prev;
      } else if (life->ended()) {
        hand_out(event.prev);
      }
    }
    if (ReplayedLife* life = life_of(event.next, event.at_ns)) {
      life->got_cpu(event);
    }
    if (cpu != nullptr) {
      cpu->known = true;
      cpu->task = event.next;
      cpu->tid = event.next_tid;
      cpu->switched_ns = event.at_ns;
    }
  }

  void on(const tc_birth& birth) {
    if (ReplayedLife* life = find(birth.id)) {
      if (life->corrected(birth)) {
        return;
      }
      if (!life->beginning_unknown()) {
        books.integrity.repeated_births++;
        return;
      }
      life->born_late(birth);
    } else if (birth.id != 0) {
      auto made = std::make_unique<ReplayedLife>(books, birth.id, birth.birth_ns);
      made->born(birth);
      lives.emplace(birth.id, std::move(made));
      if (birth.how >= TC_NR_CREATIONS && birth.condition == TC_CONDITION_RUNNING) {
        // Where it was found it may have left before its ledger could be.
        if (Cpu* cpu = cpu_of(birth.cpu)) {
          cpu->known = false;
        }
      }
    }
    ReplayedLife* creator = birth.how < TC_NR_CREATIONS ? find(birth.creator) : nullptr;
    if (creator != nullptr && !creator->ended()) {
      is_worker_of_process(birth.flags) ? creator->got_worker()
                                        : creator->created(static_cast<tc_creation>(birth.how), birth.copy_ns);
    }
  }

  void on(const tc_call& call) {
    if (ReplayedLife* life = life_of(call.id, call.at_ns)) {
      life->returned(call);
    }
  }

  void on(const tc_transfer& transfer) {
    if (ReplayedLife* life = life_of(transfer.call.id, transfer.call.at_ns)) {
      life->transferred(transfer);
    }
  }

  void on(const tc_passage& passage) {
    if (ReplayedLife* life = life_of(passage.id, passage.at_ns)) {
      life->passed_through(passage);
    }
  }

  void on(const tc_fault& fault) {
    if (ReplayedLife* life = life_of(fault.id, std::min(fault.begun_ns, fault.at_ns))) {
      life->faulted(fault);
    }
  }

  void on_published(const tc_step& step) {
    ReplayedLife* child = life_of(step.id, step.at_ns);
    if (child == nullptr) {
      return;
    }
    child->published(step.at_ns);
    const tc_ledger& ledger = child->ledger();
    ReplayedLife* creator = step.value != 0 && step.value == ledger.creator ? find(ledger.creator) : nullptr;
    if (creator != nullptr && !creator->ended() && ledger.how < TC_NR_CREATIONS &&
        !is_worker_of_process(ledger.flags)) {
      creator->published_child(static_cast<tc_creation>(ledger.how), ledger.newtask_ns, step.at_ns);
    }
  }

  void on(const tc_step& step) {
    if (step.kind == TC_STEP_PUBLISHED) {
      on_published(step);
      return;
    }
    ReplayedLife* life = life_of(step.id, step.at_ns);
    if (life == nullptr) {
      return;
    }
    life->stepped(step);
    if (step.kind == TC_STEP_FOUND_RUNNING) {
      found_on(step.arg, step.id, life->ledger().tid, step.at_ns);
    }
  }

  void on(const tc_exec& exec) {
    ReplayedLife* life = life_of(exec.id, exec.at_ns);
    if (life == nullptr) {
      return;
    }
    life->executed(exec);
    // A thread that becomes another program takes over the tid of its leader.
    if (Cpu* cpu = cpu_of(life->ledger().cpu); cpu != nullptr && cpu->task == exec.id) {
      cpu->tid = exec.tid;
    }
  }

  void on(const tc_ledger& kernel) {
    ReplayedLife* life = find(kernel.id);
    if (life == nullptr) {
      life = life_of(kernel.id, kernel.end_ns != 0 ? kernel.end_ns : kernel.since_ns);
    }
    if (life == nullptr) {
      return;
    }
    life->told_by_kernel(kernel);
    if (kernel.end_ns == 0) {
      return;
    }
    if (!life->ended()) {
      life->ended_unseen();
    }
    hand_out(kernel.id);
    for (Cpu& cpu : cpus) {
      cpu.ended = cpu.ended == kernel.id ? 0 : cpu.ended;
    }
  }

  void add(const ReplayGap& gap) {
    if (!books.gaps.add(gap)) {
      return;
    }
    for (auto& [id, life] : lives) {
      life->passed(gap);
    }
  }

  void on(const tc_gap& gap) { add(gap_of(gap)); }

  // Nothing about ledgers, or of the kernel's book.
  void on(const tc_reap& /*reap*/) {}
  void on(const tc_stint& /*stint*/) {}
  void on(const tc_edge_record& /*edge*/) {}
  void on(const tc_flow_record& /*flow*/) {}
  void on(const tc_histogram_record& /*histogram*/) {}
  void on(const tc_command& /*command*/) {}
  // Its name is the kernel's at its end; in between no task has a ledger because of it.
  void on(const tc_rename& /*rename*/) {}
};

Replay::Replay(Options options) : state_(std::make_unique<State>(std::move(options))) {}
Replay::Replay(Replay&&) noexcept = default;
Replay& Replay::operator=(Replay&&) noexcept = default;
Replay::~Replay() = default;

void Replay::on_record(const Record& record) {
  state_->books.integrity.events++;
  std::visit([this](const auto& event) { state_->on(event); }, record);
}

void Replay::on_gap(const ReplayGap& gap) { state_->add(gap); }

std::vector<RebuiltTask> Replay::living(Instant end) {
  for (Cpu& cpu : state_->cpus) {
    state_->forget_ended(cpu);
  }
  std::vector<RebuiltTask> tasks;
  tasks.reserve(state_->lives.size());
  for (auto& [id, life] : state_->lives) {
    life->close(static_cast<std::uint64_t>(std::max(end.time_since_epoch(), Duration::zero()).count()));
    tasks.push_back(life->take());
    state_->count_unknown(tasks.back());
    state_->missing_snapshots += tasks.back().kernel == nullptr ? 1 : 0;
  }
  state_->lives.clear();
  std::ranges::sort(tasks, {}, [](const RebuiltTask& task) { return std::uint64_t{task.ledger.id}; });
  return tasks;
}

std::size_t Replay::held() const { return state_->lives.size(); }

std::optional<Histogram> Replay::histogram(tc_histogram_id id) const {
  const bool recorded = id != TC_HISTOGRAM_SWITCH_SAME && id != TC_HISTOGRAM_SWITCH_OTHER;
  return recorded && id < TC_NR_HISTOGRAMS ? std::optional(state_->books.histograms[id]) : std::nullopt;
}

const ReplayIntegrity& Replay::integrity() const { return state_->books.integrity; }

RecordCheck Replay::check() const {
  return {state_->books.gaps.all(), state_->books.integrity, state_->touched_tasks, state_->unknown,
          state_->missing_snapshots};
}

}  // namespace taskcost
