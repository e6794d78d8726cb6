// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>
#include <utility>

#include "cli/options/observe_options.h"
#include "cli/options/shell_words.h"
#include "cli/options/values.h"

namespace taskcost::commandline {
namespace {

constexpr unsigned kMaxRounds = 100'000;
constexpr unsigned kMaxCommands = 26;
constexpr std::chrono::seconds kDefaultBudget{60};

// Options that are given once for all commands, or once per command.
struct PerCommand {
  Words names, setups, prepares, cleanups;
  std::string shell = "default";
};

Result<unsigned> parse_warmup(std::string_view option, const std::string& text) {
  return text == "0" ? Result<unsigned>(0U) : parse_count(option, text, kMaxRounds);
}

Result<CommandOutput> parse_command_output(std::string_view /*option*/, const std::string& text) {
  if (text == "inherit") {
    return CommandOutput{CommandOutput::Kind::inherit, ""};
  }
  if (text == "null" || text == "pipe") {
    return CommandOutput{text == "pipe" ? CommandOutput::Kind::pipe : CommandOutput::Kind::null, ""};
  }
  return CommandOutput{CommandOutput::Kind::file, text};
}

Result<std::string> parse_input(std::string_view /*option*/, const std::string& text) {
  return text == "null" ? std::string() : text;
}

// hyperfine's options: the format does not depend on the file's ending.
void add_export(CommandParser& parser, const char* name, OutputFormat format, ObserveOptions& options,
                const char* help) {
  parser.add(
      name, "FILE",
      [&options, format](const Words& paths) -> Status {
        for (const std::string& path : paths) {
          if (path == "-") {
            options.format = format;
          } else {
            options.outputs.push_back({path, format});
          }
        }
        return Done{};
      },
      help);
}

void add_options(CommandParser& parser, CompareCommand& compare, PerCommand& each) {
  parser.value("-w,--warmup", "N", compare.warmup, parse_warmup,
               "Run each command N times before the first round. Default: 0.");
  parser.value("-r,--rounds,--runs", "N", compare.rounds, count_up_to(kMaxRounds),
               "Run exactly N rounds. Default: until the result is decided, within --max-time.");
  parser.value("--max-time", "SECONDS", compare.max_time, parse_seconds,
               "Start no round that would not finish within SECONDS. Default: 60, and no limit with --rounds.");
  parser.list("-s,--setup", "CMD", each.setups, "Run CMD once before all runs. Once for all commands, or for each.");
  parser.list("-p,--prepare", "CMD", each.prepares, "Run CMD before each run. Once for all commands, or for each.");
  parser.list("-c,--cleanup", "CMD", each.cleanups, "Run CMD after all rounds. Once for all commands, or for each.");
  parser.value("-S,--shell", "SHELL", each.shell,
               "The shell that runs the commands, as in 'bash --norc', or none. It is observed as well. Default: sh.");
  parser.flag("-N", each.shell, "none",
              "Same as --shell=none: split a command into words, and run it without a shell.");
  parser.list("-n,--name,--command-name", "NAME", each.names, "Name of a command; repeated in the commands' order.");
  parser.flag("-i,--ignore-failure", compare.ignore_failure, "Continue when a command fails. Default: stop.");
  parser.value("--input", "FILE", compare.input, parse_input, "Standard input of the commands. Default: /dev/null.");
  parser.value("--output", "WHERE", compare.output, parse_command_output,
               "Output of the commands: null (default), pipe, inherit, or a file that each run overwrites.");
  parser.flag("--show-output", compare.output, {CommandOutput::Kind::inherit, ""}, "Same as --output=inherit.");
  parser.value("--fail-above", "PERCENT", compare.fail_above, parse_percent,
               "Exit with status 3 if wall time or CPU time of a later command is more than PERCENT above the first "
               "command's, with its whole interval.");
  add_user_option(parser, compare.user);
  add_level_options(parser, compare.observe.detail, compare.observe.max_tasks);
  parser.choice("--format", "FORMAT", compare.observe.format,
                {{"text", OutputFormat::text}, {"json", OutputFormat::json}, {"none", std::nullopt}},
                "Format of standard output: text (default), json or none.");
  add_export(parser, "--export-json", OutputFormat::json, compare.observe, "Write JSON to FILE, whatever its ending.");
  add_export(parser, "--export-markdown", OutputFormat::markdown, compare.observe, "Write a Markdown table to FILE.");
  add_export(parser, "--export-csv", OutputFormat::csv, compare.observe, "Write a table of seconds to FILE.");
  parser.add(
      "-o", "FILE",
      [&compare](const Words& paths) -> Status {
        for (const std::string& path : paths) {
          if (path == "-") {
            compare.observe.format = compare.observe.format.value_or(OutputFormat::text);
            continue;
          }
          auto output = parse_output("-o", path, FileSet::rounds);
          if (!output) {
            return output.error();
          }
          compare.observe.outputs.push_back(*std::move(output));
        }
        return Done{};
      },
      "Write the result to FILE; its ending selects the format: " + list_endings(FileSet::rounds) +
          ". '-' is standard output. May be repeated.");
  add_quiet_option(parser, compare.observe.quiet);
  parser.flag("-v,--verbose", compare.observe.verbose, "Show every quantity in text.");
  add_color_options(parser, compare.observe.color);
}

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
                       "give one for all commands, or one for each");
  }
  return given;
}

// nullopt: no shell.
Result<std::optional<Words>> split_shell(const std::string& shell) {
  if (shell == "none") {
    return std::optional<Words>();
  }
  if (shell == "default") {
    return std::optional(Words{"sh"});
  }
  auto words = split_words(shell);
  if (!words) {
    return words.error();
  }
  if (words->empty()) {
    return usage_error("option '--shell' cannot be empty", "it names no shell", "name one, or use --shell=none");
  }
  return std::optional(*std::move(words));
}

Result<Words> build_arguments(const std::string& command, const std::optional<Words>& shell) {
  if (!shell) {
    auto words = split_words(command);
    if (words && words->empty()) {
      return usage_error("an empty command", "there is nothing to run", "name a program and its arguments");
    }
    return words;
  }
  Words words = *shell;
  words.insert(words.end(), {"-c", command});
  return words;
}

Result<std::vector<CompareCommand::Entry>> build_commands(const PerCommand& given, const Words& commands,
                                                          const std::optional<Words>& shell) {
  const auto setups = for_each_command("--setup", given.setups, commands.size());
  const auto prepares = for_each_command("--prepare", given.prepares, commands.size());
  const auto cleanups = for_each_command("--cleanup", given.cleanups, commands.size());
  for (const auto* const helpers : {&setups, &prepares, &cleanups}) {
    if (!*helpers) {
      return helpers->error();
    }
  }
  if (given.names.size() > commands.size()) {
    return usage_error("option '--name'", "there are more names than commands", "give one name per command");
  }
  std::vector<CompareCommand::Entry> entries;
  std::set<std::string> names;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto arguments = build_arguments(commands[i], shell);
    if (!arguments) {
      return arguments.error();
    }
    const std::string& name = i < given.names.size() ? given.names[i] : commands[i];
    if (name.empty()) {
      return usage_error("an empty command or name", "it cannot be shown", "quote each command as one argument");
    }
    // The same command twice tests the method itself; the same name twice is a mistake.
    if (!names.insert(name).second && !given.names.empty()) {
      return usage_error("two commands are named " + in_quotes(name), "the report could not distinguish them",
                         "give each one its own name with -n");
    }
    entries.push_back({name, commands[i], *std::move(arguments), (*setups)[i], (*prepares)[i], (*cleanups)[i]});
  }
  return entries;
}

}  // namespace

Result<Options> parse_compare(const Words& words) {
  CompareCommand compare;
  PerCommand given;
  bool schema = false;
  CommandParser parser(
      {"taskcost compare", "taskcost compare [OPTIONS] 'COMMAND A' 'COMMAND B'...",
       "Run commands in turn, in rounds, until it is decided whether each one takes more, less or the same wall time "
       "and "
       "CPU time as the first one, and show where the difference comes from. Each command is one argument, for the "
       "shell. A single command gets its own figures.",
       "Exit status: 0 compared, 1 a command failed, 2 wrong usage,\n"
       "3 above the limit of --fail-above.\n"
       "Example: sudo taskcost compare 'grep -r foo .' 'rg foo'",
       "CMD"});
  add_options(parser, compare, given);
  parser.flag("--json-schema", schema, "Print the JSON Schema of --format json.");
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (schema) {
    return Options(PrintSchema{"compare"});
  }
  const auto positionals = parser.positionals();
  if (!positionals) {
    return positionals.error();
  }
  const Words& commands = *positionals;
  if (commands.empty() || commands.size() > kMaxCommands) {
    return usage_error(commands.empty() ? "no command to run" : "too many commands",
                       commands.empty() ? "nothing follows the options" : "the limit is 26",
                       "as in \"taskcost compare 'sleep 0.1' 'sleep 0.2'\"; " + parser.hint());
  }
  const auto shell = split_shell(given.shell);
  if (!shell) {
    return shell.error();
  }
  auto entries = build_commands(given, commands, *shell);
  if (!entries) {
    return entries.error();
  }
  compare.commands = *std::move(entries);
  compare.helper_shell = shell->value_or(Words{"sh"});
  if (!compare.rounds && !compare.max_time) {
    compare.max_time = kDefaultBudget;
  }
  return Options(compare);
}

}  // namespace taskcost::commandline
