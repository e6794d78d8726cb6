// SPDX-License-Identifier: Apache-2.0
#include "trace/perfetto/thread_tracks.h"

#include <algorithm>
#include <string>
#include <vector>

#include "account/account.h"
#include "account/ledger.h"
#include "account/region_table.h"
#include "base/escape.h"
#include "trace/slice.h"
#include "trace/switch_facts.h"

namespace taskcost {
namespace {

// Ids of tracks: the kind in the upper bits, and below it a number that is unique in the recording.
enum TrackKind : std::uint64_t {
  recording = 1,
  task_track,
  renumbered_track,
  process_track,
  counter_track,
  loss_track
};
constexpr unsigned kind_shift = 56;

std::uint64_t track_id(TrackKind kind, std::uint64_t number) {
  return kind << kind_shift | (number & ((std::uint64_t{1} << kind_shift) - 1));
}

constexpr std::uint64_t all_cpus = 0xffffffffffff;

std::uint64_t counter_id(std::uint64_t process, std::uint32_t channel, bool is_out) {
  return track_id(counter_track, process << 8U | channel << 1U | (is_out ? 1U : 0U));
}

std::uint64_t thread_track(const TracedTask& task) {
  return track_id(task.renumbered ? renumbered_track : task_track, task.id());
}

bool within(std::uint64_t instant, std::uint64_t begin, std::uint64_t end) {
  return instant != 0 && begin <= instant && instant <= end;
}

struct StepStyle {
  Category category;
  Argument value;
  bool has_value;
};

// The style of an event that is drawn as an instant only.
std::optional<StepStyle> style_of(std::uint32_t kind) {
  switch (kind) {
    case TC_EV_SIGNAL_GENERATED:
      return StepStyle{Category::signal, Argument::signal, true};
    case TC_EV_SHOOTDOWN_SENT:
    case TC_EV_SHOOTDOWN_RECEIVED:
      return StepStyle{Category::tlb, Argument::ns, false};
    case TC_EV_SHOOTDOWN_STOLE:
    case TC_EV_SHOOTDOWN_LOST:
      return StepStyle{Category::tlb, Argument::ns, true};
    case TC_EV_SLAB:
      return StepStyle{Category::memory, Argument::bytes, true};
    case TC_EV_PAGES:
      return StepStyle{Category::memory, Argument::pages, true};
    case TC_EV_FOUND_RUNNING:
      return StepStyle{Category::scheduling, Argument::cpu, true};
    case TC_EV_CORRECTED:
      return StepStyle{Category::scheduling, Argument::ns, true};
    default:
      return std::nullopt;
  }
}

std::uint64_t value_of(const tc_event& event) {
  return event.kind == TC_EV_SIGNAL_GENERATED || event.kind == TC_EV_FOUND_RUNNING ? event.arg : event.value;
}

}  // namespace

ThreadTracks::ThreadTracks(PacketWriter& packets, TaskTable& tasks, SyscallNames names)
    : packets_(packets), tasks_(&tasks), call_names_(std::move(names)), wait_ids_() {
  for (std::size_t wait = 0; wait < wait_ids_.size(); ++wait) {
    wait_ids_[wait] = packets_.name(std::string("waits for ").append(wait_text(static_cast<std::uint8_t>(wait))));
  }
}

void ThreadTracks::on_start(const TraceInfo& info) {
  start_ns_ = std::max(info.start_ns, info.part.span.from_ns);
  part_ = info.part;
  packets_.start_at(part_.span.from_ns);
  const std::uint64_t track = track_id(recording, 0);
  packets_.describe(track, info.start_ns).set_name("taskcost");
  packets_.write();
  packets_.begin(track, info.start_ns, Category::recording, packets_.name("recording"));
  packets_.with_text(Argument::version, TASKCOST_VERSION);
  for (const auto& [argument, text] : {std::pair(Argument::host, &info.host),
                                       {Argument::kernel, &info.kernel},
                                       {Argument::command, &info.command},
                                       {Argument::detail, &info.detail}}) {
    if (!text->empty()) {
      packets_.with_text(argument, *text);
    }
  }
  packets_.write();
}

void ThreadTracks::introduce_process(const TracedTask& task, TracedProcess& process, std::uint64_t at_ns) {
  const bool has_name = task.leader() && is_late(task);
  if (process.introduced && !has_name) {
    return;
  }
  process.introduced = true;
  // The track gets no name, unlike those of threads: it would hide the name after an exec.
  wire::TrackDescriptor& track = packets_.describe(track_id(process_track, task.process), at_ns);
  track.mutable_process()->set_pid(static_cast<std::int32_t>(process.tgid));
  if (has_name) {
    track.mutable_process()->set_process_name(task.comm);
  }
  packets_.write();
}

// If the creation was lost, the process of the task is unknown: its track belongs to no process.
wire::TrackDescriptor& ThreadTracks::describe_thread(const TracedTask& task, std::uint64_t at_ns) {
  wire::TrackDescriptor& track = packets_.describe(thread_track(task), at_ns);
  if (task.tgid != 0) {
    track.mutable_thread()->set_pid(static_cast<std::int32_t>(task.tgid));
    track.mutable_thread()->set_tid(static_cast<std::int32_t>(task.tid));
    if (is_late(task)) {
      track.mutable_thread()->set_thread_name(task.comm);
    }
  } else if (task.tid != 0) {
    track.set_name("task " + std::to_string(task.tid) + " (its creation was lost)");
  } else {
    track.set_name("a task whose creation was lost");
  }
  return track;
}

// What is shown begins after its birth, so nothing in it tells its name.
bool ThreadTracks::is_late(const TracedTask& task) const {
  return task.tracker.adopted() || task.tracker.start_ns() < part_.span.from_ns;
}

// What follows is dropped unless the part that is shown has it.
std::uint64_t ThreadTracks::track_of(TracedTask& task, std::uint64_t at_ns) {
  packets_.mute(!part_.has(task.id(), at_ns));
  if (!task.introduced && !packets_.muted()) {
    task.introduced = true;
    if (TracedProcess* process = tasks_->process(task.process); process != nullptr) {
      introduce_process(task, *process, at_ns);
    }
    describe_thread(task, at_ns);
    packets_.write();
  }
  return thread_track(task);
}

// Returns for example "pipe: read". A program can call with any number, so numbers without a name share one name.
NameId ThreadTracks::call_name(std::uint8_t row, std::uint32_t call_number) {
  const std::uint32_t compat = call_number & TC_FROM_COMPAT;
  const std::uint32_t known = std::min<std::uint32_t>(call_number ^ compat, TC_MAX_SYSCALLS);
  const std::uint64_t key = std::uint64_t{row} << 32U | compat | known;
  if (const auto found = call_ids_.find(key); found != call_ids_.end()) {
    return found->second;
  }
  const std::string_view call = call_names_.name(compat | known);
  std::string text(row_name(row));
  text.append(": ").append(call.empty() ? "unknown system call" : call);
  return call_ids_.emplace(key, packets_.name(text)).first->second;
}

void ThreadTracks::slice(std::uint64_t track, std::uint64_t begin_ns, std::uint64_t end_ns, Category category,
                         NameId name) {
  packets_.begin(track, begin_ns, category, name).write();
  packets_.end(track, end_ns).write();
}

void ThreadTracks::on_new_task(const tc_task_new& new_task, TracedTask& task) {
  const std::uint64_t track = track_of(task, new_task.at_ns);
  if (is_adopted(new_task)) {
    return;
  }
  packets_.instant(track, new_task.at_ns, Category::creation, packets_.name("new task"))
      .with_text(Argument::origin, is_worker_of_process(new_task.flags) ? to_string(TaskOrigin::worker)
                                                                        : creation_name(task.tracker.creation()))
      .with(Argument::clone_flags, new_task.clone_flags);
  if (new_task.creator_tid != 0) {
    packets_.with(Argument::creator_tid, new_task.creator_tid);
  }
  if (new_task.page_table_bytes != 0) {
    packets_.with(Argument::page_table_bytes, new_task.page_table_bytes);
  }
  packets_.write();
}

// A track has one tid: a thread that takes over the tid of its leader continues on another track. The new name is
// repeated here, because a reader prefers the name in the process tree to that of a task_rename.
void ThreadTracks::on_exec(const tc_exec& exec, TracedTask& task, std::uint32_t old_tid) {
  if (old_tid != exec.tid) {
    task.introduced = false;
  }
  track_of(task, exec.at_ns);
  if (task.tgid != 0) {
    describe_thread(task, exec.at_ns).mutable_thread()->set_thread_name(task.comm);
    packets_.write();
  }
  std::string command(exec.command, exec.command_size);
  while (!command.empty() && command.back() == '\0') {
    command.pop_back();
  }
  std::replace(command.begin(), command.end(), '\0', ' ');
  packets_.instant(track_of(task, exec.at_ns), exec.at_ns, Category::exec, packets_.name("becomes another program"))
      .with_text(Argument::command, tasks_->written(command));
  packets_.write();
}

void ThreadTracks::on_rename(const tc_rename& rename, TracedTask& task) {
  track_of(task, rename.at_ns);
  if (task.tgid != 0) {
    describe_thread(task, rename.at_ns).mutable_thread()->set_thread_name(task.comm);
    packets_.write();
  }
}

void ThreadTracks::on_reap(const tc_reap& reap) {
  const TracedProcess* process = tasks_->process(reap.process);
  if (process == nullptr || !process->introduced) {
    return;
  }
  packets_.mute(!part_.has_process(reap.process) || !part_.span.contains(reap.at_ns));
  packets_.instant(track_id(process_track, reap.process), reap.at_ns, Category::exit, packets_.name("reaped a child"))
      .with(Argument::pid, reap.pid)
      .write();
}

void ThreadTracks::add_wait_arguments(const Slice& wait, bool doubtful) {
  packets_.with_text(Argument::wait, wait_name(wait.wait));
  if (wait.censored) {
    packets_.with_flag(Argument::began_before_the_window, true);
  } else if (wait.syscall != Slice::none) {
    if (const std::string_view call = call_names_.name(wait.syscall); !call.empty()) {
      packets_.with_text(Argument::in_call, call);
    }
  }
  if (doubtful) {
    packets_.with_flag(Argument::events_lost_meanwhile, true);
  }
}

// A wakeup from before the sleep leaves no wait to draw.
void ThreadTracks::write_wait(std::uint64_t track, const tc_switch& event, const SwitchContext& context) {
  const Slice& was = context.next_was;
  if (context.blocked_ns == 0 || was.ready_ns <= part_.span.from_ns) {
    return;
  }
  packets_.begin(track, was.start_ns, Category::wait, wait_ids_[was.wait]);
  add_wait_arguments(was, context.next_doubtful);
  if (event.woken_ns == 0) {
    packets_.with_flag(Argument::wakeup_seen, false);
  } else {
    const Wakeup wakeup = wakeup_of(event);
    const WokenBy by = woken_by(wakeup.waker, *tasks_);
    if (by.tid) {
      packets_.with(Argument::waker_tid, *by.tid);
    }
    if (!by.comm.empty()) {
      packets_.with_text(Argument::waker_comm, by.comm);
    }
    if (!by.kind.empty()) {
      packets_.with_text(Argument::woken_by, by.kind);
    }
    if (const std::string_view from = woken_from(wakeup.from, call_names_); !from.empty()) {
      packets_.with_text(Argument::woken_from, from);
    }
  }
  packets_.write();
  packets_.end(track, was.ready_ns).write();
}

// The record of the next switch-out says what the switch did to the TLB.
void ThreadTracks::write_flush(std::uint64_t track, const tc_switch& event, const SwitchContext& context) {
  const bool is_seen = context.prev_since != 0;
  if (is_seen && context.prev_since < part_.span.from_ns) {
    return;
  }
  packets_.instant(track, is_seen ? context.prev_since : event.at_ns, Category::tlb,
                   packets_.name("TLB flush on switch"));
  if (!is_seen) {
    packets_.with_flag(Argument::switch_in_seen, false);
  }
  packets_.write();
}

void ThreadTracks::write_exit(std::uint64_t track, const TracedTask& task, std::uint64_t end_ns) {
  if (!within(task.exit_ns, 1, end_ns)) {
    return;
  }
  packets_.begin(track, task.exit_ns, Category::exit, packets_.name("exit")).write();
  if (within(task.memory_gone_ns, task.exit_ns, end_ns)) {
    slice(track, task.exit_ns, task.memory_gone_ns, Category::exit, packets_.name("exit: until its memory is gone"));
    slice(track, task.memory_gone_ns, end_ns, Category::exit, packets_.name("exit: to the last switch"));
  }
  packets_.end(track, end_ns).write();
}

void ThreadTracks::on_switch(const tc_switch& event, const SwitchContext& context) {
  if (context.prev != nullptr) {
    const std::uint64_t track = track_of(*context.prev, event.at_ns);
    if (event.flush == TC_FLUSH_DONE) {
      write_flush(track, event, context);
    }
    if (is_last(event)) {
      write_exit(track, *context.prev, event.at_ns);
    }
  }
  if (context.next != nullptr) {
    write_wait(track_of(*context.next, event.at_ns), event, context);
  }
}

void ThreadTracks::write_creation(std::uint64_t track, TracedTask& task, const tc_call& call) {
  const std::uint64_t newtask = task.child_newtask_ns;
  const std::uint64_t published = task.child_published_ns;
  task.child_newtask_ns = task.child_published_ns = 0;
  if (task.tracker.created() == TC_NR_CREATIONS || !within(newtask, call.entered_ns, call.at_ns)) {
    return;
  }
  slice(track, call.entered_ns, newtask, Category::creation, packets_.name("create: copy"));
  if (within(published, newtask, call.at_ns)) {
    slice(track, newtask, published, Category::creation, packets_.name("create: publish"));
    slice(track, published, call.at_ns, Category::creation, packets_.name("create: return"));
  }
}

void ThreadTracks::write_exec(std::uint64_t track, TracedTask& task, const tc_call& call) {
  const std::uint64_t prepared = task.exec_prepared_ns;
  const std::uint64_t replaced = task.exec_ns;
  task.exec_prepared_ns = task.exec_ns = 0;
  if (task.tracker.left_row() != TC_ACTIVITY_EXEC || !within(replaced, call.entered_ns, call.at_ns)) {
    return;
  }
  if (within(prepared, call.entered_ns, replaced)) {
    slice(track, call.entered_ns, prepared, Category::exec, packets_.name("exec: find the program"));
    slice(track, prepared, replaced, Category::exec, packets_.name("exec: replace"));
  } else {
    slice(track, call.entered_ns, replaced, Category::exec, packets_.name("exec: find and replace"));
  }
  slice(track, replaced, call.at_ns, Category::exec, packets_.name("exec: return"));
}

// Counters of a process show the sums so far.
void ThreadTracks::add_bytes(const TracedTask& task, std::uint32_t channel, std::uint64_t in, std::uint64_t out,
                             std::uint64_t at_ns) {
  TracedProcess* process = tasks_->process(task.process);
  if (process == nullptr || channel >= TC_NR_CHANNELS || packets_.muted()) {
    return;
  }
  if (!process->used[channel]) {
    process->used[channel] = true;
    for (const bool is_out : {false, true}) {
      wire::TrackDescriptor& track = packets_.describe(counter_id(task.process, channel, is_out), at_ns);
      track.set_parent_uuid(track_id(process_track, task.process));
      track.set_name(std::string(channel_name(static_cast<std::uint8_t>(channel)))
                         .append(is_out ? ": bytes sent" : ": bytes received"));
      track.mutable_counter()->set_unit(wire::CounterDescriptor::UNIT_SIZE_BYTES);
      packets_.write();
    }
  }
  process->bytes[channel][0] += in;
  process->bytes[channel][1] += out;
}

// Adds the counts to the packet that was begun.
void ThreadTracks::count_bytes(const TracedTask& task, std::uint32_t channel, std::uint8_t bits) {
  const TracedProcess* process = tasks_->process(task.process);
  if (process == nullptr || channel >= TC_NR_CHANNELS) {
    return;
  }
  for (const bool is_out : {false, true}) {
    if ((bits & (is_out ? TC_CALL_OUT : TC_CALL_IN)) != 0) {
      packets_.counter(counter_id(task.process, channel, is_out),
                       static_cast<std::int64_t>(process->bytes[channel][is_out ? 1 : 0]));
    }
  }
}

void ThreadTracks::on_passage(const tc_passage& passage) {
  TracedTask& task = tasks_->on_passage(passage);
  const std::uint64_t track = track_of(task, passage.at_ns);
  const std::uint8_t channel = channel_of_passage(passage.file);
  add_bytes(task, channel, passage.bytes_in, passage.bytes_out, passage.at_ns);
  packets_.instant(track, passage.at_ns, Category::syscall, packets_.name("bytes passed"))
      .with_text(Argument::channel, channel_name(channel));
  if ((passage.bits & TC_CALL_IN) != 0) {
    packets_.with(Argument::bytes_in, passage.bytes_in);
  }
  if ((passage.bits & TC_CALL_OUT) != 0) {
    packets_.with(Argument::bytes_out, passage.bytes_out);
  }
  count_bytes(task, channel, passage.bits);
  packets_.write();
}

void ThreadTracks::on_call(const tc_call& call, const tc_transfer* transfer) {
  TracedTask& task = tasks_->on_call(call);
  const std::uint64_t track = track_of(task, call.at_ns);
  const std::uint8_t channel = transfer != nullptr ? tasks_->classes().channel(call.syscall, call.file)
                                                   : static_cast<std::uint8_t>(TC_CHANNEL_NONE);
  if (transfer != nullptr && (transfer->flags & (TC_PASSED_UNCOUNTED | TC_PASSED_PEEKED)) != 0) {
    transfer = nullptr;
  }
  if (transfer != nullptr) {
    add_bytes(task, channel, transfer->bytes_in, transfer->bytes_out, call.at_ns);
  }
  const bool entry_seen = within(call.entered_ns, 1, call.at_ns);
  const std::uint8_t row = task.tracker.left_row();
  const NameId name = call_name(row, plain_call(call.syscall));
  if (entry_seen) {
    packets_.begin(track, call.entered_ns, Category::syscall, name);
  } else {
    packets_.instant(track, call.at_ns, Category::syscall, name).with_flag(Argument::entry_seen, false);
  }
  packets_.with(Argument::number, call.syscall & TC_CALL_NUMBER_MASK);
  if ((call.flags & TC_CALL_RETURN_UNSEEN) == 0) {
    packets_.with_signed(Argument::result, call.result);
  }
  packets_.with_text(Argument::activity, row_name(row));
  if (channel < TC_NR_CHANNELS) {
    packets_.with_text(Argument::channel, channel_name(channel));
  }
  if (transfer != nullptr && (transfer->bits & TC_CALL_IN) != 0) {
    packets_.with(Argument::bytes_in, transfer->bytes_in);
  }
  if (transfer != nullptr && (transfer->bits & TC_CALL_OUT) != 0) {
    packets_.with(Argument::bytes_out, transfer->bytes_out);
  }
  if (task.tracker.created() < TC_NR_CREATIONS) {
    packets_.with_text(Argument::created, creation_name(task.tracker.created()));
  }
  if (call.mapped_bytes != 0) {
    packets_.with(Argument::mapped_bytes, call.mapped_bytes);
  }
  if (entry_seen) {
    packets_.write();
    write_creation(track, task, call);
    write_exec(track, task, call);
    packets_.end(track, call.at_ns);
  }
  if (transfer != nullptr) {
    count_bytes(task, channel, transfer->bits);
  }
  packets_.write();
}

void ThreadTracks::on_fault(const tc_fault& fault) {
  TracedTask& task = tasks_->on_fault(fault);
  if (fault.outcome == TC_FAULT_BEGUN) {
    return;
  }
  const std::uint64_t track = track_of(task, fault.at_ns);
  const NameId name =
      packets_.name(fault.outcome == TC_FAULT_UNRESOLVED ? "page fault without a resolution" : "page fault");
  const bool begin_seen = within(fault.begun_ns, 1, fault.at_ns);
  if (begin_seen) {
    packets_.begin(track, fault.begun_ns, Category::fault, name);
  } else {
    packets_.instant(track, fault.at_ns, Category::fault, name).with_flag(Argument::begin_seen, false);
  }
  packets_.with_flag(Argument::copy_on_write, (fault.bits & TC_FAULT_COW) != 0)
      .with_flag(Argument::file, (fault.bits & TC_FAULT_FILE) != 0)
      .with_flag(Argument::kernel_mode, (fault.bits & TC_FAULT_KERNEL) != 0)
      .with_flag(Argument::major, fault.outcome == TC_FAULT_MAJOR)
      .write();
  if (begin_seen) {
    packets_.end(track, fault.at_ns).write();
  }
}

// It lies around the calls that it consists of: the mark that begins it has returned, the other one is not entered yet.
void ThreadTracks::on_region(const tc_region& region) {
  TracedTask* const task = tasks_->find(region.id);
  if (task == nullptr || !within(region.begun_ns, 1, region.at_ns)) {
    return;
  }
  std::string text = valid_utf8(region_name(region.name));
  if (region_names_.size() < TC_MAX_REGIONS) {
    region_names_.insert(text);
  } else if (!region_names_.contains(text)) {
    text = "region";
  }
  const std::uint64_t track = track_of(*task, region.at_ns);
  packets_.begin(track, region.begun_ns, Category::region, packets_.name(text.empty() ? "region" : text))
      .with_flag(Argument::ended, region.how == TC_REGION_ENDED)
      .write();
  packets_.end(track, region.at_ns).write();
}

void ThreadTracks::on_event(const tc_event& event, TracedTask& task) {
  const std::uint64_t track = track_of(task, event.at_ns);
  if (event.kind == TC_EV_EXIT && within(event.value, 1, event.at_ns)) {
    const std::uint8_t row = task.tracker.left_row();
    const std::string name = std::string(row_name(row)).append(": does not return");
    packets_.begin(track, event.value, Category::syscall, packets_.name(name));
    packets_.with_text(Argument::activity, row_name(row)).with_flag(Argument::returned, false).write();
    packets_.end(track, event.at_ns).write();
  }
  const auto style = style_of(event.kind);
  if (!style) {
    return;
  }
  packets_.instant(track, event.at_ns, style->category, packets_.name(event_text(event.kind)));
  if (style->has_value) {
    packets_.with(style->value, value_of(event));
  }
  packets_.write();
}

void ThreadTracks::begin_loss(std::uint64_t track, const std::string& track_name, std::uint64_t first_ns,
                              std::string_view what, std::uint64_t count) {
  packets_.mute(!part_.span.is_before_end(first_ns));
  packets_.on_loss();
  packets_.describe(track, first_ns).set_name(track_name);
  packets_.write();
  packets_.begin(track, first_ns, Category::loss, packets_.name(what));
  if (count != 0) {
    packets_.with(Argument::count, count);
  }
  packets_.write();
}

void ThreadTracks::on_gap(const tc_gap& gap) {
  if (gap.last_ns < part_.span.from_ns) {
    return;
  }
  const std::uint64_t track = track_id(loss_track, gap.cpu);
  begin_loss(track, "events lost on CPU " + std::to_string(gap.cpu), gap.first_ns, "events lost", gap.count);
  packets_.end(track, std::max(gap.first_ns, gap.last_ns)).write();
}

// A loss at an unknown time lasts from the start of the recording to its end.
void ThreadTracks::on_interruption(const Interruption& interruption) {
  const std::uint64_t track = track_id(loss_track, all_cpus);
  const TimeRange range = range_of(interruption);
  const std::uint64_t first_ns = std::max(range.first_ns, start_ns_);
  begin_loss(track, "interruptions", first_ns,
             interruption.why == Interruption::Why::dropped ? "not recorded" : "not readable",
             interruption.span ? interruption.span->records : 0);
  if (interruption.span) {
    packets_.end(track, std::max(first_ns, range.last_ns)).write();
  } else {
    ++endless_losses_;
  }
}

// Slices that are open at the end stay without an end.
void ThreadTracks::finish(std::uint64_t end_ns) {
  std::vector<TracedTask*> waiting;
  tasks_->for_each([&waiting](TracedTask& task) {
    if (task.tracker.condition() == TC_CONDITION_BLOCKED) {
      waiting.push_back(&task);
    }
  });
  std::ranges::sort(waiting, {}, [](const TracedTask* task) { return task->id(); });
  for (TracedTask* task : waiting) {
    const Slice wait = task->tracker.open();
    const std::uint64_t track = track_of(*task, std::max(wait.start_ns, part_.span.from_ns));
    if (wait.syscall != Slice::none && within(wait.entered_ns, 1, wait.start_ns)) {
      packets_.begin(track, wait.entered_ns, Category::syscall, call_name(wait.row, wait.syscall));
      packets_.with(Argument::number, wait.syscall & ~std::uint32_t{TC_FROM_COMPAT})
          .with_text(Argument::activity, row_name(wait.row))
          .write();
    }
    packets_.begin(track, wait.start_ns, Category::wait, wait_ids_[wait.wait]);
    add_wait_arguments(wait, task->tracker.is_lost_at(end_ns));
    packets_.write();
  }
  packets_.mute(false);
  for (; endless_losses_ > 0; --endless_losses_) {
    packets_.end(track_id(loss_track, all_cpus), end_ns).write();
  }
  packets_.end(track_id(recording, 0), end_ns).write();
}

}  // namespace taskcost
