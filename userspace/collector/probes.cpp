// SPDX-License-Identifier: Apache-2.0
#include "collector/probes.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <fmt/format.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "collector/kernel_trials.h"
#include "collector/libbpf_log.h"
#include "collector/map_entries.h"
#include "collector/stack_maps.h"
#include "collector/syscall_numbers.h"
#include "trace/syscall_classes.h"

namespace taskcost {
namespace {

// The usual ring takes the final records of many tasks that exit at once; the larger one all events between two polls
// of the reader on a busy machine.
constexpr std::uint32_t usual_ring_bytes = 16U << 20U;
constexpr std::uint32_t recording_ring_bytes = 64U << 20U;

std::uint32_t ring_bytes_for(const CollectorOptions& options) {
  if (options.ring_bytes != 0) {
    return static_cast<std::uint32_t>(options.ring_bytes);
  }
  return options.events ? recording_ring_bytes : usual_ring_bytes;
}

// Buckets of the hash table of observed tasks. With twice as many buckets as tasks, a bucket rarely overflows: with a
// million tasks, in 1 of 150 tables.
unsigned buckets_for(unsigned max_tasks) { return std::bit_ceil(2 * max_tasks); }

// Size of the tables of edges and flows that did not fit a ledger.
constexpr unsigned entries_per_task = 2;
// The table of system calls has this size on all CPUs together, but room for a few programs on any machine.
constexpr std::size_t syscall_table_bytes = std::size_t{32} << 20U;
constexpr std::size_t least_syscalls = 512;  // entries for each CPU
constexpr std::size_t most_syscalls = 4096;
// The table of what ran while tasks waited, likewise.
constexpr std::size_t ran_table_bytes = std::size_t{8} << 20U;
constexpr std::size_t least_turns = 1024;
constexpr std::size_t most_turns = 65536;
constexpr unsigned ring_request_bits = 15;  // log2 of the requests of io_uring that can be timed at once
std::uint64_t random_number() {
  std::uint64_t number = 0;
  // Shortly after boot getrandom() would block: the clock has enough random bits for a hash key.
  if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number) {
    number = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  }
  return number;
}

// log2 of the entries that each CPU has in a table of `bytes` for all of them.
template <typename Entry>
unsigned table_bits(std::size_t bytes, std::size_t least, std::size_t most) {
  const std::size_t of_one_cpu = bytes / (possible_cpus() * sizeof(Entry));
  return static_cast<unsigned>(std::bit_width(std::clamp(of_one_cpu, least, most))) - 1;
}

Error make_error(std::string what, int error) {
  std::string why = std::strerror(error < 0 ? -error : error);
  if (const std::string warning = take_libbpf_warning(); !warning.empty()) {
    why += fmt::format(" ({})", warning);
  }
  const bool too_many_files = error == EMFILE || error == -EMFILE;
  return {std::move(what), std::move(why),
          too_many_files ? "raise the limit: ulimit -n" : "'taskcost doctor' shows what this kernel allows"};
}

// A bit for each opcode of io_uring whose result is a number of bytes.
std::uint64_t operations_of_bytes(std::span<const std::string> names) {
  constexpr std::array<std::string_view, 18> moving{
      "READV",   "WRITEV",     "READ_FIXED", "WRITE_FIXED", "READ",         "WRITE",
      "SENDMSG", "RECVMSG",    "SEND",       "RECV",        "SPLICE",       "TEE",
      "SEND_ZC", "SENDMSG_ZC", "RECV_ZC",    "READV_FIXED", "WRITEV_FIXED", "READ_MULTISHOT"};
  constexpr std::size_t bits = 64;
  std::uint64_t operations = 0;
  for (std::size_t i = 0; i < std::min(names.size(), bits); ++i) {
    const bool moves = std::ranges::any_of(
        moving, [&](std::string_view name) { return names[i] == fmt::format("IORING_OP_{}", name); });
    operations |= std::uint64_t{moves} << i;
  }
  return operations;
}

void configure(probes& object, const Sources& sources, const CollectorOptions& options) {
  const unsigned max_tasks = options.max_tasks;
  constexpr unsigned reserved_slot = 1;
  object.rodata->pool_slots = max_tasks + reserved_slot;
  object.rodata->observed_shift = 32U - static_cast<unsigned>(std::countr_zero(buckets_for(max_tasks)));
  object.rodata->sched_switch_has_prev_state = sources.switch_passes_prev_state;
  object.rodata->has_rdonly_cast = sources.can_cast;
  object.rodata->preempt_count_offset = sources.preempt_count_offset;
  object.rodata->hold_cpu = sources.hold_cpu;
  object.rodata->keep_cpu_slices = options.cpu_slices;
  object.rodata->keep_stacks = options.stacks;
  object.rodata->use_unwind_tables = sources.unwind_tables;
  object.rodata->keep_events = options.events;
  object.rodata->sees_calls = options.detail == Detail::full;
  object.rodata->sum_syscalls = options.syscalls;
  object.rodata->syscall_table_bits = table_bits<tc_syscall_entry>(syscall_table_bytes, least_syscalls, most_syscalls);
  object.rodata->other_syscalls = possible_cpus() << object.rodata->syscall_table_bits;
  object.rodata->sum_ran_instead = options.interference;
  object.rodata->ran_table_bits = table_bits<tc_ran_entry>(ran_table_bytes, least_turns, most_turns);
  object.rodata->keep_wait_objects = options.interference;
  object.rodata->operations_of_bytes = operations_of_bytes(sources.ring_operations);
  object.rodata->ring_request_bits = ring_request_bits;
  object.rodata->sees_lengths = sources.message_lengths;
  object.rodata->hash_key = random_number();
  const CallClasses classes = classes_by_name(syscall_name);
  std::ranges::copy(classes.native, object.bss->native_calls);
  std::ranges::copy(classes.compat, object.bss->compat_calls);
  std::ranges::copy(classes.socketcall, object.bss->socket_calls);
  std::ranges::copy(classes.ipc, object.bss->ipc_calls);

  bpf_map__set_max_entries(object.maps.pool, max_tasks + reserved_slot);
  bpf_map__set_max_entries(object.maps.observed, buckets_for(max_tasks));
  bpf_map__set_max_entries(object.maps.free_slots, max_tasks);
  bpf_map__set_max_entries(object.maps.targets, max_tasks);
  bpf_map__set_max_entries(object.maps.records, ring_bytes_for(options));
  size_stack_maps(object, sources.unwind_tables, options);
  bpf_map__set_max_entries(object.maps.edges, max_tasks * entries_per_task);
  bpf_map__set_max_entries(object.maps.flows, max_tasks * entries_per_task);
  bpf_map__set_max_entries(
      object.maps.syscall_sums,
      options.syscalls ? object.rodata->other_syscalls + (possible_cpus() << TC_OTHER_SYSCALL_BITS) : 1);
  const bool times_requests = !sources.ring_operations.empty();
  bpf_map__set_max_entries(object.maps.ring_requests, times_requests ? 1U << ring_request_bits : 1);
  bpf_map__set_max_entries(object.maps.wait_objects, options.interference ? TC_MAX_WAIT_OBJECTS : 1);
  bpf_map__set_max_entries(object.maps.found_objects, options.interference ? possible_cpus() : 1);
  bpf_map__set_max_entries(object.maps.interrupts, possible_cpus());
  bpf_map__set_max_entries(object.maps.lock_sleepers, max_tasks + reserved_slot);
  bpf_map__set_max_entries(object.maps.lock_spinners, possible_cpus());
  bpf_map__set_max_entries(object.maps.turns, options.interference ? possible_cpus() : 1);
  bpf_map__set_max_entries(object.maps.ran_sums,
                           options.interference ? possible_cpus() << object.rodata->ran_table_bits : 1);
  bpf_map__set_max_entries(object.maps.region_stacks, max_tasks);
  bpf_map__set_max_entries(object.maps.histograms, possible_cpus() * TC_NR_HISTOGRAMS);
  bpf_map__set_max_entries(object.maps.batches, options.events ? possible_cpus() : 1);
  for (const std::string& name : sources.programs) {
    bpf_program__set_autoload(bpf_object__find_program_by_name(object.obj, name.c_str()), true);
  }
}

// v6.10 to v6.14: a program may not call global functions while it has disabled preemption ("bpf: Introduce
// bpf_preempt_[disable,enable] kfuncs"). It may call static functions, which take the verifier longer.
void make_functions_static(probes& object) {
  const btf* const types = bpf_object__btf(object.obj);
  for (__u32 id = 1; id < btf__type_cnt(types); ++id) {
    auto* const type = const_cast<btf_type*>(btf__type_by_id(types, id));  // libbpf does this for hidden functions
    if (btf_is_func(type)) {
      type->info = BTF_KIND_FUNC << 24U | BTF_FUNC_STATIC;
    }
  }
}

template <typename Visit>
void for_each_loaded_program(const probes& object, Visit visit) {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object.obj) {
    if (is_loaded(program)) {
      visit(program);
    }
  }
}

std::optional<bpf_prog_info> read_info(const bpf_program* program) {
  bpf_prog_info info{};
  __u32 size = sizeof(info);
  if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) != 0) {
    return std::nullopt;
  }
  return info;
}

// True if libbpf can attach the program from its section name. Others need an argument, or are run as iterators.
bool attaches_by_itself(const bpf_program* program) {
  const bpf_prog_type type = bpf_program__type(program);
  if (type == BPF_PROG_TYPE_KPROBE) {
    return std::string_view(bpf_program__section_name(program)).find('/') != std::string_view::npos;
  }
  return type == BPF_PROG_TYPE_TRACING && bpf_program__expected_attach_type(program) != BPF_TRACE_ITER;
}

}  // namespace

unsigned possible_cpus() { return static_cast<unsigned>(std::max(libbpf_num_possible_cpus(), 1)); }

Result<SharedArray> SharedArray::map(const bpf_map* map) {
  // The kernel rounds element sizes up to 8 bytes; all of ours are multiples of 8.
  const std::size_t size = std::size_t{bpf_map__value_size(map)} * bpf_map__max_entries(map);
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
  if (address == MAP_FAILED) {
    return make_error(fmt::format("cannot mmap the BPF map {}", bpf_map__name(map)), errno);
  }
  // fork() would copy the page tables of the array, at the cost of a launched command.
  madvise(address, size, MADV_DONTFORK);
  return SharedArray(address, size);
}

SharedArray::SharedArray(SharedArray&& other) noexcept
    : address_(std::exchange(other.address_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SharedArray& SharedArray::operator=(SharedArray&& other) noexcept {
  std::swap(address_, other.address_);
  std::swap(size_, other.size_);
  return *this;
}

SharedArray::~SharedArray() {
  if (address_ != nullptr) {
    munmap(address_, size_);
  }
}

Probes::Probes(Object object, Arrays arrays, const Sources& sources)
    : object_(std::move(object)),
      arrays_(std::move(arrays)),
      finish_switch_symbol_(sources.finish_switch_symbol),
      sample_hz_(sources.sample_hz) {}

Result<Probes> Probes::load(const Sources& sources, const CollectorOptions& options) {
  // Arrays are sized by libbpf's cached CPU count: fail early if it is unknown.
  if (const int cpus = libbpf_num_possible_cpus(); cpus < 0) {
    return make_error("cannot read the number of possible CPUs", cpus);
  }
  Object object(probes::open());
  if (!object) {
    return make_error("cannot open the probes", errno);
  }
  configure(*object, sources, options);
  if (object->rodata->hold_cpu) {
    make_functions_static(*object);
  }
  if (const int error = probes::load(object.get()); error != 0) {
    return make_error("the kernel refused the probes", error);
  }
  Arrays arrays;
  for (const auto& [array, of] : {std::pair{&arrays.pool, object->maps.pool},
                                  {&arrays.observed, object->maps.observed},
                                  {&arrays.histograms, object->maps.histograms},
                                  {&arrays.batches, object->maps.batches},
                                  {&arrays.syscalls, object->maps.syscall_sums},
                                  {&arrays.ran_instead, object->maps.ran_sums},
                                  {&arrays.interrupts, object->maps.interrupts}}) {
    auto mapped = SharedArray::map(of);
    if (!mapped) {
      return mapped.error();
    }
    *array = *std::move(mapped);
  }
  return Probes(std::move(object), std::move(arrays), sources);
}

Status Probes::attach() {
  int failure = 0;
  const char* name = "";
  const auto keep = [&](const bpf_program* program, bpf_link* link) {
    if (link == nullptr && failure == 0) {
      failure = errno;
      name = bpf_program__name(program);
    } else if (link != nullptr) {
      links_.emplace_back(link);
    }
  };
  for_each_loaded_program(*object_, [&](bpf_program* program) {
    if (attaches_by_itself(program)) {
      keep(program, bpf_program__attach(program));
    }
  });
  if (bpf_program* program = object_->progs.taskcost_finish_switch_kprobe; is_loaded(program)) {
    keep(program, bpf_program__attach_kprobe(program, false /*retprobe*/, finish_switch_symbol_.c_str()));
  }
  if (failure != 0) {
    return make_error(fmt::format("cannot attach {}", name), failure);
  }
  return attach_cpu_events();
}

std::vector<const bpf_program*> Probes::event_programs() const {
  std::vector<const bpf_program*> programs{object_->progs.taskcost_fault_begun, object_->progs.taskcost_fault_minor,
                                           object_->progs.taskcost_fault_major, object_->progs.taskcost_sample};
  std::erase_if(programs, [](const bpf_program* program) { return !is_loaded(program); });
  return programs;
}

Status Probes::attach_cpu_events() {
  if (event_programs().empty()) {
    return Done{};
  }
  event_links_.resize(possible_cpus());
  for (unsigned cpu = 0; cpu < event_links_.size(); ++cpu) {
    if (auto status = reopen_cpu_events(cpu); !status) {
      return status;
    }
  }
  return Done{};
}

Status Probes::reopen_cpu_events(unsigned cpu) {
  if (cpu >= event_links_.size()) {
    return Done{};
  }
  std::vector<Link>& links = event_links_[cpu];
  links.clear();
  for (const bpf_program* program : event_programs()) {
    Fd event(program == object_->progs.taskcost_sample
                 ? open_sample_event(sample_hz_, static_cast<int>(cpu))
                 : open_fault_event(bpf_program__name(program), static_cast<int>(cpu)));
    if (!event && errno == ENODEV) {
      return Done{};  // offline
    }
    bpf_link* link = event ? bpf_program__attach_perf_event(program, event.get()) : nullptr;
    if (link == nullptr) {
      return make_error(fmt::format("cannot attach {} to CPU {}", bpf_program__name(program), cpu), errno);
    }
    (void)event.release();  // the link closes it
    links.emplace_back(link);
  }
  return Done{};
}

Status Probes::walk_tasks(const bpf_program* program) const {
  const Link link(bpf_program__attach_iter(program, nullptr));
  const Fd walk(link ? bpf_iter_create(bpf_link__fd(link.get())) : -1);
  if (!walk) {
    return make_error("cannot iterate over the tasks", errno);
  }
  std::array<char, 64> nothing{};
  while (true) {
    const ssize_t size = read(walk.get(), nothing.data(), nothing.size());
    if (size == 0) {
      return Done{};
    }
    if (size < 0 && errno != EINTR && errno != EAGAIN) {
      return make_error("cannot iterate over the tasks", errno);
    }
  }
}

Status Probes::resolve_self() {
  LIBBPF_OPTS(bpf_test_run_opts, options);
  if (const int error = bpf_prog_test_run_opts(bpf_program__fd(object_->progs.taskcost_self_ids), &options);
      error != 0) {
    return make_error("cannot run taskcost_self_ids", error);
  }
  return Done{};
}

namespace {

void wait_for_running_probes() {
  // Every probe runs in an RCU read-side critical section: after a grace period, none of them still runs.
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) != 0) {
    // membarrier() fails with EINVAL on a kernel with nohz_full. No probe runs for 20 ms.
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace

void Probes::close_window() {
  __atomic_store_n(&shared().closed, 1, __ATOMIC_SEQ_CST);
  wait_for_running_probes();
}

void Probes::release_tasks() {
  // From here on, probes find no ledger and write to none.
  std::ranges::fill(arrays_.observed.as<tc_bucket>(), tc_bucket{});
  // A switch that read its slot before may have stored it for its CPU meanwhile: wait for it, and clear that below.
  wait_for_running_probes();
  for (std::uint32_t slot = 1; slot < slots().size(); ++slot) {
    tc_ledger& ledger = arrays_.pool.as<tc_ledger>()[slot];
    if (ledger.live == 0) {
      continue;
    }
    ledger = {};  // probes expect empty slots
    if (bpf_map_update_elem(bpf_map__fd(object_->maps.free_slots), nullptr, &slot, BPF_ANY) != 0) {
      ++shared().losses[TC_LOSS_LEAKED_SLOTS];
    }
    ++shared().ledgers_ended;
  }
  for (tc_cpu_state& cpu_state :
       std::span(shared().cpu_states).first(std::min<std::size_t>(possible_cpus(), TC_MAX_CPUS))) {
    cpu_state.task = 0;
    cpu_state.regs = 0;
  }
  shared().target_kind = TC_TARGET_NONE;
  clear_map<std::uint32_t>(object_->maps.targets);
  clear_map<std::uint64_t>(object_->maps.refused);
}

void Probes::reopen_window() { __atomic_store_n(&shared().closed, 0, __ATOMIC_SEQ_CST); }

std::span<const tc_ledger> Probes::slots() const {
  const auto pool = arrays_.pool.as<const tc_ledger>();
  const std::size_t touched = __atomic_load_n(&shared().slots_touched, __ATOMIC_ACQUIRE);
  return pool.subspan(0, std::min(touched + 1, pool.size()));
}

std::uint64_t Probes::living_ledgers() const {
  const auto& counts = shared();
  const std::uint64_t gone = __atomic_load_n(&counts.ledgers_ended, __ATOMIC_ACQUIRE);
  const std::uint64_t made = __atomic_load_n(&counts.ledgers_made, __ATOMIC_ACQUIRE);
  return made > gone ? made - gone : 0;
}

std::vector<ProbeCost> Probes::costs(bool with_statistics) const {
  std::vector<ProbeCost> costs;
  for_each_loaded_program(*object_, [&](const bpf_program* program) {
    if (program == object_->progs.taskcost_self_ids || program == object_->progs.taskcost_code_file ||
        bpf_program__expected_attach_type(program) == BPF_TRACE_ITER) {
      return;
    }
    ProbeCost cost;
    cost.name = bpf_program__name(program);
    if (const auto info = read_info(program)) {
      cost.skipped = info->recursion_misses;
      if (with_statistics) {
        cost.runs = info->run_cnt;
        cost.run_time = Duration(static_cast<Duration::rep>(info->run_time_ns));
      }
    }
    costs.push_back(std::move(cost));
  });
  return costs;
}

}  // namespace taskcost
