// SPDX-License-Identifier: Apache-2.0
#include "cli/options/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

namespace taskcost::commandline {

namespace {

// PID_MAX_LIMIT of a 64-bit kernel: PIDs stay below it.
constexpr pid_t kPidMaxLimit = 4 * 1024 * 1024;

// A name that is nothing but the ending is a hidden file, and has no format.
bool ends_with(const std::string& path, const FormatRow& type) {
  return path.size() > type.ending.size() && path.ends_with(type.ending);
}

template <typename T>
std::optional<T> number(std::string_view text) {
  T value{};
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || rest != end) {
    return std::nullopt;
  }
  return value;
}

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> parts;
  for (std::size_t comma = list.find(','); comma != std::string_view::npos; comma = list.find(',')) {
    parts.push_back(list.substr(0, comma));
    list.remove_prefix(comma + 1);
  }
  parts.push_back(list);
  return parts;
}

// Levenshtein distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out + "'";
}

Error usage_error(std::string what, std::string why, std::string hint) {
  return Error{std::move(what), std::move(why), std::move(hint), ErrorKind::usage, std::nullopt};
}

Error bad_value(std::string_view option, std::string_view value, std::string why, std::string hint) {
  return usage_error("option '" + std::string(option) + "' cannot be " + in_quotes(value), std::move(why),
                     std::move(hint));
}

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  }
  return text;
}

Result<std::string> as_given(std::string_view /*option*/, const std::string& text) { return text; }

Result<std::chrono::nanoseconds> parse_seconds(std::string_view option, const std::string& text) {
  constexpr double kLimit = 1e9;
  const auto seconds = number<double>(text);
  if (!seconds || !std::isfinite(*seconds)) {
    return bad_value(option, text, "not a number", "use seconds, for example 2.5");
  }
  if (*seconds <= 0 || *seconds > kLimit) {
    return bad_value(option, text, "out of range", "use more than 0 and at most 1e9 seconds");
  }
  // Anything above 0 waits for at least one nanosecond.
  return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(std::ceil(*seconds * 1e9)));
}

Result<std::chrono::nanoseconds> parse_time(std::string_view option, const std::string& text) {
  constexpr std::array<std::pair<std::string_view, double>, 5> units{
      {{"ms", 1e6}, {"us", 1e3}, {"\u00b5s", 1e3}, {"ns", 1}, {"s", 1e9}}};
  constexpr double limit = 1e9;
  std::string_view digits = text;
  double scale = 1e9;
  for (const auto& [unit, ns] : units) {
    if (digits.ends_with(unit)) {
      digits.remove_suffix(unit.size());
      scale = ns;
      break;
    }
  }
  const auto value = number<double>(digits);
  if (!value || !std::isfinite(*value)) {
    return bad_value(option, text, "not a time", "use seconds or a unit, for example 1.2, 340ms or -2s");
  }
  if (std::abs(*value) * scale > limit * 1e9) {
    return bad_value(option, text, "out of range", "use at most 1e9 seconds");
  }
  return std::chrono::nanoseconds(std::llround(*value * scale));
}

Result<unsigned> parse_count(std::string_view option, const std::string& text, unsigned limit) {
  const auto count = number<unsigned>(text);
  if (!count || *count == 0 || *count > limit) {
    return bad_value(option, text, "not a whole number in range", "use 1 to " + std::to_string(limit));
  }
  return *count;
}

Result<double> parse_percent(std::string_view option, const std::string& text) {
  constexpr double kLimit = 1e6;
  const auto percent = number<double>(text);
  if (!percent || !std::isfinite(*percent)) {
    return bad_value(option, text, "not a number", "use a percentage, for example 10");
  }
  if (*percent < 0 || *percent > kLimit) {
    return bad_value(option, text, "out of range", "use 0 to 1e6");
  }
  return *percent;
}

Result<double> parse_positive(std::string_view option, const std::string& text) {
  constexpr double kLimit = 1e15;
  const auto value = number<double>(text);
  if (!value || !std::isfinite(*value)) {
    return bad_value(option, text, "not a number", "use a number, for example 10000");
  }
  if (*value <= 0 || *value > kLimit) {
    return bad_value(option, text, "out of range", "use a number above 0, up to 1e15");
  }
  return *value;
}

Result<std::vector<pid_t>> parse_ids(std::string_view option, const std::vector<std::string>& lists) {
  std::vector<pid_t> ids;
  for (const std::string& list : lists) {
    for (const std::string_view part : split(list)) {
      const auto id = number<pid_t>(part);
      if (!id || *id <= 0 || *id >= kPidMaxLimit) {
        return bad_value(option, list, in_quotes(part) + " is not a PID or TID", "use numbers separated by commas");
      }
      if (std::find(ids.begin(), ids.end(), *id) == ids.end()) {
        ids.push_back(*id);
      }
    }
  }
  return ids;
}

Result<OutputFile> parse_output(std::string_view option, const std::string& path, FileSet files) {
  const FormatRow* found = nullptr;
  bool known = false;
  for (const FormatRow& type : format_rows) {
    if (ends_with(path, type)) {
      known = true;
      // .speedscope.json also ends with .json.
      if (type.is_in(files) && (found == nullptr || type.ending.size() > found->ending.size())) {
        found = &type;
      }
    }
  }
  if (found == nullptr) {
    return bad_value(option, path, known ? "this command does not write this file type" : "unknown file type",
                     "use " + list_endings(files) + ", or - for standard output");
  }
  return OutputFile{path, found->format};
}

std::string list_endings(FileSet files) {
  std::vector<std::string> endings;
  for (const FormatRow& type : format_rows) {
    if (type.is_in(files)) {
      endings.emplace_back(type.ending);
    }
  }
  return join_words(endings);
}

std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::optional<std::string> best;
  std::size_t best_distance = 3;
  for (const std::string& candidate : candidates) {
    const std::size_t changes = distance(word, candidate);
    if (changes < best_distance && 2 * changes < candidate.size()) {
      best = candidate;
      best_distance = changes;
    }
  }
  return best;
}

}  // namespace taskcost::commandline
