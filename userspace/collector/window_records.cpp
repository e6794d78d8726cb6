// SPDX-License-Identifier: Apache-2.0
//
// The part of Collector that takes what the probes recorded in a window: the ring buffer, ledgers and tables.
#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "base/fetcher.h"
#include "collector/clocks.h"
#include "collector/collector.h"
#include "collector/read_host_names.h"
#include "symbols/kernel_objects.h"

namespace taskcost {
namespace {

// Reads the arguments of a running process, joined by spaces. Empty if that fails or takes too long: another task may
// hold the mmap_lock, or the page with the arguments is in a file that does not answer.
std::string read_command_line(std::uint32_t tgid) {
  constexpr std::size_t longest = std::size_t{1} << 20;
  std::string text = Fetcher::instance().read_text(fmt::format("/proc/{}/cmdline", tgid), longest).value_or("");
  while (!text.empty() && text.back() == '\0') {
    text.pop_back();
  }
  std::ranges::replace(text, '\0', ' ');
  return text;
}

// True if the task with this ledger id still has the ledger. The probes may change the ledger meanwhile.
bool is_alive(const tc_ledger& ledger, std::uint64_t id) {
  __atomic_thread_fence(__ATOMIC_SEQ_CST);  // behind the reads of what it vouches for
  return __atomic_load_n(&ledger.live, __ATOMIC_ACQUIRE) != 0 && __atomic_load_n(&ledger.id, __ATOMIC_ACQUIRE) == id;
}

// A task that exited between the read of `ended` and that of the ledgers is there twice.
void sort_and_dedupe(std::vector<Glance::Task>& tasks) {
  std::ranges::stable_sort(tasks, {}, &Glance::Task::id);
  const auto same = [](const Glance::Task& one, const Glance::Task& other) { return one.id == other.id; };
  tasks.erase(std::unique(tasks.begin(), tasks.end(), same), tasks.end());
}

// The probes may change the ledger meanwhile: a copy whose open interval changed says nothing of it.
tc_ledger copy_of_living(const tc_ledger& ledger) {
  constexpr int attempts = 3;
  const auto interval = [](const tc_ledger& each) {
    return std::tuple(__atomic_load_n(&each.since_ns, __ATOMIC_ACQUIRE), std::uint64_t{each.entered_ns},
                      std::uint64_t{each.fault_ns}, std::uint64_t{each.woken_ns}, std::uint32_t{each.syscall},
                      std::uint8_t{each.activity}, std::uint8_t{each.condition}, std::uint8_t{each.interrupted});
  };
  tc_ledger copy{};
  for (int attempt = 0; attempt < attempts; ++attempt) {
    copy = ledger;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (interval(copy) == interval(ledger)) {
      return copy;
    }
  }
  copy.since_ns = 0;  // earlier than each of its events
  return copy;
}

void hide_addresses(tc_ledger& ledger) { ledger.task = ledger.regs = ledger.file = ledger.other_file = 0; }

}  // namespace

Status Collector::start_reader() {
  auto started =
      Reader::start(bpf_map__fd(probes_.object().maps.records), [this](const Record& record) { on_record(record); });
  if (!started) {
    return started.error();
  }
  reader_ = *std::move(started);
  return Done{};
}

void Collector::on_record(const Record& record) {
  const std::lock_guard lock(builder_mutex_);
  if (const auto* ledger = std::get_if<tc_ledger>(&record)) {
    if (is_in_window(*ledger)) {
      if (glances_only_ || ended_.wanted()) {
        Glance::Task task = to_glance_task(*ledger, Instant{}, model_);
        task.command = builder_.command_of(ledger->process);
        ended_.keep(std::move(task));
      }
      if (!glances_only_) {
        builder_.on_ledger(*ledger);
      }
    }
  } else if (glances_only_) {
    return;
  } else if (const auto* exec = std::get_if<tc_exec>(&record)) {
    builder_.on_exec(*exec);
    if (stacks_) {
      stacks_->on_exec(exec->address_space, exec->at_ns);
    }
  } else if (const auto* reap = std::get_if<tc_reap>(&record)) {
    builder_.on_reap(*reap);
  } else if (const auto* cpu_slice = std::get_if<tc_cpu_slice>(&record)) {
    builder_.on_cpu_slice(*cpu_slice);
  }
}

std::uint32_t Collector::proc_pid(const tc_ledger& ledger) const {
  const std::uint32_t level = probes_.shared().collector_level;
  return levels_below_proc_ == 0 ? ledger.tgid_seen : levels_below_proc_ == level ? ledger.tgid : 0;
}

void Collector::take_commands() {
  if (glances_only_) {
    return;
  }
  for (const tc_ledger& ledger : probes_.slots()) {
    if (ledger.live == 0 || (ledger.flags & TC_LEDGER_OPEN_AT_START) == 0 || commands_of_.contains(ledger.process)) {
      continue;
    }
    const std::uint64_t id = ledger.id;
    const std::uint64_t process = ledger.process;
    const std::uint32_t number = proc_pid(ledger);
    const std::string command = number == 0 ? std::string() : read_command_line(number);
    if (number != 0 && stacks_) {
      stacks_->snapshot_mappings(ledger.tgid_seen, number);
    }
    if (!is_alive(ledger, id)) {
      continue;  // another process may have the pid now, and this its command line
    }
    commands_of_.insert(process);
    {
      const std::lock_guard lock(builder_mutex_);
      builder_.on_command(process, command);
    }
    if (tap_) {
      tap_.keep_command(process, command);
    }
  }
}

void Collector::take_tables(Instant end) {
  // If this fails, ledgers of running tasks lack the kernel's task stats, and are reported without them.
  (void)probes_.walk_tasks(probes_.object().progs.taskcost_snapshot).has_value();
  if (tap_) {
    tap_.send_gaps(probes_);
    tap_.send_batches(probes_);
    tap_.send_commands();
  }
  take_living_ledgers();
  losses_.set_unread_tables(take_edges_and_flows() + take_regions(end) + (take_quotas() ? 0U : 1U) +
                            (take_locks() ? 0U : 1U) + (take_wait_objects() ? 0U : 1U));
  take_syscalls();
  take_ran_instead();
  take_interrupts();
  take_histograms();
}

void Collector::take_living_ledgers() {
  for (const tc_ledger& ledger : probes_.slots()) {
    if (ledger.live != 0 && is_in_window(ledger)) {
      tc_ledger copy = ledger;
      hide_addresses(copy);
      builder_.on_ledger(copy);
      if (tap_) {
        tap_.send_as(TC_RECORD_LEDGER, copy);
      }
    }
  }
}

// Returns how many of the two tables could not be read completely.
std::uint64_t Collector::take_edges_and_flows() {
  const bool all_edges = probes_.visit_edges([this](const tc_edge& edge) {
    builder_.on_edge(edge);
    if (tap_) {
      tap_.send_as(TC_RECORD_EDGE, tc_edge_record{{}, edge});
    }
  });
  const bool all_flows = probes_.visit_flows([this](const tc_flow& flow) {
    builder_.on_flow(flow);
    if (tap_) {
      tap_.send_as(TC_RECORD_FLOW, tc_flow_record{{}, flow});
    }
  });
  return (all_edges ? 0U : 1U) + (all_flows ? 0U : 1U);
}

void Collector::take_syscalls() {
  for (const tc_syscall_entry& entry : probes_.syscalls()) {
    builder_.on_syscalls(entry.key, entry.sums);
    if (tap_) {
      tap_.send_as(TC_RECORD_SYSCALLS, tc_syscalls_record{{}, entry});
    }
  }
}

// Returns whether the table could be read completely. Addresses of locks end here: records have symbols.
bool Collector::take_locks() {
  std::vector<std::pair<tc_lock_entry_key, tc_lock_sums>> waits;
  std::set<std::uint64_t> addresses;
  const bool all = probes_.visit_locks([&](const tc_lock_entry_key& key, const tc_lock_sums& sums) {
    waits.emplace_back(key, sums);
    if (key.address != 0) {
      addresses.insert(key.address);
    }
  });
  const auto names = name_kernel_objects(addresses);
  for (const auto& [key, sums] : waits) {
    tc_lock_record record{{}, key.lock, sums, {}};
    if (const auto name = names.find(key.address); name != names.end()) {
      name->second.copy(record.symbol, sizeof record.symbol - 1);
    }
    builder_.on_lock(record.key, record.sums, record.symbol);
    if (tap_) {
      tap_.send_as(TC_RECORD_LOCK, record);
    }
  }
  return all;
}

// Returns whether the table could be read completely.
bool Collector::take_wait_objects() {
  return probes_.visit_wait_objects([this](const tc_wait_object_key& key, const tc_wait_object_sums& sums) {
    builder_.on_wait_object(key, sums);
    if (tap_) {
      tap_.send_as(TC_RECORD_WAIT_OBJECT, tc_wait_object_record{{}, key, sums});
    }
  });
}

void Collector::take_interrupts() {
  for (const auto& [kind, sums] : probes_.interrupts()) {
    builder_.on_interrupts(kind, sums);
    if (tap_) {
      tap_.send_as(TC_RECORD_INTERRUPTS, tc_interrupts_record{{}, kind, 0, sums});
    }
  }
}

// Returns whether the table could be read completely.
bool Collector::take_quotas() {
  return probes_.visit_quotas([this](const tc_quota_key& key, const tc_quota_sums& sums) {
    builder_.on_quota(key, sums);
    if (tap_) {
      tap_.send_as(TC_RECORD_QUOTA, tc_quota_record{{}, key, sums});
    }
  });
}

void Collector::take_ran_instead() {
  for (const tc_ran_entry& entry : probes_.ran_instead()) {
    builder_.on_ran_instead(entry.key, entry.sums);
    if (tap_) {
      tap_.send_as(TC_RECORD_RAN_INSTEAD, tc_ran_record{{}, entry});
    }
  }
}

// Returns how many of the tables could not be read completely.
std::uint64_t Collector::take_regions(Instant end) {
  const auto end_ns = static_cast<std::uint64_t>(end.time_since_epoch().count());
  const bool all = probes_.visit_regions(end_ns, [this](const tc_region_entry& entry) {
    builder_.on_regions(entry.key, entry.sums);
    if (tap_) {
      tap_.send_as(TC_RECORD_REGIONS, tc_regions_record{{}, entry});
    }
  });
  return all ? 0U : 1U;
}

void Collector::take_histograms() {
  for (unsigned cpu = 0; cpu < possible_cpus(); ++cpu) {
    for (unsigned id = 0; id < TC_NR_HISTOGRAMS; ++id) {
      const tc_histogram& histogram = probes_.histograms()[cpu * TC_NR_HISTOGRAMS + id];
      builder_.on_histogram(static_cast<tc_histogram_id>(id), histogram);
      if (tap_ && (cpu == 0 || histogram.max_ns != 0)) {  // an empty histogram is sent for CPU 0 only
        tap_.send_as(TC_RECORD_HISTOGRAM, tc_histogram_record{{}, id, 0, histogram});
      }
    }
  }
}

Collector::Moment Collector::moment() {
  Moment moment;
  // If this fails, names and owners are those of the last walk.
  (void)probes_.walk_tasks(probes_.object().progs.taskcost_glance).has_value();
  moment.clocks = read_clocks();
  moment.calibration = cost_.calibration();
  const auto add = [&moment](const auto& record) {
    const auto bytes = std::as_bytes(std::span(&record, 1));
    moment.records.insert(moment.records.end(), bytes.begin(), bytes.end());
  };
  tap_.for_each_command(add);
  std::vector<Glance::Task> owners;
  for (const tc_ledger& ledger : probes_.slots()) {
    const std::uint64_t id = __atomic_load_n(&ledger.id, __ATOMIC_ACQUIRE);
    if (ledger.live == 0 || !is_in_window(ledger)) {
      continue;
    }
    tc_ledger copy = copy_of_living(ledger);
    if (copy.id != id || !is_alive(ledger, id)) {
      continue;
    }
    hide_addresses(copy);
    copy.record = {TC_RECORD_LEDGER, sizeof(copy)};
    copy.end_ns = 0;
    add(copy);
    Glance::Task& owner = owners.emplace_back();
    owner.cgroup = copy.cgroup;
    owner.uid = copy.cgroup != 0 ? std::optional(copy.uid) : std::nullopt;
  }
  add_owner_names(names_of_glances_, owners);
  moment.names = names_of_glances_;
  return moment;
}

Status Collector::pause_reader(const std::function<void()>& body) {
  reader_->stop();
  body();
  return reader_->resume();
}

tc_histogram Collector::latency(tc_histogram_id id) const {
  Histogram sum;
  for (unsigned cpu = 0; cpu < possible_cpus(); ++cpu) {
    sum.merge(probes_.histograms()[cpu * TC_NR_HISTOGRAMS + id]);
  }
  return sum.raw();
}

Glance Collector::glance() {
  poll_mappings_and_arrivals();
  Glance glance;
  const Duration cpu_before = own_cpu_time();
  // If this fails, names are those of the last glance, and faults are not counted.
  const bool walked = probes_.walk_tasks(probes_.object().progs.taskcost_glance).has_value();
  EndedTasks::Taken taken = ended_.take();
  glance.tasks = std::move(taken.tasks);
  glance.tasks.reserve(glance.tasks.size() + probes_.living_ledgers());  // doubling would use twice the memory
  glance.transitions = taken.transitions;
  glance.at = now();
  for (const tc_ledger& ledger : probes_.slots()) {
    const std::uint64_t id = __atomic_load_n(&ledger.id, __ATOMIC_ACQUIRE);
    if (ledger.live == 0 || !is_in_window(ledger)) {
      continue;
    }
    tc_ledger copy = ledger;
    if (walked) {
      copy.flags |= TC_LEDGER_STATS;
    }
    if (is_alive(ledger, id)) {  // otherwise it was cleared meanwhile
      glance.tasks.push_back(to_glance_task(copy, glance.at, model_));
    }
  }
  sort_and_dedupe(glance.tasks);
  {
    const std::lock_guard lock(builder_mutex_);
    for (Glance::Task& task : glance.tasks) {
      if (task.leader && !task.ended) {
        task.command = builder_.command_of(task.process);
      }
    }
  }
  if (glances_only_) {
    update_cgroup_names(names_of_glances_, glance.tasks);
  } else {
    add_owner_names(names_of_glances_, glance.tasks);
  }
  glance.names = names_of_glances_;
  numbers_of_glances_.apply(glance.tasks);
  glance.losses = losses();
  glance.userspace_cpu = cost_.cpu_so_far();
  glance.per_transition = cost_.per_transition();
  for (const Glance::Task& task : glance.tasks) {
    glance.transitions += task.ended ? 0 : count_transitions(task.account);
  }
  glance.cost = own_cpu_time() - cpu_before;
  return glance;
}

}  // namespace taskcost
