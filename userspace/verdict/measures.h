// SPDX-License-Identifier: Apache-2.0
//
// What ratio claims compare: a figure of a round, and its parts. All values are per operation of the round. A measure
// does not depend on the claim or the model.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/figures.h"

namespace taskcost {

enum class MeasureId {
  creation,        // copy and publish, until the new task can run
  lifetime,        // kernel time on CPUs of creator and created task
  wall,            // by the workload's clock
  kernel,          // kernel time on CPUs of all tasks except the main task
  machinery,       // system calls, wakeups and context switches of these tasks
  switch_latency,  // context switch until the incoming task's first event
};

struct MeasurePart {
  std::string name;
  Figure figure;
};

struct Measure {
  MeasureId id{};
  Figure typical;  // the typical operation: the median if operations are timed one by one
  Figure mean;     // the mean over all operations
  std::string_view parts_title;
  std::vector<MeasurePart> parts;
  // The parts of each operation; nullptr if operations are not timed one by one.
  std::vector<std::vector<double>> (*operations)(const Round&) = nullptr;
};

const Measure& measure(MeasureId id);

// One measure of one round.
struct Reading {
  unsigned round = 0;  // both sides of a round were measured one after the other
  std::optional<double> typical;
  std::optional<double> mean;
  std::vector<double> parts;  // in the order of Measure::parts; empty if one of them is not measured
};

// All readings of one measure of one variant.
struct Series {
  std::vector<Reading> readings;
  std::vector<std::vector<double>> operations;  // of all rounds, at most `kept_operations`
  std::size_t lossy_rounds = 0;                 // rounds in which tasks or records were lost
};
inline constexpr std::size_t kept_operations = 6000;

// The keys are the variant and the measure.
using Readings = std::map<std::string, std::map<MeasureId, Series>, std::less<>>;

// Adds the measures that the table of claims needs of this variant.
void read_round(Readings& readings, const std::string& variant, unsigned number, const Round& round);

}  // namespace taskcost
