// SPDX-License-Identifier: Apache-2.0
#include "symbols/resolve.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace taskcost {
namespace {

// The outermost function of a program or a thread; a stack that does not reach one is cut.
constexpr std::array<std::string_view, 8> entries = {
    "_start", "__libc_start_call_main", "start_thread", "clone", "clone3", "__clone", "__clone3", "thread_start"};

// A process chooses the names in a map of compiled code as it likes: they say nothing.
bool is_entry(const Frame& frame) {
  const std::string_view function = frame.function;
  return frame.module != compiled_module &&
         std::find(entries.begin(), entries.end(), function.substr(0, function.find('@'))) != entries.end();
}

// All frames but the innermost have a return address, which is behind the call and may be in the next function:
// subtract 1.
std::vector<std::uint64_t> call_sites(const std::vector<std::uint64_t>& addresses) {
  std::vector<std::uint64_t> inside = addresses;
  for (std::size_t i = 1; i < inside.size(); ++i) {
    inside[i] -= inside[i] > 0 ? 1 : 0;
  }
  return inside;
}

// A stack whose outermost function is an entry is complete, whatever the walk found there. It is not if a frame may be
// missing in the middle.
tc_stack_end find_end(const RawStack& raw, const std::vector<Frame>& frames) {
  const bool may_lack_a_frame = raw.end == TC_STACK_END_PENDING || raw.end == TC_STACK_END_NO_ROOM;
  return !frames.empty() && !may_lack_a_frame && is_entry(frames.front()) ? TC_STACK_END_COMPLETE : raw.end;
}

void append_user(NamedStack& stack, const RawStack& raw, const AddressSpaces& spaces, std::optional<std::uint32_t> tgid,
                 Symbolizer& symbolizer) {
  const std::vector<std::uint64_t> addresses = call_sites(raw.user);
  std::vector<const Mapping*> mappings(addresses.size(), nullptr);
  if (tgid) {
    mappings = spaces.find_together(*tgid, addresses, {raw.exec_ns, raw.start_ns});
  }
  for (std::size_t i = addresses.size(); i-- > 0;) {
    stack.frames.push_back(symbolizer.name(mappings[i], addresses[i]));
  }
  stack.end = find_end(raw, stack.frames);
  stack.cut = raw.user_missing || (stack.end != TC_STACK_END_COMPLETE && stack.end != TC_STACK_END_NO_USER);
}

// True for the kernel functions between a tracepoint and a BPF program; frames inside of them belong to our probe.
bool leads_to_probe(std::string_view function) {
  return function.starts_with("__traceiter_") || function.starts_with("__bpf_trace_") ||
         function.starts_with("bpf_trampoline_") || function.starts_with("bpf_trace_run");
}

void append_kernel(NamedStack& stack, const RawStack& raw, const KernelSymbols& kernel) {
  const std::vector<std::uint64_t> addresses = call_sites(raw.kernel);
  for (std::size_t i = addresses.size(); i-- > 0;) {
    Frame frame = kernel.name(addresses[i]);
    if (leads_to_probe(frame.function)) {
      return;
    }
    stack.frames.push_back(std::move(frame));
  }
}

// Two stacks have the same key if and only if they are equal, because the size precedes each text.
std::string make_key(const NamedStack& stack) {
  std::string key;
  const auto append_number = [&key](std::uint64_t number) {
    key.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  const auto append_text = [&](const std::string& text) {
    append_number(text.size());
    key += text;
  };
  append_number(stack.process);
  append_text(stack.thread);
  append_number(static_cast<std::uint64_t>(stack.kind));
  append_number(stack.wait);
  append_number(stack.end);
  append_number(stack.cut ? 1 : 0);
  for (const Frame& frame : stack.frames) {
    append_text(frame.function);
    append_text(frame.module);
    append_number(frame.offset);
    append_number(static_cast<std::uint64_t>(frame.mark) * 2 + (frame.kernel ? 1 : 0));
  }
  return key;
}

NamedStack name_stack(const RawStack& raw, const AddressSpaces& spaces, const TgidOf& tgid_of, Symbolizer& symbolizer,
                      const KernelSymbols& kernel) {
  NamedStack stack;
  stack.process = raw.process;
  stack.thread = raw.thread;
  stack.kind = raw.kind;
  stack.wait = raw.kind == StackKind::wait ? raw.wait : TC_WAIT_OTHER;
  append_user(stack, raw, spaces, tgid_of(raw.process), symbolizer);
  append_kernel(stack, raw, kernel);
  return stack;
}

}  // namespace

Stacks resolve(const std::vector<RawStack>& raw, const AddressSpaces& spaces, const TgidOf& tgid_of,
               Symbolizer& symbolizer, const KernelSymbols& kernel, std::uint64_t lost_events) {
  Stacks all;
  all.lost_events = lost_events;
  std::unordered_map<std::string, std::size_t> indices;  // in all.stacks
  std::map<std::uint64_t, Frame> places;                 // by key
  for (const RawStack& each : raw) {
    NamedStack stack = name_stack(each, spaces, tgid_of, symbolizer, kernel);
    if (const Frame* const frame = own_frame(stack); frame != nullptr && each.user_key != 0) {
      places.try_emplace(place_key(each.user_key), *frame);
    }
    all.events += each.count;
    all.cut_events += stack.cut ? each.count : 0;
    all.time += each.time;
    all.cut_time += stack.cut ? each.time : Duration();
    all.ends[stack.end].count += each.count;
    all.ends[stack.end].time += each.time;

    const auto [index, is_new] = indices.try_emplace(make_key(stack), all.stacks.size());
    if (is_new) {
      all.stacks.push_back(std::move(stack));
    }
    NamedStack& merged = all.stacks[index->second];
    merged.count += each.count;
    merged.time += each.time;
    merged.runnable += each.runnable;
  }
  for (auto& [key, frame] : places) {
    all.places.push_back({key, std::move(frame)});
  }
  all.build_ids = symbolizer.build_ids();
  std::stable_sort(all.stacks.begin(), all.stacks.end(), [](const NamedStack& a, const NamedStack& b) {
    return std::tuple(a.time, a.count) > std::tuple(b.time, b.count);
  });
  return all;
}

std::vector<WakerStack> resolve(const std::vector<RawWakerStack>& raw, const AddressSpaces& spaces,
                                const TgidOf& tgid_of, Symbolizer& symbolizer, const KernelSymbols& kernel) {
  std::vector<WakerStack> all;
  std::unordered_map<std::string, std::size_t> indices;  // in `all`
  for (const RawWakerStack& each : raw) {
    WakerStack pair{name_stack(each.sleeper, spaces, tgid_of, symbolizer, kernel),
                    name_stack(each.waker, spaces, tgid_of, symbolizer, kernel)};
    const std::string sleeper = make_key(pair.sleeper);
    const auto [index, is_new] =
        indices.try_emplace(std::to_string(sleeper.size()) + sleeper + make_key(pair.waker), all.size());
    if (is_new) {
      all.push_back(std::move(pair));
    }
    for (NamedStack* const side : {&all[index->second].sleeper, &all[index->second].waker}) {
      side->count += each.sleeper.count;
      side->time += each.sleeper.time;
    }
  }
  std::ranges::stable_sort(all, std::ranges::greater(), [](const WakerStack& each) { return each.sleeper.time; });
  return all;
}

}  // namespace taskcost
