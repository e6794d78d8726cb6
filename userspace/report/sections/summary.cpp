// SPDX-License-Identifier: Apache-2.0
//
// The answer of a run in at most 15 lines of 80 columns, with the head of the report.
#include "account/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/escape.h"
#include "base/units.h"
#include "report/remarks.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr std::size_t most_costs = 3;
constexpr std::size_t most_costs_with_idle = 6;
constexpr double least_share = 0.01;  // smaller costs are left out beside larger ones
constexpr std::size_t columns = 80;
constexpr std::size_t list_columns = 31;  // what the first columns of the table leave of 80
constexpr std::size_t time_columns = 7;   // "12.3 ms"

struct Named {
  std::string name;
  Duration time{};
};

// "sort 1.05 s, seq 40.0 ms": the largest ones that fit.
std::string largest_text(std::vector<Named> parts) {
  std::ranges::stable_sort(parts, std::ranges::greater(), &Named::time);
  std::string text;
  for (const Named& part : parts) {
    const std::string next = (text.empty() ? "" : ", ") + part.name + " " + duration_text(part.time);
    if (part.time <= Duration::zero() || (!text.empty() && text.size() + next.size() > list_columns)) {
      break;
    }
    text += next;
  }
  return text;
}

std::string largest_text(const PerWait<Duration>& waits) {
  std::vector<Named> parts;
  parts.reserve(TC_NR_WAITS);
  for (int wait = 0; wait < TC_NR_WAITS; ++wait) {
    parts.push_back({key_words(key_of(static_cast<tc_wait>(wait))), waits[wait]});
  }
  return largest_text(std::move(parts));
}

std::string kernel_text(const PerActivity<Duration>& running) {
  std::vector<Named> parts;
  for (int number = 0; number < TC_NR_ACTIVITIES; ++number) {
    if (const auto activity = static_cast<tc_activity>(number); activity != TC_ACTIVITY_USER) {
      parts.push_back({key_words(key_of(activity)), running[activity]});
    }
  }
  return largest_text(std::move(parts));
}

// "java/work-*"
std::string name_text(const std::string& process, const std::string& thread) {
  const std::string name = process.empty() ? "(no name)" : process;
  return thread.empty() ? name : name + "/" + thread;
}

std::string user_text(const std::vector<Cost>& costs) {
  std::vector<Named> parts;
  for (const Cost& cost : costs) {
    if (cost.kind == Cost::Kind::user) {
      parts.push_back({name_text(cost.process, cost.thread), cost.time});
    }
  }
  return largest_text(std::move(parts));
}

void add_times(Section& section, const Summary& summary, bool calls_seen) {
  Table table({left("all tasks"), "time", "share", left("most of it", 12)});
  const auto add = [&](const char* name, Duration time, const std::string& most) {
    table.row({name, time, share(time, summary.lifetime), most});
  };
  add(calls_seen ? "running user code" : "running", summary.user, user_text(summary.costs));
  if (calls_seen) {
    add("running in the kernel", summary.kernel, kernel_text(summary.running));
  }
  add("waiting for a CPU", summary.preempted + summary.runnable,
      largest_text({{"preempted", summary.preempted}, {"woken or new", summary.runnable}}));
  add("blocked, on the way at least", sum_of(summary.waits.on_the_way), largest_text(summary.waits.on_the_way));
  add("blocked, idle at most", sum_of(summary.waits.idle), largest_text(summary.waits.idle));
  section.add(std::move(table));
}

std::string percent_text(Duration part, Duration whole) {
  return fmt::format("{:.0f}%", 100 * in_ns(part) / in_ns(whole));
}

// "sort", "sort x 2"
std::string subject_text(const Cost& cost) {
  const std::string name = name_text(cost.process, cost.thread);
  return cost.tasks == 1 ? name : fmt::format("{} x {}", name, grouped_text(cost.tasks));
}

// "sort waits", "sort x 2 wait"
std::string wait_clause(const Cost& cost) { return subject_text(cost) + (cost.tasks == 1 ? " waits" : " wait"); }

std::string times_text(const std::optional<std::uint64_t>& count, const char* one, const char* many) {
  return count && *count > 0 ? fmt::format(", {} {}", grouped_text(*count), *count == 1 ? one : many) : "";
}

std::string by_text(const Cost& cost) {
  if (cost.by && *cost.by != Waker::Kind::task) {
    return std::string(waker_text(*cost.by));
  }
  if (cost.by_process.empty()) {
    return "other tasks";
  }
  const bool same = cost.by_process == cost.process && !cost.by_thread.empty();
  return same ? cost.by_thread : name_text(cost.by_process, cost.by_thread);
}

// Completions of the disk come by interrupts and kernel threads, which say nothing.
bool tells_waker(const Cost& cost) {
  return cost.by && *cost.by != Waker::Kind::unknown && cost.by_time >= cost.time / 2 && *cost.wait != TC_WAIT_DISK &&
         *cost.wait != TC_WAIT_PAGE_FAULT && *cost.wait != TC_WAIT_REGULAR_FILE;
}

// The text of the wait, shorter for futexes, whose sentences have a waker as well.
std::string cause_text(tc_wait wait) {
  switch (wait) {
    case TC_WAIT_FUTEX_PRIVATE:
      return "a futex";
    case TC_WAIT_FUTEX_SHARED:
      return "a shared futex";
    default:
      return text_of(wait);
  }
}

std::string wait_text(const Cost& cost) {
  std::string text = fmt::format("{} for {}", wait_clause(cost), cause_text(*cost.wait));
  if (tells_waker(cost)) {
    return text + fmt::format(", {} woken by {}", percent_text(cost.by_time, cost.time), by_text(cost));
  }
  text += times_text(cost.count, "wait", "waits");
  if (cost.count.value_or(0) > 1 && cost.open == 0) {
    text += " of " + nanoseconds_text(in_ns(cost.time) / static_cast<double>(*cost.count));
  }
  return text;
}

std::string queue_text(const Cost& cost, const Summary& summary) {
  const bool one_name = cost.by_time == cost.time;
  std::string text = one_name ? wait_clause(cost)
                              : fmt::format("tasks ({} {}) wait", percent_text(cost.by_time, cost.time), by_text(cost));
  text += " for a CPU";
  if (cost.preempted > cost.time / 100) {
    text += fmt::format(", {} preempted", percent_text(cost.preempted, cost.time));
  }
  if (const Duration running = summary.running_time(); running > Duration::zero()) {
    text += fmt::format(": {:.2f} x CPU time", in_ns(cost.time) / in_ns(running));
  }
  return text;
}

std::string cost_text(const Cost& cost, const Summary& summary, bool calls_seen) {
  const auto of_cpu = [&] { return percent_text(cost.time, summary.running_time()) + " of CPU time"; };
  switch (cost.kind) {
    case Cost::Kind::user:
      return fmt::format("{} {}: {}", subject_text(cost), calls_seen ? "in user code" : "on CPUs", of_cpu());
    case Cost::Kind::kernel:
      return fmt::format("{} in kernel ({}): {}{}", subject_text(cost), short_text(text_of(*cost.activity)), of_cpu(),
                         times_text(cost.count, "time", "times"));
    case Cost::Kind::queue:
      return queue_text(cost, summary);
    case Cost::Kind::wait:
      break;
  }
  return wait_text(cost);
}

// The last part of the sentence is left out if the line would be cut in it.
void add_cost(Section& section, const Cost& cost, const std::string& text) {
  std::string line = fmt::format("  {:>{}}  {}", duration_text(cost.time), time_columns, text);
  if (const std::size_t comma = line.rfind(", "); TerminalText(line).width() > columns && comma != std::string::npos) {
    line.resize(comma);
  }
  section.add(Line{{line}});
}

void add_costs(Section& section, const Summary& summary, bool calls_seen, bool idle) {
  struct Shown {
    const Cost* cost;
    bool is_idle;
  };
  std::vector<Shown> shown;
  const double whole =
      in_ns(summary.running_time() + summary.preempted + summary.runnable + sum_of(summary.waits.on_the_way));
  for (const Cost& cost : summary.costs) {
    if (shown.empty() || in_ns(cost.time) >= least_share * whole) {
      shown.push_back({&cost, false});
    }
  }
  if (idle) {
    for (const Cost& cost : summary.idle) {
      shown.push_back({&cost, true});
    }
    std::ranges::stable_sort(shown, std::ranges::greater(), [](const Shown& each) { return each.cost->time; });
  }
  shown.resize(std::min(shown.size(), idle ? most_costs_with_idle : most_costs));
  for (const auto& [cost, is_idle] : shown) {
    add_cost(section, *cost, (is_idle ? "idle: " : "") + cost_text(*cost, summary, calls_seen));
  }
}

std::string observer_text(const Observer& observer) {
  if (const auto& measured = observer.measured; measured && measured->cpu.ratio) {
    return fmt::format("Observing changed the CPU time by {:+.1f}%, as measured.", 100 * (*measured->cpu.ratio - 1));
  }
  if (!observer.share_of_cpu) {
    return "The share of observing in the CPU time is not measured.";
  }
  return fmt::format("Observing took {} {} of the CPU time.", share_text(*observer.share_of_cpu, 1),
                     observer.share_of_cpu_cold ? "to " + share_text(*observer.share_of_cpu_cold, 1) : "or more");
}

bool any_loss_matters(const Report& report) {
  const std::vector<Remark> remarks = remarks_of(report);
  return (report.records && !report.records->gaps.empty()) || std::ranges::any_of(remarks, [](const Remark& remark) {
           return remark.matters && remark.about.starts_with("losses.");
         });
}

}  // namespace

Section summary(const Report& report, const ReportView& view) {
  const Session& session = report.session;
  const Summary summary = summary_of(session);
  Section section("summary", "Summary");
  if (const auto cpus = summary.cpus_utilized()) {
    section.title += fmt::format(": {:.2f} CPUs utilized ({} of CPU time in {})", *cpus,
                                 duration_text(summary.running_time()), duration_text(summary.wall));
  }
  if (summary.lifetime == Duration::zero()) {
    section.say("no task was observed");
  } else {
    add_times(section, summary, session.calls_seen);
    add_costs(section, summary, session.calls_seen, view.idle);
  }
  section.add(Line{{"  ", {observer_text(report.observer), Tone::faint}}});
  if (any_loss_matters(report)) {
    section.add(Line{{"  ", {"Losses change figures: see Losses.", Tone::warning}}});
  }
  return section;
}

}  // namespace taskcost::sections
