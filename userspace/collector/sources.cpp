// SPDX-License-Identifier: Apache-2.0
#include "collector/sources.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <initializer_list>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>
#include <utility>

#include "collector/handles.h"
#include "taskcost/preemption.h"
#include "taskcost/read_text.h"
#include "taskcost/start_thread.h"

namespace taskcost {
namespace {

using Btf = Owned<btf, btf__free>;

// The outcome of a trial: nullopt when it worked, else why not.
using Refusal = std::optional<std::string>;

std::string words_for(int error) { return std::strerror(error); }

// What the kernel has, by its type information.
class KernelTypes {
 public:
  KernelTypes() : btf_(btf__load_vmlinux_btf()) {}

  // Id of a function's type; nullopt when the kernel has no such function or does not export its type.
  [[nodiscard]] std::optional<__u32> function(const char* name) const { return find(name, BTF_KIND_FUNC); }

  // Id of the type that programs on a tracepoint attach to.
  [[nodiscard]] std::optional<__u32> tracepoint(std::string_view name) const {
    return find(fmt::format("btf_trace_{}", name).c_str(), BTF_KIND_TYPEDEF);
  }

  [[nodiscard]] bool has_tracepoint(std::string_view name) const { return tracepoint_arguments(name) > 0; }

  // Of the tracepoint itself; 0 when there is no such tracepoint.
  [[nodiscard]] int tracepoint_arguments(std::string_view name) const {
    const btf_type* prototype = tracepoint_prototype(name);
    return prototype != nullptr ? btf_vlen(prototype) - private_pointer : 0;
  }

  // In bits from the start of a structure.
  [[nodiscard]] std::optional<__u32> member(const char* structure, std::string_view member) const {
    const auto id = find(structure, BTF_KIND_STRUCT);
    const btf_type* type = id ? btf__type_by_id(btf_.get(), *id) : nullptr;
    for (__u32 i = 0; type != nullptr && i < btf_vlen(type); ++i) {
      if (member == btf__name_by_offset(btf_.get(), btf_members(type)[i].name_off)) {
        return btf_member_bit_offset(type, i);
      }
    }
    return std::nullopt;
  }

  // Of a per-CPU variable among the others.
  [[nodiscard]] std::optional<std::int64_t> per_cpu_offset(const char* name) const {
    const auto variable = find(name, BTF_KIND_VAR);
    const auto section = find(".data..percpu", BTF_KIND_DATASEC);
    const btf_type* type = variable && section ? btf__type_by_id(btf_.get(), *section) : nullptr;
    for (__u32 i = 0; type != nullptr && i < btf_vlen(type); ++i) {
      if (btf_var_secinfos(type)[i].type == *variable) {
        return btf_var_secinfos(type)[i].offset;
      }
    }
    return std::nullopt;
  }

  // `argument` counts from 0. A plain number, or no such argument: false.
  [[nodiscard]] bool argument_is_pointer(std::string_view name, int argument) const {
    if (argument >= tracepoint_arguments(name)) {
      return false;
    }
    const btf_param* parameters = btf_params(tracepoint_prototype(name));
    const btf_type* type = btf__type_by_id(btf_.get(), parameters[argument + private_pointer].type);
    return type != nullptr && btf_is_ptr(type);
  }

 private:
  static constexpr int private_pointer = 1;  // the first parameter of the prototype

  [[nodiscard]] const btf_type* tracepoint_prototype(std::string_view name) const {
    const auto id = tracepoint(name);
    const btf_type* type = id ? btf__type_by_id(btf_.get(), *id) : nullptr;
    while (type != nullptr && (btf_is_typedef(type) || btf_is_ptr(type))) {
      type = btf__type_by_id(btf_.get(), type->type);
    }
    return type != nullptr && btf_is_func_proto(type) ? type : nullptr;
  }

  [[nodiscard]] std::optional<__u32> find(const char* name, __u32 kind) const {
    const int id = btf_ ? btf__find_by_name_kind(btf_.get(), name, kind) : 0;
    return id > 0 ? std::optional(static_cast<__u32>(id)) : std::nullopt;
  }

  Btf btf_;
};

// A program that returns 0. One refused program fails the load of its whole object, so trials are made with this one.
Fd load_trial_program(bpf_prog_type type, const bpf_prog_load_opts* options = nullptr) {
  const std::array<bpf_insn, 2> instructions{
      {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
  return Fd(bpf_prog_load(type, "taskcost_try", "GPL", instructions.data(), instructions.size(), options));
}

// fentry or fexit on a function.
Refusal try_tracing(const KernelTypes& types, const char* function, bpf_attach_type attach_type) {
  const auto id = types.function(function);
  if (!id) {
    return "no such function in the kernel's type information";
  }
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type, .attach_btf_id = *id);
  const Fd program = load_trial_program(BPF_PROG_TYPE_TRACING, &options);
  if (!program) {
    return fmt::format("refused at load: {}", words_for(errno));
  }
  if (const Fd link(bpf_raw_tracepoint_open(nullptr, program.get())); !link) {
    return fmt::format("refused at attach: {}", words_for(errno));
  }
  return std::nullopt;
}

// finish_task_switch as the symbol table spells it; empty when it cannot be read. The table is large: it is searched,
// not parsed.
std::string find_finish_switch_symbol() {
  const std::string symbols = read_text("/proc/kallsyms");
  constexpr std::string_view wanted = " finish_task_switch";
  for (std::size_t at = symbols.find(wanted); at != std::string::npos; at = symbols.find(wanted, at + 1)) {
    // "address type name", a tab and the module behind it if there is one.
    if (at > 0 && (symbols[at - 1] == 't' || symbols[at - 1] == 'T')) {
      return symbols.substr(at + 1, symbols.find_first_of("\t\n", at) - at - 1);
    }
  }
  return {};
}

constexpr int any_task = -1;
constexpr int no_group = -1;

Fd open_event(perf_event_attr attributes, int cpu) {
  attributes.size = sizeof(attributes);
  return Fd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, any_task, cpu, no_group, PERF_FLAG_FD_CLOEXEC)));
}

Refusal attach_trial(const Fd& event, bpf_prog_type type) {
  if (!event) {
    return fmt::format("perf_event_open: {}", words_for(errno));
  }
  const Fd program = load_trial_program(type);
  if (!program) {
    return fmt::format("refused at load: {}", words_for(errno));
  }
  if (ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program.get()) != 0) {
    return fmt::format("refused at attach: {}", words_for(errno));
  }
  return std::nullopt;
}

Refusal try_kprobe(const std::string& symbol) {
  if (symbol.empty()) {
    return "the symbol is not in /proc/kallsyms";
  }
  perf_event_attr attributes{};
  if (std::ifstream type("/sys/bus/event_source/devices/kprobe/type"); !(type >> attributes.type)) {
    return "this kernel has no kprobes";
  }
  attributes.kprobe_func = reinterpret_cast<std::uintptr_t>(symbol.c_str());
  return attach_trial(open_event(attributes, 0), BPF_PROG_TYPE_KPROBE);
}

// Where programs on system calls may sleep, the kernel takes the CPU from any of them.
bool programs_on_calls_may_sleep(const KernelTypes& types) {
  const auto id = types.tracepoint("sys_enter");
  if (!id) {
    return false;
  }
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP, .prog_flags = BPF_F_SLEEPABLE,
              .attach_btf_id = *id);
  return static_cast<bool>(load_trial_program(BPF_PROG_TYPE_TRACING, &options));
}

Refusal not_wanted() { return "not wanted"; }

Refusal try_fault_events() {
  if (const Fd event(open_fault_event("taskcost_fault_major", 0)); !event) {
    return fmt::format("perf_event_open: {}", words_for(errno));
  }
  return attach_trial(Fd(open_fault_event("taskcost_fault_minor", 0)), BPF_PROG_TYPE_PERF_EVENT);
}

void add_evidence(Sources& sources, const char* figure, const char* source, EvidenceKind kind, std::string why = {},
                  std::string hint = {}) {
  sources.evidence.push_back({figure, source, kind, std::move(why), std::move(hint)});
}

void measure(Sources& sources, std::initializer_list<tc_counter> counters) {
  for (const tc_counter counter : counters) {
    sources.measured[counter] = true;
  }
}

// What the programs that always load give.
void choose_base(Sources& sources, const KernelTypes& types) {
  constexpr int with_prev_state = 4;
  sources.switch_passes_prev_state = types.tracepoint_arguments("sched_switch") >= with_prev_state;
  sources.can_cast = types.function("bpf_rdonly_cast").has_value();
  measure(sources, {TC_COUNTER_VOLUNTARY_SWITCHES,
                    TC_COUNTER_INVOLUNTARY_SWITCHES,
                    TC_COUNTER_SWITCHES_SAME_ADDRESS_SPACE,
                    TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE,
                    TC_COUNTER_SWITCHES_TO_KERNEL_THREAD,
                    TC_COUNTER_SWITCHES_TO_IDLE,
                    TC_COUNTER_SWITCHES_FROM_KERNEL_THREAD,
                    TC_COUNTER_SWITCHES_FROM_IDLE,
                    TC_COUNTER_UNSEEN_SWITCH_INS,
                    TC_COUNTER_UNSEEN_WAKEUPS,
                    TC_COUNTER_MIGRATIONS,
                    TC_COUNTER_FAULTS_MINOR,
                    TC_COUNTER_FAULTS_MAJOR,
                    TC_COUNTER_CHILDREN_THREADS,
                    TC_COUNTER_CHILDREN_FORKS,
                    TC_COUNTER_CHILDREN_VFORKS,
                    TC_COUNTER_CHILDREN_SPAWNS,
                    TC_COUNTER_CHILDREN_CLONE_VM,
                    TC_COUNTER_CHILDREN_WORKERS,
                    TC_COUNTER_EXECS,
                    TC_COUNTER_SYSCALLS,
                    TC_COUNTER_PAGE_TABLE_BYTES,
                    TC_COUNTER_WAKEUPS,
                    TC_COUNTER_SHARED_MAPPING_BYTES,
                    TC_COUNTER_YIELDS,
                    TC_COUNTER_YIELDED_NS,
                    TC_COUNTER_PEEKED_BYTES});
  add_evidence(sources, "switches", "sched_switch, held against nvcsw and nivcsw", EvidenceKind::exact);
  add_evidence(sources, "run_queue", "sched_waking, sched_wakeup_new or preemption -> sched_switch",
               EvidenceKind::exact);
  add_evidence(sources, "page_table_bytes", "mm->pgtables_bytes at task_newtask and sched_process_exec",
               EvidenceKind::exact);
  add_evidence(sources, "faults", "min_flt and maj_flt of the task at its end", EvidenceKind::exact);
}

// From the run queue of a CPU to its preemption count, which is a per-CPU variable on x86; 0 when it is not known.
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

// Whose work a wake-up is: that of the current task, or of an interrupt that came upon it.
void choose_wakers(Sources& sources, const KernelTypes& types) {
#if defined(__x86_64__)
  sources.preempt_count_offset = preempt_count_offset(types);
  const bool tells_interrupts = sources.preempt_count_offset != 0;
#else
  const bool tells_interrupts = true;
#endif
  if (tells_interrupts) {
    add_evidence(sources, "wakers", "preemption count, timer_expire_entry and current task at sched_waking",
                 EvidenceKind::bound,
                 "a softirq that a device's interrupt raised in the middle of a system call counts as its task");
  } else {
    add_evidence(sources, "wakers", "current task at sched_waking, unless between timer_expire_entry and _exit",
                 EvidenceKind::bound, "the interrupt of a device in the middle of a system call counts as its task");
  }
}

// By whom a task is preempted: its cgroup's quota, where the kernel has such.
void choose_throttling(Sources& sources, const KernelTypes& types) {
  if (types.member("task_struct", "throttled") || types.member("cfs_rq", "throttle_count")) {
    measure(sources, {TC_COUNTER_THROTTLED, TC_COUNTER_THROTTLED_NS});
  }
}

constexpr const char* calls_unprobed = "--detail switches: system calls have no probes";
constexpr const char* full_detail = "use --detail full";

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

// Bytes of each message, where a call sends or receives several, and of io_uring.
void choose_channels(Sources& sources, const KernelTypes& types, Detail detail) {
  if (detail == Detail::switches) {
    add_evidence(sources, "channels", "", EvidenceKind::unavailable, calls_unprobed, full_detail);
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
               "the bytes of sendmmsg and recvmmsg are not known, those of io_uring not seen: no sock_send_length on "
               "this kernel",
               "Linux 6.3 has it");
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
               "its preparation is not told apart: no sched_prepare_exec on this kernel", "Linux 6.10 has it");
}

void choose_exit(Sources& sources, const KernelTypes& types) {
  if (types.has_tracepoint("exit_mmap")) {
    sources.programs.insert("taskcost_exit_mmap");
    add_evidence(sources, "exit", "sys_enter or sched_process_exit -> exit_mmap -> final sched_switch -> wait returns",
                 EvidenceKind::exact);
    return;
  }
  add_evidence(sources, "exit", "sys_enter or sched_process_exit -> final sched_switch -> wait returns",
               EvidenceKind::exact, "the teardown of memory is not told apart: no mmap:exit_mmap on this kernel",
               "Linux 6.1 has it");
}

void choose_switch_latency(Sources& sources, const KernelTypes& types, bool no_function_probes) {
  sources.switch_latency = true;
  const Refusal fentry = no_function_probes ? not_wanted() : try_tracing(types, "finish_task_switch", BPF_TRACE_FENTRY);
  if (!fentry) {
    sources.programs.insert("taskcost_finish_switch_fentry");
    add_evidence(sources, "switch_latency", "sched_switch -> fentry finish_task_switch", EvidenceKind::exact);
    return;
  }
  // Where no function at all can be probed, a large table is not searched for one.
  Refusal kprobe = no_function_probes ? not_wanted() : try_kprobe("schedule");
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
      fmt::format("it includes the way back to user mode: finish_task_switch: fentry {}; kprobe {}", *fentry, *kprobe),
      "a kernel that allows kprobes tells it exactly");
}

// How often a CPU was interrupted to flush its TLB; nullopt when the kernel does not tell.
std::optional<std::uint64_t> shootdown_interrupts() {
  std::ifstream interrupts("/proc/interrupts");
  for (std::string line; std::getline(interrupts, line);) {
    std::istringstream words(line);
    std::string name;
    if (words >> name && name == "TLB:") {
      std::uint64_t sum = 0;
      for (std::uint64_t count = 0; words >> count;) {
        sum += count;
      }
      return sum;
    }
  }
  return std::nullopt;
}

// Unmaps memory while a thread of this process has another CPU. False when there is no thread to be had.
bool provoke_shootdowns() {
  constexpr int tries = 200;
  constexpr std::size_t page = 4096;
  std::atomic<bool> stop{false};
  auto sibling = start_thread([&stop] {
    while (!stop.load(std::memory_order_relaxed)) {
    }
  });
  if (!sibling) {
    return false;
  }
  for (int i = 0; i < tries; ++i) {
    void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory != MAP_FAILED) {
      munmap(memory, page);
    }
  }
  stop = true;
  sibling->join();
  return true;
}

// Under some hypervisors never: they flush the TLBs of other CPUs themselves. A kernel that has just booted may not
// have had reason to.
bool shootdowns_interrupt() {
  const auto before = shootdown_interrupts();
  if (!before || *before > 0 || !provoke_shootdowns()) {
    return true;
  }
  return shootdown_interrupts().value_or(0) > 0;
}

// How long a shootdown held up its receivers: x86 tells where the interrupt begins and ends.
void choose_shootdowns(Sources& sources, const KernelTypes& types) {
  if (!types.has_tracepoint("tlb_flush") || !types.has_tracepoint("call_function_entry")) {
    add_evidence(sources, "shootdowns", "", EvidenceKind::unavailable,
                 "no irq_vectors:call_function on this kernel (x86 has it)");
    return;
  }
  if (!shootdowns_interrupt()) {
    add_evidence(sources, "shootdowns", "tlb_flush of the sender", EvidenceKind::counts,
                 "no CPU was ever interrupted by one: the hypervisor flushes the TLBs of other CPUs, unseen");
    return;
  }
  sources.programs.insert({"taskcost_call_function_entry", "taskcost_call_function_exit",
                           "taskcost_call_function_single_entry", "taskcost_call_function_single_exit"});
  measure(sources, {TC_COUNTER_SHOOTDOWNS_RECEIVED, TC_COUNTER_SHOOTDOWN_STOLEN_NS, TC_COUNTER_SHOOTDOWN_LOST_NS});
  add_evidence(sources, "shootdowns", "tlb_flush between call_function entry and exit on the receiving CPU",
               EvidenceKind::bound, "the entry of the interrupt itself is not in it");
}

void choose_kernel_memory(Sources& sources, const KernelTypes& types, bool wanted) {
  if (!wanted) {
    add_evidence(sources, "kernel_memory", "", EvidenceKind::unavailable, "not asked for", "use --kernel-memory");
    return;
  }
  constexpr int cache_argument = 2;
  if (!types.argument_is_pointer("kmem_cache_alloc", cache_argument)) {
    add_evidence(sources, "kernel_memory", "", EvidenceKind::unavailable,
                 "kmem:kmem_cache_alloc does not pass the cache on this kernel", "Linux 6.1 does");
    return;
  }
  sources.programs.insert({"taskcost_kmalloc", "taskcost_cache_alloc", "taskcost_page_alloc"});
  measure(sources, {TC_COUNTER_KERNEL_SLAB_BYTES, TC_COUNTER_KERNEL_SLAB_ALLOCATIONS, TC_COUNTER_KERNEL_PAGES});
  add_evidence(sources, "kernel_memory", "kmalloc, kmem_cache_alloc, mm_page_alloc inside the creating call",
               EvidenceKind::bound, "pages that the kernel takes in bulk, as for stacks, have no tracepoint");
}

// Other kernels have the tracepoint too, but their code never passes there.
constexpr bool tlb_flush_is_passed =
#if defined(__x86_64__)
    true;
#else
    false;
#endif

void choose_tlb(Sources& sources, const KernelTypes& types) {
  if (tlb_flush_is_passed && types.has_tracepoint("tlb_flush")) {
    sources.programs.insert("taskcost_tlb_flush");
    measure(sources, {TC_COUNTER_TLB_FLUSHES_ON_SWITCH, TC_COUNTER_TLB_REUSES_ON_SWITCH, TC_COUNTER_SHOOTDOWNS_SENT});
    add_evidence(sources, "tlb", "tlb_flush: a real flush has pages = TLB_FLUSH_ALL, a kept PCID 0",
                 EvidenceKind::exact);
    return;
  }
  add_evidence(sources, "tlb", "", EvidenceKind::unavailable,
               "no flush passes tlb:tlb_flush on this kernel (x86's do)");
}

// Programs that another task may interrupt. REQUIRES: the sources of faults are chosen.
void choose_hold(Sources& sources, const KernelTypes& types) {
  const bool preemptible = sources.programs.contains("taskcost_fault_entry") || programs_on_calls_may_sleep(types);
  sources.hold_cpu = preemptible && types.function("bpf_preempt_disable");
}

// The perf events of a CPU end when it goes offline. REQUIRES: the sources of faults are chosen.
void choose_cpu_changes(Sources& sources, const KernelTypes& types, bool stacks) {
  if (!stacks && !sources.programs.contains("taskcost_fault_minor")) {
    return;  // no such events
  }
  sources.cpu_changes = types.has_tracepoint("cpuhp_exit");
  if (sources.cpu_changes) {
    sources.programs.insert("taskcost_cpu_changed");
    return;
  }
  add_evidence(
      sources, "cpu_hotplug", "", EvidenceKind::unavailable,
      "no cpuhp_exit on this kernel: after a CPU was offline, page faults on it are unresolved and mappings on "
      "it are not followed");
}

// Beside events, which tell nothing of the memory that a fault is on.
void choose_file_faults(Sources& sources, const KernelTypes& types, const Refusal& kprobe) {
  if (!kprobe) {
    sources.programs.insert("taskcost_fault_entry_kprobe");
    measure(sources, {TC_COUNTER_FAULTS_FILE});
    add_evidence(sources, "file_faults", "kprobe handle_mm_fault", EvidenceKind::exact);
    return;
  }
  if (!types.has_tracepoint("mm_filemap_fault") || !types.has_tracepoint("mm_filemap_map_pages")) {
    add_evidence(sources, "file_faults", "", EvidenceKind::unavailable,
                 "neither fexit handle_mm_fault nor mm_filemap_fault", "Linux 6.11 has mm_filemap_fault");
    return;
  }
  sources.programs.insert({"taskcost_filemap_fault", "taskcost_filemap_map_pages"});
  measure(sources, {TC_COUNTER_FAULTS_FILE});
  add_evidence(
      sources, "file_faults", "mm_filemap_fault, mm_filemap_map_pages inside the fault", EvidenceKind::bound,
      fmt::format("private copies and files in memory do not pass there; kprobe handle_mm_fault: {}", *kprobe));
}

void expect_exceptions(Sources& sources) {
  sources.programs.insert({"taskcost_fault_user", "taskcost_fault_kernel"});
  measure(sources, {TC_COUNTER_FAULTS_COW, TC_COUNTER_FAULTS_COW_NS});
}

// Where no exception tells which faults are on a page that may only be read.
void choose_copies(Sources& sources, const char* program, const char* source, const Refusal& refusal) {
  if (refusal) {
    add_evidence(sources, "cow_faults", "", EvidenceKind::unavailable,
                 fmt::format("no exceptions:page_fault_user on this kernel (x86 has it); {}: {}", source, *refusal));
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
    expect_exceptions(sources);
  } else {
    choose_copies(sources, "taskcost_wp_page", "fentry do_wp_page", try_tracing(types, "do_wp_page", BPF_TRACE_FENTRY));
  }
  add_evidence(
      sources, "page_fault_latency",
      exceptions ? "page_fault_user, page_fault_kernel -> fexit handle_mm_fault" : "fentry -> fexit handle_mm_fault",
      EvidenceKind::exact, std::move(why));
}

void time_faults_by_events(Sources& sources, const KernelTypes& types, bool exceptions, bool no_function_probes,
                           std::string why) {
  const auto kprobe = [no_function_probes](const char* function) {
    return no_function_probes ? not_wanted() : try_kprobe(function);
  };
  sources.programs.insert({"taskcost_fault_minor", "taskcost_fault_major"});
  sources.fault_latency = true;
  measure(sources, {TC_COUNTER_FAULTS_KERNEL, TC_COUNTER_FAULTS_TIMED, TC_COUNTER_FAULTS_UNRESOLVED});
  if (exceptions) {
    expect_exceptions(sources);
  } else {
    sources.programs.insert("taskcost_fault_begun");
    choose_copies(sources, "taskcost_wp_page_kprobe", "kprobe do_wp_page", kprobe("do_wp_page"));
  }
  add_evidence(sources, "page_fault_latency",
               exceptions ? "page_fault_user, page_fault_kernel -> perf PAGE_FAULTS_MIN, PAGE_FAULTS_MAJ"
                          : "perf PAGE_FAULTS -> PAGE_FAULTS_MIN, PAGE_FAULTS_MAJ",
               EvidenceKind::exact, std::move(why));
  choose_file_faults(sources, types, kprobe("handle_mm_fault"));
}

Refusal try_fault_function(const KernelTypes& types, bool no_function_probes) {
  if (no_function_probes) {
    return not_wanted();
  }
  const Refusal fexit = try_tracing(types, "handle_mm_fault", BPF_TRACE_FEXIT);
  return fexit ? fexit : try_tracing(types, "handle_mm_fault", BPF_TRACE_FENTRY);
}

// The function tells more than the events, but a preemptible kernel gives the CPU away in the middle of programs on
// functions, and skips them for the tasks that come meanwhile. Programs on events and kprobes it lets end.
void choose_faults(Sources& sources, const KernelTypes& types, Detail detail, bool no_function_probes) {
  if (detail == Detail::switches) {
    add_evidence(sources, "page_fault_latency", "min_flt and maj_flt", EvidenceKind::counts,
                 "--detail switches: page faults have no probes", full_detail);
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
      fmt::format("fexit handle_mm_fault {}", skipped ? "is skipped now and then by a preemptible kernel" : *function);
  const Refusal events = try_fault_events();
  if (!events) {
    time_faults_by_events(sources, types, exceptions, no_function_probes, why);
  } else if (skipped) {
    time_faults_by_function(sources, types, exceptions, why);
  } else {
    add_evidence(sources, "page_fault_latency", "min_flt and maj_flt", EvidenceKind::counts,
                 fmt::format("{}; {}", why, *events), "the time of faults stays in what they interrupted");
  }
}

}  // namespace

int open_fault_event(std::string_view program, int cpu) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = program.ends_with("minor")   ? PERF_COUNT_SW_PAGE_FAULTS_MIN
                      : program.ends_with("major") ? PERF_COUNT_SW_PAGE_FAULTS_MAJ
                                                   : PERF_COUNT_SW_PAGE_FAULTS;
  attributes.sample_period = 1;
  return open_event(attributes, cpu).release();
}

Sources choose_sources(const CollectorOptions& options) {
  const KernelTypes types;
  Sources sources;
  choose_base(sources, types);
  choose_calls(sources, options.detail);
  choose_wakers(sources, types);
  choose_throttling(sources, types);
  choose_channels(sources, types, options.detail);
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
    add_evidence(sources, "stacks", "bpf_get_stack, by frame pointers; mappings by perf events", EvidenceKind::bound,
                 "code without frame pointers is cut where they end");
  }
  if (options.stints) {
    add_evidence(sources, "stints", "sched_switch: a record for each time on a CPU", EvidenceKind::exact);
  }
  return sources;
}

}  // namespace taskcost
