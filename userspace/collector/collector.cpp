// SPDX-License-Identifier: Apache-2.0
#include "collector/collector.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "account/ledger.h"
#include "collector/adopt.h"
#include "collector/clocks.h"
#include "collector/extras.h"
#include "collector/launch.h"
#include "collector/libbpf_log.h"
#include "collector/privileges.h"
#include "collector/read_host_names.h"
#include "collector/syscall_numbers.h"

namespace taskcost {
namespace {

constexpr int poll_interval_ms = 10;

// NSpid lists one pid per namespace, from that of /proc down to ours.
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
  options.syscalls = chosen.syscalls;
  options.regions = options.calls;
  options.syscall_name = syscall_name;
  options.ring_operations = sources.ring_operations;
  options.measured = sources.measured;
  options.exec_prepare = sources.exec_prepare;
  options.fault_latency = sources.fault_latency;
  options.switch_latency = sources.switch_latency;
  return options;
}

bool readable(const pollfd& watched) { return (watched.revents & (POLLIN | POLLHUP | POLLERR)) != 0; }

}  // namespace

Diagnosis diagnose() {
  keep_libbpf_messages();
  Diagnosis diagnosis;
  diagnosis.extras = all_extras();
  diagnosis.usable = check_privileges();
  if (!diagnosis.usable) {
    return diagnosis;
  }
  constexpr unsigned few = 64;
  CollectorOptions options;
  options.max_tasks = few;
  options.kernel_memory = true;
  options.interference = true;
  const Sources sources = choose_sources(options);
  diagnosis.evidence = sources.evidence;
  if (auto probes = Probes::load(sources, options); !probes) {
    diagnosis.usable = probes.error();
  } else if (auto attached = probes->attach(); !attached) {
    diagnosis.usable = attached.error();
  }
  return diagnosis;
}

Collector::Collector(const CollectorOptions& options, Sources sources, Probes probes, Instant opened)
    : sources_(std::move(sources)),
      probes_(std::move(probes)),
      glances_only_(options.glances_only),
      model_(builder_options(sources_, options)),
      builder_(model_),
      stop_fd_(options.stop_fd),
      levels_below_proc_(read_levels_below_proc()),
      losses_(probes_, options.stacks),
      cost_(opened) {}

Result<std::unique_ptr<Collector>> Collector::open(const CollectorOptions& options) {
  keep_libbpf_messages();
  const Instant opened = now();
  if (auto status = check_privileges(); !status) {
    return status.error();
  }
  const CallTimes untraced = time_cheap_calls();
  Sources sources = choose_sources(options);
  if (options.stacks) {
    report_missing(kernel_names(), sources.evidence);
    report_missing(user_names(), sources.evidence);
  }
  Fd statistics;
  if (options.probe_stats) {
    statistics = Fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
    report_missing(probe_statistics(), sources.evidence);
  }
  auto probes = Probes::load(sources, options);
  if (!probes) {
    return probes.error();
  }
  std::unique_ptr<Collector> collector(new Collector(options, std::move(sources), *std::move(probes), opened));
  collector->statistics_ = std::move(statistics);
  if (auto status = collector->probes_.resolve_self(); !status) {
    return status.error();
  }
  if (auto status = collector->probes_.attach(); !status) {
    return status.error();
  }
  if (auto status = collector->start_reader(); !status) {
    return status.error();
  }
  if (options.stacks) {
    auto stacks = StackReader::start(collector->probes_, collector->sources_.unwind_tables ? options.unwind_memory : 0);
    if (!stacks) {
      return stacks.error();
    }
    collector->stacks_ = *std::move(stacks);
  }
  if (auto status = collector->watch_cpus(); !status) {
    return status.error();
  }
  collector->calibrate(untraced);
  return collector;
}

Result<pid_t> Collector::launch(const Command& command) {
  if (stacks_) {
    stacks_->prepare(find_program(command.arguments.front()).value_or(""));
  }
  if (auto status = open_window(); !status) {
    return status.error();
  }
  observe_next_child();
  auto child = start_command(command);
  auto& launcher = probes_.shared().launcher;
  if (child && std::exchange(launcher, 0) != 0) {
    return kill_command(
        *child, {fmt::format("cannot observe '{}'", command.arguments.front()), "the probes made no ledger for it",
                 "'taskcost doctor' shows what this kernel allows"});
  }
  launcher = 0;
  return child;
}

// Only the probes know which tasks the target has. So it is adopted once while the window is closed, when they post
// nothing. open_window() then releases these tasks.
Status Collector::prepare_tables(const Target& target) {
  reader_->stop();
  probes_.close_window();
  probes_.release_tasks();
  finished_ = true;
  if (const auto adopted = adopt_tasks(probes_, target); !adopted) {
    return adopted.error();
  }
  Fetcher::instance().begin(limits_before_window());
  snapshot_all_mappings();
  stacks_->wait_for_tables();
  return Done{};
}

Result<Adoption> Collector::adopt(const Target& target) {
  if (stacks_ && stacks_->has_tables()) {
    if (auto status = prepare_tables(target); !status) {
      return status.error();
    }
  }
  if (auto status = open_window(); !status) {
    return status.error();
  }
  arrivals_seen_ = probes_.shared().arrivals;
  auto adopted = adopt_tasks(probes_, target);
  if (adopted) {
    take_commands();
  }
  return adopted;
}

Result<WindowEnd> Collector::wait(const Until& until) {
  const Instant start = now();
  std::array<pollfd, 2> watched{{{until.stop_fd, POLLIN, 0}, {until.exit_fd, POLLIN, 0}}};
  while (true) {
    if (poll(watched.data(), watched.size(), poll_interval_ms) < 0 && errno != EINTR) {
      return Error{"cannot wait for the target", std::strerror(errno), ""};
    }
    const bool may_grow = probes_.shared().target_kind >= TC_TARGET_GROWS;
    if (readable(watched[1])) {
      exit_seen_ = now();
    }
    if (readable(watched[1]) || (until.exit_fd < 0 && !may_grow && probes_.living_ledgers() == 0)) {
      settle([this] { return !any_task_exiting(); });
      return WindowEnd::target_exited;
    }
    poll_mappings_and_arrivals();
    if (on_poll_) {
      on_poll_();
    }
    if (readable(watched[0])) {
      return WindowEnd::signal;
    }
    if (until.duration && now() - start >= *until.duration) {
      return WindowEnd::duration;
    }
  }
}

Collector::Observation Collector::finish() {
  const ClockAnchor end_clocks = read_clocks();
  const auto steal_at_end = steal_time();
  const Instant end = to_instant(end_clocks);
  cost_.close_window();
  probes_.close_window();
  losses_.close_window();
  reader_->stop();
  take_tables(end);
  const Losses losses = this->losses();
  Observation observation;
  observation.clocks = {start_clocks_, end_clocks};
  if (steal_at_start_ && steal_at_end) {
    observation.stolen = *steal_at_end - *steal_at_start_;
  }
  observation.session = builder_.finish(start_.value_or(end), end, losses.counts, losses.skipped_probes);
  std::optional<std::uint64_t> boottime_ns;
  if (start_clocks_ && levels_below_proc_ == probes_.shared().collector_level) {
    boottime_ns = start_clocks_->boottime_ns;
  }
  set_names(observation.session, read_host_names(observation.session, boottime_ns));
  observation.observer =
      cost_.summary(observation.session, losses_.costs(static_cast<bool>(statistics_)), probes_.stack_time());
  if (stacks_) {
    Fetcher::instance().begin({.stop_fd = stop_fd_});
    observation.stacks = stacks_->take(
        probes_, observation.session, [this](std::uint64_t process) { return builder_.process_number(process); },
        open_stacks(end), losses.counts[TC_LOSS_MISSED_STACKS]);
  }
  finished_ = true;
  return observation;
}

void Collector::settle(const std::function<bool()>& settled) {
  using namespace std::chrono_literals;
  constexpr Duration limit = 200ms;
  constexpr Duration step = 1ms;
  for (const Instant start = now(); now() - start < limit && !settled();) {
    std::this_thread::sleep_for(step);
  }
}

// A child repeats the cheap calls with probes on. Its ledger and sums are cleared before the window opens.
void Collector::calibrate(const CallTimes& untraced) {
  observe_next_child();
  const auto traced = time_cheap_calls_in_child();
  probes_.shared().launcher = 0;
  settle([this] { return probes_.living_ledgers() == 0; });
  // Without call probes the difference is noise, not their cost.
  cost_.calibrate(untraced, model_.calls ? traced : std::nullopt);
  reset_baseline();
}

void Collector::reset_baseline() {
  first_id_ = probes_.shared().ledgers_made + 1;
  probes_.clear_sums();
  losses_.reset_baseline();
  refused_before_ = reader_->refused();
}

// A broken record is most likely a final one: others have one size.
Losses Collector::losses() const {
  Losses losses = losses_.so_far();
  losses.counts[TC_LOSS_DROPPED_EXIT_RECORDS] += reader_->refused() - refused_before_;
  return losses;
}

Status Collector::open_window() {
  if (finished_) {
    if (auto status = reset_for_next_window(); !status) {
      return status;
    }
  }
  if (tap_) {
    if (auto status = attach_tap(); !status) {
      return status;
    }
  }
  if (!start_) {
    Fetcher::instance().begin(limits_before_window());
    steal_at_start_ = steal_time();
    start_clocks_ = read_clocks();
    start_ = to_instant(*start_clocks_);
    cost_.open_window(*start_);
  }
  return Done{};
}

// Files of observed processes may block: bound the time for which they delay the window.
Fetcher::Limits Collector::limits_before_window() const {
  using namespace std::chrono_literals;
  return {.each = 300ms, .total = 2s, .stop_fd = stop_fd_};
}

Status Collector::reset_for_next_window() {
  probes_.release_tasks();
  builder_ = SessionBuilder(model_);
  commands_of_.clear();
  reset_baseline();
  if (auto status = reader_->resume(); !status) {
    return status;
  }
  probes_.reopen_window();
  start_.reset();
  exit_seen_.reset();
  finished_ = false;
  return Done{};
}

Status Collector::attach_tap() {
  // The ring still holds calibration records: stop() drains them before the tap sees any.
  reader_->stop();
  reader_->tap([this](std::span<const std::byte> bytes) { tap_.send(bytes); });
  return reader_->resume();
}

Status Collector::watch_cpus() {
  if (!sources_.cpu_changes || (!probes_.has_cpu_events() && !stacks_)) {
    return Done{};
  }
  auto watch = CpuWatch::start(probes_, [this](unsigned cpu) {
    // If this fails, faults are counted as unresolved and mappings as lost, and the CPU has no samples.
    (void)probes_.reopen_cpu_events(cpu);
    if (stacks_) {
      (void)stacks_->reopen(cpu);
    }
  });
  if (!watch) {
    return watch.error();
  }
  cpus_ = *std::move(watch);
  return Done{};
}

void Collector::snapshot_all_mappings() {
  std::set<std::uint32_t> tgids;
  for (const tc_ledger& ledger : probes_.slots()) {
    if (const std::uint32_t number = proc_pid(ledger); ledger.live != 0 && number != 0 && tgids.insert(number).second) {
      stacks_->snapshot_mappings(ledger.tgid_seen, number);
    }
  }
}

void Collector::poll_mappings_and_arrivals() {
  if (stacks_) {
    stacks_->poll(levels_below_proc_ == 0);
    if (stacks_->take_gap()) {
      snapshot_all_mappings();
    }
  }
  const std::uint64_t arrivals = __atomic_load_n(&probes_.shared().arrivals, __ATOMIC_ACQUIRE);
  // If adopting fails, the next poll retries.
  if (arrivals_seen_ != arrivals && adopt_arrivals(probes_)) {
    arrivals_seen_ = arrivals;
    take_commands();
  }
}

std::vector<OpenStack> Collector::open_stacks(Instant end) const {
  const auto end_ns = static_cast<std::uint64_t>(end.time_since_epoch().count());
  std::vector<OpenStack> open;
  for (const tc_ledger& ledger : probes_.slots()) {
    if (ledger.live == 0 || !is_in_window(ledger) || ledger.condition == TC_CONDITION_RUNNING) {
      continue;
    }
    OpenStack& stack = open.emplace_back();
    stack.key.owner = {ledger.process, ledger.address_space, ledger.left_at, {}};
    std::ranges::copy(ledger.comm, stack.key.owner.comm);
    const std::uint64_t since_ns = ledger.since_ns;
    const std::uint64_t until_ns = std::max(since_ns, end_ns);
    stack.sums = {1, until_ns - since_ns, 0};
    if (ledger.condition == TC_CONDITION_BLOCKED) {
      stack.key.kind = TC_STACK_WAIT;
      stack.key.wait = ledger.wait;
      stack.sums.runnable_ns = until_ns - ready_at(ledger, until_ns);
      stack.sums.ns -= stack.sums.runnable_ns;
    } else {
      stack.key.kind = TC_STACK_INVOLUNTARY;
    }
  }
  return open;
}

bool Collector::any_task_exiting() const {
  return std::ranges::any_of(
      probes_.slots(), [](const tc_ledger& ledger) { return ledger.live != 0 && ledger.activity == TC_ACTIVITY_EXIT; });
}

}  // namespace taskcost
