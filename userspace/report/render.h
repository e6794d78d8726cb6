// SPDX-License-Identifier: Apache-2.0
//
// The functions that render what was found. They depend on their arguments only: they use no clock, no environment
// variable, and no terminal query. They escape hostile text (names from observed programs) at the last write.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "trace/audit.h"
#include "verdict/compare/compare.h"
#include "verdict/diff/diff.h"
#include "verdict/estimate/estimate.h"
#include "verdict/report.h"

namespace taskcost {

// The order of tables of processes and tasks, the largest first. busy: time on CPUs, waiting for one, and blocked on
// the way (account/idle_waits.h).
enum class ReportOrder { busy, cpu, blocked, wait, faults, switches, lifetime };

// The parts of the report of a run that are shown.
struct ReportView {
  enum class Extent {
    all,      // every section, the summary first
    main,     // what most questions are about, the summary last
    summary,  // the summary alone
  };
  Extent extent = Extent::all;
  bool summary_last = false;  // also with Extent::all
  bool folds = false;         // groups have rows for their members, which can be folded, and no table is shown twice
  bool idle = false;          // idle waits are among the largest costs of the summary
  ReportOrder sort = ReportOrder::busy;
  std::optional<std::size_t>
      top{};  // rows of tables of processes, tasks, waits, system calls and edges; nullopt: as each table has it

  bool operator==(const ReportView&) const = default;
};

struct TextOptions {
  unsigned width = 80;
  bool color = false;
  bool verbose = false;  // every task of every process, all evidence
  ReportView view{};
};

void render_text(const Report& report, std::ostream& out, const TextOptions& options);
// Writes JSON of schema taskcost.report/2, indented by two, with a trailing newline.
void render_json(const Report& report, std::ostream& out);
// Writes one self-contained page with the JSON report, its scripts and styles. It needs no network. Stacks stand beside
// the report, in a shorter form (html_stacks.h).
void render_html(const Report& report, std::ostream& out);
// Reads what render_json() wrote; the timeline, which only captures have, stays empty. The input may be any bytes.
// Errors: it is not JSON, is nested too deeply, has another schema, or a value has a wrong type or is out of range; the
// error has the path of the value. A missing key means "not measured".
Result<Report> read_report(std::string_view json);
// The JSON Schema of the output of render_json(). It uses only the part of 2020-12 that draft-07 validators know.
std::string json_schema();

// These write the stacks, outermost frame first, below the name of the group (--by) and the cause; nothing without
// stacks.
enum class StackWeight { time, count };  // time in ns
// Writes folded stacks, the heaviest first: one line "comm;wait: a pipe;main;read;ksys_read_[k] 1234" for each. Faults
// and creations are left out, because their time is a part of running and waiting.
void render_folded(const Report& report, StackWeight weight, std::ostream& out);
// Writes lines with two weights, that in `a` and that in `b`, as difffolded.pl does, by the largest change. REQUIRES:
// both have stacks.
void render_folded_difference(const Report& a, const Report& b, std::ostream& out);
// Writes long waits with the stacks of their wakers, as offwaketime of bcc does: the waiting task, its frames, "--",
// the frames of the waker beginning with the innermost, and the waker.
void render_waker_stacks(const Report& report, std::ostream& out);
// Writes JSON for speedscope.app: a profile of running and waiting by time, profiles of faults and creations, and a
// profile of all stacks by count.
void render_speedscope(const Report& report, std::ostream& out);
// Writes a profile for pprof, compressed by gzip.
void render_pprof(const Report& report, std::ostream& out);

// Writes the claims that `verify` judges: statement, workload, figure, threshold and evidence of each.
void render_claim_list(const std::vector<Claim>& claims, std::ostream& out, const TextOptions& options);

// The content of `taskcost doctor`: what can be measured on this machine, and from which source.
struct Checkup {
  Host host;
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
// Writes JSON of schema taskcost.audit/2, indented by two, with a trailing newline.
void render_audit_json(const Audit& audit, std::ostream& out);
std::string audit_schema();

void render_difference_text(const Difference& difference, std::ostream& out, const TextOptions& options);
// Writes JSON of schema taskcost.diff/2.
void render_difference_json(const Difference& difference, std::ostream& out);
std::string difference_schema();
// Writes a page, with a flame graph if both reports are given and have stacks.
void render_difference_html(const Difference& difference, const Report* a, const Report* b, std::ostream& out);

// Reads the JSON of a report of schema taskcost.report/2, or of taskcost.compare/2 with one command. Errors: those of
// read_report().
Result<ReportFigures> read_figures(std::string_view json);

// The name of a checked cost, "time on CPUs", and its figures, "1.32 s against 1.00 s, 1.32 x".
std::string cost_text(const Change& change);
std::string cost_figures_text(const Change& change);

void render_comparison_text(const Comparison& comparison, std::ostream& out, const TextOptions& options);
// Writes JSON of schema taskcost.compare/2. Its `results` has the format of hyperfine.
void render_comparison_json(const Comparison& comparison, std::ostream& out);
std::string comparison_schema();
void render_comparison_html(const Comparison& comparison, std::ostream& out);
// Write tables in the formats of hyperfine: Markdown in a unit that fits, CSV in seconds.
void render_comparison_markdown(const Comparison& comparison, std::ostream& out);
void render_comparison_csv(const Comparison& comparison, std::ostream& out);

void render_estimate_text(const Estimate& estimate, std::ostream& out, const TextOptions& options);
// Writes JSON of schema taskcost.estimate/1.
void render_estimate_json(const Estimate& estimate, std::ostream& out);
std::string estimate_schema();

}  // namespace taskcost
