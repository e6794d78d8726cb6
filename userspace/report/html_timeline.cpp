// SPDX-License-Identifier: Apache-2.0
#include "report/html_timeline.h"

#include <string_view>

#include "base/json_writer.h"

namespace taskcost {
namespace {

constexpr auto row = JsonWriter::Layout::row;

void write_facts(JsonWriter& json, const Timeline::Facts& facts) {
  json.array(
      [&] {
        if (!facts.condition) {
          json.element(nullptr);
          return;
        }
        const auto text_or_null = [&json](std::string_view text) {
          text.empty() ? json.element(nullptr) : json.element(text);
        };
        json.element(std::string_view(key_of(*facts.condition)));
        json.element(std::string_view(key_of(facts.activity)));
        text_or_null(facts.call);
        json.element(facts.cpu);
        text_or_null(facts.wait ? key_of(*facts.wait) : "");
        text_or_null(facts.waker ? to_string(facts.waker->kind) : "");
        json.element(facts.waker ? facts.waker->task : 0);
        json.element(facts.waker ? facts.waker->tid : 0);
        text_or_null(facts.call_site);
      },
      row);
}

// Writes a column with the result of `value_of` for each item of each row.
template <typename Items, typename ValueOf>
void write_column(JsonWriter& json, std::string_view name, const Timeline& timeline, Items items, ValueOf value_of) {
  json.array(
      name,
      [&] {
        for (const Timeline::Row& each : timeline.rows) {
          for (const auto& item : each.*items) {
            json.element(value_of(item));
          }
        }
      },
      row);
}

void write_gaps(JsonWriter& json, const Timeline& timeline) {
  json.array(
      "gap",
      [&] {
        for (const Timeline::Row& each : timeline.rows) {
          Instant end = timeline.start;
          for (const Timeline::Interval& interval : each.intervals) {
            json.element(interval.start - end);
            end = interval.end;
          }
        }
      },
      row);
}

void write_rows(JsonWriter& json, const Timeline& timeline) {
  json.array("facts", [&] {
    for (const Timeline::Facts& facts : timeline.facts) {
      write_facts(json, facts);
    }
  });
  json.array("tasks", [&] {
    for (const Timeline::Row& each : timeline.rows) {
      json.array(
          [&] {
            json.element(each.task);
            json.element(each.intervals.size());
            json.element(each.marks.size());
            json.element(each.regions.size());
          },
          row);
    }
  });
  using Interval = Timeline::Interval;
  using Mark = Timeline::Mark;
  write_gaps(json, timeline);
  write_column(json, "length", timeline, &Timeline::Row::intervals,
               [](const Interval& at) { return at.end - at.start; });
  write_column(json, "fact", timeline, &Timeline::Row::intervals,
               [](const Interval& at) { return at.is_merged ? -1 : static_cast<std::int64_t>(at.facts); });
  write_column(json, "mark", timeline, &Timeline::Row::marks,
               [](const Mark& mark) { return std::string_view(to_string(mark.kind)); });
  write_column(json, "mark_at", timeline, &Timeline::Row::marks,
               [&timeline](const Mark& mark) { return mark.at - timeline.start; });
  write_column(json, "mark_comm", timeline, &Timeline::Row::marks,
               [](const Mark& mark) { return std::string_view(mark.comm); });
}

void write_regions(JsonWriter& json, const Timeline& timeline) {
  using Region = Timeline::Region;
  constexpr auto regions = &Timeline::Row::regions;
  json.array(
      "region_names",
      [&] {
        for (const std::string& name : timeline.region_names) {
          json.element(std::string_view(name));
        }
      },
      row);
  write_column(json, "region", timeline, regions, [](const Region& each) { return each.name; });
  write_column(json, "region_at", timeline, regions,
               [&timeline](const Region& each) { return each.start - timeline.start; });
  write_column(json, "region_length", timeline, regions, [](const Region& each) { return each.end - each.start; });
  write_column(json, "region_depth", timeline, regions, [](const Region& each) { return each.depth; });
  write_column(json, "region_ended", timeline, regions, [](const Region& each) { return each.ended; });
}

void write_shares(JsonWriter& json, const Timeline::Shares& shares) {
  for (const Duration time : shares.times) {
    json.element(time);
  }
  json.element(shares.unknown);
}

template <typename Tell>
void write_lane_column(JsonWriter& json, std::string_view name, const Timeline& timeline, Tell tell) {
  json.array(
      name,
      [&] {
        for (const auto& lane : timeline.lanes) {
          Instant end = timeline.start;
          for (const Timeline::Crowd& crowd : lane) {
            tell(crowd, end);
            end = crowd.end;
          }
        }
      },
      row);
}

void write_lanes(JsonWriter& json, const Timeline& timeline, const NameOfTask& name) {
  using Crowd = Timeline::Crowd;
  json.array(
      "lanes",
      [&] {
        for (const auto& lane : timeline.lanes) {
          json.element(lane.size());
        }
      },
      row);
  write_lane_column(json, "lane_gap", timeline, [&](const Crowd& at, Instant end) { json.element(at.start - end); });
  write_lane_column(json, "lane_length", timeline,
                    [&](const Crowd& at, Instant /*end*/) { json.element(at.end - at.start); });
  write_lane_column(json, "lane_tasks", timeline, [&](const Crowd& at, Instant /*end*/) { json.element(at.tasks); });
  write_lane_column(json, "lane_name", timeline, [&](const Crowd& at, Instant /*end*/) {
    at.tasks == 1 ? json.element(std::string_view(name(at.task))) : json.element(nullptr);
  });
}

// Merged intervals in the order of the rows, then the lanes.
void write_all_shares(JsonWriter& json, const Timeline& timeline) {
  json.array(
      "shares",
      [&] {
        for (const Timeline::Row& each : timeline.rows) {
          for (const Timeline::Interval& interval : each.intervals) {
            if (interval.is_merged) {
              write_shares(json, timeline.shares[interval.facts]);
            }
          }
        }
        for (const auto& lane : timeline.lanes) {
          for (const Timeline::Crowd& crowd : lane) {
            write_shares(json, crowd.shares);
          }
        }
      },
      row);
}

}  // namespace

void write_timeline(const Timeline& timeline, const NameOfTask& name, std::ostream& out) {
  JsonWriter json(out);
  json.object([&] {
    json.field("wall_ns", timeline.end - timeline.start);
    write_rows(json, timeline);
    write_regions(json, timeline);
    write_lanes(json, timeline, name);
    write_all_shares(json, timeline);
  });
  json.end_document();
}

}  // namespace taskcost
