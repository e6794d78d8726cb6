// SPDX-License-Identifier: Apache-2.0
//
// The BPF object with all probes: configures it for the chosen sources, loads and attaches it, and reads its maps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "account/observation.h"
#include "base/result.h"
#include "collector/handles.h"
#include "collector/observe.h"
#include "collector/sources.h"
#include "taskcost/abi.h"
#include "taskcost/abi_syscalls.h"
#include "taskcost/events.h"
#include "taskcost/glob.h"
#include "taskcost/histogram.h"

// The skeleton uses the types of abi.h and glob.h.
#include "probes.skel.h"

namespace taskcost {

// An mmapped BPF array. The probes write to it.
class SharedArray {
 public:
  SharedArray() = default;
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
  std::size_t size_ = 0;  // bytes of all elements
};

class Probes {
 public:
  static Result<Probes> load(const Sources& sources, const CollectorOptions& options);

  // Attaches all programs, those on fault events last. Call it before the first ledger is made, so that no transition
  // of an observed task is missed.
  Status attach();

  // True if programs are attached to perf events, which end when their CPU goes offline.
  [[nodiscard]] bool has_fault_events() const { return !fault_links_.empty(); }
  // Opens the events of a CPU that came online, or removes those of one that went offline. Until then, faults on it are
  // counted as unresolved. Any thread may call it, but not two at the same time.
  Status reopen_fault_events(unsigned cpu);

  // Runs a task iterator program over all tasks.
  Status walk_tasks(const bpf_program* program) const;

  // Stores the tid of this thread, which launches commands, and its pid namespace for the probes.
  Status resolve_self();

  // Stops the posting of transitions. Returns when no probe runs any more.
  void close_window();
  // Frees all ledgers and clears the targets, so that another window can open. REQUIRES: the window is closed.
  void release_tasks();
  // Clears what is not in a ledger: histograms, edges and flows that did not fit a ledger, and stacks. REQUIRES: no
  // task is observed.
  void clear_sums();
  void reopen_window();

  [[nodiscard]] probes& object() const { return *object_; }
  [[nodiscard]] probes::probes__bss& shared() const { return *object_->bss; }
  // The ledger slots that have been used so far. Slot 0 is reserved.
  [[nodiscard]] std::span<const tc_ledger> slots() const;
  // Indexed by cpu * TC_NR_HISTOGRAMS + id.
  [[nodiscard]] std::span<tc_histogram> histograms() const { return arrays_.histograms.as<tc_histogram>(); }
  // Indexed by CPU. REQUIRES: the window is closed.
  [[nodiscard]] std::span<tc_event_batch> batches() const { return arrays_.batches.as<tc_event_batch>(); }
  [[nodiscard]] std::uint64_t living_ledgers() const;
  // Visit the entries of a table; edges and flows in the tables are those that did not fit a ledger. Return false if
  // the table could not be read completely. REQUIRES: the window is closed.
  bool visit_edges(const std::function<void(const tc_edge&)>& visit) const;
  bool visit_stacks(const std::function<void(const tc_stack_key&, const tc_stack_sums&)>& visit) const;
  bool visit_flows(const std::function<void(const tc_flow&)>& visit) const;
  // The sums of system calls, those of all CPUs together; empty without CollectorOptions::syscalls.
  [[nodiscard]] std::vector<tc_syscall_entry> syscalls() const;
  // CPU time spent unwinding in this window, on all CPUs; nullopt without CollectorOptions::stacks.
  [[nodiscard]] std::optional<Duration> stack_time() const;

  // The loaded programs. Run counts and times are nullopt unless `with_statistics`.
  [[nodiscard]] std::vector<ProbeCost> costs(bool with_statistics) const;

 private:
  using Object = Owned<probes, probes::destroy>;

  struct Arrays {
    SharedArray pool;
    SharedArray observed;
    SharedArray histograms;
    SharedArray batches;
    SharedArray syscalls;
  };

  Probes(Object object, Arrays arrays, const Sources& sources);
  Status attach_fault_events();
  [[nodiscard]] std::vector<const bpf_program*> fault_programs() const;

  Object object_;
  Arrays arrays_;
  std::string finish_switch_symbol_;
  std::vector<Link> links_;
  std::vector<std::vector<Link>> fault_links_;  // by CPU; empty if no program is attached to perf events
};

// The number of possible CPUs. Probes::load() fails where libbpf does not know it.
unsigned possible_cpus();

}  // namespace taskcost
