// SPDX-License-Identifier: Apache-2.0
//
// The report, and the functions that render it. They depend on their arguments only: they use no clock, no environment
// variable, and no terminal query. They escape hostile text (names from observed programs) at the last write.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "taskcost/account.h"
#include "taskcost/audit.h"
#include "taskcost/clock_anchor.h"
#include "taskcost/evidence.h"
#include "taskcost/result.h"
#include "taskcost/stacks.h"
#include "taskcost/timeline.h"
#include "taskcost/verdict.h"

namespace taskcost {

enum class TargetMode { run, attach, workload, verify };
enum class WindowEnd {
  target_exited,
  duration,
  signal,
  cut,     // the capture is cut off
  failure  // taskcost failed to wait for the target
};
constexpr const char* to_string(TargetMode mode) {
  constexpr const char* keys[] = {"run", "attach", "workload", "verify"};
  return keys[static_cast<int>(mode)];
}
constexpr const char* to_string(WindowEnd end) {
  constexpr const char* keys[] = {"target-exited", "duration", "signal", "cut", "failure"};
  return keys[static_cast<int>(end)];
}

struct ProbeCost {
  std::string name;                   // program name
  std::optional<std::uint64_t> runs;  // nullopt without --probe-stats
  std::optional<Duration> run_time;
  std::uint64_t skipped = 0;  // runs that the kernel skipped because the program was running on that CPU
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
  Duration userspace_cpu{};                // CPU time of taskcost in the window
  std::optional<Duration> per_transition;  // cost of one posted transition with the probe entry, calibrated at start
  std::uint64_t transitions = 0;           // transitions posted in the window, as far as counted
  std::optional<Duration> stack_time;      // CPU time spent unwinding, measured each time; nullopt without --stacks
  std::optional<double> share_of_wall;     // (transitions * per_transition + stack_time + userspace_cpu) / wall time
  std::optional<Duration> attach_time;     // from open() to the first window
  std::optional<Duration> per_transition_cold;  // per_transition after work that evicts the caches
  // (transitions * per_transition + stack_time) / CPU time of the observed tasks, warm and cold.
  std::optional<double> share_of_cpu;
  std::optional<double> share_of_cpu_cold;
  std::optional<MeasuredOverhead> measured;
};

struct Report {
  std::string tool_version;
  std::string command_line;  // of taskcost itself

  struct Host {
    std::string kernel;
    std::string arch;
    unsigned cpus = 0;
    std::string virtualization;  // "none", "kvm", ...; empty if unknown
    // These identify the machine and its boot; empty if unknown.
    std::string name{};        // as uname -n; hostile
    std::string machine_id{};  // machine-id(5)
    std::string boot_id{};     // random for each boot; times of CLOCK_MONOTONIC are comparable within one boot
  } host;

  struct Target {
    TargetMode mode = TargetMode::run;
    std::string command;  // hostile
    std::optional<std::uint32_t> pid;
    std::optional<int> exit_code;
    std::optional<int> exit_signal;
  } target;

  WindowEnd window_end = WindowEnd::target_exited;
  WindowClocks clocks;
  // Steal time of all CPUs while claims were measured, from /proc/stat. The kernel counts it for the interrupted tasks.
  // nullopt: not virtualized, or no claims.
  std::optional<Duration> stolen;
  EvidenceList evidence;
  Observer observer;
  Session session;
  std::vector<SideBySide> comparisons;  // for verify: the accounts of both variants, line by line
  std::vector<Verdict> claims;
  std::vector<Sweep> sweeps;
  std::vector<FigureTable> tables;
  std::vector<Price> prices;           // prices on this machine
  std::optional<Stacks> stacks;        // nullopt without --stacks
  std::optional<RecordCheck> records;  // nullopt: the events were not recorded
  std::optional<Timeline> timeline;    // nullopt: the events were not recorded; only render_html() shows it
};

// The clocks at both ends of the window. A report of `verify` has many windows: its clocks are those of the whole run.
WindowClocks window_clocks(const Report& report);

struct TextOptions {
  unsigned width = 80;
  bool color = false;
  bool verbose = false;  // every task of every process, all evidence
};

void render_text(const Report& report, std::ostream& out, const TextOptions& options);
// Writes JSON of schema taskcost.report/1, indented by two, with a trailing newline.
void render_json(const Report& report, std::ostream& out);
// Writes one self-contained page with the JSON report, its scripts and styles. It needs no network.
void render_html(const Report& report, std::ostream& out);
// Reads what render_json() wrote; the timeline, which only captures have, stays empty. The input may be any bytes.
// Errors: it is not JSON, is nested too deeply, has another schema, or a value has a wrong type or is out of range; the
// error has the path of the value. A missing key means "not measured".
Result<Report> read_report(std::string_view json);
// The JSON Schema of the output of render_json(). It uses only the part of 2020-12 that draft-07 validators know.
std::string json_schema();

// These write the stacks, outermost frame first, below the name of the process and the cause; nothing without stacks.
enum class StackWeight { time, count };  // time in ns
// Writes folded stacks: one line "comm;wait: a pipe;main;read;ksys_read_[k] 1234" for each.
void render_folded(const Report& report, StackWeight weight, std::ostream& out);
// Writes JSON for speedscope.app, with two profiles: by time and by count.
void render_speedscope(const Report& report, std::ostream& out);

// Writes the claims that `verify` judges: statement, workload, figure, threshold and evidence of each.
void render_claim_list(const std::vector<Claim>& claims, std::ostream& out, const TextOptions& options);

// The content of `taskcost doctor`: what can be measured on this machine, and from which source.
struct Checkup {
  Report::Host host;
  std::optional<Error> obstacle;  // why nothing can be observed at all
  EvidenceList evidence;          // may be empty if there is an obstacle
  std::vector<Extra> extras;
};

void render_checkup_text(const Checkup& checkup, std::ostream& out, const TextOptions& options);
// JSON of schema taskcost.doctor/1.
void render_checkup_json(const Checkup& checkup, std::ostream& out);

std::string checkup_schema();

// Writes if both accounts of the tasks agree (audit.h), where they differ, and what could not be compared.
void render_audit_text(const Audit& audit, std::ostream& out, const TextOptions& options);
// Writes JSON of schema taskcost.audit/1, indented by two, with a trailing newline.
void render_audit_json(const Audit& audit, std::ostream& out);
std::string audit_schema();

}  // namespace taskcost
