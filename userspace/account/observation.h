// SPDX-License-Identifier: Apache-2.0
//
// What an observation says of itself: where it took place, what was observed, why it ended, and what it cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/monotonic_clock.h"

namespace taskcost {

enum class TargetMode { run, attach, workload, verify };
enum class WindowEnd {
  target_exited,
  duration,
  signal,
  cut,      // the capture is cut off
  failure,  // taskcost failed to wait for the target
  timeout,  // the launched command was ended after --timeout
  went_on   // a flight recorder wrote what it kept, and went on
};
constexpr const char* to_string(TargetMode mode) {
  constexpr const char* keys[] = {"run", "attach", "workload", "verify"};
  return keys[static_cast<int>(mode)];
}
constexpr const char* to_string(WindowEnd end) {
  constexpr const char* keys[] = {"target-exited", "duration", "signal", "cut", "failure", "timeout", "went-on"};
  return keys[static_cast<int>(end)];
}

struct ProbeCost {
  std::string name;                   // program name
  std::optional<std::uint64_t> runs;  // nullopt without --probe-stats
  std::optional<Duration> run_time;
  std::uint64_t skipped = 0;  // runs that the kernel skipped because the program was running on that CPU
};

struct Interval {
  double low = 0;
  double high = 0;
};

// The result of `run --measure-overhead`: the command with probes compared with the command without, in rounds.
struct MeasuredOverhead {
  struct Figure {
    double without = 0;           // median without probes, in ns
    double with = 0;              // median with probes, in ns
    std::optional<double> ratio;  // nullopt: a side is 0 in a round, or there are too few rounds
    std::optional<Interval> interval;
  };
  std::size_t rounds = 0;
  Figure wall;
  Figure cpu;  // CPU time of the command and the children that it waited for, by getrusage(2)
};

struct Observer {
  std::vector<ProbeCost> probes;
  std::optional<Duration> userspace_cpu;     // CPU time of taskcost in the window; nullopt: a part of a capture
  std::optional<Duration> per_transition;    // cost of one posted transition with the probe entry, calibrated at start
  std::optional<std::uint64_t> transitions;  // posted in the window, as far as counted; nullopt: a part of a capture
  std::optional<Duration> stack_time;        // CPU time spent unwinding, measured each time; nullopt without --stacks
  std::optional<double> share_of_wall;       // (transitions * per_transition + stack_time + userspace_cpu) / wall time
  std::optional<Duration> attach_time;       // from open() to the first window
  std::optional<Duration> per_transition_cold;  // per_transition after work that evicts the caches
  // (transitions * per_transition + stack_time) / CPU time of the observed tasks, warm and cold.
  std::optional<double> share_of_cpu;
  std::optional<double> share_of_cpu_cold;
  std::optional<MeasuredOverhead> measured;
};

struct Host {
  std::string kernel;
  std::string arch;
  unsigned cpus = 0;
  std::string virtualization;  // "none", "kvm", ...; empty if unknown
  // These identify the machine and its boot; empty if unknown.
  std::string name{};        // as uname -n; hostile
  std::string machine_id{};  // machine-id(5)
  std::string boot_id{};     // random for each boot; times of CLOCK_MONOTONIC are comparable within one boot

  [[nodiscard]] bool is_virtual() const { return !virtualization.empty() && virtualization != "none"; }
};

// The part of a capture that a report is made of. Times are since the start of the capture.
struct ReportedPart {
  Duration from{};
  Duration to{};
  Duration whole{};                 // the length of the capture
  std::vector<std::uint32_t> pids;  // of the processes that it is limited to; empty: all
  std::string comm;                 // a pattern of fnmatch(3) for names of tasks; empty: all
};

// Why a flight recorder (record --keep) wrote what it kept.
enum class KeptWhy { signal, trigger, end };
constexpr const char* to_string(KeptWhy why) {
  constexpr const char* keys[] = {"signal", "trigger", "end"};
  return keys[static_cast<int>(why)];
}

// The last part of a recording, of which a flight recorder had forgotten the rest. Instants are CLOCK_MONOTONIC.
struct KeptPart {
  KeptWhy why = KeptWhy::end;
  Instant recording_start{};
  Instant from{};
  Instant to{};
  std::string trigger;          // as given; empty: --when was not given, or did not fire
  std::optional<double> value;  // that made it fire: in ns, per second, or a number
  std::string value_text;       // the same with its unit; empty: none
};

struct ObservedTarget {
  TargetMode mode = TargetMode::run;
  std::string command;  // hostile
  std::optional<std::uint32_t> pid;
  std::optional<int> exit_code;
  std::optional<int> exit_signal;
};

}  // namespace taskcost
