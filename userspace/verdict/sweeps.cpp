// SPDX-License-Identifier: Apache-2.0
#include "verdict/sweeps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>

#include "verdict/figures.h"
#include "verdict/sampling.h"

namespace taskcost {
namespace {

// A line of a sweep: a workload that gets the size as an additional option.
struct Line {
  const char* label;
  const char* arguments;
};

// The sizes of a quick and of a thorough run.
struct Sizes {
  std::span<const std::uint64_t> quick;
  std::span<const std::uint64_t> thorough;
};

struct Subject {
  const char* name;  // prefix of its variants' names
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
  Unit x_unit;
  const char* y_name;
  Unit y_unit;
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
    {"creation-by-resident", "sweep/resident", "Creation by resident memory of the creator", "resident memory",
     Unit::mebibytes, "copy and publish", Unit::ns, false, &creation_ns},
    {"page-tables-by-resident", "sweep/resident", "Page tables of the new task by resident memory of the creator",
     "resident memory", Unit::mebibytes, "page tables", Unit::bytes, false, &page_table_bytes},
    {"creation-by-mappings", "sweep/mappings", "Creation by mappings of the creator", "mappings", Unit::count,
     "copy and publish", Unit::ns, false, &creation_ns},
    {"creation-by-crowd", "sweep/at-once", "Creation by number of living tasks", "living tasks", Unit::count,
     "copy and publish", Unit::ns, true, &creation_ns},
    {"switch-by-working-set", "sweep/working-set",
     "Context switch by memory that each task touches between two switches", "working set", Unit::bytes,
     "switch latency", Unit::ns, true, &median_switch_latency},
    {"hop-by-working-set", "sweep/working-set", "Hop, by the workload's clock", "working set", Unit::bytes,
     "wall time per hop", Unit::ns, true, &wall_ns},
    {"user-by-working-set", "sweep/working-set",
     "User time of a hop by memory that each task touches (the code is the same: the difference is cache and TLB "
     "misses)",
     "working set", Unit::bytes, "user time per hop", Unit::ns, true, &user_ns},
    {"channel-by-size", "sweep/size", "Message by its size", "message size", Unit::bytes, "kernel time per message",
     Unit::ns, true, &workers_kernel_ns},
    {"message-wall-by-size", "sweep/size", "Message by its size, by the workload's clock", "message size", Unit::bytes,
     "wall time per message", Unit::ns, true, &wall_ns},
});

std::string make_prefix(const Subject& subject, const Line& line) {
  return fmt::format("{}/{}/", subject.name, line.label);
}

// The rounds of a line, sorted by size.
std::vector<SizeSample> collect_samples(const Rounds& rounds, const std::string& prefix, const Shown& what) {
  std::vector<SizeSample> samples;
  for (auto entry = rounds.lower_bound(prefix); entry != rounds.end() && entry->first.starts_with(prefix); ++entry) {
    std::uint64_t size = 0;
    const char* text = entry->first.data() + prefix.size();
    std::from_chars(text, entry->first.data() + entry->first.size(), size);
    if (std::vector<double> values = figures(entry->second, what.figure); !values.empty()) {
      samples.push_back({static_cast<double>(size), std::move(values)});
    }
  }
  std::ranges::sort(samples, {}, &SizeSample::x);
  return samples;
}

Sweep::Series make_series(const char* label, const std::vector<SizeSample>& samples) {
  Sweep::Series series;
  series.label = label;
  for (const SizeSample& sample : samples) {
    series.points.push_back({sample.x, median(sample.rounds), median_interval(sample.rounds), sample.rounds.size()});
  }
  if (const auto slope = fit_slope(samples)) {
    series.slope = slope->slope;
    series.interval = slope->interval;
  }
  return series;
}

}  // namespace

std::vector<SweepVariant> list_sweep_variants(bool thorough) {
  std::vector<SweepVariant> samples;
  for (const Subject& subject : subjects) {
    for (const Line& line : subject.lines) {
      for (const std::uint64_t size : thorough ? subject.sizes.thorough : subject.sizes.quick) {
        samples.push_back({subject.claim, fmt::format("{}{}", make_prefix(subject, line), size),
                           fmt::format("{} {} {}", line.arguments, subject.option, size)});
      }
    }
  }
  return samples;
}

std::vector<Sweep> make_sweeps(const Rounds& rounds) {
  std::vector<Sweep> sweeps;
  for (const Shown& what : shown) {
    const Subject& subject = *std::ranges::find_if(
        subjects, [&](const Subject& each) { return std::string_view(each.name) == what.subject; });
    Sweep sweep{what.id,     subject.claim, what.title,       what.x_name, what.x_unit,
                what.y_name, what.y_unit,   what.logarithmic, {}};
    for (const Line& line : subject.lines) {
      if (const auto samples = collect_samples(rounds, make_prefix(subject, line), what); !samples.empty()) {
        sweep.series.push_back(make_series(line.label, samples));
      }
    }
    if (!sweep.series.empty()) {
      sweeps.push_back(std::move(sweep));
    }
  }
  return sweeps;
}

}  // namespace taskcost
