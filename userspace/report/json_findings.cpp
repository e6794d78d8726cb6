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

void write_json_consequences(JsonWriter& json, const Session& session) {
  json.object("prices", [&] {
    for (int kind = 0; kind < TC_NR_CREATIONS; ++kind) {
      write_price(json, key_of(static_cast<tc_creation>(kind)), session.prices[kind]);
    }
  });
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
