// SPDX-License-Identifier: Apache-2.0
#include "collector/stack_reader.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "account/groups.h"
#include "base/fetcher.h"
#include "collector/clocks.h"
#include "symbols/resolve.h"

namespace taskcost {
namespace {

struct ReadStack {
  std::vector<std::uint64_t> addresses;  // innermost first; empty if there is none
  tc_stack_end end = TC_STACK_END_NO_USER;
};

ReadStack read_stack(const probes& object, std::uint64_t key) {
  tc_stack stack{};
  if (key < TC_STACK_FIRST_KEY || bpf_map_lookup_elem(bpf_map__fd(object.maps.stacks), &key, &stack) != 0) {
    return {};
  }
  const auto frames = std::span(stack.frames).first(std::min<std::size_t>(stack.count, TC_STACK_FRAMES));
  return {{frames.begin(), frames.end()},
          static_cast<tc_stack_end>(std::min<std::uint32_t>(stack.end, TC_NR_STACK_ENDS - 1))};
}

StackKind to_stack_kind(std::uint32_t raw) {
  switch (raw) {
    case TC_STACK_CREATION:
      return StackKind::creation;
    case TC_STACK_FAULT:
      return StackKind::fault;
    case TC_STACK_INVOLUNTARY:
      return StackKind::involuntary_switch;
    case TC_STACK_ON_CPU:
      return StackKind::on_cpu;
    default:
      return StackKind::wait;
  }
}

tc_wait to_wait(std::uint64_t raw) { return raw < TC_NR_WAITS ? static_cast<tc_wait>(raw) : TC_WAIT_OTHER; }

Duration to_duration(std::uint64_t ns) { return Duration(static_cast<Duration::rep>(ns)); }

RawStack read_owner(const probes& object, const tc_stack_owner& owner) {
  RawStack stack;
  stack.kernel = read_stack(object, owner.ids.kernel).addresses;
  ReadStack user = read_stack(object, owner.ids.user);
  stack.user = std::move(user.addresses);
  stack.end = user.end;
  stack.thread.assign(owner.comm, strnlen(owner.comm, sizeof owner.comm));
  return stack;
}

// The samples of all tasks share their measured CPU time.
std::optional<StackSamples> read_samples(const Probes& probes, const Session& session) {
  if (probes.sample_hz() == 0) {
    return std::nullopt;
  }
  return StackSamples{
      .frequency = probes.sample_hz(),
      .count = probes.samples(),
      .cpu_time = session.totals.total(TC_CONDITION_RUNNING) + session.kernel_totals.total(TC_CONDITION_RUNNING)};
}

}  // namespace

Result<std::unique_ptr<StackReader>> StackReader::start(const Probes& probes, std::size_t unwind_memory) {
  auto events = MappingEvents::open();
  if (!events) {
    return events.error();
  }
  std::unique_ptr<StackReader> reader(new StackReader);
  reader->events_ = *std::move(events);
  if (unwind_memory > 0) {
    auto unwinder = Unwinder::start(probes, unwind_memory);
    if (!unwinder) {
      return unwinder.error();
    }
    reader->unwinder_ = *std::move(unwinder);
  }
  return reader;
}

void StackReader::prepare(const std::string& program) {
  if (unwinder_) {
    unwinder_->prepare(program);
  }
}

void StackReader::snapshot_mappings(std::uint32_t tgid, std::uint32_t proc_pid) {
  constexpr std::size_t longest = std::size_t{64} << 20;
  const auto text = Fetcher::instance().read_text(fmt::format("/proc/{}/maps", proc_pid), longest);
  if (!text || text->empty()) {
    return;
  }
  const std::uint64_t read_ns = now_ns();
  std::vector<Mapping> mappings = parse_maps(*text);
  for (Mapping& mapping : mappings) {
    files_.identify(proc_pid, mapping, read_ns);
    if (unwinder_ && !mapping.path.starts_with("//")) {
      unwinder_->add(proc_pid, mapping);
    }
  }
  spaces_.on_snapshot(tgid, std::move(mappings), read_ns);
}

void StackReader::on_exec(std::uint64_t address_space, std::uint64_t at_ns) {
  if (execs_.size() < max_execs) {
    execs_[address_space] = at_ns;
  }
}

void StackReader::on_event(MappingEvent& event) {
  if (proc_is_ours_ && event.kind == MappingEvent::Kind::mmap) {
    files_.identify(event.pid, event.mapping, event.time_ns);
  } else if (event.kind == MappingEvent::Kind::fork) {
    files_.on_fork(event.parent, event.pid, event.time_ns);
  } else if (event.kind == MappingEvent::Kind::exec) {
    files_.on_exec(event.pid, event.time_ns);
  }
  apply(event, spaces_);
}

void StackReader::poll(bool proc_is_ours) {
  proc_is_ours_ = proc_is_ours;
  Fetcher::instance().refill();
  events_->read_new([this](MappingEvent& event) { on_event(event); });
  if (!unwinder_) {
    return;
  }
  for (const Unwinder::Missed& missed : unwinder_->take_missed()) {
    const Mapping* mapping = spaces_.find(missed.tgid, missed.start);
    if (mapping != nullptr && mapping->path.starts_with('/')) {
      unwinder_->add(mapping->path);
    }
  }
}

Stacks StackReader::take(const Probes& probes, const Session& session,
                         const std::function<std::uint64_t(std::uint64_t)>& process_of,
                         const std::vector<OpenStack>& open, std::uint64_t lost) {
  events_->read_rest([this](MappingEvent& event) { on_event(event); });
  std::unordered_map<std::uint64_t, const Process*> processes;
  ThreadNames threads;
  for (const Process& process : session.processes) {
    processes[process.id] = &process;
    for (const Task& task : process.tasks) {
      threads.add(task.comm);
    }
  }
  const auto process_with = [&processes](std::uint64_t id) {
    const auto found = processes.find(id);
    return found == processes.end() ? nullptr : found->second;
  };
  const std::optional<StackSamples> samples = read_samples(probes, session);
  const auto read_owned = [&](const tc_stack_owner& owner) {
    RawStack stack = read_owner(probes.object(), owner);
    stack.process = process_of(owner.process);
    if (const Process* process = process_with(stack.process)) {
      stack.start_ns = static_cast<std::uint64_t>(process->start.time_since_epoch().count());
    }
    if (const auto exec = execs_.find(owner.address_space); exec != execs_.end()) {
      stack.exec_ns = exec->second;
    }
    threads.add(stack.thread);
    return stack;
  };
  std::vector<RawStack> raw;
  const auto add = [&](const tc_stack_key& key, const tc_stack_sums& sums) {
    if (sums.count == 0) {
      return;  // all of its waits count for whole stacks now
    }
    RawStack stack = read_owned(key.owner);
    stack.kind = to_stack_kind(key.kind);
    const bool left_cpu = stack.kind == StackKind::wait || stack.kind == StackKind::involuntary_switch;
    stack.user_key = left_cpu ? key.owner.ids.user : 0;
    stack.wait = to_wait(key.wait);
    if (auto& innermost = stack.kernel.empty() ? stack.user : stack.kernel; key.leaf != 0 && !innermost.empty()) {
      innermost.front() = key.leaf;
    }
    // A task that is being created has no stack yet.
    if (key.owner.ids.kernel == TC_STACK_NOT_TAKEN && stack.wait != TC_WAIT_CREATION) {
      stack.end = TC_STACK_END_NOT_SEEN;
    }
    stack.count = sums.count;
    stack.time = stack.kind == StackKind::on_cpu && samples ? samples->time_of(sums.count) : to_duration(sums.ns);
    stack.runnable = to_duration(sums.runnable_ns);
    raw.push_back(std::move(stack));
  };
  bool complete = probes.visit_stacks(add);
  for (const OpenStack& each : open) {
    add(each.key, each.sums);
  }
  std::vector<RawWakerStack> raw_wakers;
  complete = probes.visit_waker_stacks([&](const tc_waker_stack_key& key, const tc_stack_sums& sums) {
    RawWakerStack& pair = raw_wakers.emplace_back(RawWakerStack{read_owned(key.sleeper), read_owned(key.waker)});
    pair.sleeper.wait = to_wait(key.wait);
    pair.sleeper.count = sums.count;
    pair.sleeper.time = to_duration(sums.ns);
    pair.waker.kind = StackKind::on_cpu;
  }) && complete;
  for (RawStack& stack : raw) {
    stack.thread = threads.shown(stack.thread);
  }
  for (RawWakerStack& pair : raw_wakers) {
    pair.sleeper.thread = threads.shown(pair.sleeper.thread);
    pair.waker.thread = threads.shown(pair.waker.thread);
  }
  // The kernel's records of mappings have the pids of our pid namespace.
  const auto tgid_of = [&process_with](std::uint64_t id) {
    const Process* process = process_with(id);
    return process == nullptr || process->tgid_seen == 0 ? std::nullopt : std::optional(process->tgid_seen);
  };
  Symbolizer::Options options;
  options.kept_file = [this](const Mapping& mapping) { return files_.find(mapping); };
  options.jit_map = [this](std::uint32_t jit) { return files_.jit().open_map(jit); };
  Symbolizer symbolizer(std::move(options));
  // Without /proc/kallsyms, kernel frames have no names.
  auto symbols = KernelSymbols::read();
  const KernelSymbols kernel = symbols ? *std::move(symbols) : KernelSymbols::parse("");
  Stacks stacks = resolve(raw, spaces_, tgid_of, symbolizer, kernel, lost + events_->lost() + (complete ? 0 : 1));
  stacks.files = files_.sums();
  stacks.files.jit_maps = symbolizer.jit_sums().read;
  stacks.files.jit_maps_refused = symbolizer.jit_sums().refused;
  stacks.wakers = resolve(raw_wakers, spaces_, tgid_of, symbolizer, kernel);
  stacks.samples = samples;
  if (unwinder_) {
    stacks.tables = unwinder_->tables();
  }
  return stacks;
}

}  // namespace taskcost
