// SPDX-License-Identifier: Apache-2.0
#include "collector/stack_reader.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/fetcher.h"
#include "collector/clocks.h"
#include "symbols/resolve.h"

namespace taskcost {
namespace {

// Reads the addresses of a stack, innermost first; empty if there is none.
std::vector<std::uint64_t> read_frames(const probes& object, std::uint64_t key) {
  tc_stack stack{};
  if (key < TC_STACK_FIRST_KEY || bpf_map_lookup_elem(bpf_map__fd(object.maps.stacks), &key, &stack) != 0) {
    return {};
  }
  std::vector<std::uint64_t> addresses;
  for (const std::uint64_t address : stack.frames) {
    if (address == 0) {
      break;
    }
    addresses.push_back(address);
  }
  return addresses;
}

StackKind to_stack_kind(std::uint32_t raw) {
  switch (raw) {
    case TC_STACK_CREATION:
      return StackKind::creation;
    case TC_STACK_FAULT:
      return StackKind::fault;
    case TC_STACK_INVOLUNTARY:
      return StackKind::involuntary_switch;
    default:
      return StackKind::wait;
  }
}

}  // namespace

Result<std::unique_ptr<StackReader>> StackReader::start() {
  auto events = MappingEvents::open();
  if (!events) {
    return events.error();
  }
  std::unique_ptr<StackReader> reader(new StackReader);
  reader->events_ = *std::move(events);
  return reader;
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
    files_.identify(proc_pid, mapping);
  }
  spaces_.on_snapshot(tgid, std::move(mappings), read_ns);
}

void StackReader::on_exec(std::uint64_t address_space, std::uint64_t at_ns) {
  if (execs_.size() < max_execs) {
    execs_[address_space] = at_ns;
  }
}

void StackReader::poll(bool proc_is_ours) {
  events_->read_new([&](MappingEvent& event) {
    if (proc_is_ours && event.kind == MappingEvent::Kind::mmap) {
      files_.identify(event.pid, event.mapping);
    }
    apply(event, spaces_);
  });
}

Stacks StackReader::take(const Probes& probes, const Session& session,
                         const std::function<std::uint64_t(std::uint64_t)>& process_of, std::uint64_t lost) {
  events_->read_rest([this](const MappingEvent& event) { apply(event, spaces_); });
  std::unordered_map<std::uint64_t, const Process*> processes;
  for (const Process& process : session.processes) {
    processes[process.id] = &process;
  }
  const auto process_with = [&processes](std::uint64_t id) {
    const auto found = processes.find(id);
    return found == processes.end() ? nullptr : found->second;
  };
  std::vector<RawStack> raw;
  const bool complete = probes.visit_stacks([&](const tc_stack_key& key, const tc_stack_sums& sums) {
    RawStack stack;
    stack.process = process_of(key.process);
    if (const Process* process = process_with(stack.process)) {
      stack.start_ns = static_cast<std::uint64_t>(process->start.time_since_epoch().count());
    }
    if (const auto exec = execs_.find(key.address_space); exec != execs_.end()) {
      stack.exec_ns = exec->second;
    }
    stack.kind = to_stack_kind(key.kind);
    stack.wait = key.wait < TC_NR_WAITS ? static_cast<tc_wait>(key.wait) : TC_WAIT_OTHER;
    stack.kernel = read_frames(probes.object(), key.ids.kernel);
    stack.user = read_frames(probes.object(), key.ids.user);
    stack.user_missing = stack.user.empty();
    stack.count = sums.count;
    stack.time = Duration(static_cast<Duration::rep>(sums.ns));
    raw.push_back(std::move(stack));
  });
  // The kernel's records of mappings have the pids of our pid namespace.
  const auto tgid_of = [&process_with](std::uint64_t id) {
    const Process* process = process_with(id);
    return process == nullptr || process->tgid_seen == 0 ? std::nullopt : std::optional(process->tgid_seen);
  };
  Symbolizer::Options options;
  options.kept_file = [this](const Mapping& mapping) { return files_.open(mapping); };
  Symbolizer symbolizer(std::move(options));
  // Without /proc/kallsyms, kernel frames have no names.
  auto symbols = KernelSymbols::read();
  const KernelSymbols kernel = symbols ? *std::move(symbols) : KernelSymbols::parse("");
  return resolve(raw, spaces_, tgid_of, symbolizer, kernel, lost + events_->lost() + (complete ? 0 : 1));
}

}  // namespace taskcost
