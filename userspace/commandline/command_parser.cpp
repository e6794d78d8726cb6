// SPDX-License-Identifier: Apache-2.0
#include "commandline/command_parser.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <sstream>
#include <utility>

#include "commandline/values.h"

namespace taskcost::commandline {

namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kHelpColumn = 28;

std::string wrapped(const std::string& text, std::size_t width) {
  std::istringstream words(text);
  std::string out;
  std::size_t column = 0;
  for (std::string word; words >> word;) {
    if (column > 0 && column + 1 + word.size() > width) {
      out += '\n';
      column = 0;
    }
    out += (column > 0 ? " " : "") + word;
    column += (column > 0 ? 1 : 0) + word.size();
  }
  return out;
}

// CLI11 neither wraps nor lets a command say its own usage.
class Formatter : public CLI::Formatter {
 public:
  explicit Formatter(std::string usage) : usage_(std::move(usage)) { column_width(kHelpColumn); }

  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "Usage: " + usage_ + "\n";
  }
  std::string make_option_name(const CLI::Option* option, bool /*positional*/) const override {
    std::string names;
    for (const std::string& name : option->get_snames()) {
      names += "-" + name + ", ";
    }
    for (const std::string& name : option->get_lnames()) {
      names += "--" + name + ", ";
    }
    return names.substr(0, names.size() - 2);
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_type_size() == 0 ? "" : " " + option->get_type_name();
  }
  std::string make_option_desc(const CLI::Option* option) const override {
    return wrapped(option->get_description(), kWidth - kHelpColumn);
  }

 private:
  std::string usage_;
};

}  // namespace

bool looks_like_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

CommandParser::CommandParser(const CommandHelp& help) : app_(wrapped(help.description, kWidth) + "\n", help.name) {
  app_.formatter(std::make_shared<Formatter>(help.usage));
  app_.footer(help.footer);
  app_.set_help_flag("-h,--help", "Print this help.");
  app_.allow_extras();
}

void CommandParser::flag(const std::string& names, bool& target, const std::string& help) {
  app_.add_flag(names, target, help);
}

void CommandParser::value(const std::string& names, const std::string& value_name, std::string& target,
                          const std::string& help) {
  app_.add_option(names, target, help)->type_name(value_name)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void CommandParser::list(const std::string& names, const std::string& value_name, std::vector<std::string>& target,
                         const std::string& help) {
  app_.add_option(names, target, help)->type_name(value_name)->allow_extra_args(false);
}

std::optional<Result<Options>> CommandParser::parse(std::vector<std::string> words) {
  std::reverse(words.begin(), words.end());  // CLI11 takes words from the back
  try {
    app_.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return Result<Options>(Options(PrintText{help()}));
  } catch (const CLI::ArgumentMismatch& error) {
    // Thrown for a value that is missing; the message begins with the option's name.
    const std::string message = error.what();
    return Result<Options>(
        usage_error("option " + in_quotes(message.substr(0, message.find(':'))), "its value is missing", hint()));
  } catch (const CLI::ParseError& error) {
    return Result<Options>(usage_error("wrong options", error.what(), hint()));
  }
  return std::nullopt;
}

Error CommandParser::unknown_option(const std::string& word) const {
  std::vector<std::string> known;
  for (const CLI::Option* option : app_.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      known.push_back("--" + name);
    }
  }
  const std::string name = word.substr(0, word.find('='));
  const std::optional<std::string> meant = nearest(name, known);
  return usage_error("unknown option " + in_quotes(name), in_quotes(app_.get_name()) + " has no such option",
                     (meant ? "did you mean '" + *meant + "'? " : "") + hint());
}

Error CommandParser::unexpected_word(const std::string& word) const {
  return usage_error("unexpected argument " + in_quotes(word), in_quotes(app_.get_name()) + " takes only options",
                     hint());
}

std::optional<Error> CommandParser::refuse_extras() const {
  const std::vector<std::string> words = extras();
  if (words.empty()) {
    return std::nullopt;
  }
  const auto option = std::find_if(words.begin(), words.end(), looks_like_option);
  return option != words.end() && *option != "--" ? unknown_option(*option) : unexpected_word(words.front());
}

std::string CommandParser::hint() const { return "try '" + app_.get_name() + " --help'"; }

}  // namespace taskcost::commandline
