// SPDX-License-Identifier: Apache-2.0
#include "collector/stack_reader.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "collector/clocks.h"
#include "symbols/resolve.h"
#include "taskcost/read_text.h"

namespace taskcost {
namespace {

// Innermost first; none where there are none.
std::vector<std::uint64_t> addresses_of(const probes& object, std::uint64_t key) {
  tc_stack stack{};
  if (key < TC_NO_STACKS || bpf_map_lookup_elem(bpf_map__fd(object.maps.stacks), &key, &stack) != 0) {
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

StackKind kind_of(std::uint32_t raw) {
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

void StackReader::remember(std::uint32_t tgid) {
  if (const std::string text = read_text(fmt::format("/proc/{}/maps", tgid)); !text.empty()) {
    spaces_.on_snapshot(tgid, parse_maps(text), now_ns());
  }
}

void StackReader::follow() {
  events_->read_new([this](const MappingEvent& event) { apply(event, spaces_); });
}

Stacks StackReader::take(const Probes& probes, const Session& session,
                         const std::function<std::uint64_t(std::uint64_t)>& process_of, std::uint64_t lost) {
  events_->read_rest([this](const MappingEvent& event) { apply(event, spaces_); });
  std::vector<RawStack> raw;
  const bool complete = probes.visit_stacks([&](const tc_stack_key& key, const tc_stack_sums& sums) {
    RawStack stack;
    stack.process = process_of(key.process);
    stack.kind = kind_of(key.kind);
    stack.wait = key.wait < TC_NR_WAITS ? static_cast<tc_wait>(key.wait) : TC_WAIT_OTHER;
    stack.kernel = addresses_of(probes.object(), key.ids.kernel);
    stack.user = addresses_of(probes.object(), key.ids.user);
    stack.user_missing = stack.user.empty();
    stack.count = sums.count;
    stack.time = Duration(static_cast<Duration::rep>(sums.ns));
    raw.push_back(std::move(stack));
  });
  std::unordered_map<std::uint64_t, std::uint32_t> tgids;
  for (const Process& process : session.processes) {
    tgids[process.id] = process.tgid;
  }
  const auto tgid_of = [&tgids](std::uint64_t process) {
    const auto found = tgids.find(process);
    return found == tgids.end() ? std::nullopt : std::optional(found->second);
  };
  Symbolizer symbolizer;
  // Without a symbol table, frames in the kernel have no names.
  auto symbols = KernelSymbols::read();
  const KernelSymbols kernel = symbols ? *std::move(symbols) : KernelSymbols::parse("");
  return resolve(raw, spaces_, tgid_of, symbolizer, kernel, lost + events_->lost() + (complete ? 0 : 1));
}

}  // namespace taskcost
