// SPDX-License-Identifier: Apache-2.0
//
// Estimates what the processes of a program would cost as threads, and the reverse, from the counts of its report and a
// price list. These are plain values, read from JSON.
//
// Definitions:
//
//   worker       a task that is converted. To threads: a forked process without an exec, or a process from before the
//                window with the command line of its observed parent. To processes: each thread except the first of its
//                process.
//   line         a part of the program's CPU time with another cost in the other model. `measured` is its cost in the
//                report, or count times price if the report has only its count. All other CPU time is unchanged.
//   estimated    the cost of the line in the other model. It is computed twice: with the price of the list, and with
//                this price times the ratio of the program's own cost to the price in its present model. The value is
//                the geometric mean of both, and the interval includes both, on one CPU and across CPUs.
//   sum          the sum of the values. The distances of the ends of the intervals from the values are added as
//                squares, because the errors of the lines are independent. The difference between two runs of the same
//                program, which one run cannot show, is added in the same way as a factor.
//
// Assumptions without a measurement are named constants in estimate.cpp, and the notes of their lines mention them.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unit.h"
#include "verdict/report.h"
#include "verdict/verdict.h"

namespace taskcost {

enum class Model { threads, processes };
const char* to_string(Model model);  // "threads", "processes"

// The kernel and hardware of a measurement; empty or nullopt if unknown.
struct MeasuredOn {
  std::string kernel;
  std::string arch;
  std::string virtualization;
  std::optional<double> cpus;
};

// Sums over the tasks of a process, or over all tasks. Times are CPU times in ns; nullopt: not measured.
struct WorkCounts {
  double running = 0;
  double user = 0;
  double create = 0;
  double exit = 0;
  double wait = 0;
  double memory = 0;
  double futex = 0;
  double signal_and_other = 0;
  double page_fault = 0;
  std::optional<double> exits;
  std::optional<double> memory_calls;
  std::optional<double> futex_calls;
  std::optional<double> faults;
  std::optional<double> faults_copy_on_write;
  std::optional<double> faults_copy_on_write_ns;
  std::optional<double> faults_file;
  std::optional<double> switches_same;
  std::optional<double> switches_other;
  std::optional<double> tlb_flushes;
  std::optional<double> shootdowns;
  std::optional<double> wakeups;
  std::optional<double> execs;
  std::optional<double> threads_created;
  std::optional<double> page_table_bytes;
  std::optional<double> shared_futex_ns;  // CPU time in calls on futexes in shared memory
  std::optional<double> shared_futex_calls;
};
void add(WorkCounts& sum, const WorkCounts& more);

// One process, or the sum of several processes with one name.
struct ProcessCounts {
  double id = 0;
  double parent = 0;    // 0: not observed
  std::string comm;     // hostile
  std::string command;  // hostile
  std::string origin;   // "fork", "attached", ...; empty for a sum
  double processes = 1;
  double tasks = 1;
  std::optional<double> reap;  // CPU time of the parent for reaping it, in ns
  WorkCounts work;
};

struct CreationCounts {
  double count = 0;
  double running = 0;  // CPU time of the creator, in ns
  double start = 0;    // mean CPU time of the new task on its way out of the call, in ns
};

struct ChannelCounts {
  std::string channel;  // "pipe"
  double calls = 0;
  double bytes = 0;  // received
  double kernel = 0;
};

struct ProgramCounts {
  std::string name;     // name of the file; hostile
  std::string command;  // hostile
  std::string mode;     // "run", "attach", "workload"
  MeasuredOn measured_on;
  bool calls_seen = true;  // false: no split into user and kernel time
  WorkCounts work;         // sum over all processes
  std::vector<ProcessCounts> processes;
  CreationCounts forks;
  CreationCounts threads;
  std::optional<double> switch_latency_same;  // mean in ns
  std::optional<double> switch_latency_other;
  std::vector<ChannelCounts> channels;
};

struct PriceList {
  std::string name;  // name of the file, or "measured now"
  MeasuredOn measured_on;
  std::vector<Price> prices;
};

// Errors: for program_counts(), a report of `verify`; for price_list(), a report without prices.
Result<ProgramCounts> program_counts(const Report& report);
Result<PriceList> price_list(const Report& report);

// An amount with its lower and upper bound.
struct Amount {
  double value = 0;
  double low = 0;
  double high = 0;
};

struct EstimateLine {
  enum class State {
    priced,
    not_priced,   // the price list lacks one of its prices: the cost stays unchanged, and a warning says so
    not_measured  // the report lacks its count: the cost stays unchanged, and a warning says so
  };
  std::string id;        // "create"
  std::string quantity;  // "creations"
  State state = State::priced;
  bool user = false;            // time in user code
  std::optional<double> count;  // nullopt: not measured
  double measured = 0;          // ns
  Amount estimated;             // ns; `measured` unless priced
  std::string note;             // the basis of the figures; may be empty
};

// A figure that is the same in both models, or has no counterpart in the other one.
struct EstimateFact {
  enum class State {
    unchanged,
    no_counterpart,  // the other model does not have it
    included,        // it is in the price of a line
    falls_away,
    bound  // an additional cost that the sum does not include
  };
  std::string id;
  std::string quantity;
  State state = State::unchanged;
  std::optional<double> count;
  Unit unit = Unit::count;     // unit of the count
  std::optional<double> time;  // CPU time in ns
  std::string note;
};

struct Estimate {
  struct Sum {
    double measured = 0;  // ns
    Amount estimated;
  };
  std::string name;     // name of the report's file; hostile
  std::string command;  // hostile
  std::string mode;
  MeasuredOn program_on;
  std::string prices_name;
  MeasuredOn prices_on;
  Model to = Model::threads;
  double workers = 0;  // tasks that change their model
  std::vector<EstimateLine> lines;
  std::vector<EstimateFact> facts;
  double rest = 0;                 // CPU time outside the lines, in ns
  double run_to_run = 1;           // factor between two runs of the same program
  bool run_to_run_priced = false;  // false: the price list does not have the factor, so it is the minimum
  Sum cpu;
  std::optional<Sum> kernel;  // nullopt: no split into user and kernel time
  std::vector<std::string> warnings;

  [[nodiscard]] std::size_t without_price() const;  // number of lines without a price
};

// If `to` is nullopt, it is the model that fewer of the program's tasks have. Error: there is no task to convert.
Result<Estimate> estimate(const ProgramCounts& program, const PriceList& prices, std::optional<Model> to);

}  // namespace taskcost
