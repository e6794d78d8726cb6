// SPDX-License-Identifier: Apache-2.0
#include "collector/sources.h"

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "base/preemption.h"
#include "collector/kernel_trials.h"

namespace taskcost {
namespace {

Refusal disabled() { return "disabled"; }

void add_evidence(Sources& sources, const char* figure, const char* source, EvidenceKind kind, std::string why = {},
                  std::string hint = {}) {
  sources.evidence.push_back({figure, source, kind, std::move(why), std::move(hint)});
}

constexpr const char* full_detail = "use --detail full";

// `hint` has the option that adds the figure.
void leave_out(Sources& sources, const char* figure, const char* why, const char* hint) {
  sources.evidence.push_back({figure, "", EvidenceKind::unavailable, why, hint, true});
}

void measure(Sources& sources, std::initializer_list<tc_counter> counters) {
  for (const tc_counter counter : counters) {
    sources.measured[counter] = true;
  }
}

// Adds the figures of the programs that are always loaded.
void choose_base(Sources& sources, const KernelTypes& types) {
  constexpr int with_prev_state = 4;
  sources.switch_passes_prev_state = types.tracepoint_arguments("sched_switch") >= with_prev_state;
  sources.can_cast = types.function("bpf_rdonly_cast").has_value();
  for (int counter = 0; counter < TC_NR_COUNTERS; ++counter) {
    sources.measured[counter] = is_always_counted(static_cast<tc_counter>(counter));
  }
  add_evidence(sources, "switches", "sched_switch, cross-checked with nvcsw and nivcsw", EvidenceKind::exact);
  add_evidence(sources, "run_queue", "sched_waking, sched_wakeup_new or preemption -> sched_switch",
               EvidenceKind::exact);
  add_evidence(sources, "page_table_bytes", "mm->pgtables_bytes at task_newtask and sched_process_exec",
               EvidenceKind::exact);
  add_evidence(sources, "faults", "min_flt and maj_flt of the task at its end", EvidenceKind::exact);
}

// On x86 the preempt count is a per-CPU variable, elsewhere a field of the current task.
#if defined(__x86_64__)
constexpr bool preempt_count_is_per_cpu = true;
#else
constexpr bool preempt_count_is_per_cpu = false;
#endif

// The offset from a CPU's run queue to its preempt count, where that is a per-CPU variable; 0 if it is not known.
std::int64_t preempt_count_offset(const KernelTypes& types) {
  const auto run_queue = types.per_cpu_offset("runqueues");
  const auto alone = types.per_cpu_offset("__preempt_count");
  const auto hot = types.per_cpu_offset("pcpu_hot");
  const auto within = types.member("pcpu_hot", "preempt_count");
  if (!run_queue || !types.member("cfs_rq", "rq")) {
    return 0;
  }
  if (alone) {
    return *alone - *run_queue;
  }
  return hot && within ? *hot + *within / 8 - *run_queue : 0;
}

// Decides how to attribute wakeups: to the current task, or to an interrupt of it.
void choose_wakers(Sources& sources, const KernelTypes& types) {
  sources.preempt_count_offset = preempt_count_is_per_cpu ? preempt_count_offset(types) : 0;
  if (!preempt_count_is_per_cpu || sources.preempt_count_offset != 0) {
    add_evidence(sources, "wakers", "preemption count, timer_expire_entry and current task at sched_waking",
                 EvidenceKind::bound,
                 "a softirq raised by a device interrupt during a system call counts for the task");
  } else {
    add_evidence(sources, "wakers", "current task at sched_waking, unless between timer_expire_entry and _exit",
                 EvidenceKind::bound, "a device interrupt during a system call counts for the task");
  }
}

// A task can be throttled by the CPU quota of its cgroup if the kernel has CONFIG_CFS_BANDWIDTH.
void choose_throttling(Sources& sources, const KernelTypes& types) {
  if (types.member("task_struct", "throttled") || types.member("cfs_rq", "throttle_count")) {
    measure(sources, {TC_COUNTER_THROTTLED, TC_COUNTER_THROTTLED_NS});
  }
}

// Softirqs and handlers of interrupts within the running time of tasks.
void choose_interrupts(Sources& sources, const KernelTypes& types, Detail detail) {
  const auto unavailable = [&](const char* why) {
    add_evidence(sources, "interrupts", "", EvidenceKind::unavailable, why);
  };
  if (detail == Detail::switches) {
    leave_out(sources, "interrupts", "--detail switches does not probe interrupts", full_detail);
  } else if (kernel_is_realtime()) {
    unavailable("PREEMPT_RT runs softirqs and interrupt handlers in threads");
  } else if (!types.has_tracepoint("softirq_entry") || !types.has_tracepoint("irq_handler_entry")) {
    unavailable("this kernel has no irq:softirq_entry");
  } else {
    sources.programs.insert(
        {"taskcost_softirq_entry", "taskcost_softirq_exit", "taskcost_irq_entry", "taskcost_irq_exit"});
    measure(sources, {TC_COUNTER_IRQS, TC_COUNTER_IRQ_NS, TC_COUNTER_SOFTIRQS, TC_COUNTER_SOFTIRQ_NS});
    add_evidence(sources, "interrupts", "softirq_entry -> softirq_exit, irq_handler_entry -> irq_handler_exit",
                 EvidenceKind::bound, "the timer and interrupts between CPUs have no handler with a tracepoint");
  }
}

void choose_locks(Sources& sources, const KernelTypes& types, Detail detail) {
  if (detail == Detail::switches) {
    leave_out(sources, "kernel_locks", "--detail switches does not probe locks", full_detail);
  } else if (!types.has_tracepoint("contention_begin")) {
    add_evidence(sources, "kernel_locks", "", EvidenceKind::unavailable, "this kernel has no lock:contention_begin",
                 "use Linux 5.19 or later");
  } else {
    sources.programs.insert({"taskcost_contention_begin", "taskcost_contention_end"});
    add_evidence(sources, "kernel_locks", "contention_begin -> contention_end", EvidenceKind::exact);
  }
}

void choose_wait_objects(Sources& sources) {
  add_evidence(sources, "wait_objects", "file, socket or mapping at the sched_switch that ends a wait of 20 us or more",
               EvidenceKind::exact);
}

// Operations of io_uring are in the table of system calls. REQUIRES: choose_channels() was called.
void choose_ring(Sources& sources, const KernelTypes& types) {
  const auto& programs = sources.programs;
  if (!programs.contains("taskcost_ring_complete") && !programs.contains("taskcost_ring_complete_fields")) {
    add_evidence(sources, "io_uring", "", EvidenceKind::unavailable,
                 "this kernel's io_uring_complete does not name the request", "use Linux 5.19 or later");
    return;
  }
  sources.ring_operations = types.enumerators("io_uring_op", "IORING_OP_LAST");
  constexpr int arguments_before = 2;  // of io_uring_submit_sqe, the name until Linux 6.4
  if (types.has_tracepoint("io_uring_submit_req")) {
    sources.programs.insert("taskcost_ring_submit");
    add_evidence(sources, "io_uring", "io_uring_submit_req -> io_uring_complete", EvidenceKind::exact);
  } else if (types.tracepoint_arguments("io_uring_submit_sqe") == arguments_before) {
    sources.programs.insert("taskcost_ring_submit_sqe");
    add_evidence(sources, "io_uring", "io_uring_submit_sqe -> io_uring_complete", EvidenceKind::exact);
  } else {
    add_evidence(sources, "io_uring", "io_uring_complete", EvidenceKind::counts,
                 "this kernel's tracepoint of a submission does not name the request", "use Linux 6.1 or later");
  }
}

constexpr const char* calls_unprobed = "--detail switches does not probe system calls";

void choose_calls(Sources& sources, Detail detail) {
  if (detail == Detail::full) {
    sources.programs.insert({"taskcost_sys_enter", "taskcost_sys_exit"});
    measure(sources, {TC_COUNTER_SYSCALLS_ENTRY_UNSEEN});
    add_evidence(sources, "ledger", "sched_switch, sched_waking, sys_enter, sys_exit, task_newtask",
                 EvidenceKind::exact);
    add_evidence(sources, "creation", "sys_enter -> task_newtask -> sched_wakeup_new -> sys_exit, first sched_switch",
                 EvidenceKind::exact);
    add_evidence(sources, "waits", "system call and file at sched_switch", EvidenceKind::exact);
    return;
  }
  add_evidence(sources, "ledger", "sched_switch, sched_waking, task_newtask", EvidenceKind::bound,
               std::string(calls_unprobed) + ", so all time on a CPU counts as user code", full_detail);
  add_evidence(sources, "creation", "task_newtask -> sched_wakeup_new, first sched_switch", EvidenceKind::bound,
               std::string(calls_unprobed) + ", so copying is not timed", full_detail);
  add_evidence(sources, "waits", "saved registers and file at sched_switch", EvidenceKind::exact);
}

// Results of system calls lack the bytes of each message of sendmmsg and recvmmsg, and those of io_uring.
void choose_channels(Sources& sources, const KernelTypes& types, Detail detail) {
  if (detail == Detail::switches) {
    leave_out(sources, "channels", calls_unprobed, full_detail);
    return;
  }
  switch (types.tracepoint_arguments("io_uring_complete")) {
    case 3:
      sources.programs.insert("taskcost_ring_complete");
      break;
    case 7:
      sources.programs.insert("taskcost_ring_complete_fields");
      break;
    default:
      break;
  }
  if (types.has_tracepoint("sock_send_length") && types.has_tracepoint("sock_recv_length")) {
    sources.programs.insert({"taskcost_sock_send", "taskcost_sock_receive"});
    sources.message_lengths = true;
    add_evidence(sources, "channels", "results of system calls; sock_send_length, sock_recv_length",
                 EvidenceKind::exact);
    return;
  }
  add_evidence(sources, "channels", "results of system calls", EvidenceKind::bound,
               "the bytes of sendmmsg, recvmmsg and io_uring are unknown: this kernel has no sock_send_length",
               "use Linux 6.3 or later");
}

void choose_targets(Sources& sources, const KernelTypes& types) {
  if (types.has_tracepoint("cgroup_attach_task")) {
    sources.programs.insert("taskcost_cgroup_attach");
  }
  if (types.has_tracepoint("task_rename")) {
    sources.programs.insert("taskcost_rename");
  }
}

void choose_exec(Sources& sources, const KernelTypes& types, Detail detail) {
  if (detail == Detail::switches) {
    add_evidence(sources, "exec", "sched_process_exec", EvidenceKind::counts, calls_unprobed, full_detail);
    return;
  }
  if (types.has_tracepoint("sched_prepare_exec")) {
    sources.programs.insert("taskcost_prepare_exec");
    sources.exec_prepare = true;
    add_evidence(sources, "exec", "sys_enter -> sched_prepare_exec -> sched_process_exec -> sys_exit",
                 EvidenceKind::exact);
    return;
  }
  add_evidence(sources, "exec", "sys_enter -> sched_process_exec -> sys_exit", EvidenceKind::exact,
               "no split of its preparation: this kernel has no sched_prepare_exec", "use Linux 6.10 or later");
}

void choose_exit(Sources& sources, const KernelTypes& types) {
  if (types.has_tracepoint("exit_mmap")) {
    sources.programs.insert("taskcost_exit_mmap");
    add_evidence(sources, "exit", "sys_enter or sched_process_exit -> exit_mmap -> final sched_switch -> wait returns",
                 EvidenceKind::exact);
    return;
  }
  add_evidence(sources, "exit", "sys_enter or sched_process_exit -> final sched_switch -> wait returns",
               EvidenceKind::exact, "no split of the memory teardown: this kernel has no mmap:exit_mmap",
               "use Linux 6.1 or later");
}

void choose_switch_latency(Sources& sources, const KernelTypes& types, bool no_function_probes) {
  sources.switch_latency = true;
  const Refusal fentry = no_function_probes ? disabled() : try_tracing(types, "finish_task_switch", BPF_TRACE_FENTRY);
  if (!fentry) {
    sources.programs.insert("taskcost_finish_switch_fentry");
    add_evidence(sources, "switch_latency", "sched_switch -> fentry finish_task_switch", EvidenceKind::exact);
    return;
  }
  // Try any kprobe before searching the large symbol table.
  Refusal kprobe = no_function_probes ? disabled() : try_kprobe("schedule");
  if (!kprobe) {
    sources.finish_switch_symbol = find_finish_switch_symbol();
    kprobe = try_kprobe(sources.finish_switch_symbol);
  }
  if (!kprobe) {
    sources.programs.insert("taskcost_finish_switch_kprobe");
    add_evidence(sources, "switch_latency", "sched_switch -> kprobe finish_task_switch", EvidenceKind::exact,
                 fmt::format("fentry {}", *fentry));
    return;
  }
  const bool rseq = types.has_tracepoint("rseq_update");
  if (rseq) {
    sources.programs.insert("taskcost_rseq_update");
  }
  add_evidence(
      sources, "switch_latency", rseq ? "sched_switch -> rseq_update or sys_exit" : "sched_switch -> sys_exit",
      EvidenceKind::bound,
      fmt::format("it includes the return to user mode, because finish_task_switch has no probe: fentry {}; kprobe {}",
                  *fentry, *kprobe),
      "use a kernel that allows kprobes");
}

// Measures how long a TLB shootdown interrupts its receivers. Only x86 has tracepoints at both ends of the interrupt.
void choose_shootdowns(Sources& sources, const KernelTypes& types) {
  if (!types.has_tracepoint("tlb_flush") || !types.has_tracepoint("call_function_entry")) {
    add_evidence(sources, "shootdowns", "", EvidenceKind::unavailable,
                 "this kernel has no irq_vectors:call_function (only x86 has)");
    return;
  }
  if (!shootdowns_interrupt()) {
    add_evidence(sources, "shootdowns", "tlb_flush of the sender", EvidenceKind::counts,
                 "shootdowns do not interrupt CPUs here: the hypervisor flushes the TLBs of other CPUs");
    return;
  }
  sources.programs.insert({"taskcost_call_function_entry", "taskcost_call_function_exit",
                           "taskcost_call_function_single_entry", "taskcost_call_function_single_exit"});
  measure(sources, {TC_COUNTER_SHOOTDOWNS_RECEIVED, TC_COUNTER_SHOOTDOWN_STOLEN_NS, TC_COUNTER_SHOOTDOWN_LOST_NS});
  add_evidence(sources, "shootdowns", "tlb_flush between call_function entry and exit on the receiving CPU",
               EvidenceKind::bound, "without the interrupt entry itself");
}

void choose_kernel_memory(Sources& sources, const KernelTypes& types, bool wanted) {
  if (!wanted) {
    leave_out(sources, "kernel_memory", "off by default", "use --kernel-memory");
    return;
  }
  constexpr int cache_argument = 2;
  if (!types.argument_is_pointer("kmem_cache_alloc", cache_argument)) {
    add_evidence(sources, "kernel_memory", "", EvidenceKind::unavailable,
                 "kmem:kmem_cache_alloc has no cache argument on this kernel", "use Linux 6.1 or later");
    return;
  }
  sources.programs.insert({"taskcost_kmalloc", "taskcost_cache_alloc", "taskcost_page_alloc"});
  measure(sources, {TC_COUNTER_KERNEL_SLAB_BYTES, TC_COUNTER_KERNEL_SLAB_ALLOCATIONS, TC_COUNTER_KERNEL_PAGES});
  add_evidence(sources, "kernel_memory", "kmalloc, kmem_cache_alloc, mm_page_alloc inside the creating call",
               EvidenceKind::bound, "bulk page allocations, such as for kernel stacks, have no tracepoint");
}

// Other architectures have the tracepoint too, but no code that calls it.
constexpr bool has_tlb_flush_calls =
#if defined(__x86_64__)
    true;
#else
    false;
#endif

void choose_tlb(Sources& sources, const KernelTypes& types) {
  if (has_tlb_flush_calls && types.has_tracepoint("tlb_flush")) {
    sources.programs.insert("taskcost_tlb_flush");
    measure(sources, {TC_COUNTER_TLB_FLUSHES_ON_SWITCH, TC_COUNTER_TLB_REUSES_ON_SWITCH, TC_COUNTER_SHOOTDOWNS_SENT});
    add_evidence(sources, "tlb", "tlb_flush: a real flush has pages = TLB_FLUSH_ALL, a kept PCID 0",
                 EvidenceKind::exact);
    return;
  }
  add_evidence(sources, "tlb", "", EvidenceKind::unavailable,
               "this kernel does not call tlb:tlb_flush (only x86 does)");
}

// Decides if programs must disable preemption. REQUIRES: choose_faults() was called.
void choose_hold(Sources& sources, const KernelTypes& types) {
  const bool preemptible = sources.programs.contains("taskcost_fault_entry") || sys_enter_may_sleep(types);
  sources.hold_cpu = preemptible && types.function("bpf_preempt_disable");
}

// The perf events of a CPU end when it goes offline. REQUIRES: choose_faults() was called.
void choose_cpu_changes(Sources& sources, const KernelTypes& types, bool stacks) {
  if (!stacks && !sources.programs.contains("taskcost_fault_minor")) {
    return;  // no perf event is used
  }
  sources.cpu_changes = types.has_tracepoint("cpuhp_exit");
  if (sources.cpu_changes) {
    sources.programs.insert("taskcost_cpu_changed");
    return;
  }
  add_evidence(
      sources, "cpu_hotplug", "", EvidenceKind::unavailable,
      "this kernel has no cpuhp_exit: after a CPU was offline, page faults on it are unresolved and mappings on "
      "it are not recorded");
}

// Complements the perf events, which do not say if a fault is on a file mapping.
void choose_file_faults(Sources& sources, const KernelTypes& types, const Refusal& kprobe) {
  if (!kprobe) {
    sources.programs.insert("taskcost_fault_entry_kprobe");
    measure(sources, {TC_COUNTER_FAULTS_FILE});
    add_evidence(sources, "file_faults", "kprobe handle_mm_fault", EvidenceKind::exact);
    return;
  }
  if (!types.has_tracepoint("mm_filemap_fault") || !types.has_tracepoint("mm_filemap_map_pages")) {
    add_evidence(sources, "file_faults", "", EvidenceKind::unavailable,
                 "neither fexit handle_mm_fault nor mm_filemap_fault works", "use Linux 6.11 or later");
    return;
  }
  sources.programs.insert({"taskcost_filemap_fault", "taskcost_filemap_map_pages"});
  measure(sources, {TC_COUNTER_FAULTS_FILE});
  add_evidence(sources, "file_faults", "mm_filemap_fault, mm_filemap_map_pages inside the fault", EvidenceKind::bound,
               fmt::format("without private copies and tmpfs files; kprobe handle_mm_fault: {}", *kprobe));
}

void use_page_fault_exceptions(Sources& sources) {
  sources.programs.insert({"taskcost_fault_user", "taskcost_fault_kernel"});
  measure(sources, {TC_COUNTER_FAULTS_COW, TC_COUNTER_FAULTS_COW_NS});
}

// Counts copy-on-write faults on architectures without the tracepoint page_fault_user, whose error code tells them.
void choose_cow_faults(Sources& sources, const char* program, const char* source, const Refusal& refusal) {
  if (refusal) {
    add_evidence(sources, "cow_faults", "", EvidenceKind::unavailable,
                 fmt::format("this kernel has no exceptions:page_fault_user (only x86 has); {}: {}", source, *refusal));
    return;
  }
  sources.programs.insert(program);
  measure(sources, {TC_COUNTER_FAULTS_COW, TC_COUNTER_FAULTS_COW_NS});
  add_evidence(sources, "cow_faults", source, EvidenceKind::exact);
}

void time_faults_by_function(Sources& sources, const KernelTypes& types, bool exceptions, std::string why) {
  sources.programs.insert({"taskcost_fault_entry", "taskcost_fault_return"});
  sources.fault_latency = true;
  measure(sources,
          {TC_COUNTER_FAULTS_FILE, TC_COUNTER_FAULTS_KERNEL, TC_COUNTER_FAULTS_TIMED, TC_COUNTER_FAULTS_UNRESOLVED});
  if (exceptions) {
    use_page_fault_exceptions(sources);
  } else {
    choose_cow_faults(sources, "taskcost_wp_page", "fentry do_wp_page",
                      try_tracing(types, "do_wp_page", BPF_TRACE_FENTRY));
  }
  add_evidence(
      sources, "page_fault_latency",
      exceptions ? "page_fault_user, page_fault_kernel -> fexit handle_mm_fault" : "fentry -> fexit handle_mm_fault",
      EvidenceKind::exact, std::move(why));
}

void time_faults_by_events(Sources& sources, const KernelTypes& types, bool exceptions, bool no_function_probes,
                           std::string why) {
  const auto kprobe = [no_function_probes](const char* function) {
    return no_function_probes ? disabled() : try_kprobe(function);
  };
  sources.programs.insert({"taskcost_fault_minor", "taskcost_fault_major"});
  sources.fault_latency = true;
  measure(sources, {TC_COUNTER_FAULTS_KERNEL, TC_COUNTER_FAULTS_TIMED, TC_COUNTER_FAULTS_UNRESOLVED});
  if (exceptions) {
    use_page_fault_exceptions(sources);
  } else {
    sources.programs.insert("taskcost_fault_begun");
    choose_cow_faults(sources, "taskcost_wp_page_kprobe", "kprobe do_wp_page", kprobe("do_wp_page"));
  }
  add_evidence(sources, "page_fault_latency",
               exceptions ? "page_fault_user, page_fault_kernel -> perf PAGE_FAULTS_MIN, PAGE_FAULTS_MAJ"
                          : "perf PAGE_FAULTS -> PAGE_FAULTS_MIN, PAGE_FAULTS_MAJ",
               EvidenceKind::exact, std::move(why));
  choose_file_faults(sources, types, kprobe("handle_mm_fault"));
}

Refusal try_fault_function(const KernelTypes& types, bool no_function_probes) {
  if (no_function_probes) {
    return disabled();
  }
  const Refusal fexit = try_tracing(types, "handle_mm_fault", BPF_TRACE_FEXIT);
  return fexit ? fexit : try_tracing(types, "handle_mm_fault", BPF_TRACE_FENTRY);
}

// fentry and fexit programs tell more than perf events. But a preemptible kernel can preempt them, and then skips them
// for the next tasks on that CPU. It does not preempt programs on perf events and kprobes.
void choose_faults(Sources& sources, const KernelTypes& types, Detail detail, bool no_function_probes) {
  if (detail == Detail::switches) {
    add_evidence(sources, "page_fault_latency", "min_flt and maj_flt", EvidenceKind::counts,
                 "--detail switches does not probe page faults", full_detail);
    return;
  }
  const bool exceptions = types.has_tracepoint("page_fault_user") && types.has_tracepoint("page_fault_kernel");
  const Refusal function = try_fault_function(types, no_function_probes);
  const bool skipped = !function && kernel_is_preemptible();
  if (!function && !skipped) {
    time_faults_by_function(sources, types, exceptions, {});
    return;
  }
  const std::string why =
      fmt::format("fexit handle_mm_fault {}", skipped ? "is sometimes skipped by a preemptible kernel" : *function);
  const Refusal events = try_fault_events();
  if (!events) {
    time_faults_by_events(sources, types, exceptions, no_function_probes, why);
  } else if (skipped) {
    time_faults_by_function(sources, types, exceptions, why);
  } else {
    add_evidence(sources, "page_fault_latency", "min_flt and maj_flt", EvidenceKind::counts,
                 fmt::format("{}; {}", why, *events), "the time of faults counts for the interrupted activity");
  }
}

// Tables have the rules of x86-64; on arm64, programs have frame pointers.
#if defined(__x86_64__)
constexpr bool unwinds_by_tables = true;
#else
constexpr bool unwinds_by_tables = false;
#endif

void choose_stacks(Sources& sources, const KernelTypes& types, std::size_t memory) {
  const bool has_loops = types.enumerator("BPF_FUNC_loop");
  sources.unwind_tables = unwinds_by_tables && has_loops && memory > 0;
  if (sources.unwind_tables) {
    sources.programs.emplace("taskcost_code_file");
    add_evidence(sources, "stacks", "unwind tables made of .eh_frame; mappings by perf events", EvidenceKind::bound,
                 "stacks are cut where neither a table nor a frame pointer leads on");
    return;
  }
  add_evidence(sources, "stacks", "bpf_get_stack, by frame pointers; mappings by perf events", EvidenceKind::bound,
               "stacks are cut at code without frame pointers",
               memory == 0 ? "--unwind-memory above 0 gives tables room"
               : has_loops ? ""
                           : "unwind tables need Linux 5.17");
}

void choose_samples(Sources& sources, unsigned hz) {
  if (hz == 0) {
    return;
  }
  if (const Refusal refusal = try_sample_event(hz)) {
    add_evidence(sources, "cpu_samples", "", EvidenceKind::unavailable, *refusal,
                 "flame graphs have waits, but no time on CPUs");
    return;
  }
  sources.programs.emplace("taskcost_sample");
  sources.sample_hz = hz;
  add_evidence(sources, "cpu_samples", "perf CPU_CLOCK on each CPU", EvidenceKind::bound,
               fmt::format("{} samples per second; each stands for the same part of the measured CPU time", hz));
}

}  // namespace

Sources choose_sources(const CollectorOptions& options) {
  const KernelTypes types;
  Sources sources;
  choose_base(sources, types);
  choose_calls(sources, options.detail);
  choose_wakers(sources, types);
  choose_throttling(sources, types);
  if (options.interference) {
    choose_interrupts(sources, types, options.detail);
    choose_locks(sources, types, options.detail);
    choose_wait_objects(sources);
  }
  choose_channels(sources, types, options.detail);
  if (options.syscalls) {
    choose_ring(sources, types);
  }
  choose_targets(sources, types);
  choose_faults(sources, types, options.detail, options.no_function_probes);
  choose_hold(sources, types);
  choose_cpu_changes(sources, types, options.stacks);
  choose_switch_latency(sources, types, options.no_function_probes);
  choose_exec(sources, types, options.detail);
  choose_exit(sources, types);
  choose_tlb(sources, types);
  choose_shootdowns(sources, types);
  choose_kernel_memory(sources, types, options.kernel_memory);
  if (options.stacks) {
    choose_stacks(sources, types, options.unwind_memory);
    choose_samples(sources, options.sample_hz);
  }
  if (options.cpu_slices) {
    add_evidence(sources, "cpu_slices", "sched_switch: a record for each CPU slice", EvidenceKind::exact);
  }
  return sources;
}

}  // namespace taskcost
