// SPDX-License-Identifier: Apache-2.0
//
// What the processes of a program would cost as threads, and the reverse: the counts of its report times a price list.
// Plain values: read from JSON, computed, never printed here.
//
// Definitions:
//
//   worker       a task that is converted. As threads: a process that was forked and called no exec; a process that was
//                there before the window and has the command line of its observed parent counts as one. As processes:
//                each thread but the first of its process.
//   line         a part of the program's time on CPUs that costs something else in the other model. `here` is what the
//                report says it cost, or a price where the report has only its count. The rest of the time stays.
//   there        what the line costs in the other model. A price of the other model's side is taken twice: as it
//                stands in the list, and times what the program's own cost is over the price of its side. The value
//                is the geometric mean of both, and the interval holds both, on one CPU and across CPUs.
//   sum          values are added. The distances of the ends of the intervals from the values are added as squares,
//                because nothing lets all lines err to the same side. So is, by factors, how far two runs of the same
//                program are apart: one run does not tell it.
//
// Assumptions that no figure backs are named constants in estimate.cpp, and stand in the notes of their lines.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "taskcost/report.h"
#include "taskcost/result.h"
#include "taskcost/verdict.h"

namespace taskcost {

enum class Model { threads, processes };
const char* to_string(Model model);  // "threads", "processes"

// Kernel and hardware that something was measured on; what is empty or missing is not told.
struct MeasuredOn {
  std::string kernel;
  std::string arch;
  std::string virtualization;
  std::optional<double> cpus;
};

// Sums over the tasks of a process, or over all tasks. Times in ns on CPUs; nullopt: not measured.
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
  std::optional<double> shared_futex_ns;  // in calls on futexes in shared memory
  std::optional<double> shared_futex_calls;
};
void add(WorkCounts& sum, const WorkCounts& more);

// One process; or several of one name that the report has summed up.
struct ProcessCounts {
  double id = 0;
  double parent = 0;  // 0: not observed
  std::string comm;   // hostile, as the command
  std::string command;
  std::string how;  // "fork", "attached", ...; empty where the report has summed up
  double processes = 1;
  double tasks = 1;
  std::optional<double> reap;  // ns, of its parent
  WorkCounts work;
};

struct CreationCounts {
  double count = 0;
  double running = 0;  // ns on CPUs, of the creator
  double start = 0;    // ns on CPUs, of the new task on its way out of the call: mean
};

struct ChannelCounts {
  std::string channel;  // "pipe"
  double calls = 0;
  double bytes = 0;  // received
  double kernel = 0;
};

struct ProgramCounts {
  std::string name;     // of the file; hostile
  std::string command;  // hostile
  std::string mode;     // "run", "attach", "workload"
  MeasuredOn measured_on;
  bool calls_seen = true;  // false: user and kernel time are not told apart
  WorkCounts work;         // of all
  std::vector<ProcessCounts> processes;
  CreationCounts forks;
  CreationCounts threads;
  std::optional<double> switch_latency_same;  // ns, mean
  std::optional<double> switch_latency_other;
  std::vector<ChannelCounts> channels;
};

struct PriceList {
  std::string name;  // of the file; "measured now"
  MeasuredOn measured_on;
  std::vector<Price> prices;
};

// From the JSON of a report of schema taskcost.report/1. Any bytes may be given. Errors as those of read_report
// (diff.h); and a report of `verify` is no program's, or a report has no price list.
Result<ProgramCounts> read_program(std::string_view json);
Result<PriceList> read_price_list(std::string_view json);

// An amount with what it may be at least and at most.
struct Amount {
  double value = 0;
  double low = 0;
  double high = 0;
};

struct EstimateLine {
  enum class State {
    priced,
    not_priced,   // the price list lacks one of its prices: it stays what it is, and the sum says so
    not_measured  // the report lacks its count: likewise
  };
  std::string id;        // "create"
  std::string quantity;  // "creations"
  State state = State::priced;
  bool user = false;            // user code, not the kernel's
  std::optional<double> count;  // nullopt: not measured
  double here = 0;              // ns
  Amount there;                 // ns; `here` unless priced
  std::string note;             // what the figures rest on; may be empty
};

// What is the same in either model, or has no counterpart in the other one.
struct EstimateFact {
  enum class State {
    unchanged,
    no_counterpart,  // in the other model
    included,        // in the price of a line
    falls_away,
    bound  // more than the sum says
  };
  std::string id;
  std::string quantity;
  State state = State::unchanged;
  std::optional<double> count;
  std::string unit;            // of the count: "count", "bytes"
  std::optional<double> time;  // ns on CPUs
  std::string note;
};

struct Estimate {
  struct Sum {
    double here = 0;  // ns
    Amount there;
  };
  std::string name;     // of the report's file; hostile
  std::string command;  // hostile
  std::string mode;
  MeasuredOn program_on;
  std::string prices_name;
  MeasuredOn prices_on;
  Model to = Model::threads;
  double workers = 0;  // tasks that change their model
  std::vector<EstimateLine> lines;
  std::vector<EstimateFact> facts;
  double rest = 0;                 // ns, time on CPUs outside the lines
  double run_to_run = 1;           // factor
  bool run_to_run_priced = false;  // false: the price list has none, the factor is the least
  Sum cpu;
  std::optional<Sum> kernel;  // nullopt: user and kernel time are not told apart
  std::vector<std::string> warnings;

  [[nodiscard]] std::size_t without_price() const;  // lines
};

// `to`: nullopt: the model that fewer of the program's tasks have. Error: there is nothing to convert.
Result<Estimate> estimate(const ProgramCounts& program, const PriceList& prices, std::optional<Model> to);

void render_estimate_text(const Estimate& estimate, std::ostream& out, const TextOptions& options);
// JSON of schema taskcost.estimate/1.
void render_estimate_json(const Estimate& estimate, std::ostream& out);
std::string_view estimate_schema();

}  // namespace taskcost
