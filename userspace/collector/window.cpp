// SPDX-License-Identifier: Apache-2.0
//
// How a window opens, and what keeps up with the machine while it is open.
#include <algorithm>
#include <chrono>
#include <span>

#include "collector/adopt.h"
#include "collector/calibrate.h"
#include "collector/clocks.h"
#include "collector/collector_state.h"
#include "collector/settle.h"
#include "fetch/fetcher.h"

namespace taskcost {

// An observed child makes the same system call as this process did before any probe was there. Its ledger, and what it
// left in histograms and stacks, is cleared away before the window opens.
void Collector::State::calibrate(const CallTimes& untraced) {
  observe_next_child();
  const auto traced = time_cheap_calls_in_child();
  probes.shared().launcher = 0;
  settle([this] { return probes.living_ledgers() == 0; });
  // Without probes on calls the call that is timed meets none.
  cost.calibrate(untraced, model.calls ? traced : std::nullopt);
  forget_the_past();
}

void Collector::State::forget_the_past() {
  first_id = probes.shared().ledgers_made + 1;
  probes.clear_sums();
  losses.forget_the_past();
}

Status Collector::State::open_window() {
  if (finished) {
    if (auto status = start_anew(); !status) {
      return status;
    }
  }
  if (tap) {
    if (auto status = tap_records(); !status) {
      return status;
    }
  }
  if (!start) {
    // What an observed process holds up must not hold up the window.
    using namespace std::chrono_literals;
    Fetcher::instance().begin({.each = 300ms, .total = 2s, .stop_fd = stop_fd});
    start_clocks = read_clocks();
    start = instant_of(*start_clocks);
    cost.open_window(*start);
  }
  return Done{};
}

Status Collector::State::start_anew() {
  probes.release_tasks();
  builder = SessionBuilder(model);
  commands_of.clear();
  forget_the_past();
  if (auto status = reader->resume(); !status) {
    return status;
  }
  probes.reopen_window();
  start.reset();
  exit_seen.reset();
  finished = false;
  return Done{};
}

Status Collector::State::tap_records() {
  // What the calibration left in the ring is taken first.
  reader->stop();
  reader->tap([this](std::span<const std::byte> bytes) { tap.pass_on(bytes); });
  return reader->resume();
}

Status Collector::State::watch_cpus() {
  if (!sources.cpu_changes || (!probes.has_fault_events() && !stacks)) {
    return Done{};
  }
  auto watch = CpuWatch::start(probes, [this](unsigned cpu) {
    // Without them faults are unresolved and mappings lost, which is counted.
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

void Collector::State::remember_mappings() {
  std::set<std::uint32_t> tgids;
  for (const tc_ledger& ledger : probes.slots()) {
    if (const std::uint32_t number = number_in_proc(ledger);
        ledger.live != 0 && number != 0 && tgids.insert(number).second) {
      stacks->remember(ledger.tgid_seen, number);
    }
  }
}

void Collector::State::follow_the_machine() {
  if (stacks) {
    stacks->follow(proc_above == 0);
    if (stacks->take_gap()) {
      remember_mappings();
    }
  }
  const std::uint64_t arrivals = __atomic_load_n(&probes.shared().arrivals, __ATOMIC_ACQUIRE);
  // Where the walk fails, they are looked for again the next time.
  if (arrivals_seen != arrivals && adopt_arrivals(probes)) {
    arrivals_seen = arrivals;
    take_commands();
  }
}

bool Collector::State::someone_is_ending() const {
  return std::ranges::any_of(
      probes.slots(), [](const tc_ledger& ledger) { return ledger.live != 0 && ledger.activity == TC_ACTIVITY_EXIT; });
}

}  // namespace taskcost
