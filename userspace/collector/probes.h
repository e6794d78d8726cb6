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
#include "taskcost/abi_interrupts.h"
#include "taskcost/abi_locks.h"
#include "taskcost/abi_quota.h"
#include "taskcost/abi_ran_instead.h"
#include "taskcost/abi_regions.h"
#include "taskcost/abi_syscalls.h"
#include "taskcost/abi_wait_objects.h"
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
  // Error: mmap() failed.
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
  // Errors: the number of CPUs is not known, the kernel refused a program or a map, or a map could not be mmapped.
  static Result<Probes> load(const Sources& sources, const CollectorOptions& options);

  // Attaches all programs, those on perf events last. Call it before the first ledger is made, so that no transition
  // of an observed task is missed. Error: the kernel refused to attach one.
  Status attach();

  // True if programs are attached to perf events, which end when their CPU goes offline.
  [[nodiscard]] bool has_cpu_events() const { return !event_links_.empty(); }
  // Opens the events of a CPU that came online, or removes those of one that went offline. Until then, faults on it are
  // counted as unresolved, and samples are not taken. Any thread may call it, but not two at the same time. Error: an
  // event of an online CPU could not be opened.
  Status reopen_cpu_events(unsigned cpu);

  // Runs a task iterator program over all tasks. Error: the walk could not be started or read to its end.
  Status walk_tasks(const bpf_program* program) const;

  // Stores the tid of this thread, which launches commands, and its pid namespace for the probes. Error: the
  // program for it could not run.
  Status resolve_self();

  // Stops the posting of transitions. Returns when no probe runs any more.
  void close_window();
  // Frees all ledgers and clears the targets, so that another window can open. REQUIRES: the window is closed.
  void release_tasks();
  // Clears what is not in a ledger: histograms, edges and flows that did not fit a ledger, system calls, what ran
  // instead, interrupts, quotas, locks, regions and stacks. REQUIRES: no task is observed.
  void clear_sums();
  // Lets the probes post transitions again. REQUIRES: the sums are cleared.
  void reopen_window();

  [[nodiscard]] probes& object() const { return *object_; }
  [[nodiscard]] probes::probes__bss& shared() const { return *object_->bss; }
  // The ledger slots that have been used so far. Slot 0 is reserved.
  [[nodiscard]] std::span<const tc_ledger> slots() const;
  // Indexed by cpu * TC_NR_HISTOGRAMS + id.
  [[nodiscard]] std::span<tc_histogram> histograms() const { return arrays_.histograms.as<tc_histogram>(); }
  // Indexed by CPU. REQUIRES: the window is closed.
  [[nodiscard]] std::span<tc_event_batch> batches() const { return arrays_.batches.as<tc_event_batch>(); }
  // Ledgers that a live task owns.
  [[nodiscard]] std::uint64_t living_ledgers() const;
  // Visit the entries of a table; edges and flows in the tables are those that did not fit a ledger. Return false if
  // the table could not be read completely. REQUIRES: the window is closed.
  bool visit_edges(const std::function<void(const tc_edge&)>& visit) const;
  bool visit_stacks(const std::function<void(const tc_stack_key&, const tc_stack_sums&)>& visit) const;
  bool visit_waker_stacks(const std::function<void(const tc_waker_stack_key&, const tc_stack_sums&)>& visit) const;
  bool visit_flows(const std::function<void(const tc_flow&)>& visit) const;
  bool visit_quotas(const std::function<void(const tc_quota_key&, const tc_quota_sums&)>& visit) const;
  // Waits for locks of the kernel in ns, and one entry without waits; nothing if they are not measured.
  bool visit_locks(const std::function<void(const tc_lock_entry_key&, const tc_lock_sums&)>& visit) const;
  // What was behind waits, and one entry without waits; nothing if that is not measured.
  bool visit_wait_objects(
      const std::function<void(const tc_wait_object_key&, const tc_wait_object_sums&)>& visit) const;
  // Interrupts in the running time of observed tasks, by kind, on all CPUs together; empty if they are not measured.
  [[nodiscard]] std::vector<std::pair<tc_interrupt, tc_interrupt_sums>> interrupts() const;
  // The sums of system calls, those of all CPUs together; empty without CollectorOptions::syscalls.
  [[nodiscard]] std::vector<tc_syscall_entry> syscalls() const;
  // What ran while tasks waited, on all CPUs together, and one entry without turns; empty without
  // CollectorOptions::interference.
  [[nodiscard]] std::vector<tc_ran_entry> ran_instead() const;
  // Visits the sums of marked regions, with those that are open at `end_ns`. Returns false if the tables could not be
  // read completely. REQUIRES: the window is closed.
  bool visit_regions(std::uint64_t end_ns, const std::function<void(const tc_region_entry&)>& visit) const;
  // CPU time spent on stacks in this window, on all CPUs; nullopt without CollectorOptions::stacks.
  [[nodiscard]] std::optional<Duration> stack_time() const;
  // Samples per second; 0: none are taken.
  [[nodiscard]] unsigned sample_hz() const { return sample_hz_; }
  // Samples of observed tasks in this window, on all CPUs, also those without a stack.
  [[nodiscard]] std::uint64_t samples() const;

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
    SharedArray ran_instead;
    SharedArray interrupts;
  };

  Probes(Object object, Arrays arrays, const Sources& sources);
  Status attach_cpu_events();
  [[nodiscard]] std::vector<const bpf_program*> event_programs() const;
  [[nodiscard]] std::vector<tc_unwound> unwound() const;  // by CPU; empty without CollectorOptions::stacks

  Object object_;
  Arrays arrays_;
  std::string finish_switch_symbol_;
  std::vector<Link> links_;
  unsigned sample_hz_ = 0;
  std::vector<std::vector<Link>> event_links_;  // by CPU; empty if no program is attached to perf events
};

// The number of possible CPUs. Probes::load() fails where libbpf does not know it.
unsigned possible_cpus();

}  // namespace taskcost
