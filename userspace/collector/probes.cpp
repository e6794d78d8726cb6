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
#include <map>
#include <string_view>
#include <thread>
#include <utility>

#include "account/syscall_table.h"
#include "collector/kernel_trials.h"
#include "collector/libbpf_log.h"
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
// A stack takes about 1 KiB.
constexpr std::uint32_t max_stacks = 65536;

std::uint64_t random_number() {
  std::uint64_t number = 0;
  // Shortly after boot getrandom() would block: the clock has enough random bits for a hash key.
  if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number) {
    number = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
  }
  return number;
}

unsigned syscall_table_bits() {
  const std::size_t of_one_cpu = syscall_table_bytes / (possible_cpus() * sizeof(tc_syscall_entry));
  return static_cast<unsigned>(std::bit_width(std::clamp(of_one_cpu, least_syscalls, most_syscalls))) - 1;
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
  object.rodata->keep_events = options.events;
  object.rodata->sees_calls = options.detail == Detail::full;
  object.rodata->sum_syscalls = options.syscalls;
  object.rodata->syscall_table_bits = syscall_table_bits();
  object.rodata->other_syscalls = possible_cpus() << object.rodata->syscall_table_bits;
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
  bpf_map__set_max_entries(object.maps.stacks, options.stacks ? max_stacks : 1);
  bpf_map__set_max_entries(object.maps.stack_counts, options.stacks ? max_stacks : 1);
  bpf_map__set_max_entries(object.maps.edges, max_tasks * entries_per_task);
  bpf_map__set_max_entries(object.maps.flows, max_tasks * entries_per_task);
  bpf_map__set_max_entries(
      object.maps.syscall_sums,
      options.syscalls ? object.rodata->other_syscalls + (possible_cpus() << TC_OTHER_SYSCALL_BITS) : 1);
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

bool is_loaded(const bpf_program* program) { return bpf_program__fd(program) >= 0; }

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
    : object_(std::move(object)), arrays_(std::move(arrays)), finish_switch_symbol_(sources.finish_switch_symbol) {}

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
                                  {&arrays.syscalls, object->maps.syscall_sums}}) {
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
  return attach_fault_events();
}

std::vector<const bpf_program*> Probes::fault_programs() const {
  std::vector<const bpf_program*> programs{object_->progs.taskcost_fault_begun, object_->progs.taskcost_fault_minor,
                                           object_->progs.taskcost_fault_major};
  std::erase_if(programs, [](const bpf_program* program) { return !is_loaded(program); });
  return programs;
}

Status Probes::attach_fault_events() {
  if (fault_programs().empty()) {
    return Done{};
  }
  fault_links_.resize(possible_cpus());
  for (unsigned cpu = 0; cpu < fault_links_.size(); ++cpu) {
    if (auto status = reopen_fault_events(cpu); !status) {
      return status;
    }
  }
  return Done{};
}

Status Probes::reopen_fault_events(unsigned cpu) {
  if (cpu >= fault_links_.size()) {
    return Done{};
  }
  std::vector<Link>& links = fault_links_[cpu];
  links.clear();
  for (const bpf_program* program : fault_programs()) {
    Fd event(open_fault_event(bpf_program__name(program), static_cast<int>(cpu)));
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

template <typename Key>
void clear_map(const bpf_map* map) {
  const int fd = bpf_map__fd(map);
  for (Key key{}; bpf_map_get_next_key(fd, nullptr, &key) == 0;) {
    bpf_map_delete_elem(fd, &key);
  }
}

template <typename Key, typename Sums, typename Visit>
bool for_each_entry(const bpf_map* map, Visit visit) {
  const int fd = bpf_map__fd(map);
  Key key{};
  Sums sums{};
  for (bool more = bpf_map_get_next_key(fd, nullptr, &key) == 0; more;
       more = bpf_map_get_next_key(fd, &key, &key) == 0) {
    if (bpf_map_lookup_elem(fd, &key, &sums) != 0) {
      return false;
    }
    visit(key, sums);
  }
  return errno == ENOENT;
}

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
    ledger.live = 0;
    ledger.task = 0;
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

void Probes::clear_sums() {
  std::ranges::fill(histograms(), tc_histogram{});
  std::ranges::fill(arrays_.syscalls.as<tc_syscall_entry>(), tc_syscall_entry{});
  clear_map<tc_edge_key>(object_->maps.edges);
  clear_map<tc_flow_key>(object_->maps.flows);
  clear_map<tc_stack_key>(object_->maps.stack_counts);
  clear_map<std::uint64_t>(object_->maps.stacks);
  const std::uint32_t only = 0;
  const std::vector<tc_unwound> none(possible_cpus());
  bpf_map_update_elem(bpf_map__fd(object_->maps.unwound), &only, none.data(), BPF_ANY);
}

void Probes::reopen_window() { __atomic_store_n(&shared().closed, 0, __ATOMIC_SEQ_CST); }

std::span<const tc_ledger> Probes::slots() const {
  const auto pool = arrays_.pool.as<const tc_ledger>();
  const std::size_t touched = __atomic_load_n(&shared().slots_touched, __ATOMIC_ACQUIRE);
  return pool.subspan(0, std::min(touched + 1, pool.size()));
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

bool Probes::visit_flows(const std::function<void(const tc_flow&)>& visit) const {
  return for_each_entry<tc_flow_key, tc_flow_sums>(object_->maps.flows,
                                                   [&](const tc_flow_key& key, const tc_flow_sums& sums) {
                                                     visit({key, sums});
                                                   });
}

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
  std::vector<tc_syscall_entry> entries;
  entries.reserve(merged.size());
  for (const auto& [key, entry] : merged) {
    entries.push_back(entry);
  }
  return entries;
}

std::optional<Duration> Probes::stack_time() const {
  const std::uint32_t only = 0;
  std::vector<tc_unwound> by_cpu(possible_cpus());
  if (!object_->rodata->keep_stacks ||
      bpf_map_lookup_elem(bpf_map__fd(object_->maps.unwound), &only, by_cpu.data()) != 0) {
    return std::nullopt;
  }
  Duration time{};
  for (const tc_unwound& unwound : by_cpu) {
    time += Duration(static_cast<Duration::rep>(unwound.ns));
  }
  return time;
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
    if (program == object_->progs.taskcost_self_ids || bpf_program__expected_attach_type(program) == BPF_TRACE_ITER) {
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
