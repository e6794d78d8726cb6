// SPDX-License-Identifier: Apache-2.0
//
// What ratio claims compare: a figure of a round, and the parts that it is made of. All values are per operation of the
// round. A claim names a measure; the measure knows no claim and no model.
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
  wall,            // by the clock of the workload
  kernel,          // kernel time on CPUs of all tasks but the main one
  machinery,       // system calls, wakeups and context switches of these
  switch_latency,  // context switch until the incoming task's first sign of life
};

struct MeasurePart {
  std::string name;
  Figure figure;
};

struct Measure {
  MeasureId id{};
  Figure typical;  // of the typical operation: the median where operations are timed one by one
  Figure mean;     // over all operations
  std::string_view parts_title;
  std::vector<MeasurePart> parts;
  // The parts of each operation; nullptr where operations are not timed one by one.
  std::vector<std::vector<double>> (*operations)(const Round&) = nullptr;
};

const Measure& measure(MeasureId id);

// A measure, read in one round.
struct Reading {
  unsigned round = 0;  // rounds of both sides with the same number were measured one after the other
  std::optional<double> typical;
  std::optional<double> mean;
  std::vector<double> parts;  // in the order of Measure::parts; empty when one of them is not measured
};

// All readings of one measure of one variant.
struct Series {
  std::vector<Reading> readings;
  std::vector<std::vector<double>> operations;  // of all rounds together, at most `kept_operations`
  std::size_t lossy_rounds = 0;                 // in which tasks or records were lost
};
inline constexpr std::size_t kept_operations = 6000;

// By variant and measure.
using Readings = std::map<std::string, std::map<MeasureId, Series>, std::less<>>;

// Adds what the table of claims wants to know of this variant.
void read_round(Readings& readings, const std::string& variant, unsigned number, const Round& round);

// Of rounds that are numbered as they stand.
Readings readings_of(const Rounds& rounds);

}  // namespace taskcost
