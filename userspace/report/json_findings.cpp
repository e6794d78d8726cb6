// SPDX-License-Identifier: Apache-2.0
//
// What was made of a session or of many: prices and blasts, sweeps and tables.
#include <string_view>

#include "report/json_sections.h"

namespace taskcost {
namespace {

using Layout = JsonWriter::Layout;

void write_price(JsonWriter& json, std::string_view kind, const LifetimePrice& price) {
  json.object(
      kind,
      [&] {
        json.field("count", price.count);
        json.field("create_ns", price.create);
        json.field("start_ns", price.start);
        json.field("exec_ns", price.exec);
        json.field("faults_ns", price.faults);
        json.field("exit_ns", price.exit);
        json.field("reap_ns", price.reap);
        json.field("copy_on_write_ns", price.copy_on_write);
      },
      Layout::row);
}

void write_blast(JsonWriter& json, const Blast& blast) {
  json.object(
      [&] {
        json.field("process", blast.process);
        json.field("signal", blast.signal);
        json.field("generated_ns", blast.generated ? std::optional(blast.generated->time_since_epoch()) : std::nullopt);
        json.field("tasks_ended", blast.tasks_ended);
        json.field("to_first_exit_ns", blast.to_first_exit);
        json.field("to_last_exit_ns", blast.to_last_exit);
        json.field("others_alive", blast.others_alive);
        json.field("others_ran_on", blast.others_ran_on);
      },
      Layout::row);
}

void write_waker(JsonWriter& json, const Waker& waker) {
  json.field("waker", std::string_view(to_string(waker.kind)));
  json.field("from_task", waker.task != 0 ? std::optional(waker.task) : std::nullopt);
  json.field("from_tid", waker.tid != 0 ? std::optional(waker.tid) : std::nullopt);
}

void write_edge(JsonWriter& json, const Edge& edge) {
  json.object(
      [&] {
        write_waker(json, edge.from);
        json.field("to_task", edge.to != 0 ? std::optional(edge.to) : std::nullopt);
        json.field("to_tid", edge.to_tid != 0 ? std::optional(edge.to_tid) : std::nullopt);
        json.field("channel", std::string_view(key_of(edge.cause)));
        json.field("wakeups", edge.wakeups);
        json.field("waited_ns", edge.waited);
        json.field("longest_ns", edge.longest);
        json.field("bytes", edge.bytes);
        json.object("places", [&] {
          for (const auto& [place, count] : edge.places) {
            json.field(place, count);
          }
        });
      },
      Layout::row);
}

void write_link(JsonWriter& json, const ChainLink& link) {
  json.object(
      [&] {
        json.field("task", link.task != 0 ? std::optional(link.task) : std::nullopt);
        json.field("tid", link.tid);
        json.field("waited_ns", link.waited);
        json.field("cause", std::string_view(key_of(link.cause)));
        write_waker(json, link.waker);
        json.field("place", link.place);
      },
      Layout::row);
}

void write_series(JsonWriter& json, const Sweep::Series& series) {
  json.object([&] {
    json.field("label", series.label);
    json.field("slope", series.slope);
    write_json_interval(json, "slope_low", "slope_high", series.interval);
    json.array("points", [&] {
      for (const Sweep::Point& point : series.points) {
        json.object(
            [&] {
              json.field("x", point.x);
              json.field("y", point.y);
              json.field("low", point.interval.low);
              json.field("high", point.interval.high);
              json.field("rounds", point.rounds);
            },
            Layout::row);
      }
    });
  });
}

void write_sweep(JsonWriter& json, const Sweep& sweep) {
  json.object([&] {
    json.field("id", sweep.id);
    json.field("claim", sweep.claim);
    json.field("title", sweep.title);
    json.field("x_name", sweep.x_name);
    json.field("x_unit", sweep.x_unit);
    json.field("y_name", sweep.y_name);
    json.field("y_unit", sweep.y_unit);
    json.field("logarithmic", sweep.logarithmic);
    json.array("series", [&] {
      for (const Sweep::Series& series : sweep.series) {
        write_series(json, series);
      }
    });
  });
}

void write_table(JsonWriter& json, const FigureTable& table) {
  json.object([&] {
    json.field("id", table.id);
    json.field("claim", table.claim);
    json.field("title", table.title);
    json.field("note", table.note);
    json.array(
        "columns",
        [&] {
          for (const std::string& column : table.columns) {
            json.element(column);
          }
        },
        Layout::row);
    json.array("rows", [&] {
      for (const FigureTable::Row& row : table.rows) {
        json.object(
            [&] {
              json.field("name", row.name);
              json.field("unit", row.unit);
              json.array("values", [&] {
                for (const auto& value : row.values) {
                  json.element(value);
                }
              });
            },
            Layout::row);
      }
    });
  });
}

}  // namespace

void write_json_conversations(JsonWriter& json, const Session& session) {
  json.array("edges", [&] {
    for (const Edge& edge : session.edges) {
      write_edge(json, edge);
    }
  });
  json.field("folded_edges", session.folded_edges);
  json.array("chains", [&] {
    for (const Chain& chain : session.chains) {
      json.object([&] {
        json.array("links", [&] {
          for (const ChainLink& link : chain) {
            write_link(json, link);
          }
        });
      });
    }
  });
}

void write_json_consequences(JsonWriter& json, const Session& session) {
  if (session.calls_seen) {
    json.object("prices", [&] {
      for (int kind = 0; kind < TC_NR_CREATIONS; ++kind) {
        write_price(json, key_of(static_cast<tc_creation>(kind)), session.prices[kind]);
      }
    });
  } else {
    json.field("prices", nullptr);
  }
  json.array("blasts", [&] {
    for (const Blast& blast : session.blasts) {
      write_blast(json, blast);
    }
  });
  json.field("stints", session.stints ? std::optional(session.stints->size()) : std::nullopt);
}

void write_json_sweeps_and_tables(JsonWriter& json, const Report& report) {
  json.array("sweeps", [&] {
    for (const Sweep& sweep : report.sweeps) {
      write_sweep(json, sweep);
    }
  });
  json.array("tables", [&] {
    for (const FigureTable& table : report.tables) {
      write_table(json, table);
    }
  });
}

}  // namespace taskcost
