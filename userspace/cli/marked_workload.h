// SPDX-License-Identifier: Apache-2.0
//
// A bundled workload that marks what is to be measured: it says when it is ready, waits for leave to begin, and says
// what it measured when it is done. The observer's window lies between the two, so warm-up and clean-up stay outside.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "cli/signals.h"
#include "collector/handles.h"
#include "taskcost/account.h"
#include "taskcost/collector.h"
#include "taskcost/result.h"

namespace taskcost {

// What a workload says of one measured region.
struct Outcome {
  std::string line;  // as it came: JSON
  std::uint64_t operations = 0;
  Duration wall{};
  std::map<std::string, double, std::less<>> facts;  // the numbers
};

class MarkedWorkload {
 public:
  // `arguments` of taskcost-workload. Error: it could not be started.
  static Result<MarkedWorkload> start(const std::vector<std::string>& arguments, const sigset_t& signal_mask);
  MarkedWorkload(MarkedWorkload&& other) noexcept;
  MarkedWorkload& operator=(MarkedWorkload&& other) noexcept;
  // One that still runs is ended, and its children with it.
  ~MarkedWorkload();

  enum class Mark { ready, done, ended, stopped };
  // Waits for the next mark. `stopped`: a signal came, and is still to be taken.
  Mark await(const StopSignals& signals);
  // After `done`. Error: what it said is no outcome.
  [[nodiscard]] Result<Outcome> outcome() const;
  // After `ready` or `done`: lets it go on.
  void release() const;

  // It and all its descendants, as they are now.
  [[nodiscard]] std::vector<pid_t> processes() const;

  // Waits for its end; its exit status as a shell would give it.
  int reap();

 private:
  MarkedWorkload(pid_t pid, Fd marks) : pid_(pid), marks_(std::move(marks)) {}
  bool take_line();

  pid_t pid_;  // -1 once reaped
  Fd marks_;
  std::string received_;
  std::string line_;
};

// What came of observing the next region of a workload.
struct Region {
  Collector::Observation observation;
  Outcome outcome;
};
struct WorkloadEnded {
  int status = 0;
};
// By a signal, which is still to be taken.
struct ObservationStopped {};

using ObservedRegion = std::variant<Region, WorkloadEnded, ObservationStopped>;

Result<ObservedRegion> observe_region(Collector& collector, MarkedWorkload& workload, const StopSignals& signals);

}  // namespace taskcost
