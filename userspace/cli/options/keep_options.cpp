// SPDX-License-Identifier: Apache-2.0
#include "cli/options/keep_options.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace taskcost::commandline {
namespace {

struct KeepUnit {
  std::string_view name;
  double scale;
  bool is_time;  // in ns, otherwise bytes
};
constexpr double kilo = 1024;
constexpr std::array keep_units{KeepUnit{"ms", 1e6, true},         KeepUnit{"kb", kilo, false},
                                KeepUnit{"mb", kilo* kilo, false}, KeepUnit{"gb", kilo* kilo* kilo, false},
                                KeepUnit{"s", 1e9, true},          KeepUnit{"m", 60e9, true},
                                KeepUnit{"h", 3600e9, true}};
constexpr double longest_ns = 1e15;
constexpr double shortest_ns = 1e8;
constexpr double smallest_bytes = 256 * kilo;
constexpr double largest_bytes = kilo * kilo * kilo * kilo;

struct LatencyUnit {
  std::string_view name;
  double ns;
};
constexpr std::array latency_units{LatencyUnit{"ns", 1}, LatencyUnit{"us", 1e3}, LatencyUnit{"\u00b5s", 1e3},
                                   LatencyUnit{"ms", 1e6}, LatencyUnit{"s", 1e9}};

// A number and what follows it.
std::optional<std::pair<double, std::string_view>> number_and_unit(std::string_view text) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) {
    return std::nullopt;
  }
  return std::pair(value, text.substr(static_cast<std::size_t>(rest - text.data())));
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

constexpr const char* keep_hint = "use a time or a size, as in 30s, 16mb or 5m,1gb";

Status add_limit(std::string_view option, const std::string& text, std::string_view limit, KeepOptions& keep) {
  const auto parsed = number_and_unit(trimmed(limit));
  if (!parsed) {
    return bad_value(option, text, in_quotes(limit) + " is neither a time nor a size", keep_hint);
  }
  const auto& [value, unit] = *parsed;
  for (const KeepUnit& each : keep_units) {
    if (each.name != unit) {
      continue;
    }
    const double scaled = value * each.scale;
    if (each.is_time) {
      if (!(scaled >= shortest_ns && scaled <= longest_ns)) {
        return bad_value(option, text, "out of range", "keep 100ms to 1e6s");
      }
      keep.time = std::chrono::nanoseconds(std::llround(scaled));
    } else {
      if (!(scaled >= smallest_bytes && scaled <= largest_bytes)) {
        return bad_value(option, text, "out of range", "keep 256kb to 1024gb");
      }
      keep.bytes = static_cast<std::uint64_t>(std::llround(scaled));
    }
    return Done{};
  }
  return bad_value(option, text, unit.empty() ? "it has no unit" : "unknown unit " + in_quotes(unit),
                   "use ms, s, m, h, kb, mb or gb, as in 30s");
}

// Keys that differ in their quantile alone are listed once.
std::string list_keys() {
  std::vector<std::string> latencies;
  std::vector<std::string> others;
  for (const TriggerKey& key : trigger_keys()) {
    const std::string latency = key.name.substr(0, key.name.rfind('_'));
    if (!key.is_duration()) {
      others.push_back(key.name);
    } else if (latencies.empty() || latencies.back() != latency) {
      latencies.push_back(latency);
    }
  }
  return join_words(latencies) + " with _p50, _p90, _p99 or _max; " + join_words(others);
}

Result<TriggerKey> find_key(std::string_view option, const std::string& text, std::string_view name) {
  std::vector<std::string> names;
  for (const TriggerKey& key : trigger_keys()) {
    if (key.name == name) {
      return key;
    }
    names.push_back(key.name);
  }
  const auto meant = nearest(name, names);
  return bad_value(option, text, name.empty() ? "it names no figure" : "unknown figure " + in_quotes(name),
                   (meant ? "did you mean " + *meant + "? " : "") + "use " + list_keys());
}

struct Operator {
  std::string_view text;
  Trigger::Comparison comparison;
};
constexpr std::array operators{Operator{">=", Trigger::Comparison::at_least},
                               Operator{"<=", Trigger::Comparison::at_most}, Operator{">", Trigger::Comparison::above},
                               Operator{"<", Trigger::Comparison::below}};

// The factor of a unit; nullopt: the figure has no such unit.
std::optional<double> scale_of(const TriggerKey& key, std::string_view unit) {
  if (!key.is_duration()) {
    const bool is_rate = key.source == TriggerKey::Source::rate;
    return unit.empty() || (is_rate && unit == "/s") ? std::optional(1.0) : std::nullopt;
  }
  for (const LatencyUnit& each : latency_units) {
    if (each.name == unit) {
      return each.ns;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<KeepOptions> parse_keep(std::string_view option, const std::string& text) {
  KeepOptions keep;
  std::string_view rest = text;
  while (true) {
    const std::size_t comma = rest.find(',');
    if (auto status = add_limit(option, text, rest.substr(0, comma), keep); !status) {
      return status.error();
    }
    if (comma == std::string_view::npos) {
      return keep;
    }
    rest.remove_prefix(comma + 1);
  }
}

Result<Trigger> parse_trigger(std::string_view option, const std::string& text) {
  Trigger trigger;
  trigger.text = std::string(trimmed(text));
  constexpr std::string_view in_names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
  const std::string_view all = trigger.text;
  const std::size_t end_of_name = std::min(all.find_first_not_of(in_names), all.size());
  auto key = find_key(option, text, all.substr(0, end_of_name));
  if (!key) {
    return key.error();
  }
  trigger.key = *std::move(key);
  std::string_view rest = trimmed(all.substr(end_of_name));
  constexpr std::string_view in_operators = "<>=!~&|+-*/";
  const std::string_view given = rest.substr(0, std::min(rest.find_first_not_of("<>=!~&|"), rest.size()));
  const Operator* found = nullptr;
  for (const Operator& each : operators) {
    found = found == nullptr && each.text == given ? &each : found;
  }
  if (found == nullptr) {
    const std::string_view shown = rest.substr(0, std::min(rest.find_first_not_of(in_operators), rest.size()));
    return bad_value(option, text, shown.empty() ? "it has no operator" : "unknown operator " + in_quotes(shown),
                     "use >, >=, < or <=, as in '" + trigger.key.name + " > 10'");
  }
  trigger.comparison = found->comparison;
  const auto parsed = number_and_unit(trimmed(rest.substr(given.size())));
  if (!parsed) {
    return bad_value(option, text, "its limit is not a number", "as in 'run_queue_p99 > 10ms'");
  }
  const std::string_view unit = trimmed(parsed->second);
  const bool is_latency = trigger.key.is_duration();
  const auto scale = scale_of(trigger.key, unit);
  if (!scale) {
    return bad_value(option, text, unit.empty() ? "its limit has no unit" : "unknown unit " + in_quotes(unit),
                     is_latency ? "use ns, us, ms or s, as in 10ms" : "use a plain number");
  }
  if (parsed->first <= 0) {
    return bad_value(option, text, "its limit is not above 0",
                     is_latency ? "as in 10ms" : "as in '" + trigger.key.name + " >= 1'");
  }
  trigger.limit = parsed->first * *scale;
  return trigger;
}

void add_keep_options(CommandParser& parser, ObserveOptions& options) {
  parser.add(
      "--keep", "LIMIT",
      [&options](const std::vector<std::string>& texts) -> Status {
        KeepOptions keep;
        for (const std::string& text : texts) {
          const auto parsed = parse_keep("--keep", text);
          if (!parsed) {
            return parsed.error();
          }
          keep.time = parsed->time ? parsed->time : keep.time;
          keep.bytes = parsed->bytes ? parsed->bytes : keep.bytes;
        }
        options.keep = keep;
        return Done{};
      },
      "Flight recorder: keep only the last events, in memory: for a time (30s, 5m), in a size (16mb, 1gb; compressed), "
      "or both (30s,1gb; a time alone has 1gb). 'kill -USR1' writes what is kept to FILE with the next free number, as "
      "taskcost.1.tcap, and recording goes on; its end writes FILE. Each file appears when it is complete.");
  parser.value(
      "--when", "CONDITION", options.when, parse_trigger,
      "With --keep: write as on SIGUSR1 when a figure of the last second is beyond a limit, at most once in the "
      "time of --keep: 'run_queue_p99 > 10ms', 'region_max > 1s' (a marked region), 'lost_events >= 1'. Figures: " +
          list_keys() + ". If it never holds, the end says how close it came, and writes FILE all the same.");
}

Status check_keep(const ObserveOptions& options) {
  if (options.when && !options.keep) {
    return usage_error("--when without --keep", "nothing is kept that it could write", "add --keep 30s");
  }
  if (!options.keep) {
    return Done{};
  }
  if (options.stacks) {
    return usage_error("--keep with --stacks", "stacks are sums over the whole recording, which is not kept",
                       "drop one of them");
  }
  if (!options.outputs.empty()) {
    return bad_value("--output", options.outputs.front().path, "with --keep only a capture is written",
                     "make it from the capture with 'taskcost report'");
  }
  return Done{};
}

}  // namespace taskcost::commandline
