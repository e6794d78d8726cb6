// SPDX-License-Identifier: Apache-2.0
#include "diff/read_rounds.h"

#include <fmt/format.h>

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace taskcost {
namespace {

std::optional<Topic> topic_of(const std::string& key) {
  for (int topic = 0; topic < topic_count; ++topic) {
    if (key == key_of(static_cast<Topic>(topic))) {
      return static_cast<Topic>(topic);
    }
  }
  return std::nullopt;  // of a later version
}

TimeSums mean_time(const JsonPlace& place) {
  TimeSums time;
  time.lifetime = place.at("lifetime_ns").amount().value_or(0);
  time.queued = place.at("queued_ns").amount().value_or(0);
  place.at("running_ns").each_member([&](const std::string& activity, const JsonPlace& value) {
    time.running[activity] = value.amount().value_or(0);
  });
  place.at("blocked_ns").each_member([&](const std::string& cause, const JsonPlace& value) {
    time.blocked[cause] = value.amount().value_or(0);
  });
  return time;
}

void read_quantity(const JsonPlace& place, ReportFigures& figures) {
  const auto topic = topic_of(place.at("topic").text());
  const auto median = place.at("median").number();
  // Own time follows from `time`, as for every report.
  if (!topic || !median || place.at("aspect").text() == "own_ns") {
    return;
  }
  Quantity quantity;
  quantity.state = Quantity::State::measured;
  quantity.value = *median;
  quantity.unit = place.at("unit").text();
  const auto low = place.at("low").number();
  const auto high = place.at("high").number();
  if (low && high && *low <= *high) {
    quantity.interval = Interval{*low, *high};
  }
  figures.quantities.try_emplace({*topic, place.at("item").text(), place.at("aspect").text()}, std::move(quantity));
}

void read_command(const JsonPlace& place, ReportFigures& figures) {
  figures.command = place.at("command").text();
  figures.calls_seen = place.at("calls_seen").flag();
  std::set<double> statuses;
  place.at("statuses").each([&](const JsonPlace& status) { statuses.insert(status.number().value_or(0)); });
  figures.ended = statuses.size() == 1 ? fmt::format("exit {}", *statuses.begin()) : "";
  place.at("quantities").each([&](const JsonPlace& quantity) { read_quantity(quantity, figures); });
  if (place.at("time").is_there()) {
    figures.time = mean_time(place.at("time"));
  }
  figures.process_count = place.at("process_count").amount().value_or(0);
  place.at("processes").each([&](const JsonPlace& process) {
    NamedProcesses& named = figures.processes[process.at("comm").text()];
    named.count += process.at("count").amount().value_or(0);
    add(named.time, mean_time(process.at("time")));
  });
  place.at("losses").each_member([&](const std::string& key, const JsonPlace& value) {
    if (const double count = value.amount().value_or(0); count > 0) {
      figures.losses[key] = count;
    }
  });
}

}  // namespace

Status read_rounds(const JsonPlace& root, ReportFigures& figures) {
  std::size_t commands = 0;
  root.at("commands").each([&](const JsonPlace& place) {
    if (++commands == 1) {
      read_command(place, figures);
    }
  });
  if (commands != 1) {
    return Error{"this is a comparison of its own",
                 fmt::format("it holds {} commands, and diff compares one with one", commands),
                 "measure each by 'taskcost run --repeat N -o FILE.json'"};
  }
  figures.target_mode = "run";
  figures.window_exit = "target-exited";  // of each run that is kept
  return Done{};
}

}  // namespace taskcost
