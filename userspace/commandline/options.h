// SPDX-License-Identifier: Apache-2.0
//
// The command line as typed values. Parsed and validated here, once: what a command receives is complete and in range,
// and no other module sees the parser. Nothing here looks at the system: whether a process exists, a file can be
// written or a workload is known is for the command to find out.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "taskcost/collector.h"
#include "taskcost/result.h"

namespace taskcost {

enum class OutputFormat {
  text,
  json,
  html,
  folded,
  speedscope,
  capture,
  perfetto,
  event_csv,
  event_ndjson,
  markdown,  // tables of compare
  csv
};
// Made from transitions, not from a report.
bool is_of_events(OutputFormat format);

// Where a report goes that no -o takes.
enum class ReportStream {
  standard_output,
  standard_error  // of a launched command: standard output is the command's alone
};

struct OutputFile {
  std::string path;
  OutputFormat format = OutputFormat::text;  // by the ending of the path
};

// What all commands that observe have in common.
struct ObserveOptions {
  std::vector<OutputFile> outputs;
  std::optional<OutputFormat> format = OutputFormat::text;  // of `stream`; nullopt: nothing is written there
  ReportStream stream = ReportStream::standard_output;
  bool quiet = false;
  bool verbose = false;
  std::optional<bool> colour;  // nullopt: the terminal and NO_COLOR decide; false: --no-color
  bool probe_stats = false;    // run counts and times of each probe; costs about 70 ns per probe run
  bool stacks = false;         // of creations, faults, waits and involuntary switches
  bool kernel_memory = false;  // what creating calls allocate; makes every allocation in the kernel dearer
  // Size of the ledger pool: living observed tasks at once. nullopt: the collector's default, more for a whole machine.
  std::optional<unsigned> max_tasks;
  Detail detail = Detail::full;
  std::optional<std::string> capture;  // file for the transitions themselves
  std::optional<unsigned> buffer_mib;  // of the ring buffer, a power of two; nullopt: the collector's default
};
// A capture, or a file that is made from one.
bool needs_events(const ObserveOptions& options);

struct RunCommand {
  ObserveOptions observe;
  std::vector<std::string> command;  // not empty
  std::optional<std::string> user;   // nullopt: the caller; under sudo, the user who called it
  std::optional<unsigned> repeat;    // so many runs, of which medians are told
  bool measure_overhead = false;     // in rounds with and without probes; `repeat`: so many
};

// Where the standard output and error of compared commands go.
struct CommandOutput {
  enum class Kind { null, pipe, inherit, file };
  Kind kind = Kind::null;
  std::string path;  // of the file, for standard output
};

struct CompareCommand {
  struct Each {
    std::string name;                    // as -n gave it, else the command
    std::string text;                    // as it was given
    std::vector<std::string> arguments;  // what is run: with the shell, where there is one
    std::string setup;                   // for the shell; empty: none
    std::string prepare;
    std::string cleanup;
  };
  ObserveOptions observe;
  std::vector<Each> commands;             // not empty; names differ
  std::optional<std::string> user;        // as in RunCommand
  std::vector<std::string> helper_shell;  // that runs setup, prepare and cleanup, but for the command itself
  unsigned warmup = 0;                    // runs of each before the first round
  std::optional<unsigned> rounds;         // exactly; nullopt: until it is decided
  std::optional<std::chrono::nanoseconds> max_time;
  bool ignore_failure = false;
  std::optional<double> fail_above;  // percent, 0 or more
  std::string input;                 // file; empty: /dev/null
  CommandOutput output;
};

struct AttachCommand {
  ObserveOptions observe;
  Target target;
  std::optional<std::chrono::nanoseconds> duration;  // nullopt: until the target ends or a signal comes
};

struct DoctorCommand {
  bool json = false;
  std::optional<bool> colour;
};

struct WorkloadCommand {
  ObserveOptions observe;
  std::string name;
  std::vector<std::string> arguments;  // for taskcost-workload, unchanged
};

struct VerifyCommand {
  ObserveOptions observe;
  std::vector<std::string> claims;  // ids; empty: all
  bool thorough = false;
  std::chrono::nanoseconds budget = std::chrono::seconds(55);  // for all rounds; reports come on top
  bool list = false;
  std::optional<std::string> against_itself;  // "thread" or "process": both sides of each comparison are this model
};

struct TopCommand {
  Target target;  // the whole machine unless something else is named
  Detail detail = Detail::full;
  std::optional<unsigned> max_tasks;
  std::chrono::nanoseconds interval = std::chrono::seconds(2);
  bool once = false;                         // one interval, on standard output
  OutputFormat format = OutputFormat::text;  // of --once: text or json
  std::string sort = "cpu";                  // a sort key of the live table, checked by the command
  bool threads = false;
  bool tree = false;
};

// From a capture or a JSON report. `record` is a run or an attach whose options have a capture.
struct ReportCommand {
  std::string file;  // "-": a JSON report from standard input
  std::vector<OutputFile> outputs;
  std::optional<OutputFormat> format = OutputFormat::text;  // of standard output; nullopt: nothing is written there
  bool audit = false;  // instead of the report: both books, held against each other
  bool quiet = false;
  bool verbose = false;
  std::optional<bool> colour;  // as in ObserveOptions
};

struct DiffCommand {
  std::string a;  // paths of reports; "-": standard input
  std::string b;
  std::optional<double> fail_above;                         // percent, 0 or more
  std::vector<OutputFile> outputs;                          // text or json
  std::optional<OutputFormat> format = OutputFormat::text;  // text, json or none
  bool verbose = false;
  std::optional<bool> colour;
};

struct EstimateCommand {
  std::string report;                                       // path; "-": standard input
  std::optional<std::string> prices;                        // path of a report of verify; nullopt: measure them now
  std::optional<std::string> as;                            // "threads", "processes"; nullopt: what there is to convert
  std::vector<OutputFile> outputs;                          // text or json
  std::optional<OutputFormat> format = OutputFormat::text;  // text, json or none
  bool quiet = false;
  bool verbose = false;
  std::optional<bool> colour;
};

// Requests that end with status 0 and touch nothing.
struct PrintText {
  std::string text;  // help or version
};
// The documents that have a JSON Schema, by the command that writes them; events: a line of -o FILE.ndjson.
inline constexpr std::string_view schema_names[] = {"report", "diff", "compare", "estimate",
                                                    "audit",  "top",  "doctor",  "events"};
struct PrintSchema {
  std::string name = "report";
};

using Options = std::variant<RunCommand, AttachCommand, DoctorCommand, WorkloadCommand, VerifyCommand, TopCommand,
                             ReportCommand, DiffCommand, CompareCommand, EstimateCommand, PrintText, PrintSchema>;

// `arguments` without the name of the program. Errors are of kind usage and name the help to read.
Result<Options> parse_options(const std::vector<std::string>& arguments);

}  // namespace taskcost
