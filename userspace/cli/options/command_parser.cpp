// SPDX-License-Identifier: Apache-2.0
#include "cli/options/command_parser.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <sstream>
#include <utility>

namespace taskcost::commandline {

namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kHelpColumn = 28;

std::string wrap(const std::string& text, std::size_t width) {
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

// The options that commands share. Each help page has them in one block at its end, in this order.
constexpr std::array kCommonNames{"-o",          "--format",     "--json",     "--brief", "-v",     "--per",
                                  "--per-count", "--per-region", "--by",       "--top",   "--sort", "--idle",
                                  "-q",          "--color",      "--no-color", "-V",      "-h"};

// The place of an option in that block; kCommonNames.size() for an option of its command.
std::size_t common_place(const CLI::Option* option) {
  const auto has_name = [option](const char* name) { return option->check_name(name); };
  return static_cast<std::size_t>(std::ranges::find_if(kCommonNames, has_name) - kCommonNames.begin());
}

// CLI11 wraps no text and writes its own usage line.
class Formatter : public CLI::Formatter {
 public:
  explicit Formatter(std::string usage) : usage_(std::move(usage)) { column_width(kHelpColumn); }

  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "Usage: " + usage_ + "\n";
  }
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode /*mode*/) const override {
    const auto is_common = [](const CLI::Option* option) { return common_place(option) < kCommonNames.size(); };
    const auto own = app->get_options(std::not_fn(is_common));
    auto common = app->get_options(is_common);
    std::ranges::sort(common, {}, common_place);
    return make_description(app) + make_usage(app, std::move(name)) +
           (own.empty() ? "" : make_group("Options", false, own)) + make_group("Common options", false, common) + "\n" +
           make_footer(app);
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
    return wrap(option->get_description(), kWidth - kHelpColumn);
  }

 private:
  std::string usage_;
};

}  // namespace

bool looks_like_option(const std::string& word) { return word.size() > 1 && word.front() == '-'; }

CommandParser::CommandParser(const CommandHelp& help)
    : help_(help), app_(wrap(help.description, kWidth) + "\n", help.name) {
  app_.formatter(std::make_shared<Formatter>(help.usage));
  app_.footer(help.footer);
  app_.set_help_flag("-h,--help", "Print this help.");
  app_.allow_extras();
}

CommandPage CommandParser::page() const {
  CommandPage page;
  page.name = help_.name.substr(std::min(help_.name.size(), std::string_view("taskcost ").size()));
  page.usage = help_.usage;
  page.description = help_.description;
  page.argument = help_.argument;
  auto options = app_.get_options();
  std::ranges::stable_sort(options, {}, common_place);
  for (const CLI::Option* option : options) {
    OptionPage entry;
    entry.value = option->get_type_size() == 0 ? "" : option->get_type_name();
    entry.help = option->get_description();
    for (const std::string& name : option->get_snames()) {
      entry.names.push_back("-" + name);
    }
    for (const std::string& name : option->get_lnames()) {
      entry.names.push_back("--" + name);
    }
    if (const auto words = words_.find(option); words != words_.end()) {
      entry.words = words->second;
    }
    const bool is_common = common_place(option) < kCommonNames.size();
    (is_common ? page.common_options : page.options).push_back(std::move(entry));
  }
  return page;
}

std::string CommandParser::long_name(const std::string& names) {
  const std::size_t start = names.find("--");
  return start == std::string::npos ? names : names.substr(start, names.find(',', start) - start);
}

CLI::Option* CommandParser::flag(const std::string& names, bool& target, const std::string& help) {
  return app_.add_flag(names, target, help);
}

CLI::Option* CommandParser::list(const std::string& names, const std::string& value_name,
                                 std::vector<std::string>& target, const std::string& help) {
  return app_.add_option(names, target, help)->type_name(value_name)->allow_extra_args(false);
}

CLI::Option* CommandParser::add(const std::string& names, const std::string& value_name, Take take,
                                const std::string& help) {
  // An exception would win over --help, which CLI11 evaluates after the values.
  const auto keep_error = [this, take = std::move(take)](const std::vector<std::string>& texts) {
    if (auto status = take(texts); !status && !error_) {
      error_ = status.error();
    }
  };
  return app_.add_option_function<std::vector<std::string>>(names, keep_error, help)
      ->type_name(value_name)
      ->allow_extra_args(false);
}

std::optional<Result<Options>> CommandParser::parse(const std::vector<std::string>& words) {
  const auto mark = std::find(words.begin(), words.end(), "--");
  marked_ = mark != words.end();
  after_mark_.assign(marked_ ? mark + 1 : mark, words.end());
  std::vector<std::string> before(words.begin(), mark);
  std::reverse(before.begin(), before.end());  // CLI11 takes words from the back
  try {
    app_.parse(std::move(before));
  } catch (const CLI::CallForHelp&) {
    return Result<Options>(Options(PrintText{app_.help(), page(), std::nullopt}));
  } catch (const CLI::ArgumentMismatch& error) {
    // CLI11 throws it for a missing value; the message begins with the option's name.
    const std::string message = error.what();
    return Result<Options>(
        usage_error("option " + in_quotes(message.substr(0, message.find(':'))), "its value is missing", hint()));
  } catch (const CLI::ExcludesError& error) {
    return Result<Options>(usage_error("conflicting options", error.what(), hint()));
  } catch (const CLI::RequiresError& error) {
    return Result<Options>(usage_error("missing option", error.what(), hint()));
  } catch (const CLI::ParseError& error) {
    return Result<Options>(usage_error("wrong options", error.what(), hint()));
  }
  for (auto check = checks_.begin(); !error_ && check != checks_.end(); ++check) {
    if (auto status = (*check)(); !status) {
      error_ = status.error();
    }
  }
  return error_ ? std::optional<Result<Options>>(*error_) : std::nullopt;
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

Result<std::vector<std::string>> CommandParser::positionals() const {
  std::vector<std::string> words = app_.remaining();
  const auto option = std::find_if(words.begin(), words.end(), looks_like_option);
  if (option != words.end()) {
    return unknown_option(*option);
  }
  words.insert(words.end(), after_mark_.begin(), after_mark_.end());
  return words;
}

Status CommandParser::refuse_positionals() const {
  const auto words = positionals();
  if (!words) {
    return words.error();
  }
  if (!words->empty()) {
    return usage_error("unexpected argument " + in_quotes(words->front()),
                       in_quotes(app_.get_name()) + " takes only options", hint());
  }
  return Done{};
}

Result<std::vector<std::string>> CommandParser::passed_on() const {
  std::vector<std::string> words = app_.remaining();
  if (!words.empty() && looks_like_option(words.front())) {
    return unknown_option(words.front());
  }
  words.insert(words.end(), after_mark_.begin(), after_mark_.end());
  return words;
}

Result<std::vector<std::string>> CommandParser::command() const {
  auto words = passed_on();
  // A "--" behind the first word of the command belongs to the command.
  if (words && marked_ && !app_.remaining().empty()) {
    words->insert(words->end() - static_cast<std::ptrdiff_t>(after_mark_.size()), "--");
  }
  return words;
}

}  // namespace taskcost::commandline
