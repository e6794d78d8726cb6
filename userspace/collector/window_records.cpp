// SPDX-License-Identifier: Apache-2.0
//
// The part of Collector that takes what the probes recorded in a window: the ring buffer, ledgers and tables.
#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <variant>

#include "base/fetcher.h"
#include "collector/clocks.h"
#include "collector/collector.h"
#include "collector/read_host_names.h"

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
  return __atomic_load_n(&ledger.live, __ATOMIC_ACQUIRE) != 0 && __atomic_load_n(&ledger.id, __ATOMIC_ACQUIRE) == id;
}

// A task that exited between the read of `ended` and that of the ledgers is there twice.
void sort_and_dedupe(std::vector<Glance::Task>& tasks) {
  std::ranges::stable_sort(tasks, {}, &Glance::Task::id);
  const auto same = [](const Glance::Task& one, const Glance::Task& other) { return one.id == other.id; };
  tasks.erase(std::unique(tasks.begin(), tasks.end(), same), tasks.end());
}

tc_ledger with_task_stats(tc_ledger ledger) {
  ledger.flags |= TC_LEDGER_STATS;
  return ledger;
}

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
      if (ended_.wanted()) {
        Glance::Task task = to_glance_task(*ledger, Instant{}, model_);
        task.command = builder_.command_of(ledger->process);
        ended_.keep(std::move(task));
      }
      builder_.on_ledger(*ledger);
    }
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

void Collector::take_tables() {
  // If this fails, ledgers of running tasks lack the kernel's task stats, and are reported without them.
  (void)probes_.walk_tasks(probes_.object().progs.taskcost_snapshot).has_value();
  if (tap_) {
    tap_.send_gaps(probes_);
    tap_.send_batches(probes_);
    tap_.send_commands();
  }
  take_living_ledgers();
  losses_.set_unread_tables(take_edges_and_flows());
  take_syscalls();
  take_histograms();
}

void Collector::take_living_ledgers() {
  for (const tc_ledger& ledger : probes_.slots()) {
    if (ledger.live != 0 && is_in_window(ledger)) {
      tc_ledger copy = ledger;
      copy.task = copy.regs = copy.file = copy.other_file = 0;  // keep kernel addresses out of captures
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
    if (ledger.live != 0 && is_in_window(ledger)) {
      glance.tasks.push_back(to_glance_task(walked ? with_task_stats(ledger) : ledger, glance.at, model_));
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
  add_owner_names(names_of_glances_, glance.tasks);
  glance.names = names_of_glances_;
  numbers_of_glances_.apply(glance.tasks);
  glance.losses = losses_.so_far();
  glance.userspace_cpu = cost_.cpu_so_far();
  glance.per_transition = cost_.per_transition();
  for (const Glance::Task& task : glance.tasks) {
    glance.transitions += task.ended ? 0 : count_transitions(task.account);
  }
  glance.cost = own_cpu_time() - cpu_before;
  return glance;
}

}  // namespace taskcost
