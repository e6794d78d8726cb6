// SPDX-License-Identifier: Apache-2.0
//
// Options that several commands have: the target, the level of detail, and the outputs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/options/command_parser.h"
#include "cli/options/options.h"

namespace taskcost::commandline {

using Words = std::vector<std::string>;

struct OutputDefaults {
  std::string what = "report";  // what -o writes, in the help text
  bool text_by_default = true;  // on the stream, when no --format is given
};

// --brief, --idle, --top and --sort, of commands that report a run. They follow add_output_options().
void add_view_options(CommandParser& parser, OutputOptions& options);

// -o, --format, -v, --color and --no-color. `files` is read when all words are parsed.
void add_output_options(CommandParser& parser, OutputOptions& options, const FileSet& files,
                        const OutputDefaults& defaults = {});
// -q, into a bool.
void add_quiet_option(CommandParser& parser, bool& quiet);
// --color and --no-color. nullopt: on a terminal, unless NO_COLOR is set.
void add_color_options(CommandParser& parser, std::optional<bool>& color);
inline constexpr const char* group_help =
    "Sum up tasks, stacks and wakeups by KEY. Default: comm, or thread if all processes have one name.";
// --by; `help` is followed by the keys.
CLI::Option* add_group_option(CommandParser& parser, std::optional<GroupBy>& by, const std::string& help);

// Everything that commands which observe have in common.
void add_observe_options(CommandParser& parser, ObserveOptions& options, const FileSet& files,
                         const OutputDefaults& defaults = {});

// --detail and --max-tasks. The default is the present value of `detail`.
void add_level_options(CommandParser& parser, Detail& detail, std::optional<unsigned>& max_tasks,
                       unsigned usual_tasks = CollectorOptions{}.max_tasks);

// -p, -t, --cgroup, --comm and -a, which exclude one another.
enum class Arguments {
  not_ids,
  are_pids  // as if they followed --pid
};
void add_target_options(CommandParser& parser, std::optional<Target>& target, Arguments arguments = Arguments::not_ids);

void add_duration_option(CommandParser& parser, std::optional<std::chrono::nanoseconds>& duration);
void add_user_option(CommandParser& parser, std::optional<std::string>& user);

// Commands with a file of their own.
Result<Options> parse_compare(const Words& words);
Result<Options> parse_report(const Words& words);
Result<Options> parse_diff(const Words& words);
Result<Options> parse_estimate(const Words& words);
Result<Options> parse_export(const Words& words);

}  // namespace taskcost::commandline
