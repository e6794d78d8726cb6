// SPDX-License-Identifier: Apache-2.0
#include "trace/replay_task.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "account/ledger.h"
#include "trace/switch_facts.h"

namespace taskcost {
namespace {

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

}  // namespace

std::size_t ReplayTask::HashEdgeKey::operator()(const EdgeKey& key) const {
  std::uint64_t hash = key.waker * 0x9e3779b97f4a7c15U;
  hash = (hash ^ hash >> 29U ^ key.wait) * 0xbf58476d1ce4e5b9U;
  hash = (hash ^ hash >> 32U ^ key.from) * 0x94d049bb133111ebU;
  return hash ^ hash >> 31U;
}

ReplayTask::ReplayTask(ReplayTotals& totals, std::uint64_t id, std::uint64_t first_ns)
    : totals_(&totals), tracker_(totals.trace, this, id, first_ns) {
  tc_ledger& ledger = task_.ledger;
  ledger.record = {TC_RECORD_LEDGER, sizeof(tc_ledger)};
  ledger.id = id;
  ledger.process = id;
  ledger.how = TC_NR_CREATIONS;
  ledger.created_kind = TC_NR_CREATIONS;
  ledger.switch_kind = TC_NR_HISTOGRAMS;
  task_.beginning_unknown = true;
}

void ReplayTask::on_mark(const TaskTracker& task, const TaskMark& mark) {
  if (totals_->listener != nullptr) {
    totals_->listener->on_mark(task, mark);
  }
}

// A call counts at its first event, and so does its row, unless only the return knows the row.
void ReplayTask::on_call_entered(std::uint8_t row) {
  const bool counts = totals_->span.contains(tracker_.entered_ns());
  task_.ledger.counters[TC_COUNTER_SYSCALLS] += counts ? 1 : 0;
  call_running_ns_ = 0;
  entry_counted_ = row < TC_NR_ACTIVITIES || !counts;
  if (row < TC_NR_ACTIVITIES && counts) {
    task_.ledger.entries[row]++;
  }
}

void ReplayTask::on_fault_begun(std::uint8_t bits) {
  const bool counts = (bits & TC_FAULT_KERNEL) != 0 && totals_->span.contains(tracker_.fault_ns());
  task_.ledger.counters[TC_COUNTER_FAULTS_KERNEL] += counts ? 1 : 0;
}

void ReplayTask::set_identity(const tc_task_new& new_task) {
  tc_ledger& ledger = task_.ledger;
  ledger.process = new_task.process;
  ledger.parent_process = new_task.parent_process;
  ledger.creator = new_task.creator;
  ledger.address_space = new_task.address_space;
  ledger.copy_ns = new_task.copy_ns;
  ledger.tid = new_task.tid;
  ledger.tgid = new_task.tgid;
  ledger.ppid = new_task.ppid;
  ledger.creator_tid = new_task.creator_tid;
  ledger.shares = new_task.shares;
  ledger.flags = new_task.flags;
  ledger.cpu = new_task.cpu;
  ledger.tid_inside = new_task.tid_inside;
  ledger.tgid_inside = new_task.tgid_inside;
  ledger.namespace_level = new_task.namespace_level;
  std::memcpy(ledger.comm, new_task.comm, sizeof(ledger.comm));
}

// -- creation and switches -----------------------------------------------------------------------------------------

void ReplayTask::on_new_task(const tc_task_new& new_task) {
  tc_ledger& ledger = task_.ledger;
  begin(new_task.at_ns);
  tracker_.on_new_task(new_task);
  task_.beginning_unknown = false;
  set_identity(new_task);
  ledger.how = tracker_.creation();
  count(TC_COUNTER_PAGE_TABLE_BYTES, new_task.page_table_bytes);
  entry_counted_ = tracker_.row() < TC_NR_ACTIVITIES || !in_span_;
  if (tracker_.row() < TC_NR_ACTIVITIES && (new_task.found == 0 || !is_adopted(new_task))) {
    enter(tracker_.row());
  }
  seen_ns_ = std::max<std::uint64_t>(new_task.at_ns, tracker_.start_ns());
  if (!is_adopted(new_task)) {
    ledger.newtask_ns = seen_ns_;
    return;
  }
  ledger.first_run_ns = seen_ns_;
  if (tracker_.row() == TC_ACTIVITY_EXIT) {
    ledger.exit_start_ns = seen_ns_;
  }
}

void ReplayTask::on_late_new_task(const tc_task_new& new_task) {
  set_identity(new_task);
  tracker_.on_late_new_task(new_task);
  task_.ledger.how = tracker_.creation();
}

void ReplayTask::on_child(const ReplayTask& child, const tc_task_new& new_task) {
  begin(new_task.at_ns);
  if (is_worker_of_process(new_task.flags)) {
    count(TC_COUNTER_CHILDREN_WORKERS);
    return;
  }
  const tc_creation kind = child.tracker().creation();
  tracker_.on_child(child.tracker(), new_task);
  count(counter_of(kind));
  if (in_span_) {
    tc_creation_sums& sums = task_.ledger.creations[kind];
    sums.count++;
    sums.copy_ns += new_task.copy_ns;
  }
  task_.ledger.created_ns = 0;
}

void ReplayTask::on_published_child(tc_creation kind, std::uint64_t newtask_ns, std::uint64_t at_ns) {
  if (totals_->span.contains(at_ns)) {
    task_.ledger.creations[kind].publish_ns += elapsed(newtask_ns, at_ns);
  }
  task_.ledger.created_ns = at_ns;
}

void ReplayTask::on_switch_out(const tc_switch& event) {
  tc_ledger& ledger = task_.ledger;
  begin(event.at_ns);
  start_lost_ = start_lost_ || ledger.first_run_ns == 0;
  tracker_.on_switch_out(event);
  ledger.syscall = event.syscall;
  ledger.why_preempted = why_preempted(event, totals_->trace.calls ? &totals_->trace.classes : nullptr);
  count(is_voluntary(event) ? TC_COUNTER_VOLUNTARY_SWITCHES : TC_COUNTER_INVOLUNTARY_SWITCHES);
  count(destination_of(event));
  if (event.flush == TC_FLUSH_DONE) {
    count(TC_COUNTER_TLB_FLUSHES_ON_SWITCH);
  } else if (event.flush == TC_FLUSH_REUSED) {
    count(TC_COUNTER_TLB_REUSES_ON_SWITCH);
  }
}

void ReplayTask::on_switch_in(const tc_switch& event) {
  tc_ledger& ledger = task_.ledger;
  begin(event.at_ns);
  const std::uint32_t last_cpu = tracker_.cpu();
  const bool ran = tracker_.condition() == TC_CONDITION_RUNNING;
  const bool known = tracker_.on_switch_in(event);
  if (ledger.first_run_ns == 0) {
    ledger.first_run_ns = tracker_.since_ns();
    if (!ran && !start_lost_ && !task_.beginning_unknown) {
      ledger.flags |= TC_LEDGER_START_SEEN | (last_cpu != event.cpu ? TC_LEDGER_STARTED_ELSEWHERE : 0);
    }
  } else if (known && last_cpu != Slice::none && last_cpu != event.cpu) {
    count(TC_COUNTER_MIGRATIONS);
  }
  if (const auto origin = origin_of(event)) {
    count(*origin);
  }
}

// -- calls and faults ----------------------------------------------------------------------------------------------

// A call that no probe saw from its entry to its return uses no channel; a transfer says that one did.
std::uint8_t ReplayTask::channel_of(const tc_call& call) const {
  const bool seen = (call.flags & (TC_CALL_FROM_USER | TC_CALL_RETURN_UNSEEN)) == 0;
  return seen || call.record.type == TC_RECORD_TRANSFER ? totals_->trace.classes.channel(call.syscall, call.file)
                                                        : std::uint8_t{TC_CHANNEL_NONE};
}

void ReplayTask::on_call(const tc_call& call) {
  tc_ledger& ledger = task_.ledger;
  begin(call.at_ns);
  tracker_.on_call(call);
  if (tracker_.created() < TC_NR_CREATIONS) {
    end_creation(tracker_.created(), tracker_.since_ns());
  }
  const std::uint8_t channel = channel_of(call);
  ledger.created_ns = 0;
  end_exec(call);
  count(TC_COUNTER_SHARED_MAPPING_BYTES, call.mapped_bytes);
  if (channel < TC_NR_CHANNELS && in_span_) {
    ledger.channels[channel].calls++;
    ledger.channels[channel].kernel_ns += call_running_ns_;
  }
  if ((call.flags & TC_CALL_ENTRY_UNSEEN) != 0) {
    count(TC_COUNTER_SYSCALLS);
    count(TC_COUNTER_SYSCALLS_ENTRY_UNSEEN);
  }
  call_running_ns_ = 0;
  enter(TC_ACTIVITY_USER);
}

void ReplayTask::end_creation(tc_creation kind, std::uint64_t at_ns) {
  if (!in_span_) {
    return;
  }
  tc_creation_sums& sums = task_.ledger.creations[kind];
  if (task_.ledger.created_ns != 0) {
    sums.return_ns += elapsed(task_.ledger.created_ns, at_ns);
    sums.returns++;
  }
  sums.running_ns += call_running_ns_;
}

void ReplayTask::end_exec(const tc_call& call) {
  tc_ledger& ledger = task_.ledger;
  if (tracker_.left_row() != TC_ACTIVITY_EXEC || ledger.exec_mark_ns == 0) {
    return;
  }
  const std::uint64_t marked_ns = std::exchange(ledger.exec_mark_ns, 0);
  if (!in_span_) {
    return;
  }
  ledger.exec_return_ns += elapsed(marked_ns, call.at_ns);
  if (call.entered_ns != 0) {
    totals_->histograms[TC_HISTOGRAM_EXEC].add(nanoseconds(elapsed(call.entered_ns, call.at_ns)));
  }
}

void ReplayTask::add_flow(std::uint64_t object, std::uint64_t link, std::uint8_t bits, std::uint64_t bytes_in,
                          std::uint64_t bytes_out) {
  if (object == 0 || !in_span_) {
    return;
  }
  if (last_flow_ == nullptr || last_flow_->first != object) {
    last_flow_ = &*flows_.try_emplace(object).first;
  }
  tc_flow_sums& flow = last_flow_->second;
  // A connection that was not accepted yet gets its link later.
  if (flow.link == 0) {
    flow.link = link;
  }
  flow.calls_in += (bits & TC_CALL_IN) != 0 ? 1 : 0;
  flow.calls_out += (bits & TC_CALL_OUT) != 0 ? 1 : 0;
  flow.bytes_in = sum_of_bytes(flow.bytes_in, bytes_in);
  flow.bytes_out = sum_of_bytes(flow.bytes_out, bytes_out);
}

void ReplayTask::on_transfer(const tc_transfer& transfer) {
  const std::uint8_t channel = channel_of(transfer.call);
  on_call(transfer.call);
  const bool uncounted = (transfer.flags & TC_PASSED_UNCOUNTED) != 0;
  const bool peeked = (transfer.flags & TC_PASSED_PEEKED) != 0;
  const auto of_flow = [&](std::uint64_t bytes, std::uint8_t direction) -> std::uint64_t {
    if (!uncounted && !peeked) {
      return bytes;
    }
    return uncounted && (transfer.bits & direction) != 0 ? TC_BYTES_UNKNOWN : 0;
  };
  if (peeked) {
    count(TC_COUNTER_PEEKED_BYTES, transfer.bytes_in);
  } else if (channel >= TC_NR_CHANNELS || !in_span_) {
    // Without a channel, the probe took it for a call that bytes pass through.
  } else if (uncounted) {
    task_.ledger.uncounted_calls[channel]++;
  } else {
    tc_channel_use& use = task_.ledger.channels[channel];
    use.bytes_in += transfer.bytes_in;
    use.bytes_out += transfer.bytes_out;
  }
  add_flow(transfer.object, transfer.link, transfer.bits, of_flow(transfer.bytes_in, TC_CALL_IN),
           of_flow(transfer.bytes_out, TC_CALL_OUT));
}

// The time is that of the call, and on_call() adds it.
void ReplayTask::on_passage(const tc_passage& passage) {
  begin(passage.at_ns);
  const std::uint8_t channel = channel_of_passage(passage.file);
  if (!in_span_ || channel >= TC_NR_CHANNELS) {
    return;
  }
  tc_channel_use& use = task_.ledger.channels[channel];
  use.calls++;
  use.bytes_in += passage.bytes_in;
  use.bytes_out += passage.bytes_out;
  add_flow(passage.object, passage.link, passage.bits, passage.bytes_in, passage.bytes_out);
}

void ReplayTask::on_fault(const tc_fault& fault) {
  begin(fault.at_ns);
  tracker_.on_fault(fault);
  if (in_span_ && (fault.outcome == TC_FAULT_MINOR || fault.outcome == TC_FAULT_MAJOR)) {
    count_resolved_fault(fault);
  }
}

void ReplayTask::count_resolved_fault(const tc_fault& fault) {
  task_.ledger.entries[TC_ACTIVITY_PAGE_FAULT]++;
  const std::uint64_t took_ns = elapsed(fault.begun_ns, fault.at_ns);
  const bool copies = (fault.bits & TC_FAULT_COW) != 0;
  tc_histogram_id histogram = copies ? TC_HISTOGRAM_FAULT_COW : TC_HISTOGRAM_FAULT_MINOR;
  if (copies) {
    count(TC_COUNTER_FAULTS_COW);
    count(TC_COUNTER_FAULTS_COW_NS, took_ns);
  }
  if ((fault.bits & TC_FAULT_FILE) != 0) {
    count(TC_COUNTER_FAULTS_FILE);
  }
  if (fault.outcome == TC_FAULT_MAJOR) {
    count(TC_COUNTER_FAULTS_MAJOR);
    histogram = TC_HISTOGRAM_FAULT_MAJOR;
  } else {
    count(TC_COUNTER_FAULTS_MINOR);
  }
  totals_->histograms[histogram].add(nanoseconds(took_ns));
}

// -- events --------------------------------------------------------------------------------------------------------

void ReplayTask::on_exec(const tc_exec& exec) {
  tc_ledger& ledger = task_.ledger;
  begin(exec.at_ns);
  tracker_.on_exec(exec);
  const std::uint64_t from_ns = ledger.exec_mark_ns != 0 ? ledger.exec_mark_ns : exec.entered_ns;
  if (from_ns != 0 && in_span_) {
    ledger.exec_replace_ns += elapsed(from_ns, exec.at_ns);
  }
  ledger.exec_mark_ns = totals_->trace.calls ? exec.at_ns : 0;
  count(TC_COUNTER_EXECS);
  count(TC_COUNTER_PAGE_TABLE_BYTES, exec.page_table_bytes);
  if (!totals_->span.is_before_end(exec.at_ns)) {
    return;
  }
  ledger.address_space = exec.address_space;
  ledger.tid = exec.tid;
  ledger.flags |= TC_LEDGER_LEADER;
  ledger.flags &= ~std::uint32_t{TC_LEDGER_COMPAT};
  if (exec.compat != 0) {
    ledger.flags |= TC_LEDGER_COMPAT;
  }
  std::memcpy(ledger.comm, exec.comm, sizeof(ledger.comm));
}

void ReplayTask::on_rename(const tc_rename& rename) {
  if (totals_->span.is_before_end(rename.at_ns)) {
    std::memcpy(task_.ledger.comm, rename.comm, sizeof(task_.ledger.comm));
  }
}

void ReplayTask::begin_exit(const tc_event& event) {
  tc_ledger& ledger = task_.ledger;
  const bool exits = tracker_.row() == TC_ACTIVITY_EXIT;
  tracker_.on_event(event);
  if (event.value != 0 && tracker_.left_row() == TC_ACTIVITY_EXIT) {
    ledger.exit_start_ns = event.value;
  } else if (!exits) {
    ledger.exit_start_ns = tracker_.since_ns();
    enter(TC_ACTIVITY_EXIT);
  }
}

void ReplayTask::on_event(const tc_event& event) {
  tc_ledger& ledger = task_.ledger;
  begin(event.at_ns);
  switch (event.kind) {
    case TC_EV_PUBLISHED:
      ledger.published_ns = event.at_ns;
      tracker_.on_event(event);
      break;
    case TC_EV_EXEC_PREPARED:
      ledger.exec_prepare_ns += in_span_ && event.value != 0 ? elapsed(event.value, event.at_ns) : 0;
      ledger.exec_mark_ns = event.at_ns;
      break;
    case TC_EV_DYING:
    case TC_EV_EXIT:
      begin_exit(event);
      break;
    case TC_EV_EXIT_MMAP:
      ledger.exit_mmap_ns = event.at_ns;
      break;
    case TC_EV_SIGNAL_GENERATED:
      if (totals_->span.is_before_end(event.at_ns)) {
        ledger.signal = event.arg;
        ledger.signal_ns = event.at_ns;
      }
      break;
    case TC_EV_SHOOTDOWN_SENT:
      count(TC_COUNTER_SHOOTDOWNS_SENT);
      break;
    case TC_EV_SHOOTDOWN_RECEIVED:
      count(TC_COUNTER_SHOOTDOWNS_RECEIVED);
      break;
    case TC_EV_SHOOTDOWN_STOLE:
      count(TC_COUNTER_SHOOTDOWN_STOLEN_NS, event.value);
      break;
    case TC_EV_SHOOTDOWN_LOST:
      count(TC_COUNTER_SHOOTDOWN_LOST_NS, event.value);
      break;
    case TC_EV_SLAB:
      count(TC_COUNTER_KERNEL_SLAB_BYTES, event.value);
      count(TC_COUNTER_KERNEL_SLAB_ALLOCATIONS);
      break;
    case TC_EV_PAGES:
      count(TC_COUNTER_KERNEL_PAGES, event.value);
      break;
    case TC_EV_FOUND_RUNNING:
      tracker_.on_event(event);
      ledger.unseen_at_ns = tracker_.since_ns();
      ledger.first_run_ns = ledger.first_run_ns == 0 ? std::uint64_t{ledger.unseen_at_ns} : ledger.first_run_ns;
      count(TC_COUNTER_UNSEEN_SWITCH_INS);
      task_.unseen_switch_ins++;
      break;
    case TC_EV_REPARENTED:
      if (totals_->span.is_before_end(event.at_ns)) {
        ledger.parent_process = event.value;
        ledger.ppid = event.arg;
      }
      break;
    default:
      tracker_.on_event(event);
      break;
  }
}

// -- gaps and ends -------------------------------------------------------------------------------------------------

void ReplayTask::on_late_gap(const ReplayGap& gap) {
  const bool went_on = instant(tracker_.since_ns()) > gap.first && instant(tracker_.start_ns()) < gap.last;
  const bool elsewhere = tracker_.condition() == TC_CONDITION_RUNNING && gap.cpu && tracker_.cpu() != Slice::none &&
                         *gap.cpu != tracker_.cpu() && tracker_.on_cpu_ns() != 0 &&
                         instant(tracker_.on_cpu_ns()) <= gap.first;
  task_.touched_afterwards = task_.touched_afterwards || (went_on && !elsewhere);
}

// No event has the parent of a task that still lives: only the snapshot has it.
void ReplayTask::on_kernel_ledger(const tc_ledger& ledger) {
  task_.kernel = std::make_unique<tc_ledger>(ledger);
  if (ledger.end_ns == 0) {
    task_.ledger.parent_process = ledger.parent_process;
    task_.ledger.ppid = ledger.ppid;
  }
  tracker_.on_ledger(ledger);
}

void ReplayTask::close(std::uint64_t end_ns) {
  task_.position_unknown = !task_.kernel;
  closing_ns_ = end_ns;
  begin(end_ns);
  tracker_.close(end_ns);
}

RebuiltTask ReplayTask::take() {
  tc_ledger& ledger = task_.ledger;
  ledger.start_ns = tracker_.start_ns();
  ledger.since_ns = ledger.end_ns = tracker_.since_ns();
  ledger.activity = tracker_.row();
  ledger.condition = tracker_.condition();
  ledger.interrupted = tracker_.interrupted();
  ledger.wait = tracker_.wait();
  ledger.call = tracker_.row_of_pending_call();
  ledger.cpu = tracker_.cpu() == Slice::none ? ledger.cpu : tracker_.cpu();
  task_.ended = tracker_.ended();
  if (totals_->is_part) {
    cut_to_span();
  }
  task_.unknown = nanoseconds(unknown_ns_);
  task_.affecting_gaps = tracker_.affecting_gaps();
  task_.impossible_switches = tracker_.contradictions();
  task_.gaps_in_life = totals_->trace.gaps.any(ledger.start_ns, tracker_.since_ns(), std::nullopt);
  totals_->integrity.impossible_switches += task_.impossible_switches;
  for (const auto& [key, sums] : edges_) {
    task_.edges.push_back({{ledger.id, key.waker, key.wait, key.from}, sums});
  }
  std::ranges::sort(task_.edges, {}, [](const tc_edge& edge) {
    return std::tuple<std::uint64_t, std::uint32_t, std::uint32_t>(edge.key.waker, edge.key.wait, edge.key.from);
  });
  for (const auto& [object, sums] : flows_) {
    task_.flows.push_back({{ledger.id, object}, sums});
  }
  std::ranges::sort(task_.flows, {}, [](const tc_flow& flow) { return std::uint64_t{flow.key.object}; });
  return std::move(task_);
}

}  // namespace taskcost
