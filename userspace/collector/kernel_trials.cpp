// SPDX-License-Identifier: Apache-2.0
#include "collector/kernel_trials.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/fd.h"
#include "base/read_text.h"
#include "base/start_thread.h"

namespace taskcost {
namespace {

// The prototype of btf_trace_NAME has the private data of the tracepoint as its first parameter.
constexpr int private_parameters = 1;

// Loads a program that returns 0. Trials use it because one refused program fails the load of its whole object.
Fd load_trial_program(bpf_prog_type type, const bpf_prog_load_opts* options = nullptr) {
  const std::array<bpf_insn, 2> instructions{
      {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
  return Fd(bpf_prog_load(type, "taskcost_try", "GPL", instructions.data(), instructions.size(), options));
}

constexpr int any_task = -1;
constexpr int no_group = -1;

Fd open_event(perf_event_attr attributes, int cpu) {
  attributes.size = sizeof(attributes);
  return Fd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, any_task, cpu, no_group, PERF_FLAG_FD_CLOEXEC)));
}

Refusal attach_trial(const Fd& event, bpf_prog_type type) {
  if (!event) {
    return fmt::format("perf_event_open: {}", std::strerror(errno));
  }
  const Fd program = load_trial_program(type);
  if (!program) {
    return fmt::format("refused at load: {}", std::strerror(errno));
  }
  if (ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, program.get()) != 0) {
    return fmt::format("refused at attach: {}", std::strerror(errno));
  }
  return std::nullopt;
}

// The sum of the line "TLB:" of /proc/interrupts over all CPUs; nullopt if there is no such line.
std::optional<std::uint64_t> count_shootdown_interrupts() {
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

// Unmaps memory while another thread of this process runs on another CPU. False if the thread cannot be started.
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

}  // namespace

std::optional<__u32> KernelTypes::tracepoint(std::string_view name) const {
  return find(fmt::format("btf_trace_{}", name).c_str(), BTF_KIND_TYPEDEF);
}

int KernelTypes::tracepoint_arguments(std::string_view name) const {
  const btf_type* prototype = tracepoint_prototype(name);
  return prototype != nullptr ? btf_vlen(prototype) - private_parameters : 0;
}

std::optional<__u32> KernelTypes::member(const char* structure, std::string_view member) const {
  const auto id = find(structure, BTF_KIND_STRUCT);
  const btf_type* type = id ? btf__type_by_id(btf_.get(), *id) : nullptr;
  for (__u32 i = 0; type != nullptr && i < btf_vlen(type); ++i) {
    if (member == btf__name_by_offset(btf_.get(), btf_members(type)[i].name_off)) {
      return btf_member_bit_offset(type, i);
    }
  }
  return std::nullopt;
}

bool KernelTypes::enumerator(std::string_view name) const {
  for (__u32 id = 1; btf_ && id < btf__type_cnt(btf_.get()); ++id) {
    const btf_type* type = btf__type_by_id(btf_.get(), id);
    for (__u32 i = 0; btf_is_enum(type) && i < btf_vlen(type); ++i) {
      if (name == btf__name_by_offset(btf_.get(), btf_enum(type)[i].name_off)) {
        return true;
      }
    }
  }
  return false;
}

std::vector<std::string> KernelTypes::enumerators(const char* enumeration, std::string_view end) const {
  std::vector<std::string> names;
  constexpr std::size_t most = 1024;
  const auto id = find(enumeration, BTF_KIND_ENUM);
  const btf_type* type = id ? btf__type_by_id(btf_.get(), *id) : nullptr;
  for (__u32 i = 0; type != nullptr && i < btf_vlen(type); ++i) {
    const struct btf_enum& each = btf_enum(type)[i];
    const std::string name = btf__name_by_offset(btf_.get(), each.name_off);
    if (name == end) {
      break;
    }
    if (each.val >= 0 && static_cast<std::size_t>(each.val) < most) {
      names.resize(std::max<std::size_t>(names.size(), each.val + 1));
      names[each.val] = name;
    }
  }
  return names;
}

std::optional<std::int64_t> KernelTypes::per_cpu_offset(const char* name) const {
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

bool KernelTypes::argument_is_pointer(std::string_view name, int argument) const {
  if (argument >= tracepoint_arguments(name)) {
    return false;
  }
  const btf_param* parameters = btf_params(tracepoint_prototype(name));
  const btf_type* type = btf__type_by_id(btf_.get(), parameters[argument + private_parameters].type);
  return type != nullptr && btf_is_ptr(type);
}

const btf_type* KernelTypes::tracepoint_prototype(std::string_view name) const {
  const auto id = tracepoint(name);
  const btf_type* type = id ? btf__type_by_id(btf_.get(), *id) : nullptr;
  while (type != nullptr && (btf_is_typedef(type) || btf_is_ptr(type))) {
    type = btf__type_by_id(btf_.get(), type->type);
  }
  return type != nullptr && btf_is_func_proto(type) ? type : nullptr;
}

std::optional<__u32> KernelTypes::find(const char* name, __u32 kind) const {
  const int id = btf_ ? btf__find_by_name_kind(btf_.get(), name, kind) : 0;
  return id > 0 ? std::optional(static_cast<__u32>(id)) : std::nullopt;
}

Refusal try_tracing(const KernelTypes& types, const char* function, bpf_attach_type attach_type) {
  const auto id = types.function(function);
  if (!id) {
    return "no such function in the kernel's BTF";
  }
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = attach_type, .attach_btf_id = *id);
  const Fd program = load_trial_program(BPF_PROG_TYPE_TRACING, &options);
  if (!program) {
    return fmt::format("refused at load: {}", std::strerror(errno));
  }
  if (const Fd link(bpf_raw_tracepoint_open(nullptr, program.get())); !link) {
    return fmt::format("refused at attach: {}", std::strerror(errno));
  }
  return std::nullopt;
}

Refusal try_kprobe(const std::string& symbol) {
  if (symbol.empty()) {
    return "no such symbol in /proc/kallsyms";
  }
  perf_event_attr attributes{};
  if (std::ifstream type("/sys/bus/event_source/devices/kprobe/type"); !(type >> attributes.type)) {
    return "no kprobes on this kernel";
  }
  attributes.kprobe_func = reinterpret_cast<std::uintptr_t>(symbol.c_str());
  return attach_trial(open_event(attributes, 0), BPF_PROG_TYPE_KPROBE);
}

Refusal try_fault_events() {
  if (const Fd event(open_fault_event("taskcost_fault_major", 0)); !event) {
    return fmt::format("perf_event_open: {}", std::strerror(errno));
  }
  return attach_trial(Fd(open_fault_event("taskcost_fault_minor", 0)), BPF_PROG_TYPE_PERF_EVENT);
}

Refusal try_sample_event(unsigned hz) { return attach_trial(Fd(open_sample_event(hz, 0)), BPF_PROG_TYPE_PERF_EVENT); }

std::string find_finish_switch_symbol() {
  // The table is large: search its text instead of parsing it.
  const std::string symbols = read_text("/proc/kallsyms");
  constexpr std::string_view wanted = " finish_task_switch";
  for (std::size_t at = symbols.find(wanted); at != std::string::npos; at = symbols.find(wanted, at + 1)) {
    // Lines are "address type name", followed by a tab and the module if there is one.
    if (at > 0 && (symbols[at - 1] == 't' || symbols[at - 1] == 'T')) {
      return symbols.substr(at + 1, symbols.find_first_of("\t\n", at) - at - 1);
    }
  }
  return {};
}

bool sys_enter_may_sleep(const KernelTypes& types) {
  const auto id = types.tracepoint("sys_enter");
  if (!id) {
    return false;
  }
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP, .prog_flags = BPF_F_SLEEPABLE,
              .attach_btf_id = *id);
  return static_cast<bool>(load_trial_program(BPF_PROG_TYPE_TRACING, &options));
}

bool shootdowns_interrupt() {
  const auto before = count_shootdown_interrupts();
  // Provoke some only if there were none so far, for example on a kernel that has just booted.
  if (!before || *before > 0 || !provoke_shootdowns()) {
    return true;
  }
  return count_shootdown_interrupts().value_or(0) > 0;
}

int open_fault_event(std::string_view program, int cpu) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = program.ends_with("minor")   ? PERF_COUNT_SW_PAGE_FAULTS_MIN
                      : program.ends_with("major") ? PERF_COUNT_SW_PAGE_FAULTS_MAJ
                                                   : PERF_COUNT_SW_PAGE_FAULTS;
  attributes.sample_period = 1;
  return open_event(attributes, cpu).release();
}

int open_sample_event(unsigned hz, int cpu) {
  constexpr std::uint64_t second = 1'000'000'000;
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  attributes.sample_period = second / hz;  // the kernel makes a period of a frequency, too
  attributes.exclude_idle = 1;
  return open_event(attributes, cpu).release();
}

}  // namespace taskcost
