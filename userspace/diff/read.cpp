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

  ReportFigures read() {
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
  void put(Topic topic, const std::string& item, std::string aspect, const std::optional<double>& value,
           std::string unit, Quantity::State otherwise = Quantity::State::not_measured) {
    Quantity quantity;
    quantity.state = value ? Quantity::State::measured : otherwise;
    quantity.value = value.value_or(0);
    quantity.unit = std::move(unit);
    figures_.quantities.try_emplace({topic, item, std::move(aspect)}, std::move(quantity));
  }

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
    put(Topic::window, "wall", "wall_ns", window.at("wall_ns").amount(), "ns");
    const auto tasks = root_.at("task_count").amount();
    figures_.process_count = root_.at("process_count").amount().value_or(0);
    const JsonPlace totals = root_.at("totals");
    if (!totals.is_there() || tasks.value_or(1) == 0) {
      return;  // nobody was observed: zeros would be no measurement
    }
    put(Topic::window, "all", "processes", root_.at("process_count").amount(), "count");
    put(Topic::window, "all", "tasks", tasks, "count");
    read_totals(totals);
    read_latencies();
    read_processes();
    read_kernel_threads();
  }

  // Sums of all tasks.
  void read_totals(const JsonPlace& totals) {
    figures_.time = time_of(totals);
    put(Topic::window, "all", "lifetime_ns", figures_.time->lifetime, "ns");
    put(Topic::window, "all", "running_ns", figures_.time->running_total(), "ns");
    put(Topic::window, "all", "queued_ns", figures_.time->queued, "ns");
    put(Topic::window, "all", "blocked_ns", figures_.time->blocked_total(), "ns");
    totals.at("activities").each_member([&](const std::string& activity, const JsonPlace& place) {
      for (const char* const condition : {"running_ns", "preempted_ns", "runnable_ns", "blocked_ns"}) {
        put(Topic::activity, activity, condition, place.at(condition).amount(), "ns");
      }
      put(Topic::activity, activity, "count", place.at("count").amount(), "count");
    });
    read_waits(totals.at("waits"));
    if (totals.at("counters").has("syscalls")) {
      figures_.calls_seen = totals.at("counters").at("syscalls").is_there();
    }
    totals.at("counters").each_member([&](const std::string& counter, const JsonPlace& place) {
      static const std::set<std::string, std::less<>> memory{
          "page_table_bytes", "kernel_slab_bytes", "kernel_slab_allocations", "kernel_pages", "shared_mapping_bytes"};
      const std::string unit = counter.ends_with("_ns") ? "ns" : counter.ends_with("_bytes") ? "bytes" : "count";
      put(memory.contains(counter) ? Topic::memory : Topic::counter, counter, unit, place.amount(), unit);
    });
    totals.at("ipc").each_member([&](const std::string& channel, const JsonPlace& place) {
      put(Topic::channel, channel, "calls", place.at("calls").amount(), "count");
      put(Topic::channel, channel, "bytes_in", place.at("bytes_in").amount(), "bytes");
      put(Topic::channel, channel, "bytes_out", place.at("bytes_out").amount(), "bytes");
      put(Topic::channel, channel, "kernel_ns", place.at("kernel_ns").amount(), "ns");
    });
    read_creations(totals.at("creations"));
  }

  // A cause without waits is not written.
  void read_waits(const JsonPlace& waits) {
    if (!waits.is_there()) {
      return;
    }
    waits.each_member([&](const std::string& cause, const JsonPlace& place) {
      put(Topic::wait, cause, "blocked_ns", place.at("blocked_ns").amount(), "ns");
      put(Topic::wait, cause, "count", place.at("count").amount(), "count");
    });
    for (int cause = 0; cause < TC_NR_WAITS; ++cause) {
      put(Topic::wait, key_of(static_cast<tc_wait>(cause)), "blocked_ns", 0, "ns");
      put(Topic::wait, key_of(static_cast<tc_wait>(cause)), "count", 0, "count");
    }
  }

  void put_mean(const std::string& item, const std::string& aspect, const std::optional<double>& sum,
                const std::optional<double>& count) {
    const bool none = count && *count == 0;
    put(Topic::lifecycle, item, aspect, sum && count && !none ? std::optional(*sum / *count) : std::nullopt, "ns",
        none ? Quantity::State::none : Quantity::State::not_measured);
  }

  // A kind without creations is not written.
  void read_creations(const JsonPlace& creations) {
    if (!creations.is_there()) {
      return;
    }
    creations.each([&](const JsonPlace& place) {
      const std::string item = "create_" + place.at("kind").text();
      const auto count = place.at("count").amount();
      put(Topic::lifecycle, item, "count", count, "count");
      put_mean(item, "publish_ns", place.at("publish_ns").amount(), count);
      put_mean(item, "return_ns", place.at("return_ns").amount(), place.at("returns").amount());
      put_mean(item, "child_start_ns", place.at("child_start_ns").amount(), place.at("starts").amount());
      put_mean(item, "running_ns", place.at("running_ns").amount(), count);
    });
    for (int kind = 0; kind < TC_NR_CREATIONS; ++kind) {
      const std::string item = std::string("create_") + key_of(static_cast<tc_creation>(kind));
      put(Topic::lifecycle, item, "count", 0, "count");
      for (const char* const phase : {"publish_ns", "return_ns", "child_start_ns", "running_ns"}) {
        put(Topic::lifecycle, item, phase, std::nullopt, "ns", Quantity::State::none);
      }
    }
  }

  void read_latencies() {
    root_.at("histograms").each_member([&](const std::string& key, const JsonPlace& place) {
      const auto count = place.at("count").amount();
      const auto otherwise = count && *count == 0 ? Quantity::State::none : Quantity::State::not_measured;
      put(Topic::latency, key, "count", count, "count");
      for (const char* const quantile : {"p50_ns", "p90_ns", "p99_ns"}) {
        put(Topic::latency, key, quantile, place.at(quantile).amount(), "ns", otherwise);
      }
      constexpr std::string_view creation = "creation_";
      if (key == "exec" || key == "exit" || key == "zombie") {
        put(Topic::lifecycle, key, "count", count, "count");
        put_mean(key, "mean_ns", place.at("sum_ns").amount(), count);
      } else if (key.starts_with(creation)) {
        put_mean("create_" + key.substr(creation.size()), "mean_ns", place.at("sum_ns").amount(), count);
      }
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
    const TimeSums time = time_of(totals);
    put(Topic::kernel_threads, "all", "running_ns", time.running_total(), "ns");
    put(Topic::kernel_threads, "all", "queued_ns", time.queued, "ns");
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
          put(Topic::comparison, item, line.at("name").text(), line.at(key).number(), line.at("unit").text());
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
          put(Topic::sweep, item, aspect, point.at("y").number(), y_unit);
          figures_.quantities[{Topic::sweep, item, aspect}].interval = interval_of(point, "low", "high");
        });
      });
    });
  }

  const JsonPlace& root_;
  ReportFigures figures_;
};

}  // namespace

Result<ReportFigures> read_report(std::string_view text) {
  const auto document = parse_report(text);
  if (!document) {
    return document.error();
  }
  std::optional<std::string> complaint;
  const JsonPlace root(*document, complaint);
  ReportFigures figures = FigureReader(root).read();
  if (complaint) {
    return not_a_report(*std::move(complaint));
  }
  return figures;
}

}  // namespace taskcost
