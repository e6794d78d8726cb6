// SPDX-License-Identifier: Apache-2.0
//
// All that a renderer may know, and the renderers. A renderer is a function of its arguments: no clock, no environment,
// no terminal query inside. Every name that came from an observed program is escaped for its output at the last write.
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
  cut,     // of a capture: the recording was not brought to its end
  failure  // of the tool: it could not wait any longer
};

struct ProbeCost {
  std::string name;                   // program name
  std::optional<std::uint64_t> runs;  // nullopt: statistics were not asked for
  std::optional<Duration> run_time;
  std::uint64_t skipped = 0;  // runs that the kernel left out: it interrupted the same program on that CPU
};

// Of `run --measure-overhead`: the command with probes over the command without any, in rounds.
struct MeasuredOverhead {
  struct Figure {
    double without = 0;  // medians, ns
    double with = 0;
    std::optional<double> ratio;  // nullopt: a side is 0 in a round, or there are too few
    std::optional<Interval> interval;
  };
  std::size_t rounds = 0;
  Figure wall;
  Figure cpu;  // of the command and the children that it waited for, by getrusage(2)
};

struct Observer {
  std::vector<ProbeCost> probes;
  Duration userspace_cpu{};                // of the collector, from attach to the end of the window
  std::optional<Duration> per_transition;  // calibrated at start: one posted transition, probe entry included
  std::uint64_t transitions = 0;           // posted in the window, as far as they are counted
  std::optional<Duration> stack_time;      // of unwinding, measured each time; nullopt: no stacks were asked for
  std::optional<double> share_of_wall;     // (transitions * per_transition + stack_time + userspace_cpu) / wall time
  std::optional<Duration> attach_time;     // open to the first ledger
  std::optional<Duration> per_transition_cold;  // the same after work that needed the caches
  // (transitions * per_transition + stack_time) / time on CPUs of the observed tasks, warm and cold. Their own time.
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
    std::string virtualization;  // "none", "kvm", ...; empty when unknown
    // Which machine, and which boot of it; empty when unknown.
    std::string name{};        // as uname -n; hostile
    std::string machine_id{};  // machine-id(5)
    std::string boot_id{};     // random for each boot: instants of CLOCK_MONOTONIC are comparable within one
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
  // What the hypervisor ran instead of this machine's CPUs, summed over them, while claims were measured. /proc/stat;
  // nullopt: not virtualized, or no claims. The kernel books it to whatever it interrupted.
  std::optional<Duration> stolen;
  EvidenceList evidence;
  Observer observer;
  Session session;
  std::vector<SideBySide> comparisons;  // verify: the accounts of both variants, line by line
  std::vector<Verdict> claims;
  std::vector<Sweep> sweeps;
  std::vector<FigureTable> tables;
  std::vector<Price> prices;           // of this machine
  std::optional<Stacks> stacks;        // nullopt: not asked for
  std::optional<RecordCheck> records;  // nullopt: the transitions were not recorded
  std::optional<Timeline> timeline;    // nullopt: the transitions were not recorded; shown by render_html alone
};

struct TextOptions {
  unsigned width = 80;
  bool colour = false;
  bool verbose = false;  // every task of every process, all evidence
};

void render_text(const Report& report, std::ostream& out, const TextOptions& options);
// JSON of schema taskcost.report/1, indented by two, one trailing newline.
void render_json(const Report& report, std::ostream& out);
// One self-contained page: the JSON report, and the scripts and styles that show it. Opens offline.
void render_html(const Report& report, std::ostream& out);
// The JSON Schema (2020-12 vocabulary kept to what draft-07 validators know) of what render_json writes.
std::string_view json_schema();

// The stacks, outermost frame first, below the name of their process and their cause. Nothing without stacks.
enum class StackWeight { time, count };  // time in ns
// Folded: "comm;wait: a pipe;main;read;ksys_read_[k] 1234" on a line each.
void render_folded(const Report& report, StackWeight weight, std::ostream& out);
// The JSON that speedscope.app opens: two profiles, by time and by count.
void render_speedscope(const Report& report, std::ostream& out);

// What `verify` would judge: statement, workload, figure, threshold and evidence of each claim.
void render_claim_list(const std::vector<Claim>& claims, std::ostream& out, const TextOptions& options);

// What can be measured here, and from which source.
struct Checkup {
  Report::Host host;
  std::optional<Error> obstacle;  // why nothing can be observed at all
  EvidenceList evidence;          // may be empty when there is an obstacle
  std::vector<Extra> extras;
};

void render_checkup_text(const Checkup& checkup, std::ostream& out, const TextOptions& options);
void render_checkup_json(const Checkup& checkup, std::ostream& out);

// Two books of the same lives (audit.h): whether they agree, where they do not, and what could not be compared.
void render_audit_text(const Audit& audit, std::ostream& out, const TextOptions& options);
// JSON of schema taskcost.audit/1, indented by two, one trailing newline.
void render_audit_json(const Audit& audit, std::ostream& out);

}  // namespace taskcost
