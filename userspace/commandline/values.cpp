// SPDX-License-Identifier: Apache-2.0
#include "commandline/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <utility>

namespace taskcost::commandline {

namespace {

// The kernel's PID_MAX_LIMIT on 64-bit machines; ids stay below it.
constexpr pid_t kPidLimit = 4 * 1024 * 1024;

struct Ending {
  std::string_view text;
  OutputFormat format;
};
// The first that fits counts.
constexpr std::array kEndings{Ending{".speedscope.json", OutputFormat::speedscope},
                              Ending{".html", OutputFormat::html},
                              Ending{".json", OutputFormat::json},
                              Ending{".txt", OutputFormat::text},
                              Ending{".folded", OutputFormat::folded},
                              Ending{".tcap", OutputFormat::capture},
                              Ending{".pftrace", OutputFormat::perfetto},
                              Ending{".csv", OutputFormat::event_csv},
                              Ending{".ndjson", OutputFormat::event_ndjson}};

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

Error bad_value(std::string_view option, std::string_view value, std::string why, std::string hint) {
  return usage_error("option '" + std::string(option) + "' cannot be " + in_quotes(value), std::move(why),
                     std::move(hint));
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

Result<std::chrono::nanoseconds> parse_seconds(std::string_view option, const std::string& text) {
  constexpr double kLimit = 1e9;
  const auto seconds = number<double>(text);
  if (!seconds || !std::isfinite(*seconds)) {
    return bad_value(option, text, "not a number", "give seconds, for example 2.5");
  }
  if (*seconds <= 0 || *seconds > kLimit) {
    return bad_value(option, text, "out of range", "give seconds above 0, at most 1e9");
  }
  // A billionth of a second is the least that can be waited for, and still a wait.
  return std::chrono::nanoseconds(static_cast<std::chrono::nanoseconds::rep>(std::ceil(*seconds * 1e9)));
}

Result<unsigned> parse_count(std::string_view option, const std::string& text, unsigned limit) {
  const auto count = number<unsigned>(text);
  if (!count || *count == 0 || *count > limit) {
    return bad_value(option, text, "not a whole number in range", "give 1 to " + std::to_string(limit));
  }
  return *count;
}

Result<double> parse_percent(std::string_view option, const std::string& text) {
  constexpr double kLimit = 1e6;
  const auto percent = number<double>(text);
  if (!percent || !std::isfinite(*percent)) {
    return bad_value(option, text, "not a number", "give percent, for example 10");
  }
  if (*percent < 0 || *percent > kLimit) {
    return bad_value(option, text, "out of range", "give percent from 0 to 1e6");
  }
  return *percent;
}

Result<std::vector<pid_t>> parse_ids(std::string_view option, const std::vector<std::string>& lists) {
  std::vector<pid_t> ids;
  for (const std::string& list : lists) {
    for (const std::string_view part : split(list)) {
      const auto id = number<pid_t>(part);
      if (!id || *id <= 0 || *id >= kPidLimit) {
        return bad_value(option, list, in_quotes(part) + " is not an id", "give numbers separated by commas");
      }
      if (std::find(ids.begin(), ids.end(), *id) == ids.end()) {
        ids.push_back(*id);
      }
    }
  }
  return ids;
}

Result<OutputFile> parse_output(const std::string& path) {
  for (const Ending& ending : kEndings) {
    // Nothing but the ending is a hidden file, not a format.
    if (path.size() > ending.text.size() && path.ends_with(ending.text)) {
      return OutputFile{path, ending.format};
    }
  }
  return bad_value("--output", path, "the ending names no known format",
                   "end the name with .html, .json, .txt, .folded, .speedscope.json, .tcap, .pftrace, .csv or .ndjson, "
                   "or give - for standard output");
}

Result<std::vector<OutputFile>> parse_text_outputs(const std::vector<std::string>& paths, std::string_view what) {
  std::vector<OutputFile> outputs;
  for (const std::string& path : paths) {
    auto output = parse_output(path);
    if (!output || (output->format != OutputFormat::text && output->format != OutputFormat::json)) {
      return usage_error("option '--output' cannot be " + in_quotes(path), std::string(what) + " is text or JSON",
                         "end the name with .txt or .json");
    }
    outputs.push_back(*std::move(output));
  }
  return outputs;
}

bool take_standard_output(std::vector<std::string>& paths) { return std::erase(paths, "-") > 0; }

Result<std::optional<OutputFormat>> parse_format(const std::string& text, bool to_standard_output) {
  if (text == "text") {
    return std::optional(OutputFormat::text);
  }
  if (text == "json") {
    return std::optional(OutputFormat::json);
  }
  if (text == "none") {
    if (to_standard_output) {
      return usage_error("--format none with -o -", "nothing would be written there", "leave one of them out");
    }
    return std::optional<OutputFormat>();
  }
  return bad_value("--format", text, "unknown format", "give text, json or none");
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
