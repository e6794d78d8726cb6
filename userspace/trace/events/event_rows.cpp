// SPDX-License-Identifier: Apache-2.0
#include "trace/events/event_rows.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "account/account.h"
#include "account/ledger.h"
#include "account/region_table.h"
#include "trace/slice.h"
#include "trace/switch_facts.h"

namespace taskcost {
namespace {

std::optional<std::uint64_t> since(std::uint64_t begin_ns, std::uint64_t end_ns) {
  return begin_ns != 0 && begin_ns <= end_ns ? std::optional(end_ns - begin_ns) : std::nullopt;
}

// The meaning of `value` depends on the kind of event; nullopt if that kind has none.
std::optional<std::uint64_t> value_of(const tc_event& event) {
  switch (event.kind) {
    case TC_EV_SIGNAL_GENERATED:
    case TC_EV_FOUND_RUNNING:
    case TC_EV_REPARENTED:
      return event.arg;
    case TC_EV_SHOOTDOWN_STOLE:
    case TC_EV_SHOOTDOWN_LOST:
    case TC_EV_SLAB:
    case TC_EV_PAGES:
    case TC_EV_CORRECTED:
      return event.value;
    default:
      return std::nullopt;
  }
}

// Joins the arguments, each with its NUL as in memory, to one line.
std::string joined(std::string_view command) {
  std::string line(command);
  while (!line.empty() && line.back() == '\0') {
    line.pop_back();
  }
  std::replace(line.begin(), line.end(), '\0', ' ');
  return line;
}

}  // namespace

EventRows::EventRows(TraceInfo info, WriteName write_name)
    : names_(std::move(info.syscall_name)),
      tasks_(std::move(write_name), info.calls, std::move(info.classes), std::move(info.gaps)) {
  recording_ = {info.start_ns,
                info.start_realtime_ns,
                info.start_boottime_ns,
                tasks_.written(info.command),
                tasks_.written(info.host),
                tasks_.written(info.machine_id),
                tasks_.written(info.boot_id)};
}

EventRow& EventRows::add_recording_row(std::string_view event, std::uint64_t at_ns) {
  rows_.clear();
  EventRow& row = add(event, at_ns);
  row.detail = recording_.command;
  row.detail_is_from_program = true;
  row.host = recording_.host;
  row.machine_id = recording_.machine_id;
  row.boot_id = recording_.boot_id;
  return row;
}

const std::vector<EventRow>& EventRows::first_rows() {
  EventRow& row = add_recording_row("recording_begins", recording_.start_ns);
  row.realtime_ns = recording_.realtime_ns;
  row.boottime_ns = recording_.boottime_ns;
  return rows_;
}

const std::vector<EventRow>& EventRows::last_rows(std::uint64_t end_ns, const std::optional<ClockAnchor>& clocks) {
  EventRow& row = add_recording_row("recording_ends", clocks ? clocks->monotonic_ns : end_ns);
  if (clocks) {
    row.realtime_ns = clocks->realtime_ns;
    row.boottime_ns = clocks->boottime_ns;
  }
  return rows_;
}

EventRow& EventRows::add(std::string_view event, std::optional<std::uint64_t> at_ns) {
  EventRow& row = rows_.emplace_back();
  row.event = event;
  row.time_ns = at_ns;
  return row;
}

EventRow& EventRows::add(std::string_view event, std::uint64_t at_ns, const TracedTask& task) {
  EventRow& row = add(event, at_ns);
  row.task = task.id();
  if (task.tid != 0) {
    row.tid = task.tid;
    row.cpu = task.cpu;
  }
  if (task.tgid != 0) {
    row.pid = task.tgid;
  }
  row.comm = task.comm;
  return row;
}

void EventRows::set_call(EventRow& row, std::uint32_t call) {
  row.syscall = names_.name(plain_call(call));
  row.syscall_number = call & TC_CALL_NUMBER_MASK;
}

void EventRows::on(const tc_task_new& new_task) {
  const bool adopted = is_adopted(new_task);
  const TracedTask& task = tasks_.on_new_task(new_task);
  EventRow& row = add(adopted ? "attached" : "new_task", new_task.at_ns, task);
  row.cpu = adopted ? std::nullopt : std::optional(new_task.cpu);
  row.activity = row_name(task.tracker.row());
  row.condition = condition_name(condition_of(new_task));
  if (condition_of(new_task) == TC_CONDITION_BLOCKED) {
    row.wait = wait_name(task.tracker.wait());
  }
  if (adopted) {
    return;
  }
  row.detail =
      is_worker_of_process(new_task.flags) ? to_string(TaskOrigin::worker) : creation_name(task.tracker.creation());
  row.value = new_task.clone_flags;
  if (new_task.creator_tid != 0) {
    row.other_tid = new_task.creator_tid;
  }
  if (new_task.copy_ns != 0) {
    row.duration_ns = new_task.copy_ns;
  }
}

void EventRows::on(const tc_exec& exec) {
  if (exec.id == 0) {
    return;  // from before the beginning of the capture
  }
  detail_ = tasks_.written(joined({exec.command, exec.command_size}));
  EventRow& row = add("exec", exec.at_ns, tasks_.on_exec(exec));
  row.detail = detail_;
  row.detail_is_from_program = true;
  row.duration_ns = since(exec.entered_ns, exec.at_ns);
}

// The row shows the new name, and the old one as detail.
void EventRows::on(const tc_rename& rename) {
  const TracedTask* before = tasks_.find(rename.id);
  detail_ = before == nullptr ? std::string() : before->comm;
  EventRow& row = add("rename", rename.at_ns, tasks_.on_rename(rename));
  row.detail = detail_;
  row.detail_is_from_program = true;
}

void EventRows::on(const tc_reap& reap) {
  EventRow& row = add("reap", reap.at_ns);
  row.process = reap.process;
  if (const TracedProcess* process = tasks_.process(reap.process); process != nullptr) {
    row.pid = process->tgid;
    if (const TracedTask* leader = tasks_.leader_of(*process); leader != nullptr) {
      row.comm = leader->comm;
    }
  }
  row.other_tid = reap.pid;
}

void EventRows::add_switch_out(const SwitchContext& context, const tc_switch& event) {
  EventRow& row = add("switch_out", event.at_ns, *context.prev);
  row.cpu = event.cpu;
  row.tid = event.prev_tid;
  row.activity = row_name(context.prev->tracker.row());
  row.condition = condition_name(condition_of(event));
  const bool last = is_last(event);
  if (condition_of(event) == TC_CONDITION_BLOCKED && !last) {
    row.wait = wait_name(context.prev->tracker.wait());
  }
  row.detail = last ? "last" : is_voluntary(event) ? "voluntary" : "involuntary";
  if (event.entered_ns != 0) {
    set_call(row, event.syscall);
  }
  row.duration_ns = since(context.prev_since, event.at_ns);
  row.doubtful = context.prev_doubtful;
  row.other_tid = event.next_tid;
}

void EventRows::add_switch_in(const SwitchContext& context, const tc_switch& event) {
  const Slice& was = context.next_was;
  EventRow& row = add("switch_in", event.at_ns, *context.next);
  row.cpu = event.cpu;
  row.tid = event.next_tid;
  row.other_tid = event.prev_tid;
  if (!context.off_cpu_seen()) {
    return;
  }
  row.activity = row_name(was.row);
  row.condition = condition_name(was.condition);
  row.runnable_ns = was.end_ns - was.ready_ns;
  row.doubtful = context.next_doubtful;
  if (was.condition != TC_CONDITION_BLOCKED) {
    return;
  }
  row.wait = wait_name(was.wait);
  if (was.censored) {
    row.detail = "began before";
  } else {
    row.duration_ns = context.blocked_ns;
    if (was.syscall != Slice::none) {
      set_call(row, was.syscall);
    }
  }
  if (event.woken_ns == 0) {
    // Without a traced wakeup, the split into blocked and runnable time is unknown.
    row.runnable_ns.reset();
    row.duration_ns.reset();
    return;
  }
  const Wakeup wakeup = wakeup_of(event);
  const WokenBy by = woken_by(wakeup.waker, tasks_);
  row.waker_tid = by.tid;
  row.waker_comm = by.comm;
  row.waker_kind = by.kind;
  row.waker_call_site = woken_from(wakeup.from, names_);
}

void EventRows::on(const tc_switch& event) {
  const SwitchContext context = tasks_.on_switch(event);
  if (context.prev != nullptr) {
    add_switch_out(context, event);
  }
  if (context.next != nullptr) {
    add_switch_in(context, event);
  }
}

EventRow& EventRows::add_call(const tc_call& call) {
  const TracedTask& task = tasks_.on_call(call);
  EventRow& row = add("call", call.at_ns, task);
  row.activity = row_name(task.tracker.left_row());
  row.duration_ns = since(call.entered_ns, call.at_ns);
  set_call(row, call.syscall);
  if ((call.flags & TC_CALL_RETURN_UNSEEN) == 0) {
    row.result = call.result;
  }
  if (task.tracker.created() < TC_NR_CREATIONS) {
    row.detail = creation_name(task.tracker.created());
  } else if ((call.flags & TC_CALL_ENTRY_UNSEEN) != 0) {
    row.detail = "entry not seen";
  } else if (tasks_.classes().is_mark(call.syscall)) {
    row.detail = "mark";
  }
  if (call.mapped_bytes != 0) {
    row.value = call.mapped_bytes;
  }
  return row;
}

void EventRows::on(const tc_transfer& transfer) {
  EventRow& row = add_call(transfer.call);
  row.channel = channel_name(tasks_.classes().channel(transfer.call.syscall, transfer.call.file));
  if ((transfer.flags & TC_PASSED_UNCOUNTED) != 0) {
    return;
  }
  if ((transfer.bits & TC_CALL_IN) != 0) {
    row.bytes_in = transfer.bytes_in;
  }
  if ((transfer.bits & TC_CALL_OUT) != 0) {
    row.bytes_out = transfer.bytes_out;
  }
}

void EventRows::on(const tc_passage& passage) {
  EventRow& row = add("passage", passage.at_ns, tasks_.on_passage(passage));
  row.channel = channel_name(channel_of_passage(passage.file));
  if ((passage.bits & TC_CALL_IN) != 0) {
    row.bytes_in = passage.bytes_in;
  }
  if ((passage.bits & TC_CALL_OUT) != 0) {
    row.bytes_out = passage.bytes_out;
  }
}

void EventRows::on(const tc_fault& fault) {
  const TracedTask& task = tasks_.on_fault(fault);
  const bool begun = fault.outcome == TC_FAULT_BEGUN;
  EventRow& row = add(begun ? "fault_begun" : "fault", fault.at_ns, task);
  row.activity = row_name(task.tracker.interrupted());
  if (!begun) {
    row.duration_ns = since(fault.begun_ns, fault.at_ns);
  }
  if (fault.entered_ns != 0) {
    set_call(row, fault.syscall);
  }
  detail_ = begun ? std::string() : outcome_name(fault.outcome);
  for (const auto& [bit, word] :
       {std::pair(TC_FAULT_COW, "cow"), {TC_FAULT_FILE, "file"}, {TC_FAULT_KERNEL, "kernel"}}) {
    if ((fault.bits & bit) != 0) {
      detail_.append(detail_.empty() ? "" : " ").append(word);
    }
  }
  row.detail = detail_;
}

void EventRows::on(const tc_event& event) {
  if (event.kind == TC_EV_STACK) {
    return;  // outputs of stacks have them
  }
  const TracedTask& task = tasks_.on_event(event);
  EventRow& row = add(event_name(event.kind), event.at_ns, task);
  row.value = value_of(event);
  switch (event.kind) {
    case TC_EV_PUBLISHED: {
      const WokenBy by = woken_by(event.value, tasks_);
      row.waker_tid = by.tid;
      row.waker_comm = by.comm;
      row.waker_kind = by.kind;
      row.waker_call_site = woken_from(event.arg, names_);
      break;
    }
    case TC_EV_EXEC_PREPARED:
      row.duration_ns = since(event.value, event.at_ns);
      break;
    case TC_EV_EXIT:
    case TC_EV_DYING:
      row.activity = row_name(task.tracker.left_row());
      row.duration_ns = since(event.value, event.at_ns);
      break;
    case TC_EV_FOUND_RUNNING:
      row.cpu = event.arg;
      break;
    case TC_EV_CORRECTED:
      row.activity = row_name(static_cast<std::uint8_t>(event.arg >> 8));
      row.condition = condition_name(static_cast<std::uint8_t>(event.arg & 0xff));
      break;
    default:
      break;
  }
}

void EventRows::on(const tc_region& region) {
  const TracedTask* task = tasks_.find(region.id);
  EventRow& row = task == nullptr ? add("region", region.at_ns) : add("region", region.at_ns, *task);
  row.task = region.id;
  detail_ = tasks_.written(region_name(region.name));
  row.detail = detail_;
  row.detail_is_from_program = true;
  row.duration_ns = since(region.begun_ns, region.at_ns);
  row.runnable_ns = region.runnable_ns;
  row.value = region.depth;
  if (region.blocked_ns > 0) {
    row.wait = wait_name(static_cast<std::uint8_t>(region.wait));
  }
  if (region.how != TC_REGION_ENDED) {
    row.condition = "not_ended";
  }
}

void EventRows::on(const tc_gap& gap) {
  tasks_.on_gap(to_gap(gap));
  EventRow& row = add("gap", gap.last_ns);
  row.cpu = gap.cpu;
  row.duration_ns = since(gap.first_ns, gap.last_ns);
  row.value = gap.count;
}

const std::vector<EventRow>& EventRows::convert(const Record& record) {
  rows_.clear();
  std::visit([this](const auto& event) { on(event); }, record);
  return rows_;
}

// A loss with an unknown span gets no time.
const std::vector<EventRow>& EventRows::convert(const Interruption& interruption) {
  rows_.clear();
  const TimeRange range = range_of(interruption);
  tasks_.on_gap(to_gap(interruption));
  EventRow& row = add("interruption", std::nullopt);
  row.detail = interruption.why == Interruption::Why::dropped ? "dropped" : "damaged";
  if (interruption.span) {
    row.time_ns = range.last_ns;
    row.duration_ns = since(range.first_ns, range.last_ns);
    row.value = interruption.span->records;
  }
  return rows_;
}

}  // namespace taskcost
