// SPDX-License-Identifier: Apache-2.0
//
// The probes object: configured by the sources that were chosen, loaded, attached, and read while it runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "collector/handles.h"
#include "collector/sources.h"
#include "taskcost/abi.h"
#include "taskcost/collector.h"
#include "taskcost/events.h"
#include "taskcost/glob.h"
#include "taskcost/histogram.h"
#include "taskcost/report.h"
#include "taskcost/result.h"

// Uses the types of abi.h and glob.h.
#include "probes.skel.h"

namespace taskcost {

// Memory of a BPF array, shared with the probes.
class SharedArray {
 public:
  static Result<SharedArray> map(const bpf_map* map);
  SharedArray(SharedArray&& other) noexcept;
  SharedArray& operator=(SharedArray&& other) noexcept;
  ~SharedArray();

  template <typename T>
  [[nodiscard]] std::span<T> as() const {
    return {static_cast<T*>(address_), size_ / sizeof(T)};
  }

 private:
  SharedArray(void* address, std::size_t size) : address_(address), size_(size) {}

  void* address_ = nullptr;
  std::size_t size_ = 0;  // of the elements
};

class Probes {
 public:
  static Result<Probes> load(const Sources& sources, const CollectorOptions& options);

  // Everything but the fault events first, so that nothing is missed by the time a ledger exists.
  Status attach();

  // Whether there are programs on perf events, which end with the CPU that they are on.
  [[nodiscard]] bool has_fault_events() const { return !fault_links_.empty(); }
  // For a CPU that went offline or came online. Faults on it are unresolved until then, and counted as that. Any thread
  // may call it, but no two at a time.
  Status reopen_fault_events(unsigned cpu);

  // Runs an iterator program to its end.
  Status walk_tasks(const bpf_program* program) const;

  // Lets the probes know the caller: the thread that launches, and its pid namespace.
  Status introduce_caller();

  // No more transitions from here on; returns when no probe is still at work.
  void close_window();
  // REQUIRES: a closed window. Takes every ledger back and forgets the targets, so that another window can open.
  void release_tasks();
  // What is not in a ledger: histograms, edges and flows without room, stacks. REQUIRES: nothing is observed.
  void clear_sums();
  void reopen_window();

  [[nodiscard]] probes& object() const { return *object_; }
  [[nodiscard]] probes::probes__bss& shared() const { return *object_->bss; }
  // Slots that were in use at some time; slot 0 is nobody's.
  [[nodiscard]] std::span<const tc_ledger> slots() const;
  // [cpu * TC_NR_HISTOGRAMS + id]
  [[nodiscard]] std::span<tc_histogram> histograms() const { return arrays_.histograms.as<tc_histogram>(); }
  // By CPU. REQUIRES: a closed window.
  [[nodiscard]] std::span<tc_gathered> gathered() const { return arrays_.gathered.as<tc_gathered>(); }
  [[nodiscard]] std::uint64_t living_ledgers() const;
  // What ledgers had no room for. False when it could not be read to its end. REQUIRES: a closed window.
  bool visit_edges(const std::function<void(const tc_edge&)>& visit) const;
  bool visit_stacks(const std::function<void(const tc_stack_key&, const tc_stack_sums&)>& visit) const;
  bool visit_flows(const std::function<void(const tc_flow&)>& visit) const;
  // That taking stacks took in this window, on all CPUs. nullopt when none are taken.
  [[nodiscard]] std::optional<Duration> time_of_stacks() const;

  // Loaded programs with run counts and time, which stay nullopt unless `with_statistics`.
  [[nodiscard]] std::vector<ProbeCost> costs(bool with_statistics) const;

 private:
  using Object = Owned<probes, probes::destroy>;

  struct Arrays {
    SharedArray pool;
    SharedArray observed;
    SharedArray histograms;
    SharedArray gathered;
  };

  Probes(Object object, Arrays arrays, const Sources& sources);
  Status attach_fault_events();
  [[nodiscard]] std::vector<const bpf_program*> fault_programs() const;

  Object object_;
  Arrays arrays_;
  std::string finish_switch_symbol_;
  std::vector<Link> links_;
  std::vector<std::vector<Link>> fault_links_;  // by CPU; empty without programs on perf events
};

// CPUs that there may ever be, as far as it can be told: Probes::load() fails where it cannot.
unsigned possible_cpus();

}  // namespace taskcost
