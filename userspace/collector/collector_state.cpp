// SPDX-License-Identifier: Apache-2.0
#include "collector/collector_state.h"

#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "base/fetcher.h"
#include "collector/adopt.h"
#include "collector/clocks.h"
#include "collector/syscall_numbers.h"

namespace taskcost {
namespace {

// NSpid has a pid for each pid namespace from that of /proc down to the process's own.
std::uint32_t read_levels_below_proc() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("NSpid:")) {
      std::istringstream numbers(line.substr(line.find(':') + 1));
      std::uint32_t count = 0;
      for (pid_t number = 0; numbers >> number;) {
        ++count;
      }
      return count > 0 ? count - 1 : 0;
    }
  }
  return 0;
}

SessionBuilder::Options builder_options(const Sources& sources, const CollectorOptions& chosen) {
  SessionBuilder::Options options;
  options.cpu_slices = chosen.cpu_slices;
  options.calls = chosen.detail == Detail::full;
  options.syscall_name = syscall_name;
  options.measured = sources.measured;
  options.exec_prepare = sources.exec_prepare;
  options.fault_latency = sources.fault_latency;
  options.switch_latency = sources.switch_latency;
  return options;
}

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

Collector::State::State(const CollectorOptions& chosen, Sources found, Probes loaded, Instant opened)
    : sources(std::move(found)),
      probes(std::move(loaded)),
      model(builder_options(sources, chosen)),
      builder(model),
      levels_below_proc(read_levels_below_proc()),
      losses(probes, chosen.stacks),
      cost(opened) {}

void Collector::State::settle(const std::function<bool()>& settled) {
  using namespace std::chrono_literals;
  constexpr Duration limit = 200ms;
  constexpr Duration step = 1ms;
  for (const Instant start = now(); now() - start < limit && !settled();) {
    std::this_thread::sleep_for(step);
  }
}

// The window
// ----------

// An observed child makes the same system call as this process did without probes. Its ledger, and its part in
// histograms and stacks, is cleared before the window opens.
void Collector::State::calibrate(const CallTimes& untraced) {
  observe_next_child();
  const auto traced = time_cheap_calls_in_child();
  probes.shared().launcher = 0;
  settle([this] { return probes.living_ledgers() == 0; });
  // Without probes on system calls, the difference is not a cost of probes.
  cost.calibrate(untraced, model.calls ? traced : std::nullopt);
  reset_baseline();
}

void Collector::State::reset_baseline() {
  first_id = probes.shared().ledgers_made + 1;
  probes.clear_sums();
  losses.reset_baseline();
}

Status Collector::State::open_window() {
  if (finished) {
    if (auto status = reset_for_next_window(); !status) {
      return status;
    }
  }
  if (tap) {
    if (auto status = attach_tap(); !status) {
      return status;
    }
  }
  if (!start) {
    // Files of observed processes may block: bound the time for which they delay the window.
    using namespace std::chrono_literals;
    Fetcher::instance().begin({.each = 300ms, .total = 2s, .stop_fd = stop_fd});
    start_clocks = read_clocks();
    start = to_instant(*start_clocks);
    cost.open_window(*start);
  }
  return Done{};
}

Status Collector::State::reset_for_next_window() {
  probes.release_tasks();
  builder = SessionBuilder(model);
  commands_of.clear();
  reset_baseline();
  if (auto status = reader->resume(); !status) {
    return status;
  }
  probes.reopen_window();
  start.reset();
  exit_seen.reset();
  finished = false;
  return Done{};
}

Status Collector::State::attach_tap() {
  // stop() drains the ring first, which still has records of the calibration.
  reader->stop();
  reader->tap([this](std::span<const std::byte> bytes) { tap.send(bytes); });
  return reader->resume();
}

Status Collector::State::watch_cpus() {
  if (!sources.cpu_changes || (!probes.has_fault_events() && !stacks)) {
    return Done{};
  }
  auto watch = CpuWatch::start(probes, [this](unsigned cpu) {
    // If this fails, faults are counted as unresolved and mappings as lost.
    (void)probes.reopen_fault_events(cpu);
    if (stacks) {
      (void)stacks->reopen(cpu);
    }
  });
  if (!watch) {
    return watch.error();
  }
  cpus = *std::move(watch);
  return Done{};
}

void Collector::State::snapshot_all_mappings() {
  std::set<std::uint32_t> tgids;
  for (const tc_ledger& ledger : probes.slots()) {
    if (const std::uint32_t number = proc_pid(ledger); ledger.live != 0 && number != 0 && tgids.insert(number).second) {
      stacks->snapshot_mappings(ledger.tgid_seen, number);
    }
  }
}

void Collector::State::poll_mappings_and_arrivals() {
  if (stacks) {
    stacks->poll(levels_below_proc == 0);
    if (stacks->take_gap()) {
      snapshot_all_mappings();
    }
  }
  const std::uint64_t arrivals = __atomic_load_n(&probes.shared().arrivals, __ATOMIC_ACQUIRE);
  // If the task iterator fails, the next poll tries again.
  if (arrivals_seen != arrivals && adopt_arrivals(probes)) {
    arrivals_seen = arrivals;
    take_commands();
  }
}

bool Collector::State::any_task_exiting() const {
  return std::ranges::any_of(
      probes.slots(), [](const tc_ledger& ledger) { return ledger.live != 0 && ledger.activity == TC_ACTIVITY_EXIT; });
}

// The records of a window
// -----------------------

Status Collector::State::start_reader() {
  auto started =
      Reader::start(bpf_map__fd(probes.object().maps.records), [this](const Record& record) { on_record(record); });
  if (!started) {
    return started.error();
  }
  reader = *std::move(started);
  return Done{};
}

void Collector::State::on_record(const Record& record) {
  const std::lock_guard lock(builder_mutex);
  if (const auto* ledger = std::get_if<tc_ledger>(&record)) {
    if (is_in_window(*ledger)) {
      builder.on_ledger(*ledger);
      if (ended.wanted()) {
        ended.keep(to_glance_task(*ledger, Instant{}, model));
      }
    }
  } else if (const auto* exec = std::get_if<tc_exec>(&record)) {
    builder.on_exec(*exec);
    if (stacks) {
      stacks->on_exec(exec->address_space, exec->at_ns);
    }
  } else if (const auto* reap = std::get_if<tc_reap>(&record)) {
    builder.on_reap(*reap);
  } else if (const auto* cpu_slice = std::get_if<tc_cpu_slice>(&record)) {
    builder.on_cpu_slice(*cpu_slice);
  }
}

std::uint32_t Collector::State::proc_pid(const tc_ledger& ledger) const {
  const std::uint32_t level = probes.shared().collector_level;
  return levels_below_proc == 0 ? ledger.tgid_seen : levels_below_proc == level ? ledger.tgid : 0;
}

void Collector::State::take_commands() {
  for (const tc_ledger& ledger : probes.slots()) {
    if (ledger.live == 0 || (ledger.flags & TC_LEDGER_OPEN_AT_START) == 0 || commands_of.contains(ledger.process)) {
      continue;
    }
    const std::uint64_t id = ledger.id;
    const std::uint64_t process = ledger.process;
    const std::uint32_t number = proc_pid(ledger);
    const std::string command = number == 0 ? std::string() : read_command_line(number);
    if (number != 0 && stacks) {
      stacks->snapshot_mappings(ledger.tgid_seen, number);
    }
    if (!is_alive(ledger, id)) {
      continue;  // another process may have the pid now, and this its command line
    }
    commands_of.insert(process);
    {
      const std::lock_guard lock(builder_mutex);
      builder.on_command(process, command);
    }
    if (tap) {
      tap.keep_command(process, command);
    }
  }
}

void Collector::State::take_tables() {
  // If this fails, ledgers of running tasks lack the kernel's task stats, and are reported without them.
  (void)probes.walk_tasks(probes.object().progs.taskcost_snapshot).has_value();
  if (tap) {
    tap.send_gaps(probes);
    tap.send_gathered(probes);
    tap.send_commands();
  }
  take_living_ledgers();
  losses.set_unread_tables(take_edges_and_flows());
  take_histograms();
}

void Collector::State::take_living_ledgers() {
  for (const tc_ledger& ledger : probes.slots()) {
    if (ledger.live != 0 && is_in_window(ledger)) {
      tc_ledger copy = ledger;
      copy.task = copy.regs = copy.file = copy.other_file = 0;  // keep kernel addresses out of captures
      builder.on_ledger(copy);
      if (tap) {
        tap.send_as(TC_RECORD_LEDGER, copy);
      }
    }
  }
}

// Returns how many of the two tables could not be read completely.
std::uint64_t Collector::State::take_edges_and_flows() {
  const bool all_edges = probes.visit_edges([this](const tc_edge& edge) {
    builder.on_edge(edge);
    if (tap) {
      tap.send_as(TC_RECORD_EDGE, tc_edge_record{{}, edge});
    }
  });
  const bool all_flows = probes.visit_flows([this](const tc_flow& flow) {
    builder.on_flow(flow);
    if (tap) {
      tap.send_as(TC_RECORD_FLOW, tc_flow_record{{}, flow});
    }
  });
  return (all_edges ? 0U : 1U) + (all_flows ? 0U : 1U);
}

void Collector::State::take_histograms() {
  for (unsigned cpu = 0; cpu < possible_cpus(); ++cpu) {
    for (unsigned id = 0; id < TC_NR_HISTOGRAMS; ++id) {
      const tc_histogram& histogram = probes.histograms()[cpu * TC_NR_HISTOGRAMS + id];
      builder.on_histogram(static_cast<tc_histogram_id>(id), histogram);
      if (tap && (cpu == 0 || histogram.max_ns != 0)) {  // an empty histogram is sent for CPU 0 only
        tap.send_as(TC_RECORD_HISTOGRAM, tc_histogram_record{{}, id, 0, histogram});
      }
    }
  }
}

Glance Collector::State::glance() {
  Glance glance;
  const Duration cpu_before = own_cpu_time();
  // If this fails, names are those of the last glance, and faults are not counted.
  const bool walked = probes.walk_tasks(probes.object().progs.taskcost_glance).has_value();
  EndedTasks::Taken taken = ended.take();
  glance.tasks = std::move(taken.tasks);
  glance.tasks.reserve(glance.tasks.size() + probes.living_ledgers());  // doubling would use twice the memory
  glance.transitions = taken.transitions;
  glance.at = now();
  for (const tc_ledger& ledger : probes.slots()) {
    if (ledger.live != 0 && is_in_window(ledger)) {
      glance.tasks.push_back(to_glance_task(walked ? with_task_stats(ledger) : ledger, glance.at, model));
    }
  }
  sort_and_dedupe(glance.tasks);
  numbers_of_glances.apply(glance.tasks);
  glance.losses = losses.so_far();
  glance.userspace_cpu = cost.cpu_so_far();
  glance.per_transition = cost.per_transition();
  for (const Glance::Task& task : glance.tasks) {
    glance.transitions += task.ended ? 0 : count_transitions(task.account);
  }
  glance.cost = own_cpu_time() - cpu_before;
  return glance;
}

}  // namespace taskcost
