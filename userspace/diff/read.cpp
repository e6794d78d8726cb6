// SPDX-License-Identifier: Apache-2.0
//
// The JSON of a report, which anybody may have written: every value that is used is checked.
#include <fmt/format.h>

#include <cstddef>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "diff/json_place.h"
#include "diff/quantity_table.h"
#include "diff/read_rounds.h"
#include "diff/report_document.h"
#include "taskcost/abi.h"
#include "taskcost/account.h"
#include "taskcost/diff.h"

namespace taskcost {
namespace {

// ---- From values to figures ----------------------------------------------------------------------------------------

class FigureReader {
 public:
  explicit FigureReader(const JsonPlace& root) : root_(root) {}

  Result<ReportFigures> read_one_of_rounds() {
    read_head();
    read_evidence();
    if (auto status = read_rounds(root_, figures_); !status) {
      return status.error();
    }
    return std::move(figures_);
  }

  Result<ReportFigures> read() {
    read_head();
    read_evidence();
    read_losses();
    read_window();
    read_claims();
    read_comparisons();
    read_sweeps();
    return std::move(figures_);
  }

 private:
  void read_head() {
    const JsonPlace host = root_.at("host");
    figures_.kernel = host.at("kernel").text();
    figures_.arch = host.at("arch").text();
    figures_.virtualization = host.at("virtualization").text();
    if (const auto cpus = host.at("cpus").amount()) {
      figures_.cpus = static_cast<std::uint64_t>(*cpus);
    }
    figures_.tool_version = root_.at("tool").at("version").text();
    const JsonPlace target = root_.at("target");
    figures_.command = target.at("command").text();
    figures_.target_mode = target.at("mode").text();
    if (const auto code = target.at("exit_code").number()) {
      figures_.ended = fmt::format("exit {}", *code);
    }
    if (const auto signal = target.at("exit_signal").number()) {
      figures_.ended = fmt::format("signal {}", *signal);
    }
  }

  void read_evidence() {
    root_.at("evidence").each([&](const JsonPlace& place) {
      Evidence evidence;
      evidence.figure = place.at("figure").text();
      evidence.source = place.at("source").text();
      const std::string kind = place.at("kind").text();
      for (const EvidenceKind known :
           {EvidenceKind::exact, EvidenceKind::bound, EvidenceKind::counts, EvidenceKind::unavailable}) {
        if (kind == to_string(known)) {
          evidence.kind = known;
        }
      }
      figures_.evidence.push_back(std::move(evidence));
    });
  }

  void read_losses() {
    root_.at("losses").each_member([&](const std::string& key, const JsonPlace& place) {
      if (const double count = place.amount().value_or(0); count > 0) {
        figures_.losses[key] = count;
      }
    });
  }

  void read_window() {
    const JsonPlace window = root_.at("window");
    figures_.window_exit = window.at("exit").text();
    table_.wall(window.at("wall_ns").amount());
    const auto tasks = root_.at("task_count").amount();
    figures_.process_count = root_.at("process_count").amount().value_or(0);
    const JsonPlace totals = root_.at("totals");
    if (!totals.is_there() || tasks.value_or(1) == 0) {
      return;  // nobody was observed: zeros would be no measurement
    }
    table_.numbers(root_.at("process_count").amount(), tasks);
    read_totals(totals);
    read_latencies();
    read_processes();
    read_kernel_threads();
  }

  // Sums of all tasks.
  void read_totals(const JsonPlace& totals) {
    figures_.time = time_of(totals);
    table_.time(*figures_.time);
    totals.at("activities").each_member([&](const std::string& activity, const JsonPlace& place) {
      PerCondition<QuantityTable::Figure> times;
      for (std::size_t condition = 0; condition < times.size(); ++condition) {
        times[condition] =
            place.at((std::string(key_of(static_cast<tc_condition>(condition))) + "_ns").c_str()).amount();
      }
      table_.activity(activity, times, place.at("count").amount());
    });
    read_waits(totals.at("waits"));
    if (totals.at("counters").has("syscalls")) {
      figures_.calls_seen = totals.at("counters").at("syscalls").is_there();
    }
    totals.at("counters").each_member([&](const std::string& counter, const JsonPlace& place) {
      table_.counter(counter, place.amount());
    });
    totals.at("ipc").each_member([&](const std::string& channel, const JsonPlace& place) {
      table_.channel(channel, {place.at("calls").amount(), place.at("bytes_in").amount(),
                               place.at("bytes_out").amount(), place.at("kernel_ns").amount()});
    });
    read_creations(totals.at("creations"));
  }

  // A cause without waits is not written.
  void read_waits(const JsonPlace& waits) {
    if (!waits.is_there()) {
      return;
    }
    waits.each_member([&](const std::string& cause, const JsonPlace& place) {
      table_.wait(cause, place.at("blocked_ns").amount(), place.at("count").amount());
    });
    table_.no_other_waits();
  }

  // A kind without creations is not written.
  void read_creations(const JsonPlace& creations) {
    if (!creations.is_there()) {
      return;
    }
    creations.each([&](const JsonPlace& place) {
      table_.creations(place.at("kind").text(),
                       {place.at("count").amount(), place.at("publish_ns").amount(), place.at("return_ns").amount(),
                        place.at("returns").amount(), place.at("child_start_ns").amount(), place.at("starts").amount(),
                        place.at("running_ns").amount()});
    });
    table_.no_other_creations();
  }

  void read_latencies() {
    root_.at("histograms").each_member([&](const std::string& key, const JsonPlace& place) {
      table_.latency(key, {place.at("count").amount(), place.at("sum_ns").amount(), place.at("p50_ns").amount(),
                           place.at("p90_ns").amount(), place.at("p99_ns").amount()});
    });
  }

  void add_process(const std::string& comm, double count, const JsonPlace& account) {
    NamedProcesses& named = figures_.processes[comm];
    named.count += count;
    add(named.time, time_of(account));
  }

  void read_processes() {
    root_.at("processes").each([&](const JsonPlace& place) {
      if (!place.at("kernel").flag().value_or(false)) {
        add_process(place.at("comm").text(), 1, place.at("total"));
      }
    });
    root_.at("folded").each([&](const JsonPlace& place) {
      add_process(place.at("comm").text(), place.at("processes").amount().value_or(0), place.at("total"));
    });
  }

  void read_kernel_threads() {
    const JsonPlace totals = root_.at("kernel_totals");
    if (const auto lifetime = totals.at("lifetime_ns").amount(); !lifetime || *lifetime == 0) {
      return;
    }
    table_.kernel_threads(time_of(totals));
  }

  static TimeSums time_of(const JsonPlace& account) {
    TimeSums time;
    time.lifetime = account.at("lifetime_ns").amount().value_or(0);
    account.at("activities").each_member([&](const std::string& activity, const JsonPlace& place) {
      time.running[activity] = place.at("running_ns").amount().value_or(0);
      time.queued += place.at("preempted_ns").amount().value_or(0) + place.at("runnable_ns").amount().value_or(0);
    });
    account.at("waits").each_member([&](const std::string& cause, const JsonPlace& place) {
      time.blocked[cause] = place.at("blocked_ns").amount().value_or(0);
    });
    return time;
  }

  void read_claims() {
    root_.at("claims").each([&](const JsonPlace& place) {
      ClaimFigures claim;
      claim.id = place.at("id").text();
      claim.statement = place.at("statement").text();
      claim.verdict = place.at("verdict").text();
      claim.ratio = place.at("ratio").number();
      claim.interval = interval_of(place, "ratio_low", "ratio_high");
      claim.rounds = static_cast<std::uint64_t>(place.at("rounds").amount().value_or(0));
      figures_.claims.push_back(std::move(claim));
    });
  }

  // A high end of null beside a low end has no bound.
  static std::optional<Interval> interval_of(const JsonPlace& place, const char* low_key, const char* high_key) {
    const auto low = place.at(low_key).number();
    const auto high = place.at(high_key).number();
    if (!low || (high && *high < *low)) {
      return std::nullopt;
    }
    return Interval{*low, high.value_or(std::numeric_limits<double>::infinity())};
  }

  void read_comparisons() {
    root_.at("comparisons").each([&](const JsonPlace& sides) {
      const std::string workload = sides.at("workload").text();
      for (const auto& [label, value] : {std::pair("left_label", "left"), std::pair("right_label", "right")}) {
        const std::string item = fmt::format("{}: {}", workload, sides.at(label).text());
        const char* const key = value;
        sides.at("lines").each([&](const JsonPlace& line) {
          table_.put(Topic::comparison, item, line.at("name").text(), line.at(key).number(), line.at("unit").text());
        });
      }
    });
  }

  void read_sweeps() {
    root_.at("sweeps").each([&](const JsonPlace& sweep) {
      const std::string id = sweep.at("id").text();
      const std::string x_unit = sweep.at("x_unit").text();
      const std::string x_name = sweep.at("x_name").text();
      const std::string y_unit = sweep.at("y_unit").text();
      sweep.at("series").each([&](const JsonPlace& series) {
        const std::string item = fmt::format("{}: {}", id, series.at("label").text());
        series.at("points").each([&](const JsonPlace& point) {
          const auto x = point.at("x").number();
          const std::string aspect = fmt::format("{} {}{}{}", x_name, x.value_or(0), x_unit == "count" ? "" : " ",
                                                 x_unit == "count" ? "" : x_unit);
          table_.put(Topic::sweep, item, aspect, point.at("y").number(), y_unit);
          figures_.quantities[{Topic::sweep, item, aspect}].interval = interval_of(point, "low", "high");
        });
      });
    });
  }

  const JsonPlace& root_;
  ReportFigures figures_;
  QuantityTable table_{figures_.quantities};
};

}  // namespace

Result<ReportFigures> read_report(std::string_view text) {
  const auto document = parse_report(text);
  if (!document) {
    return document.error();
  }
  std::optional<std::string> complaint;
  const JsonPlace root(*document, complaint);
  FigureReader reader(root);
  auto figures = is_of_rounds(*document) ? reader.read_one_of_rounds() : reader.read();
  if (complaint) {
    return not_a_report(*std::move(complaint));
  }
  return figures;
}

}  // namespace taskcost
