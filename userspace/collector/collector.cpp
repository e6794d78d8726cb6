// SPDX-License-Identifier: Apache-2.0
#include "collector/collector.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/fetcher.h"
#include "collector/adopt.h"
#include "collector/calibrate.h"
#include "collector/clocks.h"
#include "collector/collector_state.h"
#include "collector/extras.h"
#include "collector/launch.h"
#include "collector/libbpf_log.h"
#include "collector/privileges.h"
#include "collector/probes.h"
#include "collector/sources.h"

namespace taskcost {
namespace {

constexpr int poll_interval_ms = 10;

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
  const Sources sources = choose_sources(options);
  diagnosis.evidence = sources.evidence;
  if (auto probes = Probes::load(sources, options); !probes) {
    diagnosis.usable = probes.error();
  } else if (auto attached = probes->attach(); !attached) {
    diagnosis.usable = attached.error();
  }
  return diagnosis;
}

Collector::Collector(std::unique_ptr<State> state) : state_(std::move(state)) {}
Collector::Collector(Collector&&) noexcept = default;
Collector& Collector::operator=(Collector&&) noexcept = default;
Collector::~Collector() = default;

Result<Collector> Collector::open(const CollectorOptions& options) {
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
  auto state = std::make_unique<State>(options, std::move(sources), *std::move(probes), opened);
  state->statistics = std::move(statistics);
  state->stop_fd = options.stop_fd;
  if (auto status = state->probes.resolve_self(); !status) {
    return status.error();
  }
  if (auto status = state->probes.attach(); !status) {
    return status.error();
  }
  if (auto status = state->start_reader(); !status) {
    return status.error();
  }
  if (options.stacks) {
    auto stacks = StackReader::start();
    if (!stacks) {
      return stacks.error();
    }
    state->stacks = *std::move(stacks);
  }
  if (auto status = state->watch_cpus(); !status) {
    return status.error();
  }
  state->calibrate(untraced);
  return Collector(std::move(state));
}

void Collector::record_to(OnBytes on_bytes) { state_->tap.set_sink(std::move(on_bytes)); }

Result<pid_t> Collector::launch(const Command& command) {
  if (auto status = state_->open_window(); !status) {
    return status.error();
  }
  state_->observe_next_child();
  auto child = start_command(command);
  auto& launcher = state_->probes.shared().launcher;
  if (child && std::exchange(launcher, 0) != 0) {
    return kill_command(
        *child, {fmt::format("cannot observe '{}'", command.arguments.front()), "the probes made no ledger for it",
                 "'taskcost doctor' shows what this kernel allows"});
  }
  launcher = 0;
  return child;
}

Result<Adoption> Collector::adopt(const Target& target) {
  if (auto status = state_->open_window(); !status) {
    return status.error();
  }
  state_->arrivals_seen = state_->probes.shared().arrivals;
  auto adopted = adopt_tasks(state_->probes, target);
  if (adopted) {
    state_->take_commands();
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
    const bool may_grow = state_->probes.shared().target_kind >= TC_TARGET_GROWS;
    if (readable(watched[1])) {
      state_->exit_seen = now();
    }
    if (readable(watched[1]) || (until.exit_fd < 0 && !may_grow && state_->probes.living_ledgers() == 0)) {
      State::settle([this] { return !state_->any_task_exiting(); });
      return WindowEnd::target_exited;
    }
    state_->poll_mappings_and_arrivals();
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
  const Instant end = to_instant(end_clocks);
  state_->cost.close_window();
  state_->probes.close_window();
  state_->losses.close_window();
  state_->reader->stop();
  state_->take_tables();
  const Losses losses = state_->losses.so_far();
  Observation observation;
  observation.clocks = {state_->start_clocks, end_clocks};
  observation.session = state_->builder.finish(state_->start.value_or(end), end, losses.counts, losses.skipped_probes);
  observation.observer = state_->cost.summary(
      observation.session, state_->losses.costs(static_cast<bool>(state_->statistics)), state_->probes.stack_time());
  if (state_->stacks) {
    Fetcher::instance().begin({.stop_fd = state_->stop_fd});
    observation.stacks = state_->stacks->take(
        state_->probes, observation.session,
        [this](std::uint64_t process) { return state_->builder.process_number(process); },
        losses.counts[TC_LOSS_MISSED_STACKS]);
  }
  state_->finished = true;
  return observation;
}

Glance Collector::glance() {
  state_->poll_mappings_and_arrivals();
  return state_->glance();
}

std::optional<Instant> Collector::exit_seen() const { return state_->exit_seen; }

const EvidenceList& Collector::evidence() const { return state_->sources.evidence; }

const SessionBuilder::Options& Collector::model() const { return state_->model; }

}  // namespace taskcost
