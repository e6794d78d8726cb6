// SPDX-License-Identifier: Apache-2.0
//
// Sums that the probes keep beside the ledgers.
#include <bpf/bpf.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "account/region_table.h"
#include "account/syscall_table.h"
#include "collector/map_entries.h"
#include "collector/probes.h"

namespace taskcost {

void Probes::clear_sums() {
  std::ranges::fill(histograms(), tc_histogram{});
  std::ranges::fill(arrays_.syscalls.as<tc_syscall_entry>(), tc_syscall_entry{});
  std::ranges::fill(arrays_.ran_instead.as<tc_ran_entry>(), tc_ran_entry{});
  for (tc_cpu_interrupts& cpu : arrays_.interrupts.as<tc_cpu_interrupts>()) {
    std::ranges::fill(cpu.sums, tc_interrupt_sums{});
  }
  clear_map<tc_edge_key>(object_->maps.edges);
  clear_map<tc_flow_key>(object_->maps.flows);
  clear_map<tc_quota_key>(object_->maps.quotas);
  object_->bss->other_quotas = {};
  clear_map<tc_lock_entry_key>(object_->maps.lock_sums);
  clear_map<tc_wait_object_key>(object_->maps.wait_objects);
  clear_map<tc_region_key>(object_->maps.regions);
  clear_map<std::uint64_t>(object_->maps.region_stacks);
  clear_map<tc_stack_key>(object_->maps.stack_counts);
  clear_map<std::uint64_t>(object_->maps.stacks);
  clear_map<std::uint64_t>(object_->maps.waker_stacks);
  clear_map<tc_waker_stack_key>(object_->maps.waker_stack_counts);
  const std::uint32_t only = 0;
  const std::vector<tc_unwound> none(possible_cpus());
  bpf_map_update_elem(bpf_map__fd(object_->maps.unwound), &only, none.data(), BPF_ANY);
}

bool Probes::visit_edges(const std::function<void(const tc_edge&)>& visit) const {
  return for_each_entry<tc_edge_key, tc_edge_sums>(object_->maps.edges,
                                                   [&](const tc_edge_key& key, const tc_edge_sums& sums) {
                                                     visit({key, sums});
                                                   });
}

bool Probes::visit_stacks(const std::function<void(const tc_stack_key&, const tc_stack_sums&)>& visit) const {
  return for_each_entry<tc_stack_key, tc_stack_sums>(object_->maps.stack_counts, visit);
}

bool Probes::visit_waker_stacks(
    const std::function<void(const tc_waker_stack_key&, const tc_stack_sums&)>& visit) const {
  return for_each_entry<tc_waker_stack_key, tc_stack_sums>(object_->maps.waker_stack_counts, visit);
}

bool Probes::visit_flows(const std::function<void(const tc_flow&)>& visit) const {
  return for_each_entry<tc_flow_key, tc_flow_sums>(object_->maps.flows,
                                                   [&](const tc_flow_key& key, const tc_flow_sums& sums) {
                                                     visit({key, sums});
                                                   });
}

namespace {

template <typename Map>
auto values_of(const Map& map) {
  std::vector<typename Map::mapped_type> values;
  values.reserve(map.size());
  for (const auto& [key, value] : map) {
    values.push_back(value);
  }
  return values;
}

}  // namespace

std::vector<tc_syscall_entry> Probes::syscalls() const {
  std::map<std::array<std::uint64_t, 3>, tc_syscall_entry> merged;
  for (const tc_syscall_entry& entry : arrays_.syscalls.as<const tc_syscall_entry>()) {
    if (entry.sums.count != 0) {
      const tc_syscall_key& key = entry.key;
      tc_syscall_entry& all = merged[{key.comm[0], key.comm[1], std::uint64_t{key.error} << 32U | key.syscall}];
      all.key = key;
      add(all.sums, entry.sums);
    }
  }
  return values_of(merged);
}

bool Probes::visit_quotas(const std::function<void(const tc_quota_key&, const tc_quota_sums&)>& visit) const {
  const tc_quota_sums& others = object_->bss->other_quotas;
  if (others.throttled != 0) {
    visit({}, others);
  }
  return for_each_entry<tc_quota_key, tc_quota_sums>(object_->maps.quotas, visit);
}

bool Probes::visit_locks(const std::function<void(const tc_lock_entry_key&, const tc_lock_sums&)>& visit) const {
  if (!is_loaded(object_->progs.taskcost_contention_end)) {
    return true;
  }
  visit({}, {});
  return for_each_entry<tc_lock_entry_key, tc_lock_sums>(object_->maps.lock_sums, visit);
}

bool Probes::visit_wait_objects(
    const std::function<void(const tc_wait_object_key&, const tc_wait_object_sums&)>& visit) const {
  if (!object_->rodata->keep_wait_objects) {
    return true;
  }
  visit({}, {});
  return for_each_entry<tc_wait_object_key, tc_wait_object_sums>(object_->maps.wait_objects, visit);
}

std::vector<std::pair<tc_interrupt, tc_interrupt_sums>> Probes::interrupts() const {
  std::vector<std::pair<tc_interrupt, tc_interrupt_sums>> all;
  if (!is_loaded(object_->progs.taskcost_softirq_exit)) {
    return all;
  }
  for (int kind = 0; kind < TC_NR_INTERRUPTS; ++kind) {
    auto& sum = all.emplace_back(static_cast<tc_interrupt>(kind), tc_interrupt_sums{}).second;
    for (const tc_cpu_interrupts& cpu : arrays_.interrupts.as<const tc_cpu_interrupts>()) {
      sum.count += cpu.sums[kind].count;
      sum.ns += cpu.sums[kind].ns;
    }
  }
  return all;
}

std::vector<tc_ran_entry> Probes::ran_instead() const {
  if (!object_->rodata->sum_ran_instead) {
    return {};
  }
  using Key = std::array<std::uint64_t, 4>;
  std::map<Key, tc_ran_entry> merged{{Key{}, tc_ran_entry{}}};
  for (const tc_ran_entry& entry : arrays_.ran_instead.as<const tc_ran_entry>()) {
    if (entry.sums.turns != 0) {
      tc_ran_entry& all = merged[{entry.key.waiter, entry.key.who, entry.key.comm[0], entry.key.comm[1]}];
      all.key = entry.key;
      all.sums.turns += entry.sums.turns;
      all.sums.ns += entry.sums.ns;
    }
  }
  return values_of(merged);
}

bool Probes::visit_regions(std::uint64_t end_ns, const std::function<void(const tc_region_entry&)>& visit) const {
  std::vector<tc_region_sums> by_cpu(possible_cpus());
  const bool all_sums =
      for_each_key<tc_region_key>(object_->maps.regions, by_cpu.data(), [&](const tc_region_key& key) {
        tc_region_entry entry{key, {}};
        for (const tc_region_sums& sums : by_cpu) {
          add(entry.sums, sums);
        }
        visit(entry);
      });
  const bool all_stacks = for_each_entry<std::uint64_t, tc_region_stack>(
      object_->maps.region_stacks, [&](std::uint64_t /*ledger*/, const tc_region_stack& stack) {
        for (const tc_region_frame& frame :
             std::span(stack.frames).first(std::min<std::size_t>(stack.depth, TC_REGION_DEPTH))) {
          tc_region_entry entry{};
          std::ranges::copy(stack.comm, entry.key.comm);
          std::ranges::copy(frame.name, entry.key.name);
          entry.sums.open = 1;
          entry.sums.open_ns = elapsed(frame.begun_ns, end_ns);
          visit(entry);
        }
      });
  return all_sums && all_stacks;
}

std::vector<tc_unwound> Probes::unwound() const {
  const std::uint32_t only = 0;
  std::vector<tc_unwound> by_cpu(possible_cpus());
  if (!object_->rodata->keep_stacks ||
      bpf_map_lookup_elem(bpf_map__fd(object_->maps.unwound), &only, by_cpu.data()) != 0) {
    return {};
  }
  return by_cpu;
}

std::optional<Duration> Probes::stack_time() const {
  const std::vector<tc_unwound> by_cpu = unwound();
  Duration time{};
  for (const tc_unwound& each : by_cpu) {
    time += Duration(static_cast<Duration::rep>(each.ns));
  }
  return by_cpu.empty() ? std::nullopt : std::optional(time);
}

std::uint64_t Probes::samples() const {
  std::uint64_t samples = 0;
  for (const tc_unwound& each : unwound()) {
    samples += each.samples;
  }
  return samples;
}

}  // namespace taskcost
