// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "cli/manual/manual.h"

namespace taskcost::manual {
namespace {

// What completes a value, in each shell.
struct Completer {
  std::string_view value;  // a prefix of OptionPage::value or CommandPage::argument
  std::string_view bash;   // sets COMPREPLY from $cur
  std::string_view zsh;    // an action of _arguments
  std::string_view fish;   // arguments of complete
};
constexpr std::array completers{
    Completer{"PID", "_pids", "{compadd -- $(ps -eo pid=)}", "-x -a '(__fish_complete_pids)'"},
    Completer{"TID", "_taskcost_words \"$(ps -eLo lwp=)\"", "{compadd -- $(ps -eLo lwp=)}", "-x -a '(ps -eLo lwp=)'"},
    Completer{"GLOB", "_taskcost_words \"$(ps -eo comm=)\"", "{compadd -- ${(fu)\"$(ps -eo comm=)\"}}",
              "-x -a '(ps -eo comm= | sort -u)'"},
    Completer{"PATTERN", "_taskcost_words \"$(ps -eo comm=)\"", "{compadd -- ${(fu)\"$(ps -eo comm=)\"}}",
              "-x -a '(ps -eo comm= | sort -u)'"},
    Completer{"USER", "_taskcost_words \"$(compgen -u)\"", "_users", "-x -a '(__fish_complete_users)'"},
    Completer{"PATH", "_filedir -d", "_files -/", "-x -a '(__fish_complete_directories)'"},
    Completer{"FILE", "_filedir", "_files", "-r -F"},
    Completer{"WHERE", "_filedir", "_files", "-r -F"},
    Completer{"CMD", "_taskcost_words \"$(compgen -c)\"", " _command_names -e", "-x -a '(__fish_complete_command)'"},
    Completer{"SHELL", "_taskcost_words \"$(compgen -c)\"", " _command_names -e", "-x -a '(__fish_complete_command)'"},
    Completer{"COMMAND", "_command_offset \"$first\"", " _command_names -e", ""},
};
constexpr Completer nothing{"", ":", " ", "-x"};
constexpr std::array workloads{"create", "switch", "handoff", "channel", "share", "bake", "crash"};

const Completer& completer_of(std::string_view value) {
  const auto* const found = std::ranges::find_if(
      completers, [value](const Completer& completer) { return value.starts_with(completer.value); });
  return found == completers.end() ? nothing : *found;
}
// The NAME of --user is one that the system knows.
const Completer& completer_of(const OptionPage& option) {
  return completer_of(option.names.back() == "--user" ? std::string_view("USER") : option.value);
}

template <typename Words>
std::string join(const Words& words, std::string_view separator) {
  std::string out;
  for (const auto& word : words) {
    out += (out.empty() ? std::string() : std::string(separator)) + std::string(word);
  }
  return out;
}

// `before` stands before each of these characters.
std::string replaced(std::string_view text, std::string_view characters, std::string_view before) {
  std::string out;
  for (const char c : text) {
    if (characters.find(c) != std::string_view::npos) {
      out += before;
    }
    out += c;
  }
  return out;
}
std::string single_quoted(std::string_view text) { return "'" + replaced(text, "'", "'\\'") + "'"; }

// The first sentence.
std::string_view short_help(std::string_view help) {
  const std::string_view sentence = help.substr(0, help.find(". "));
  return sentence.substr(0, sentence.size() - (sentence.ends_with('.') ? 1 : 0));
}

std::vector<OptionPage> all_options(const CommandPage& page) {
  std::vector<OptionPage> all = page.options;
  all.insert(all.end(), page.common_options.begin(), page.common_options.end());
  return all;
}

std::string command_names(const std::vector<CommandPage>& pages) {
  std::string names;
  for (const CommandPage& page : pages) {
    names += page.name.empty() ? "" : page.name + " ";
  }
  return names + "help";
}

constexpr std::string_view head = "# SPDX-License-Identifier: Apache-2.0\n# Made from the table of options.\n";

}  // namespace

std::string bash_completion(const std::vector<CommandPage>& pages) {
  std::string values;
  std::string arguments;
  std::string options;
  for (const CommandPage& page : pages) {
    std::string names;
    for (const OptionPage& option : all_options(page)) {
      names += (names.empty() ? "" : " ") + join(option.names, " ");
      if (!option.value.empty()) {
        values += "\t'" + page.name + " " + join(option.names, "' | '" + page.name + " ") + "') ";
        values += option.words.empty() ? std::string(completer_of(option).bash)
                                       : "_taskcost_words '" + join(option.words, " ") + "'";
        values += " ;;\n";
      }
    }
    options += "\t'" + page.name + "') _taskcost_words '" + names + "' ;;\n";
    if (!page.argument.empty()) {
      arguments += "\t" + page.name + ") ";
      arguments += page.argument == "WORKLOAD" ? "_taskcost_words '" + join(workloads, " ") + "'"
                                               : std::string(completer_of(page.argument).bash);
      arguments += " ;;\n";
    }
  }
  return std::string(head) + R"(
_taskcost_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }

# COMMAND OPTION: fails if the option takes no value.
_taskcost_value() {
	case "$1 $2" in
)" + values +
         R"(	*) return 1 ;;
	esac
	return 0
}

_taskcost_option() {
	case $1 in
)" + options +
         R"(	esac
}

# COMMAND: what is no option. The first such word is, or will be, at $first.
_taskcost_argument() {
	case $1 in
)" + arguments +
         R"(	esac
}

_taskcost() {
	local cur prev words cword split command= first marked=
	_init_completion -s || return
	((cword == 1)) || command=${words[1]}
	if [[ $command == help || (! $command && $cur != -*) ]]; then
		_taskcost_words ')" +
         command_names(pages) + R"('
		return
	fi
	for ((first = 2; first < cword; first++)); do
		case ${words[first]} in
		--) marked=1 ;;
		-*) ! _taskcost_value "$command" "${words[first]}" || first=$((first + 1)) ;;
		*) break ;;
		esac
		[[ ! $marked ]] || break
	done
	COMPREPLY=()
	[[ ! $marked ]] || first=$((first + 1))
	if ((first >= cword)) && [[ ! $marked ]]; then
		! _taskcost_value "$command" "$prev" || return 0
	fi
	if [[ $cur == -* && ! $marked ]] && { ((first >= cword)) || [[ $command != run && $command != record ]]; }; then
		_taskcost_option "$command"
		return
	fi
	_taskcost_argument "$command"
} &&
	complete -F _taskcost taskcost
)";
}

std::string zsh_completion(const std::vector<CommandPage>& pages) {
  std::string commands;
  std::string cases;
  for (const CommandPage& page : pages) {
    std::string specs;
    for (const OptionPage& option : all_options(page)) {
      for (const std::string& name : option.names) {
        const bool is_long = name.starts_with("--");
        std::string spec = "*" + name +
                           (option.value.empty() ? ""
                            : is_long            ? "="
                                                 : "+") +
                           "[" + replaced(short_help(option.help), "[]:\\", "\\") + "]";
        if (!option.value.empty()) {
          spec += ":" + replaced(option.value, "[]:\\", "\\") + ":";
          spec += option.words.empty() ? std::string(completer_of(option).zsh) : "(" + join(option.words, " ") + ")";
        }
        specs += " \\\n\t\t\t" + single_quoted(spec);
      }
    }
    if (page.argument == "COMMAND") {
      specs += " \\\n\t\t\t'(-)1:command: _command_names -e' \\\n\t\t\t'*::arguments: _normal'";
    } else if (page.argument == "WORKLOAD") {
      specs += " \\\n\t\t\t'1:workload:(" + join(workloads, " ") + ")'";
    } else if (!page.argument.empty()) {
      specs += " \\\n\t\t\t" + single_quoted("*:argument:" + std::string(completer_of(page.argument).zsh));
    }
    if (page.name.empty()) {
      commands = specs;
    } else {
      cases += "\t\t" + page.name + ")\n\t\t\t_arguments -s -S" + specs + "\n\t\t\t;;\n";
    }
  }
  std::string described;
  for (const CommandPage& page : pages) {
    described += page.name.empty() ? "" : "\t\t" + single_quoted(page.name + ":" + page.summary) + "\n";
  }
  return "#compdef taskcost\n" + std::string(head) + R"(
_taskcost() {
	local curcontext=$curcontext state line
	typeset -A opt_args
	local -a subcommands=(
)" + described +
         R"(		'help:describe a command'
	)
	_arguments -C)" +
         commands + R"( \
			'1:command:->command' \
			'*::argument:->argument'
	case $state in
	command) _describe command subcommands ;;
	argument)
		case $words[1] in
		help) _describe command subcommands ;;
)" + cases +
         R"(		esac
		;;
	esac
}

_taskcost "$@"
)";
}

std::string fish_completion(const std::vector<CommandPage>& pages) {
  std::string out = std::string(head) + "complete -c taskcost -f\n";
  const auto text = [](std::string_view words) { return "'" + replaced(words, "'\\", "\\") + "'"; };
  for (const CommandPage& page : pages) {
    const std::string when =
        page.name.empty() ? "__fish_use_subcommand" : "'__fish_seen_subcommand_from " + page.name + "'";
    const std::string begin = "complete -c taskcost -n " + when;
    if (!page.name.empty()) {
      for (const char* const place : {"__fish_use_subcommand", "'__fish_seen_subcommand_from help'"}) {
        out +=
            std::string("complete -c taskcost -n ") + place + " -a " + page.name + " -d " + text(page.summary) + "\n";
      }
    }
    // By these, the command is found behind options. Long ones in front would be options of that function.
    std::string with_value;
    for (const OptionPage& option : all_options(page)) {
      for (const std::string& name : option.names) {
        if (!option.value.empty()) {
          with_value.insert(name[1] == '-' ? with_value.size() : 0, fmt::format(" {}", name));
        }
      }
    }
    if (page.argument == "COMMAND") {
      out += fmt::format("{} -x -a '(__fish_complete_subcommand --fcs-skip=2{})'\n", begin, with_value);
    } else if (page.argument == "WORKLOAD") {
      out += begin + " -a '" + join(workloads, " ") + "'\n";
    } else if (!page.argument.empty()) {
      out += begin + " " + std::string(completer_of(page.argument).fish) + "\n";
    }
    for (const OptionPage& option : all_options(page)) {
      out += begin;
      for (const std::string& name : option.names) {
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.value.empty()) {
        out += " " + (option.words.empty() ? std::string(completer_of(option).fish)
                                           : "-x -a '" + join(option.words, " ") + "'");
      }
      out += " -d " + text(short_help(option.help)) + "\n";
    }
  }
  return out + "complete -c taskcost -n __fish_use_subcommand -a help -d 'describe a command'\n";
}

}  // namespace taskcost::manual
