// SPDX-License-Identifier: Apache-2.0
//
// One function a command: wiring only. Each returns the exit status of the program, or the Error that main prints.
#pragma once

#include <string>
#include <vector>

#include "commandline/options.h"
#include "taskcost/report.h"
#include "taskcost/result.h"

namespace taskcost {

// Exit status: a cost is above the limit of --fail-above.
inline constexpr int status_above = 3;

// What a command knows of its surroundings. Asked once, in main.
struct Surroundings {
  std::string command_line;  // of taskcost itself
  Report::Host host;
  unsigned width = 80;        // of standard output, where it is a terminal
  bool colour = false;        // on standard output, where the options do not say otherwise
  unsigned error_width = 80;  // the same of standard error
  bool error_colour = false;
  std::vector<int> descriptors;  // the caller's: a launched command inherits them
};

Result<int> run(const RunCommand& command, const Surroundings& surroundings);
Result<int> attach(const AttachCommand& command, const Surroundings& surroundings);
Result<int> workload(const WorkloadCommand& command, const Surroundings& surroundings);
Result<int> doctor(const DoctorCommand& command, const Surroundings& surroundings);
Result<int> compare(const CompareCommand& command, const Surroundings& surroundings);
Result<int> diff(const DiffCommand& command, const Surroundings& surroundings);
Result<int> estimate(const EstimateCommand& command, const Surroundings& surroundings);
Result<int> top(const TopCommand& command, const Surroundings& surroundings);
Result<int> report(const ReportCommand& command, const Surroundings& surroundings);
Result<int> verify(const VerifyCommand& command, const Surroundings& surroundings);

}  // namespace taskcost
