// SPDX-License-Identifier: Apache-2.0
//
// A bundled workload with a marked region: it writes a line when it is ready, waits for release(), and writes its
// result when it is done. The window opens and closes between these marks, so it excludes warm-up and clean-up.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "account/account.h"
#include "base/result.h"
#include "cli/signals.h"
#include "collector/collector.h"
#include "collector/handles.h"

namespace taskcost {

// A workload's own result for one measured region.
struct Outcome {
  std::string line;  // unparsed JSON
  std::uint64_t operations = 0;
  Duration wall{};
  std::map<std::string, double, std::less<>> facts;  // all numbers of the result
};

class MarkedWorkload {
 public:
  // `arguments` are those of taskcost-workload. Error: it could not be started.
  static Result<MarkedWorkload> start(const std::vector<std::string>& arguments, const sigset_t& signal_mask);
  MarkedWorkload(MarkedWorkload&& other) noexcept;
  MarkedWorkload& operator=(MarkedWorkload&& other) noexcept;
  // Kills the workload if it is still running. Its children end with it.
  ~MarkedWorkload();

  enum class Mark { ready, done, ended, stopped };
  // Waits for the next mark. `stopped`: a signal arrived, and the caller has to consume it.
  Mark await(const StopSignals& signals);
  // REQUIRES: await() returned `done`. Error: its last line is not a result.
  [[nodiscard]] Result<Outcome> outcome() const;
  // Lets the workload continue after `ready` or `done`.
  void release() const;

  // The workload and its current descendants.
  [[nodiscard]] std::vector<pid_t> processes() const;

  // Waits for its exit and returns the status that a shell reports.
  int reap();

 private:
  MarkedWorkload(pid_t pid, Fd marks) : pid_(pid), marks_(std::move(marks)) {}
  bool take_line();

  pid_t pid_;  // -1 once reaped
  Fd marks_;
  std::string received_;
  std::string line_;
};

// The result of observing a workload's next region.
struct Region {
  Collector::Observation observation;
  Outcome outcome;
};
struct WorkloadEnded {
  int status = 0;
};
// A signal arrived, and the caller has to consume it.
struct ObservationStopped {};

using ObservedRegion = std::variant<Region, WorkloadEnded, ObservationStopped>;

Result<ObservedRegion> observe_region(Collector& collector, MarkedWorkload& workload, const StopSignals& signals);

}  // namespace taskcost
