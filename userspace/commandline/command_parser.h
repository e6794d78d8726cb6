// SPDX-License-Identifier: Apache-2.0
//
// One command's options on top of CLI11: help that fits 80 columns and errors that are an Error. Values come out as the
// text that was given; values.h checks them.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "commandline/options.h"

namespace taskcost::commandline {

struct CommandHelp {
  std::string name;  // "taskcost run"
  std::string usage;
  std::string description;
  std::string footer;
};

class CommandParser {
 public:
  explicit CommandParser(const CommandHelp& help);

  // `target` must outlive parse(). Of a value that is given twice the last counts; a list keeps all.
  void flag(const std::string& names, bool& target, const std::string& help);
  void value(const std::string& names, const std::string& value_name, std::string& target, const std::string& help);
  void list(const std::string& names, const std::string& value_name, std::vector<std::string>& target,
            const std::string& help);

  // The first word that is no option ends the options; it and all after it are extras.
  void stop_at_first_word() { app_.prefix_command(); }

  // nullopt when the words were taken in; otherwise what to return: the help that was asked for, or the error.
  std::optional<Result<Options>> parse(std::vector<std::string> words);

  // Words that belong to no option, in order.
  [[nodiscard]] std::vector<std::string> extras() const { return app_.remaining(); }
  // For an extra that looks like an option.
  [[nodiscard]] Error unknown_option(const std::string& word) const;
  [[nodiscard]] Error unexpected_word(const std::string& word) const;
  // The error of the first extra, when there is one.
  [[nodiscard]] std::optional<Error> refuse_extras() const;
  // "try 'taskcost run --help'"
  [[nodiscard]] std::string hint() const;
  [[nodiscard]] std::string help() const { return app_.help(); }

 private:
  CLI::App app_;
};

bool looks_like_option(const std::string& word);

}  // namespace taskcost::commandline
