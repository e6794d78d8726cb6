// SPDX-License-Identifier: Apache-2.0
//
// The command line as typed values. A command receives values that are complete and in range, and no other module sees
// the parser. The parser reads no system state: the command itself finds out whether a process exists, a file can be
// written, or a workload is known.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "account/groups.h"
#include "account/trigger.h"
#include "base/result.h"
#include "cli/options/formats.h"
#include "collector/observe.h"
#include "report/recorded/recording.h"
#include "report/render.h"

namespace taskcost {

// The stream that a report goes to in addition to the files of -o.
enum class ReportStream {
  standard_output,
  standard_error  // when a command is launched: standard output belongs to it
};

struct OutputFile {
  std::string path;
  OutputFormat format = OutputFormat::text;  // from the path's ending
};

// Options of every command that writes a report.
struct OutputOptions {
  std::vector<OutputFile> outputs;
  std::optional<OutputFormat> format = OutputFormat::text;  // of `stream`; nullopt: nothing is written there
  ReportStream stream = ReportStream::standard_output;
  bool quiet = false;
  bool verbose = false;
  std::optional<bool> color;  // nullopt: color on a terminal, unless NO_COLOR is set
  ReportView view{.extent = ReportView::Extent::main,
                  .summary_last = true};  // of the text on `stream`; files have every section
  // A launched command's standard error gets the summary beside the files of -o, if it is a terminal.
  bool summary_on_terminal = false;
  std::optional<GroupBy> group_by;
  std::optional<UnitsOfWork> per;
};

// The capture that `record` writes and `report` reads if no other file is named.
inline constexpr const char* default_capture = "taskcost.tcap";

// What a flight recorder keeps of the last events: at least one limit is given.
struct KeepOptions {
  std::optional<std::chrono::nanoseconds> time;
  std::optional<std::uint64_t> bytes;  // compressed
};

// Options of every command that observes.
struct ObserveOptions : OutputOptions {
  bool probe_stats = false;            // run count and run time of each probe; costs about 70 ns per probe run
  bool stacks = false;                 // of creations, faults, waits and involuntary switches
  std::optional<unsigned> sample_hz;   // samples of running tasks; 0: none; nullopt: the default with stacks
  std::optional<unsigned> unwind_mib;  // kernel memory for unwind tables; 0: frame pointers alone
  bool kernel_memory = false;          // allocations of creating calls; slows down every allocation in the kernel
  // Ledger pool: observed tasks that are alive at once. nullopt: the collector's default, more for a whole machine.
  std::optional<unsigned> max_tasks;
  Detail detail = Detail::full;
  bool records = false;                // every event, also if only the timeline of a page needs them
  std::optional<std::string> capture;  // file that records every event
  std::optional<KeepOptions> keep;     // REQUIRES: a capture
  std::optional<Trigger> when;         // REQUIRES: keep
  std::optional<unsigned> buffer_mib;  // size of the ring buffer, a power of two; nullopt: the collector's default
};
// An output needs recorded events: a capture, or a file that is made from one.
bool needs_events(const ObserveOptions& options);

// When the observation of a command ends, besides the command's own end and signals.
struct CommandLimits {
  std::optional<std::chrono::nanoseconds> timeout;  // then the command gets SIGTERM, and SIGKILL if it lives on
  bool follow_daemons = false;                      // goes on until every descendant has ended
  bool quiet = false;                               // no message when it goes on
};

struct RunCommand {
  ObserveOptions observe;
  std::vector<std::string> command;  // not empty
  std::optional<std::string> user;   // nullopt: the caller; under sudo, the user who called sudo
  std::optional<unsigned> repeat;    // number of runs; the report has their medians
  bool measure_overhead = false;     // rounds with and without probes; `repeat` is their number
  CommandLimits limits;
};

// Standard output and standard error of compared commands.
struct CommandOutput {
  enum class Kind { null, pipe, inherit, file };
  Kind kind = Kind::null;
  std::string path;  // Kind::file: takes standard output
};

struct CompareCommand {
  struct Entry {
    std::string name;                    // from -n; otherwise the command's text
    std::string text;                    // as given
    std::vector<std::string> arguments;  // argv, including the shell if there is one
    std::string setup;                   // shell command; empty: none
    std::string prepare;
    std::string cleanup;
  };
  ObserveOptions observe;
  std::vector<Entry> commands;            // not empty; names differ
  std::optional<std::string> user;        // as in RunCommand
  std::vector<std::string> helper_shell;  // runs setup, prepare and cleanup: `HELPER_SHELL -c COMMAND`
  unsigned warmup = 0;                    // runs of each command before the first round
  std::optional<unsigned> rounds;         // exact number; nullopt: until the question is decided
  std::optional<std::chrono::nanoseconds> max_time;
  bool ignore_failure = false;
  std::optional<double> fail_above;  // percent, 0 or more
  std::string input;                 // a file; empty: /dev/null
  CommandOutput output;
};

struct AttachCommand {
  ObserveOptions observe;
  Target target;
  std::optional<std::chrono::nanoseconds> duration;  // nullopt: until the target ends or a signal comes
};

struct DoctorCommand {
  bool json = false;
  std::optional<bool> color;
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
  std::chrono::nanoseconds budget = std::chrono::seconds(55);  // for all rounds, without writing the reports
  bool list = false;
  std::optional<std::string> against_itself;  // "thread" or "process": both sides of each comparison run this model
};

struct TopCommand {
  enum class Format {
    text,
    json,   // with `once`
    ndjson  // a line for each refresh
  };
  Target target;  // the whole machine by default
  Detail detail = Detail::full;
  std::optional<unsigned> max_tasks;
  std::chrono::nanoseconds interval = std::chrono::seconds(2);
  std::optional<unsigned> refreshes;  // nullopt: until a signal comes, or q is pressed
  bool once = false;                  // prints one interval to standard output
  Format format = Format::text;       // of standard output
  std::string sort = "cpu";           // a sort key of the live table; the command checks it
  bool threads = false;
  bool tree = false;
  bool quiet = false;
  std::optional<bool> color;  // as in OutputOptions
  std::optional<GroupBy> group_by;
};

// Makes reports from a capture or a JSON report. `record` has no type of its own: it is a run or an attach whose
// options name a capture.
struct ReportCommand : OutputOptions {
  std::string file = default_capture;  // "-": standard input
  bool audit = false;  // compares the ledgers that are rebuilt from events with the kernel's, instead of a report
  CapturePart part;
  std::optional<RegionFilter> regions;  // these are listed one by one
};

struct DiffCommand : OutputOptions {
  std::string a;  // paths of reports; "-": standard input
  std::string b;
  std::optional<double> fail_above;  // percent, 0 or more
};

struct EstimateCommand : OutputOptions {
  std::string report;                 // path; "-": standard input
  std::optional<std::string> prices;  // path of a report of verify; nullopt: measure them now
  std::optional<std::string> as;      // "threads" or "processes"; nullopt: whichever converts more tasks
};

// An address of IPv4 or IPv6, without brackets.
struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9437;  // 0: any that is free
  bool version6 = false;

  [[nodiscard]] std::string text(unsigned at_port) const {
    return (version6 ? "[" + host + "]:" : host + ":") + std::to_string(at_port);
  }
};

struct ExportCommand {
  static constexpr unsigned usual_tasks = 4096;  // `max_tasks`, and more for a whole machine
  Target target;                                 // the whole machine by default
  ListenAddress listen;
  std::optional<std::string> textfile;  // nullopt: `listen`
  std::chrono::nanoseconds interval = std::chrono::seconds(15);
  GroupBy by = GroupBy::cgroup;  // or comm
  unsigned max_groups = 100;
  Detail detail = Detail::switches;
  std::optional<unsigned> max_tasks;
  bool quiet = false;
};

// What the help of a command says, for its manual page and for completion.
struct OptionPage {
  std::vector<std::string> names;  // "-o", "--output"
  std::string value;               // "FILE"; empty: a flag
  std::string help;
  std::vector<std::string> words;  // that its value can be; empty: no known words
};
struct CommandPage {
  std::string name;     // "run"; empty: taskcost itself
  std::string summary;  // a line of the list of commands
  std::string usage;
  std::string description;
  std::string argument;  // what arguments that are no options name, as OptionPage::value; empty: there are none
  std::vector<OptionPage> options;
  std::vector<OptionPage> common_options;  // that several commands have
};
// taskcost itself, and then each command but help, in the order of the list of commands.
std::vector<CommandPage> command_pages();

// Requests that print a text and exit with status 0.
struct PrintText {
  std::string text;                   // help or version
  std::optional<CommandPage> page;    // of help
  std::optional<std::string> manual;  // a manual page that is shown instead, if it is installed
};
// The documents that have a JSON Schema, by the command that writes them; events: a line of -o FILE.ndjson.
inline constexpr std::string_view schema_names[] = {"report", "diff", "compare", "estimate",
                                                    "audit",  "top",  "doctor",  "events"};
struct PrintSchema {
  std::string name = "report";
};

using Options =
    std::variant<RunCommand, AttachCommand, DoctorCommand, WorkloadCommand, VerifyCommand, TopCommand, ReportCommand,
                 DiffCommand, CompareCommand, EstimateCommand, ExportCommand, PrintText, PrintSchema>;

// `arguments` excludes the program's name. Errors have the kind usage, and their hint names the help page.
Result<Options> parse_options(const std::vector<std::string>& arguments);

}  // namespace taskcost
