// SPDX-License-Identifier: Apache-2.0
#include "commandline/compare_options.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "commandline/command_parser.h"
#include "commandline/observe_options.h"
#include "commandline/shell_words.h"
#include "commandline/values.h"

namespace taskcost::commandline {
namespace {

constexpr unsigned kMostRounds = 100'000;
constexpr unsigned kMostCommands = 26;
constexpr std::chrono::seconds kUsualBudget{60};

// The options as text.
struct CompareText {
  Words warmup, rounds, max_time, names, setups, prepares, cleanups, fail_above;
  Words outputs, json, markdown, csv, max_tasks;
  std::string shell = "default";
  std::string input;
  std::string output = "null";
  std::string user;
  std::string detail = "full";
  std::string format = "text";
  std::string color = "auto";
  bool no_shell = false;
  bool ignore_failure = false;
  bool show_output = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  bool schema = false;
};

void add_options(CommandParser& parser, CompareText& text) {
  parser.list("-w,--warmup", "N", text.warmup, "Run each command N times before the first round. Default: 0.");
  parser.list("-r,--rounds,--runs", "N", text.rounds,
              "Exactly N rounds. Default: as many as it takes to answer, within the time of --max-time.");
  parser.list("--max-time", "SECONDS", text.max_time,
              "No round begins that would not end within SECONDS. Default: 60, and no limit with --rounds.");
  parser.list("-s,--setup", "CMD", text.setups, "Run CMD once before all runs. One for all commands, or one for each.");
  parser.list("-p,--prepare", "CMD", text.prepares, "Run CMD before each run. One for all commands, or one for each.");
  parser.list("-c,--cleanup", "CMD", text.cleanups, "Run CMD after all rounds. One for all commands, or one for each.");
  parser.value(
      "-S,--shell", "SHELL", text.shell,
      "The shell that runs the commands, as in 'bash --norc', or none. It is observed with them. Default: sh.");
  parser.flag("-N", text.no_shell, "The same as --shell=none: split into words, and run without a shell.");
  parser.list("-n,--name,--command-name", "NAME", text.names, "Name of a command; once for each, in their order.");
  parser.flag("-i,--ignore-failure", text.ignore_failure, "Go on when a command fails. Default: stop.");
  parser.value("--input", "FILE", text.input, "Standard input of the commands. Default: /dev/null.");
  parser.value(
      "--output", "WHERE", text.output,
      "Output of the commands: null (the default), pipe, inherit, or a file, which is written anew by each run.");
  parser.flag("--show-output", text.show_output, "The same as --output=inherit.");
  parser.list("--fail-above", "PERCENT", text.fail_above,
              "Exit with status 3 when the wall time or CPU time of a later command is more than PERCENT above the "
              "first one's, with its whole interval.");
  parser.value("--user", "NAME", text.user,
               "Run the commands as NAME. Default: the user who called sudo, else the caller.");
  parser.value("--detail", "LEVEL", text.detail, "full (the default) or switches, as for 'taskcost run'.");
  parser.list("--max-tasks", "N", text.max_tasks, "Room for N observed tasks, as for 'taskcost run'.");
  parser.list("-o", "FILE", text.outputs,
              "Write the result to FILE, in the format of its ending: .html, .json, .md, .csv or .txt; - is standard "
              "output. May be repeated.");
  parser.list("--export-json", "FILE", text.json, "The same, as JSON whatever the ending.");
  parser.list("--export-markdown", "FILE", text.markdown, "The same, as a Markdown table.");
  parser.list("--export-csv", "FILE", text.csv, "The same, as a table of seconds.");
  parser.value("--format", "FORMAT", text.format, "Format of standard output: text (the default), json or none.");
  parser.flag("-q,--quiet", text.quiet, "No messages but errors. Default: off.");
  parser.flag("-v,--verbose", text.verbose, "Show every quantity in text. Default: off.");
  parser.value("--color", "WHEN", text.color,
               "auto (the default: on a terminal, unless NO_COLOR is set), always or never.");
  parser.flag("--no-color", text.no_color, "The same as --color=never.");
  parser.flag("--json-schema", text.schema, "Print the JSON Schema of --format json.");
}

// `format`: of standard output.
Result<OutputFile> parse_rounds_output(const std::string& path, OutputFormat format) {
  struct Ending {
    std::string_view text;
    OutputFormat format;
  };
  static constexpr std::array endings{Ending{".html", OutputFormat::html}, Ending{".json", OutputFormat::json},
                                      Ending{".md", OutputFormat::markdown}, Ending{".csv", OutputFormat::csv},
                                      Ending{".txt", OutputFormat::text}};
  if (path == "-") {
    return OutputFile{path, format};
  }
  for (const Ending& ending : endings) {
    if (path.size() > ending.text.size() && path.ends_with(ending.text)) {
      return OutputFile{path, ending.format};
    }
  }
  return usage_error("option '-o' cannot be " + in_quotes(path), "the ending names no known format",
                     "end the name with .html, .json, .md, .csv or .txt");
}

Result<std::optional<bool>> parse_color(const std::string& when, bool no_color) {
  if (no_color || when == "never") {
    return std::optional(false);
  }
  if (when == "always") {
    return std::optional(true);
  }
  if (when == "auto") {
    return std::optional<bool>();
  }
  return usage_error("option '--color' cannot be " + in_quotes(when), "unknown", "give auto, always or never");
}

// One for all commands, or one for each.
Result<Words> for_each_command(const char* option, const Words& given, std::size_t commands) {
  if (given.empty()) {
    return Words(commands);
  }
  if (given.size() == 1) {
    return Words(commands, given.front());
  }
  if (given.size() != commands) {
    return usage_error(std::string("option '") + option + "'",
                       std::to_string(given.size()) + " are given for " + std::to_string(commands) + " commands",
                       "give one for all, or one for each");
  }
  return given;
}

// nullopt: no shell.
Result<std::optional<Words>> shell_words(const CompareText& text) {
  if (text.no_shell || text.shell == "none") {
    return std::optional<Words>();
  }
  if (text.shell == "default") {
    return std::optional(Words{"sh"});
  }
  auto words = split_words(text.shell);
  if (!words) {
    return words.error();
  }
  if (words->empty()) {
    return usage_error("option '--shell' cannot be empty", "it names no shell", "give one, or --shell=none");
  }
  return std::optional(*std::move(words));
}

Result<Words> arguments_of(const std::string& command, const std::optional<Words>& shell) {
  if (!shell) {
    auto words = split_words(command);
    if (words && words->empty()) {
      return usage_error("an empty command", "there is nothing to run", "give a program and its arguments");
    }
    return words;
  }
  Words words = *shell;
  words.insert(words.end(), {"-c", command});
  return words;
}

Result<std::vector<CompareCommand::Each>> checked_commands(const CompareText& text, const Words& commands,
                                                           const std::optional<Words>& shell) {
  const auto setups = for_each_command("--setup", text.setups, commands.size());
  const auto prepares = for_each_command("--prepare", text.prepares, commands.size());
  const auto cleanups = for_each_command("--cleanup", text.cleanups, commands.size());
  for (const auto* const helpers : {&setups, &prepares, &cleanups}) {
    if (!*helpers) {
      return helpers->error();
    }
  }
  if (text.names.size() > commands.size()) {
    return usage_error("option '--name'", "there are more names than commands", "give each command one");
  }
  std::vector<CompareCommand::Each> checked;
  std::set<std::string> names;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto arguments = arguments_of(commands[i], shell);
    if (!arguments) {
      return arguments.error();
    }
    const std::string& name = i < text.names.size() ? text.names[i] : commands[i];
    if (name.empty()) {
      return usage_error("an empty command or name", "nothing can be told of it", "give each command as one word");
    }
    // The same command twice is a check of the judge; the same name twice is a mistake.
    if (!names.insert(name).second && !text.names.empty()) {
      return usage_error("two commands are named " + in_quotes(name), "they could not be told apart",
                         "give each a name of its own with -n");
    }
    checked.push_back({name, commands[i], *std::move(arguments), (*setups)[i], (*prepares)[i], (*cleanups)[i]});
  }
  return checked;
}

CommandOutput output_of(const CompareText& text) {
  if (text.show_output || text.output == "inherit") {
    return {CommandOutput::Kind::inherit, ""};
  }
  if (text.output == "null" || text.output == "pipe") {
    return {text.output == "pipe" ? CommandOutput::Kind::pipe : CommandOutput::Kind::null, ""};
  }
  return {CommandOutput::Kind::file, text.output};
}

// Those of a number, a time or a percentage.
std::optional<Error> set_limits(CompareCommand& compare, const CompareText& text) {
  if (!text.warmup.empty() && text.warmup.back() != "0") {
    const auto count = parse_count("--warmup", text.warmup.back(), kMostRounds);
    if (!count) {
      return count.error();
    }
    compare.warmup = *count;
  }
  if (!text.rounds.empty()) {
    const auto count = parse_count("--rounds", text.rounds.back(), kMostRounds);
    if (!count) {
      return count.error();
    }
    compare.rounds = *count;
  } else {
    compare.max_time = kUsualBudget;
  }
  if (!text.max_time.empty()) {
    const auto time = parse_seconds("--max-time", text.max_time.back());
    if (!time) {
      return time.error();
    }
    compare.max_time = *time;
  }
  if (!text.fail_above.empty()) {
    const auto percent = parse_percent("--fail-above", text.fail_above.back());
    if (!percent) {
      return percent.error();
    }
    compare.fail_above = *percent;
  }
  return std::nullopt;
}

Result<ObserveOptions> checked_outputs(const CompareText& text) {
  ObserveOptions options;
  const auto format = parse_format(text.format);
  if (!format) {
    return format.error();
  }
  options.format = *format;
  const auto color = parse_color(text.color, text.no_color);
  if (!color) {
    return color.error();
  }
  options.colour = *color;
  const auto levels = checked(text.detail, text.max_tasks);
  if (!levels) {
    return levels.error();
  }
  options.detail = levels->detail;
  options.max_tasks = levels->max_tasks;
  options.quiet = text.quiet;
  options.verbose = text.verbose;
  for (const auto& [paths, kind] :
       {std::pair(&text.json, OutputFormat::json), std::pair(&text.markdown, OutputFormat::markdown),
        std::pair(&text.csv, OutputFormat::csv)}) {
    for (const std::string& path : *paths) {
      options.outputs.push_back({path, kind});
    }
  }
  return rounds_outputs(text.outputs, std::move(options));
}

}  // namespace

Result<ObserveOptions> rounds_outputs(const Words& paths, ObserveOptions options) {
  for (const std::string& path : paths) {
    auto output = parse_rounds_output(path, options.format.value_or(OutputFormat::text));
    if (!output) {
      return output.error();
    }
    options.outputs.push_back(*std::move(output));
  }
  for (const OutputFile& output : options.outputs) {
    if (output.path == "-") {
      options.format = output.format;
      options.stream = ReportStream::standard_output;
    }
  }
  std::erase_if(options.outputs, [](const OutputFile& output) { return output.path == "-"; });
  return options;
}

Result<Options> parse_compare(const Words& words) {
  CompareCommand compare;
  CompareText text;
  CommandParser parser(
      {"taskcost compare", "taskcost compare [OPTIONS] 'COMMAND A' 'COMMAND B'...",
       "Run commands in turn, in rounds, until it is decided whether each takes more, less or the same wall time and "
       "CPU time as the first one; and tell where the difference comes from. Each command is one word, for the shell. "
       "Of one command, its own figures are told.",
       "Exit status: 0 compared, 1 a command failed, 2 wrong usage,\n"
       "3 above the limit of --fail-above.\n"
       "Example: sudo taskcost compare 'grep -r foo .' 'rg foo'"});
  add_options(parser, text);
  const AtMark at_mark = split_at_mark(words);
  if (auto end = parser.parse(at_mark.before)) {
    return *end;
  }
  if (text.schema) {
    return Options(PrintSchema{"compare"});
  }
  Words commands = parser.extras();
  const auto option = std::find_if(commands.begin(), commands.end(), looks_like_option);
  if (option != commands.end()) {
    return parser.unknown_option(*option);
  }
  append(commands, at_mark.after);
  if (commands.empty() || commands.size() > kMostCommands) {
    return usage_error(commands.empty() ? "no command to run" : "too many commands",
                       commands.empty() ? "nothing follows the options" : "at most 26 are compared",
                       "as in \"taskcost compare 'sleep 0.1' 'sleep 0.2'\"; " + parser.hint());
  }
  const auto shell = shell_words(text);
  if (!shell) {
    return shell.error();
  }
  auto each = checked_commands(text, commands, *shell);
  if (!each) {
    return each.error();
  }
  compare.commands = *std::move(each);
  compare.helper_shell = shell->value_or(Words{"sh"});
  if (auto error = set_limits(compare, text)) {
    return *error;
  }
  auto observe = checked_outputs(text);
  if (!observe) {
    return observe.error();
  }
  compare.observe = *std::move(observe);
  if (!text.user.empty()) {
    compare.user = text.user;
  }
  compare.ignore_failure = text.ignore_failure;
  compare.input = text.input == "null" ? "" : text.input;
  compare.output = output_of(text);
  return Options(compare);
}

}  // namespace taskcost::commandline
