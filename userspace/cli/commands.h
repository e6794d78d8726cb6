// SPDX-License-Identifier: Apache-2.0
//
// One function per command, which only connects the stages. Each returns the exit status, or the Error that main
// prints.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/options/options.h"
#include "verdict/report.h"

namespace taskcost {

// A cost is above the limit of --fail-above.
inline constexpr int exit_above_limit = 3;

// Everything that a command depends on besides its options. main detects it once.
struct Environment {
  std::string command_line;  // taskcost's own
  Host host;
  unsigned width = 80;        // columns of standard output, if it is a terminal
  bool color = false;         // default of standard output
  unsigned error_width = 80;  // the same for standard error
  bool error_color = false;
  bool error_terminal = false;   // standard error is a terminal
  std::vector<int> descriptors;  // opened by the caller: a launched command inherits them
};

// Exit status of run: its command's, 128 + signal if one killed it, 124 after --timeout. Workload: that of a workload
// that failed. Compare, diff: 0 or exit_above_limit. Doctor: 1 if the probes do not work. All else is 0.
Result<int> run(const RunCommand& command, const Environment& environment);
Result<int> attach(const AttachCommand& command, const Environment& environment);
Result<int> workload(const WorkloadCommand& command, const Environment& environment);
Result<int> doctor(const DoctorCommand& command, const Environment& environment);
Result<int> compare(const CompareCommand& command, const Environment& environment);
Result<int> diff(const DiffCommand& command, const Environment& environment);
Result<int> estimate(const EstimateCommand& command, const Environment& environment);
Result<int> export_figures(const ExportCommand& command, const Environment& environment);
Result<int> top(const TopCommand& command, const Environment& environment);
Result<int> report(const ReportCommand& command, const Environment& environment);
Result<int> verify(const VerifyCommand& command, const Environment& environment);

}  // namespace taskcost
