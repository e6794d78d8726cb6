// SPDX-License-Identifier: Apache-2.0
//
// Birth, time, switches and the end. What a task does while it runs is in replayed_deeds.cpp.
#include "account/replayed_life.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <tuple>
#include <utility>

#include "account/event_rules.h"
#include "account/ledger.h"

namespace taskcost {
namespace {

constexpr std::uint64_t greatest_time = std::numeric_limits<std::int64_t>::max();

tc_counter counter_of(tc_creation kind) {
  switch (kind) {
    case TC_CREATION_THREAD:
      return TC_COUNTER_CHILDREN_THREADS;
    case TC_CREATION_FORK:
      return TC_COUNTER_CHILDREN_FORKS;
    case TC_CREATION_VFORK:
      return TC_COUNTER_CHILDREN_VFORKS;
    case TC_CREATION_SPAWN:
      return TC_COUNTER_CHILDREN_SPAWNS;
    default:
      return TC_COUNTER_CHILDREN_CLONE_VM;
  }
}

std::uint8_t why_preempted(const tc_switch& event) {
  if ((event.flags & TC_SWITCH_THROTTLED) != 0) {
    return TC_PREEMPTED_BY_QUOTA;
  }
  return (event.flags & TC_SWITCH_YIELDED) != 0 ? TC_PREEMPTED_BY_YIELD : TC_PREEMPTED_BY_OTHERS;
}

void add_to_edge(tc_edge_sums& sums, std::uint64_t blocked_ns) {
  sums.count++;
  sums.blocked_ns += blocked_ns;
  sums.max_ns = std::max<std::uint64_t>(sums.max_ns, blocked_ns);
}

void set_identity(tc_ledger& ledger, const tc_birth& birth) {
  ledger.process = birth.process;
  ledger.parent_process = birth.parent_process;
  ledger.creator = birth.creator;
  ledger.address_space = birth.address_space;
  ledger.birth_ns = birth.birth_ns;
  ledger.clone_flags = birth.clone_flags;
  ledger.copy_ns = birth.copy_ns;
  ledger.tid = birth.tid;
  ledger.tgid = birth.tgid;
  ledger.ppid = birth.ppid;
  ledger.creator_tid = birth.creator_tid;
  ledger.how = birth.how;
  ledger.shares = birth.shares;
  ledger.flags = birth.flags;
  ledger.cpu = birth.cpu;
  ledger.tid_inside = birth.tid_inside;
  ledger.tgid_inside = birth.tgid_inside;
  ledger.namespace_level = birth.namespace_level;
  std::memcpy(ledger.comm, birth.comm, sizeof(ledger.comm));
}

}  // namespace

bool ReplayedLife::is_activity(std::size_t row) { return row < TC_NR_ACTIVITIES; }

std::size_t ReplayedLife::HashEdgeKey::operator()(const EdgeKey& key) const {
  std::uint64_t hash = key.waker * 0x9e3779b97f4a7c15U;
  hash = (hash ^ hash >> 29U ^ key.wait) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ hash >> 32U ^ key.from) * 0x94d049bb133111ebU;
  return hash ^ hash >> 31U;
}

ReplayedLife::ReplayedLife(ReplayBooks& books, std::uint64_t id, std::uint64_t first_ns) : books_(&books) {
  tc_ledger& ledger = task_.ledger;
  ledger.record = {TC_RECORD_LEDGER, sizeof(tc_ledger)};
  ledger.id = id;
  ledger.process = id;
  ledger.how = TC_NR_CREATIONS;
  ledger.created_kind = TC_NR_CREATIONS;
  ledger.switch_kind = TC_NR_HISTOGRAMS;
  ledger.birth_ns = std::min(first_ns, greatest_time);
  ledger.since_ns = ledger.birth_ns;
  ledger.condition = TC_CONDITION_RUNNING;
  task_.beginning_unknown = true;
}

bool ReplayedLife::corrected(const tc_birth& birth) {
  tc_ledger& ledger = task_.ledger;
  if (task_.beginning_unknown || birth.how < TC_NR_CREATIONS || ledger.since_ns != birth.at_ns) {
    return false;
  }
  ledger.activity = birth.row;
  ledger.syscall = birth.syscall;
  ledger.condition = birth.condition;
  ledger.wait = birth.wait;
  ledger.found = birth.found;
  return true;
}

void ReplayedLife::born(const tc_birth& birth) {
  tc_ledger& ledger = task_.ledger;
  task_.beginning_unknown = false;
  set_identity(ledger, birth);
  ledger.birth_ns = std::min<std::uint64_t>(birth.birth_ns, greatest_time);
  ledger.since_ns = ledger.birth_ns;
  ledger.activity = birth.row;
  ledger.condition = birth.condition;
  ledger.wait = birth.wait;
  ledger.syscall = birth.syscall;
  ledger.found = birth.found != 0 || !books_->calls ? 1 : 0;
  count(TC_COUNTER_PAGE_TABLE_BYTES, birth.page_table_bytes);
  entry_counted_ = is_activity(birth.row);
  if (entry_counted_ && (birth.found == 0 || birth.how < TC_NR_CREATIONS)) {
    ledger.entries[birth.row]++;
  }
  cpu_known_ = true;

  // What came before task_newtask is a part of the first wait, but nobody who ends that is to answer for it.
  const std::uint64_t at_ns = in_order(birth.at_ns);
  const std::uint64_t before_ns = at_ns - ledger.birth_ns;
  cell(birth.row, birth.condition) += before_ns;
  if (birth.condition == TC_CONDITION_BLOCKED) {
    ledger.waits[birth.wait].blocked_ns += before_ns;
  }
  ledger.since_ns = at_ns;

  if (birth.how < TC_NR_CREATIONS) {
    ledger.newtask_ns = at_ns;
    return;
  }
  ledger.first_run_ns = at_ns;
  found_on_cpu_ = birth.condition == TC_CONDITION_RUNNING;
  if (birth.row == TC_ACTIVITY_EXIT) {
    ledger.exit_start_ns = at_ns;
  }
}

void ReplayedLife::born_late(const tc_birth& birth) {
  const std::uint64_t first_ns = task_.ledger.birth_ns;
  set_identity(task_.ledger, birth);
  task_.ledger.birth_ns = std::min<std::uint64_t>(birth.birth_ns, first_ns);
  unknown_ns_ += first_ns - task_.ledger.birth_ns;
}

void ReplayedLife::created(tc_creation kind, std::uint64_t copy_ns) {
  count(counter_of(kind));
  task_.ledger.creations[kind].count++;
  task_.ledger.creations[kind].copy_ns += copy_ns;
  task_.ledger.created_ns = 0;
}

void ReplayedLife::published(std::uint64_t at_ns) { task_.ledger.published_ns = at_ns; }

void ReplayedLife::published_child(tc_creation kind, std::uint64_t newtask_ns, std::uint64_t at_ns) {
  task_.ledger.creations[kind].publish_ns += elapsed(newtask_ns, at_ns);
  task_.ledger.created_ns = at_ns;
}

// -- time ----------------------------------------------------------------------------------------------------------

__u64& ReplayedLife::cell(std::size_t row, std::size_t condition) {
  return task_.ledger.cells[row * TC_NR_CONDITIONS + condition];
}

void ReplayedLife::count_if_any(std::uint8_t counter) {
  if (counter < TC_NR_COUNTERS) {
    task_.ledger.counters[counter]++;
  }
}

// An event that is older than the one before it takes no time.
std::uint64_t ReplayedLife::in_order(std::uint64_t at_ns) {
  if (at_ns >= task_.ledger.since_ns && at_ns <= greatest_time) {
    return at_ns;
  }
  books_->integrity.backward_times++;
  return task_.ledger.since_ns;
}

Gaps::Touch ReplayedLife::touched_until(std::uint64_t at_ns, std::uint64_t woken_ns) const {
  const tc_ledger& ledger = task_.ledger;
  return books_->gaps.touching({ledger.since_ns, at_ns, ledger.condition,
                                cpu_known_ ? std::optional<std::uint32_t>(ledger.cpu) : std::nullopt, woken_ns});
}

// The row of what was pending is not known either: its end may be among the lost events.
void ReplayedLife::lose_until(std::uint64_t at_ns, const Gaps::Touch& touch) {
  tc_ledger& ledger = task_.ledger;
  if (touch && touch.from_ns > ledger.since_ns) {
    cell(ledger.activity, ledger.condition) += touch.from_ns - ledger.since_ns;
    ledger.since_ns = touch.from_ns;
  }
  unknown_ns_ += at_ns - ledger.since_ns;
  ledger.since_ns = at_ns;
  task_.touching_gaps += touch.gaps;
  for (const std::size_t row : {TC_ROW_FAULT_PENDING, TC_ROW_CALL_PENDING}) {
    for (std::size_t condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
      unknown_ns_ += std::exchange(cell(row, condition), 0);
    }
  }
}

void ReplayedLife::book_running(std::size_t row, std::uint64_t ns) {
  cell(row, TC_CONDITION_RUNNING) += ns;
  if (is_call_row(row)) {
    call_running_ns_ += ns;
  }
}

// On its CPU: where the last event left it until `entered_ns`, in `row` from then on.
bool ReplayedLife::ran_until(std::uint64_t at_ns, std::uint64_t entered_ns, std::size_t row) {
  tc_ledger& ledger = task_.ledger;
  const Gaps::Touch touch = touched_until(at_ns);
  if (touch) {
    lose_until(at_ns, touch);
  } else {
    const std::uint64_t entered = std::clamp<std::uint64_t>(entered_ns, ledger.since_ns, at_ns);
    if (entered > ledger.since_ns) {
      cell(ledger.activity, TC_CONDITION_RUNNING) += entered - ledger.since_ns;
    }
    book_running(row, at_ns - entered);
    ledger.since_ns = at_ns;
  }
  ledger.activity = static_cast<std::uint8_t>(row);
  return !touch;
}

void ReplayedLife::book_wait(std::uint64_t blocked_ns, std::uint64_t waker, std::uint32_t from) {
  tc_wait_sums& sums = task_.ledger.waits[task_.ledger.wait];
  sums.count++;
  sums.blocked_ns += blocked_ns;
  const EdgeKey key{waker, task_.ledger.wait, from};
  if (last_edge_ == nullptr || !(last_edge_->first == key)) {
    last_edge_ = &*edges_.try_emplace(key).first;
  }
  add_to_edge(last_edge_->second, blocked_ns);
}

// Who kept it from a CPU that it did not give up, where that was not other tasks.
void ReplayedLife::book_preemption(std::uint64_t ns) {
  const auto why = std::exchange(task_.ledger.why_preempted, TC_PREEMPTED_BY_OTHERS);
  if (why == TC_PREEMPTED_BY_QUOTA) {
    count(TC_COUNTER_THROTTLED);
    count(TC_COUNTER_THROTTLED_NS, ns);
  } else if (why == TC_PREEMPTED_BY_YIELD) {
    count(TC_COUNTER_YIELDS);
    count(TC_COUNTER_YIELDED_NS, ns);
  }
}

// The one that ended last, and nobody saw how.
void ReplayedLife::shorten_wait(std::uint64_t ns) {
  const auto shorten = [ns](auto& blocked_ns) { blocked_ns -= std::min<std::uint64_t>(ns, blocked_ns); };
  shorten(task_.ledger.waits[task_.ledger.wait].blocked_ns);
  const auto edge = edges_.find({0, task_.ledger.wait, TC_FROM_NOWHERE});
  if (edge != edges_.end()) {
    shorten(edge->second.blocked_ns);
  }
}

std::optional<std::uint64_t> ReplayedLife::waited_until(std::uint64_t at_ns, std::uint64_t woken_ns,
                                                        std::uint64_t waker, std::uint32_t from) {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t since = ledger.since_ns;
  const bool slept = ledger.condition == TC_CONDITION_BLOCKED;
  if (slept && woken_ns != 0) {
    count(TC_COUNTER_WAKEUPS);
  }
  if (const Gaps::Touch touch = touched_until(at_ns, woken_ns)) {
    lose_until(at_ns, touch);
    return std::nullopt;
  }
  const std::uint64_t ready = ready_ns(ledger.condition, since, woken_ns, at_ns);
  if (slept) {
    if (woken_ns == 0) {
      count(TC_COUNTER_UNSEEN_WAKEUPS);
    }
    book_wait(ready - since, waker, from);
    cell(ledger.activity, TC_CONDITION_BLOCKED) += ready - since;
    cell(ledger.activity, TC_CONDITION_RUNNABLE) += at_ns - ready;
  } else {
    cell(ledger.activity, ledger.condition) += at_ns - since;
    book_preemption(at_ns - since);
  }
  ledger.since_ns = at_ns;
  return ready;
}

// Only a task on a CPU has such an event.
void ReplayedLife::must_run(std::uint64_t at_ns) {
  tc_ledger& ledger = task_.ledger;
  if (ledger.condition == TC_CONDITION_RUNNING) {
    return;
  }
  const Gaps::Touch touch = touched_until(at_ns);
  if (!touch) {
    task_.impossible_switches++;
  }
  lose_until(at_ns, touch);
  ledger.condition = TC_CONDITION_RUNNING;
  cpu_known_ = false;
  start_lost_ = start_lost_ || ledger.first_run_ns == 0;
}

// -- switches ------------------------------------------------------------------------------------------------------

void ReplayedLife::left_cpu(const tc_switch& event) {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t at_ns = in_order(event.at_ns);
  must_run(at_ns);
  if (ledger.activity == TC_ROW_FAULT_PENDING && event.row != TC_ROW_FAULT_PENDING) {
    give_up_fault(at_ns);
  }
  const bool found = !books_->calls || (event.flags & TC_SWITCH_FOUND) != 0;
  if (!found) {
    const std::uint64_t entered_ns = seen_entry(event.entered_ns);
    if (ledger.activity != TC_ACTIVITY_EXIT && event.row != TC_ROW_FAULT_PENDING) {
      learn_call(entered_ns, event.row);
    }
    ran_until(at_ns, event.row == TC_ROW_FAULT_PENDING ? 0 : entered_ns, event.row);
  } else {
    ran_until(at_ns, 0, ledger.activity);
    ledger.activity = event.row;
  }
  ledger.found = found ? 1 : 0;
  ledger.syscall = event.syscall;
  ledger.condition = event.condition;
  ledger.wait = event.wait;
  ledger.why_preempted = why_preempted(event);
  found_on_cpu_ = false;
  cpu_known_ = true;
  ledger.cpu = event.cpu;

  count((event.flags & TC_SWITCH_VOLUNTARY) != 0 ? TC_COUNTER_VOLUNTARY_SWITCHES : TC_COUNTER_INVOLUNTARY_SWITCHES);
  count_if_any(event.destination);
  if (event.flush == TC_FLUSH_DONE) {
    count(TC_COUNTER_TLB_FLUSHES_ON_SWITCH);
  } else if (event.flush == TC_FLUSH_REUSED) {
    count(TC_COUNTER_TLB_REUSES_ON_SWITCH);
  }
  if ((event.flags & TC_SWITCH_LAST) != 0) {
    settle_pending_rows();
    ledger.end_ns = ledger.since_ns;
    task_.ended = true;
  }
}

// It has a CPU again, and left what its registers told of.
void ReplayedLife::runs() {
  if (std::exchange(task_.ledger.found, 0) != 0 && is_found_row(task_.ledger.activity)) {
    task_.ledger.activity = TC_ACTIVITY_USER;
  }
  task_.ledger.condition = TC_CONDITION_RUNNING;
}

void ReplayedLife::got_cpu(const tc_switch& event) {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t at_ns = in_order(event.at_ns);
  const bool throttled = ledger.why_preempted == TC_PREEMPTED_BY_QUOTA;
  std::optional<std::uint64_t> ready_ns;
  ledger.wait = final_wait(static_cast<std::uint8_t>(ledger.wait), event);
  if (ledger.condition == TC_CONDITION_RUNNING) {
    const Gaps::Touch touch = touched_until(at_ns);
    // The first event of an unknown task is no contradiction.
    if (!touch && at_ns != ledger.birth_ns) {
      task_.impossible_switches++;
    }
    lose_until(at_ns, touch);
  } else if (event.woken_ns != 0) {
    ready_ns = waited_until(at_ns, event.woken_ns, event.waker, event.waker_from);
  } else {
    ready_ns = waited_until(at_ns, 0, 0, TC_FROM_NOWHERE);
  }
  if (ready_ns && *ready_ns < at_ns && !throttled) {
    books_->histograms[TC_HISTOGRAM_RUN_QUEUE].add(nanoseconds(at_ns - *ready_ns));
  }
  runs();
  if (ledger.first_run_ns == 0) {
    ledger.first_run_ns = at_ns;
    if (!start_lost_ && !task_.beginning_unknown) {
      ledger.flags |= TC_LEDGER_START_SEEN | (ledger.cpu != event.cpu ? TC_LEDGER_STARTED_ELSEWHERE : 0);
    }
  } else if (ready_ns && cpu_known_ && ledger.cpu != event.cpu) {
    count(TC_COUNTER_MIGRATIONS);
  }
  ledger.cpu = event.cpu;
  cpu_known_ = true;
  found_on_cpu_ = false;
  ledger.on_cpu_ns = at_ns;
  ledger.switch_kind = event.switch_kind;
  count_if_any(event.origin);
}

// -- gaps and ends -------------------------------------------------------------------------------------------------

void ReplayedLife::passed(const ReplayGap& gap) {
  const tc_ledger& ledger = task_.ledger;
  const bool went_on = instant(ledger.since_ns) > gap.first && instant(ledger.birth_ns) < gap.last;
  const bool elsewhere = ledger.condition == TC_CONDITION_RUNNING && cpu_known_ && gap.cpu && *gap.cpu != ledger.cpu &&
                         ledger.on_cpu_ns != 0 && instant(ledger.on_cpu_ns) <= gap.first;
  task_.touched_afterwards = task_.touched_afterwards || (went_on && !elsewhere);
}

// Who is the parent of a task that lives on, no transition tells.
void ReplayedLife::told_by_kernel(const tc_ledger& ledger) {
  task_.kernel = std::make_unique<tc_ledger>(ledger);
  if (ledger.end_ns == 0) {
    task_.ledger.parent_process = ledger.parent_process;
    task_.ledger.ppid = ledger.ppid;
  }
}

void ReplayedLife::settle_pending_rows() {
  if (task_.ledger.activity == TC_ROW_FAULT_PENDING) {
    give_up_fault(task_.ledger.since_ns);
  }
  // A call that the end cut off is settled where the exit begins; this one lost that.
  if (!entry_counted_) {
    settle_call(row_of_pending_call());
  }
  join(TC_ROW_CALL_PENDING, row_of_pending_call());
}

void ReplayedLife::ended_unseen() {
  tc_ledger& ledger = task_.ledger;
  const std::uint64_t end_ns = std::clamp<std::uint64_t>(task_.kernel->end_ns, ledger.since_ns, greatest_time);
  const Gaps::Touch touch = touched_until(end_ns);
  if (!touch && !task_.beginning_unknown) {
    task_.impossible_switches++;
  }
  lose_until(end_ns, touch);
  ledger.activity = TC_ACTIVITY_EXIT;
  ledger.end_ns = end_ns;
  task_.ended = true;
}

// In which call a running task is, no event has told yet: the snapshot does.
void ReplayedLife::close_running(std::uint64_t end_ns) {
  tc_ledger& ledger = task_.ledger;
  if (!task_.kernel) {
    ran_until(end_ns, 0, ledger.activity);
    return;
  }
  const tc_ledger& snapshot = *task_.kernel;
  const bool in_fault = snapshot.activity == TC_ROW_FAULT_PENDING;
  const std::size_t row = in_fault ? snapshot.interrupted : snapshot.activity;
  const bool in_call =
      books_->calls && (is_call_row(row) || row == TC_ACTIVITY_EXIT) && ledger.activity != TC_ACTIVITY_EXIT;
  const std::uint64_t entered_ns = in_call ? seen_entry(snapshot.entered_ns) : 0;
  if (in_fault) {
    if (ledger.activity != TC_ROW_FAULT_PENDING || ledger.fault_ns != snapshot.fault_ns) {
      tc_fault fault{};
      fault.begun_ns = std::min<std::uint64_t>(snapshot.fault_ns, end_ns);
      fault.entered_ns = entered_ns;
      fault.interrupted = static_cast<std::uint8_t>(row);
      fault.bits = snapshot.fault_bits & TC_FAULT_KERNEL;
      begin_fault(fault);
    }
    ran_until(end_ns, 0, TC_ROW_FAULT_PENDING);
    return;
  }
  give_up_fault(ledger.since_ns);
  learn_call(entered_ns, row);
  const bool pending = ledger.activity == TC_ROW_CALL_PENDING && is_call_row(row);
  ran_until(end_ns, entered_ns, pending ? std::size_t{TC_ROW_CALL_PENDING} : row);
}

void ReplayedLife::close(std::uint64_t end) {
  tc_ledger& ledger = task_.ledger;
  // A task may be ahead of the instant of closing, by an entry that no event has told yet as well.
  const std::uint64_t seen_ns = task_.kernel ? std::max<std::uint64_t>(end, task_.kernel->since_ns) : end;
  const std::uint64_t end_ns = std::clamp<std::uint64_t>(seen_ns, ledger.since_ns, greatest_time);
  task_.position_unknown = !task_.kernel;
  if (ledger.condition == TC_CONDITION_RUNNING) {
    close_running(end_ns);
  } else if (const Gaps::Touch touch = touched_until(end_ns)) {
    lose_until(end_ns, touch);
  } else {
    const std::uint64_t waited_ns = end_ns - ledger.since_ns;
    cell(ledger.activity, ledger.condition) += waited_ns;
    if (ledger.condition == TC_CONDITION_BLOCKED) {
      ledger.waits[ledger.wait].count += waited_ns > 0 ? 1 : 0;
      ledger.waits[ledger.wait].blocked_ns += waited_ns;
    }
    ledger.since_ns = end_ns;
  }
  // Looked at from outside, a pending call shows its file; one that a fault interrupts is left alone.
  if (ledger.activity == TC_ROW_CALL_PENDING) {
    const std::size_t row = task_.kernel && is_activity(task_.kernel->activity) && is_call_row(task_.kernel->activity)
                                ? std::size_t{task_.kernel->activity}
                                : row_of_pending_call();
    settle_call(row);
    ledger.activity = static_cast<std::uint8_t>(row);
  }
  ledger.call = static_cast<std::uint8_t>(row_of_pending_call());
  ledger.end_ns = end_ns;
}

RebuiltTask ReplayedLife::take() {
  if (task_.beginning_unknown && task_.kernel && task_.kernel->birth_ns < task_.ledger.birth_ns) {
    unknown_ns_ += task_.ledger.birth_ns - task_.kernel->birth_ns;
    task_.ledger.birth_ns = task_.kernel->birth_ns;
  }
  task_.unknown = nanoseconds(unknown_ns_);
  task_.gaps_in_life = books_->gaps.any(task_.ledger.birth_ns, task_.ledger.end_ns, std::nullopt);
  books_->integrity.impossible_switches += task_.impossible_switches;
  for (const auto& [key, sums] : edges_) {
    task_.edges.push_back({{task_.ledger.id, key.waker, key.wait, key.from}, sums});
  }
  std::ranges::sort(task_.edges, {}, [](const tc_edge& edge) {
    return std::tuple<std::uint64_t, std::uint32_t, std::uint32_t>(edge.key.waker, edge.key.wait, edge.key.from);
  });
  for (const auto& [object, sums] : flows_) {
    task_.flows.push_back({{task_.ledger.id, object}, sums});
  }
  std::ranges::sort(task_.flows, {}, [](const tc_flow& flow) { return std::uint64_t{flow.key.object}; });
  return std::move(task_);
}

}  // namespace taskcost
