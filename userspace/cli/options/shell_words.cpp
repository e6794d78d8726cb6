// SPDX-License-Identifier: Apache-2.0
#include "cli/options/shell_words.h"

#include <cstddef>
#include <optional>

#include "cli/options/values.h"

namespace taskcost::commandline {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n'; }

class Splitter {
 public:
  explicit Splitter(std::string_view line) : line_(line) {}

  // Returns false if a quote is not closed.
  bool split() {
    while (at_ < line_.size()) {
      if (!take(line_[at_++])) {
        return false;
      }
    }
    end_word();
    return true;
  }
  std::vector<std::string> words;

 private:
  bool take(char c) {
    if (is_space(c)) {
      end_word();
    } else if (c == '#' && !word_) {
      at_ = std::min(line_.find('\n', at_), line_.size());
    } else if (c == '\\') {
      take_escaped();
    } else if (c == '\'' || c == '"') {
      return take_quoted(c);
    } else {
      append(c);
    }
    return true;
  }

  void append(char c) { word_ = word_.value_or("") + c; }

  // A backslash removes the newline behind it. At the end of the text it is kept.
  void take_escaped() {
    if (at_ == line_.size()) {
      append('\\');
    } else if (const char c = line_[at_++]; c != '\n') {
      append(c);
    }
  }

  bool take_quoted(char quote) {
    word_ = word_.value_or("");
    for (; at_ < line_.size() && line_[at_] != quote; ++at_) {
      const char next = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
      if (quote == '"' && line_[at_] == '\\' && std::string_view("$`\"\\\n").find(next) != std::string_view::npos) {
        ++at_;
        if (next == '\n') {
          continue;
        }
      }
      append(line_[at_]);
    }
    return at_++ < line_.size();
  }

  void end_word() {
    if (word_) {
      words.push_back(*std::move(word_));
      word_.reset();
    }
  }

  std::string_view line_;
  std::size_t at_ = 0;
  std::optional<std::string> word_;
};

}  // namespace

Result<std::vector<std::string>> split_words(std::string_view line) {
  Splitter splitter(line);
  if (!splitter.split()) {
    return usage_error("cannot split " + in_quotes(line), "a quote is not closed", "close it, or use a shell");
  }
  return std::move(splitter.words);
}

}  // namespace taskcost::commandline
