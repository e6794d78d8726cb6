// SPDX-License-Identifier: Apache-2.0
//
// One command's options on top of CLI11: help that fits 80 columns, errors that are an Error, and values that are
// checked while the words are parsed.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/options/options.h"
#include "cli/options/values.h"

namespace taskcost::commandline {

struct CommandHelp {
  std::string name;  // "taskcost run"
  std::string usage;
  std::string description;
  std::string footer;
  std::string argument = {};  // as in CommandPage
};

// Every target must outlive parse(), and keeps its value unless its option is given.
class CommandParser {
 public:
  explicit CommandParser(const CommandHelp& help);

  CLI::Option* flag(const std::string& names, bool& target, const std::string& help);
  // A flag that stores `value`.
  template <typename T>
  CLI::Option* flag(const std::string& names, T& target, std::type_identity_t<T> value, const std::string& help) {
    return app_.add_flag_callback(
        names, [&target, value = std::move(value)] { target = value; }, help);
  }

  // The last value counts when the option is repeated. `parse(option, text)` returns a Result.
  template <typename T, typename Parse>
  CLI::Option* value(const std::string& names, const std::string& value_name, T& target, Parse parse,
                     const std::string& help) {
    return add(
        names, value_name,
        [&target, parse, option = long_name(names)](const std::vector<std::string>& texts) -> Status {
          auto parsed = parse(option, texts.back());
          if (!parsed) {
            return parsed.error();
          }
          target = *std::move(parsed);
          return Done{};
        },
        help);
  }
  template <typename T>
  CLI::Option* value(const std::string& names, const std::string& value_name, T& target, const std::string& help) {
    return value(names, value_name, target, as_given, help);
  }
  // One of a few words.
  template <typename T>
  CLI::Option* choice(const std::string& names, const std::string& value_name, T& target,
                      std::vector<std::pair<std::string_view, std::type_identity_t<T>>> choices,
                      const std::string& help) {
    std::vector<std::string> words;
    words.reserve(choices.size());
    for (const auto& choice : choices) {
      words.emplace_back(choice.first);
    }
    CLI::Option* const added = value(
        names, value_name, target,
        [choices = std::move(choices)](const std::string& option, const std::string& text) -> Result<T> {
          std::vector<std::string> known;
          for (const auto& [word, meaning] : choices) {
            if (word == text) {
              return meaning;
            }
            known.emplace_back(word);
          }
          return bad_value(option, text, "unknown value", "use " + join_words(known));
        },
        help);
    complete_with(added, std::move(words));
    return added;
  }
  // The words that completion offers as the option's value.
  void complete_with(const CLI::Option* option, std::vector<std::string> words) { words_[option] = std::move(words); }
  // All values, in order.
  CLI::Option* list(const std::string& names, const std::string& value_name, std::vector<std::string>& target,
                    const std::string& help);
  // `take` gets all values, in order.
  using Take = std::function<Status(const std::vector<std::string>&)>;
  CLI::Option* add(const std::string& names, const std::string& value_name, Take take, const std::string& help);

  // Checks what several options mean together. Checks run in the order of these calls, when all words are parsed.
  void check(std::function<Status()> check) { checks_.push_back(std::move(check)); }

  // The first word that is no option ends the options: it begins the command.
  void stop_at_first_word() { app_.prefix_command(); }

  // Parses up to the first "--", which CLI11 would drop, although a launched command may contain one. nullopt on
  // success; otherwise what the caller must return: the help text that was requested, or the error.
  std::optional<Result<Options>> parse(const std::vector<std::string>& words);

  // The arguments that are not options, and all that follow a "--". Error: one looks like an option.
  [[nodiscard]] Result<std::vector<std::string>> positionals() const;
  // Error: there is an argument that is not an option.
  [[nodiscard]] Status refuse_positionals() const;
  // The command line that begins with the first word that is no option. Error: it begins with an unknown option.
  [[nodiscard]] Result<std::vector<std::string>> command() const;
  // The arguments that no option took, in order, and all that follow a "--". Error: the first looks like an option.
  [[nodiscard]] Result<std::vector<std::string>> passed_on() const;

  // "try 'taskcost run --help'"
  [[nodiscard]] std::string hint() const { return "try '" + app_.get_name() + " --help'"; }
  [[nodiscard]] const std::string& name() const { return app_.get_name(); }

 private:
  static std::string long_name(const std::string& names);
  [[nodiscard]] CommandPage page() const;
  [[nodiscard]] Error unknown_option(const std::string& word) const;

  CommandHelp help_;
  CLI::App app_;
  std::map<const CLI::Option*, std::vector<std::string>> words_;
  std::vector<std::function<Status()>> checks_;
  std::optional<Error> error_;  // the first value that was refused
  std::vector<std::string> after_mark_;
  bool marked_ = false;
};

bool looks_like_option(const std::string& word);

}  // namespace taskcost::commandline
