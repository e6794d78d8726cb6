// SPDX-License-Identifier: Apache-2.0
#include "verdict/sweeps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>

#include "verdict/figures.h"
#include "verdict/statistics.h"

namespace taskcost {
namespace {

// A line of a sweep: a workload with a size added to its options.
struct Line {
  const char* label;
  const char* arguments;
};

// Sizes that are measured, the last ones only when there is time.
struct Sizes {
  std::span<const std::uint64_t> quick;
  std::span<const std::uint64_t> thorough;
};

struct Subject {
  const char* name;  // the first part of its variants' names
  const char* claim;
  const char* option;
  Sizes sizes;
  std::span<const Line> lines;
};

struct Shown {
  const char* id;
  const char* subject;
  const char* title;
  const char* x_name;
  const char* x_unit;
  const char* y_name;
  const char* y_unit;
  bool logarithmic;
  std::optional<double> (*figure)(const Round&);
};

constexpr auto resident_quick = std::to_array<std::uint64_t>({0, 16, 64, 128});
constexpr auto resident_thorough = std::to_array<std::uint64_t>({0, 16, 64, 128, 256, 1024});
constexpr auto mappings_quick = std::to_array<std::uint64_t>({0, 256, 1024});
constexpr auto mappings_thorough = std::to_array<std::uint64_t>({0, 64, 256, 1024, 4096});
constexpr auto at_once_quick = std::to_array<std::uint64_t>({1, 16, 64});
constexpr auto at_once_thorough = std::to_array<std::uint64_t>({1, 4, 16, 64, 256});
constexpr auto working_quick = std::to_array<std::uint64_t>({0, 16384, 131072, 1048576});
constexpr auto working_thorough = std::to_array<std::uint64_t>({0, 16384, 131072, 1048576, 4194304, 67108864});
constexpr auto size_quick = std::to_array<std::uint64_t>({1, 4096, 65536, 524288});
constexpr auto size_thorough = std::to_array<std::uint64_t>({1, 64, 1024, 4096, 16384, 65536, 262144, 1048576});

constexpr auto creators =
    std::to_array<Line>({{"fork", "create --model fork --count 10"}, {"thread", "create --model thread --count 40"}});
constexpr auto crowds =
    std::to_array<Line>({{"fork", "create --model fork --count 64"}, {"thread", "create --model thread --count 128"}});
constexpr auto switchers = std::to_array<Line>(
    {{"process", "switch --model process --hops 400"}, {"thread", "switch --model thread --hops 400"}});
constexpr auto messengers =
    std::to_array<Line>({{"pipe", "channel --model process --through pipe --messages 60"},
                         {"unix-stream", "channel --model process --through unix-stream --messages 60"},
                         {"unix-dgram", "channel --model process --through unix-dgram --messages 60"},
                         {"tcp", "channel --model process --through tcp --messages 60"},
                         {"message-queue", "channel --model process --through message-queue --messages 60"},
                         {"shared-memory", "channel --model process --through shared-memory --messages 60"},
                         {"memory (threads)", "channel --model thread --through memory --messages 60"}});

constexpr auto subjects = std::to_array<Subject>({
    {"sweep/resident", "cost.creation", "--resident", {resident_quick, resident_thorough}, creators},
    {"sweep/mappings", "cost.creation", "--mappings", {mappings_quick, mappings_thorough}, creators},
    {"sweep/at-once", "cost.creation", "--at-once", {at_once_quick, at_once_thorough}, crowds},
    {"sweep/working-set", "cost.switch", "--working-set", {working_quick, working_thorough}, switchers},
    {"sweep/size", "ipc.complex", "--size", {size_quick, size_thorough}, messengers},
});

constexpr auto shown = std::to_array<Shown>({
    {"creation-by-resident", "sweep/resident", "Creation by resident memory of the creator", "resident memory", "MiB",
     "copy and publish", "ns", false, &creation_of},
    {"page-tables-by-resident", "sweep/resident", "Page tables of the new task by resident memory of the creator",
     "resident memory", "MiB", "page tables", "bytes", false, &page_tables_of},
    {"creation-by-mappings", "sweep/mappings", "Creation by mappings of the creator", "mappings", "count",
     "copy and publish", "ns", false, &creation_of},
    {"creation-by-crowd", "sweep/at-once", "Creation by how many live at once", "tasks at once", "count",
     "copy and publish", "ns", true, &creation_of},
    {"switch-by-working-set", "sweep/working-set", "Switch by what each task touches between two switches",
     "working set", "bytes", "switch latency", "ns", true, &switch_latency_of},
    {"hop-by-working-set", "sweep/working-set", "Hop, by the workload's clock", "working set", "bytes",
     "wall time per hop", "ns", true, &wall_of},
    {"user-by-working-set", "sweep/working-set",
     "User code of a hop by what each task touches: the same code in both, so that the difference is lost caches and "
     "TLB",
     "working set", "bytes", "user time per hop", "ns", true, &user_running_of},
    {"channel-by-size", "sweep/size", "Message by its size", "message size", "bytes", "kernel time per message", "ns",
     true, &workers_kernel_of},
    {"message-wall-by-size", "sweep/size", "Message by its size, by the workload's clock", "message size", "bytes",
     "wall time per message", "ns", true, &wall_of},
});

std::string prefix_of(const Subject& subject, const Line& line) {
  return fmt::format("{}/{}/", subject.name, line.label);
}

// The rounds of a line, by size.
std::vector<Place> places_of(const Rounds& rounds, const std::string& prefix, const Shown& what) {
  std::vector<Place> places;
  for (auto entry = rounds.lower_bound(prefix); entry != rounds.end() && entry->first.starts_with(prefix); ++entry) {
    std::uint64_t size = 0;
    const char* text = entry->first.data() + prefix.size();
    std::from_chars(text, entry->first.data() + entry->first.size(), size);
    if (std::vector<double> values = figures(entry->second, what.figure); !values.empty()) {
      places.push_back({static_cast<double>(size), std::move(values)});
    }
  }
  std::ranges::sort(places, {}, &Place::x);
  return places;
}

Sweep::Series series_of(const char* label, const std::vector<Place>& places) {
  Sweep::Series series;
  series.label = label;
  for (const Place& place : places) {
    series.points.push_back({place.x, median(place.rounds), median_interval(place.rounds), place.rounds.size()});
  }
  if (const auto slope = slope_through(places)) {
    series.slope = slope->slope;
    series.interval = slope->interval;
  }
  return series;
}

}  // namespace

std::vector<SweepPlace> sweep_places(bool thorough) {
  std::vector<SweepPlace> places;
  for (const Subject& subject : subjects) {
    for (const Line& line : subject.lines) {
      for (const std::uint64_t size : thorough ? subject.sizes.thorough : subject.sizes.quick) {
        places.push_back({subject.claim, fmt::format("{}{}", prefix_of(subject, line), size),
                          fmt::format("{} {} {}", line.arguments, subject.option, size)});
      }
    }
  }
  return places;
}

std::vector<Sweep> sweeps_of(const Rounds& rounds) {
  std::vector<Sweep> sweeps;
  for (const Shown& what : shown) {
    const Subject& subject = *std::ranges::find_if(
        subjects, [&](const Subject& each) { return std::string_view(each.name) == what.subject; });
    Sweep sweep{what.id,     subject.claim, what.title,       what.x_name, what.x_unit,
                what.y_name, what.y_unit,   what.logarithmic, {}};
    for (const Line& line : subject.lines) {
      if (const auto places = places_of(rounds, prefix_of(subject, line), what); !places.empty()) {
        sweep.series.push_back(series_of(line.label, places));
      }
    }
    if (!sweep.series.empty()) {
      sweeps.push_back(std::move(sweep));
    }
  }
  return sweeps;
}

}  // namespace taskcost
