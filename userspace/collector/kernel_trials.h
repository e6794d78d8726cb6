// SPDX-License-Identifier: Apache-2.0
//
// Finds out what the running kernel has, from its BTF, and what it allows, by loading and attaching small programs.
#pragma once

#include <bpf/btf.h>
#include <linux/bpf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/handles.h"

namespace taskcost {

// The types, functions and tracepoints in the kernel's BTF.
class KernelTypes {
 public:
  KernelTypes() : btf_(btf__load_vmlinux_btf()) {}

  // BTF id of a function; nullopt if the kernel has no such function or no BTF for it.
  [[nodiscard]] std::optional<__u32> function(const char* name) const { return find(name, BTF_KIND_FUNC); }

  // BTF id of the type that programs on a tracepoint attach to.
  [[nodiscard]] std::optional<__u32> tracepoint(std::string_view name) const;

  [[nodiscard]] bool has_tracepoint(std::string_view name) const { return tracepoint_arguments(name) > 0; }

  // Number of arguments of the tracepoint (TP_PROTO); 0 if there is no such tracepoint.
  [[nodiscard]] int tracepoint_arguments(std::string_view name) const;

  // Offset of a member of a structure, in bits; nullopt if there is none.
  [[nodiscard]] std::optional<__u32> member(const char* structure, std::string_view member) const;

  // True if any enumeration has an enumerator of this name.
  [[nodiscard]] bool enumerator(std::string_view name) const;
  // The enumerators of an enumeration that begins with 0, by their value, up to the one named `end`; empty if the
  // kernel has no such enumeration.
  [[nodiscard]] std::vector<std::string> enumerators(const char* enumeration, std::string_view end) const;
  // Offset of a per-CPU variable in its section, in bytes; nullopt if there is none.
  [[nodiscard]] std::optional<std::int64_t> per_cpu_offset(const char* name) const;

  // `argument` counts from 0. False if the tracepoint has no such argument.
  [[nodiscard]] bool argument_is_pointer(std::string_view name, int argument) const;

 private:
  [[nodiscard]] const btf_type* tracepoint_prototype(std::string_view name) const;
  [[nodiscard]] std::optional<__u32> find(const char* name, __u32 kind) const;

  Owned<btf, btf__free> btf_;
};

// The outcome of a trial: nullopt if it worked, else why not.
using Refusal = std::optional<std::string>;

// `attach_type` is BPF_TRACE_FENTRY or BPF_TRACE_FEXIT.
Refusal try_tracing(const KernelTypes& types, const char* function, bpf_attach_type attach_type);
Refusal try_kprobe(const std::string& symbol);
Refusal try_fault_events();
Refusal try_sample_event(unsigned hz);

// The name of finish_task_switch in /proc/kallsyms, where the compiler may have added a suffix; empty if it is not
// there or cannot be read.
std::string find_finish_switch_symbol();

// True if the kernel loads a sleepable program on the raw tracepoint sys_enter. Since v7.2 these programs may sleep,
// and therefore the kernel can preempt any program there.
bool sys_enter_may_sleep(const KernelTypes& types);

// True if TLB shootdowns interrupt the receiving CPU. Some hypervisors flush the TLBs of other CPUs themselves.
bool shootdowns_interrupt();

// Opens the perf software event of page faults that a program attaches to, on a CPU. Returns a descriptor, or -1 with
// errno set.
int open_fault_event(std::string_view program, int cpu);
// The same for the clock that takes samples.
int open_sample_event(unsigned hz, int cpu);

}  // namespace taskcost
