// SPDX-License-Identifier: Apache-2.0
//
// The fields of a report are described once, for everything that handles them as JSON:
//
//   void describe(auto& v, Is<Task> auto& task) {
//     v.object("task", "A thread.");
//     v.field("tid", task.tid, "TID in the initial pid namespace.");
//     v.derived("lifetime_ns", [&] { return task.end - task.start; }, "...");
//   }
//
// A visitor `v` writes the fields (write.h), reads them (read.h), makes their schema (schema.h), or finds the figures
// that two reports are compared by (compare_visitor.h). It calls describe() with a `const Task` unless it reads. While
// reading, reads<decltype(v)> is true, and a description whose fields are local variables assigns them to the object at
// its end. A key that ends in _ns is in nanoseconds, one with `bytes` in bytes.
//
//   object, row   begin the description of a type; a row is written on one line
//   field         a member; JSON null is std::nullopt
//   field_if      a member that is written only if the first argument is true
//   derived       computed from other fields: it is written; reading only checks its type
//   constant      the name of the schema
//   complain      reports, while reading, that fields contradict each other
//
// compared_as() and the functions beside it say which of the fields that follow are compared, until another one is
// called, or the object or group ends.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "account/account.h"
#include "account/observation.h"
#include "base/json_writer.h"

namespace taskcost {

template <typename T, typename Of>
concept Is = std::same_as<std::remove_const_t<T>, Of>;

// True if the visitor reads.
template <typename Visitor>
inline constexpr bool reads = std::remove_cvref_t<Visitor>::reads;

// The JSON keys of an enumeration: `count`, and key() for each enumerator (account_keys.h).
template <typename Enum>
struct Keys;

// The part of a report that a quantity belongs to. Its item and aspect are keys of the JSON report, shown as
// "item: aspects".
enum class Topic {
  window,          // "wall": "wall_ns"; "all": "processes", "tasks", "own_ns", "lifetime_ns", "running_ns", ...
  activity,        // activity: condition
  wait,            // cause: "blocked_ns", "count"
  counter,         // counter: "count" or "ns"
  memory,          // counter: "bytes" or "count"
  channel,         // channel: "calls", "bytes_in", "bytes_out", "kernel_ns", "uncounted_calls"
  latency,         // histogram: "count", "p50_ns", "p90_ns", "p99_ns"
  lifecycle,       // "create_fork", ..., "exec", "exit", "zombie": "count" and means
  kernel_threads,  // "all": "running_ns", "queued_ns"
  comparison,      // "workload: variant": line; medians over rounds, per operation
  sweep,           // "sweep: variant": "x"; medians over rounds
};
inline constexpr int topic_count = static_cast<int>(Topic::sweep) + 1;
constexpr const char* key_of(Topic topic) {
  constexpr std::array<const char*, topic_count> keys{"window",         "activity",   "wait",    "counter",
                                                      "memory",         "channel",    "latency", "lifecycle",
                                                      "kernel_threads", "comparison", "sweep"};
  return keys[static_cast<std::size_t>(topic)];
}

// Numbers are quantities of this topic. An object in a group is an item, its numbers are the aspects; a number of a
// group is an item of its own.
void compared_as(auto& v, Topic topic) {
  if constexpr (requires { v.compare_as(topic); }) {
    v.compare_as(topic);
  }
}
// Numbers are taken from so many cases. Without a case there is none, which is not the same as not measured.
void compared_over(auto& v, std::uint64_t cases) {
  if constexpr (requires { v.compare_over(cases); }) {
    v.compare_over(cases);
  }
}
// Numbers are sums over so many cases, and are compared by their means.
void compared_as_means(auto& v, std::uint64_t cases) {
  if constexpr (requires { v.compare_means(cases); }) {
    v.compare_means(cases);
  }
}
// Numbers are only the basis of others, or repeat them.
void not_compared(auto& v) {
  if constexpr (requires { v.compare_nothing(); }) {
    v.compare_nothing();
  }
}

template <typename Enum>
constexpr auto every() {
  std::array<Enum, Keys<Enum>::count> all{};
  for (int number = 0; number < Keys<Enum>::count; ++number) {
    all[static_cast<std::size_t>(number)] = static_cast<Enum>(number);
  }
  return all;
}

// ---- Values whose JSON differs from their type in memory -----------------------------------------------------------

// JSON null stands for 0, an empty text, or the first enumerator.
template <typename T>
struct OrNull {
  T& value;
};
template <typename T>
OrNull<T> or_null(T& value) {
  return {value};
}

// A time that can be negative.
template <typename T>
struct SignedTime {
  T value;
};
template <typename T>
SignedTime<T&> signed_time(T& value) {
  return {value};
}

// A double or optional double, whose whole numbers are written with all digits, not as 5e+08.
template <typename T>
struct InFull {
  T& value;
};
template <typename T>
InFull<T> in_full(T& value) {
  return {value};
}

// A list of texts or numbers with one element per line.
template <typename T>
struct OnLines {
  T& value;
};
template <typename T>
OnLines<T> on_lines(T& value) {
  return {value};
}

// An object without a C++ type of its own. JSON null if `present` is false.
template <typename Fill, typename Present = const bool>
struct Group {
  Fill fill;
  JsonWriter::Layout layout;
  Present* present = nullptr;
};
template <typename Fill>
Group<Fill> group(Fill fill) {
  return {std::move(fill), JsonWriter::Layout::lines};
}
template <typename Fill>
Group<Fill> row_group(Fill fill) {
  return {std::move(fill), JsonWriter::Layout::row};
}
template <typename Present, typename Fill>
Group<Fill, Present> group_or_null(Present& present, Fill fill) {
  return {std::move(fill), JsonWriter::Layout::lines, &present};
}

// A list whose elements are described by what `as` returns for them.
template <typename List, typename As>
struct Elements {
  List& list;
  As as;
};
template <typename List, typename As>
Elements<List, As> elements(List& list, As as) {
  return {list, std::move(as)};
}

// An object whose keys are data; it keeps their order.
template <typename T>
struct Members : std::vector<std::pair<std::string, T>> {};

std::optional<Interval> interval_of(const std::optional<double>& low, const std::optional<double>& high);

// Both ends of an interval. The interval has no upper bound if only `high` is null.
void describe_interval(auto& v, const char* low_key, const char* high_key, Is<std::optional<Interval>> auto& interval,
                       const char* meaning) {
  auto low = interval ? std::optional(interval->low) : std::nullopt;
  auto high = interval ? std::optional(interval->high) : std::nullopt;
  v.field(low_key, low, meaning);
  v.field(high_key, high, "Upper end of this interval; null also if it has no upper bound.");
  if constexpr (reads<decltype(v)>) {
    interval = interval_of(low, high);
  }
}

// ---- The kinds of types --------------------------------------------------------------------------------------------

namespace kind {

template <typename T, template <typename...> class Of>
inline constexpr bool is_made_of = false;
template <template <typename...> class Of, typename... T>
inline constexpr bool is_made_of<Of<T...>, Of> = true;

template <typename T>
concept Optional = is_made_of<T, std::optional>;
template <typename T>
concept List = is_made_of<T, std::vector>;
template <typename T>
concept Map = is_made_of<T, std::map>;
template <typename T>
concept MembersOf = is_made_of<T, Members>;
template <typename T>
concept Text = std::convertible_to<const T&, std::string_view>;
// What a figure is made of.
template <typename T>
concept Number = (std::is_arithmetic_v<T> && !std::same_as<T, bool>) || std::same_as<T, Duration>;
template <typename T>
concept Scalar = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, Duration> || Text<T>;

}  // namespace kind

// Times in ns.
template <kind::Number T>
double number_of(const T& value) {
  if constexpr (std::same_as<T, Duration>) {
    return in_ns(value);
  } else {
    return static_cast<double>(value);
  }
}

}  // namespace taskcost
