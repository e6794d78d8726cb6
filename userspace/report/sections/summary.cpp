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
constexpr std::size_t most_details = 1;  // lines about costs beside as many costs, if nothing was lost
constexpr double least_share = 0.01;     // smaller costs are left out beside larger ones
constexpr std::size_t columns = 80;
constexpr std::size_t list_columns = 31;  // what the first columns of the table leave of 80
constexpr std::size_t name_columns = 23;  // with a time it fits there
constexpr std::size_t time_columns = 7;   // "12.3 ms"
constexpr int noticeable_part = 10;

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

// The summary by the key of --by, whose names are cut where their line would be.
Summary summary_by_key(const Report& report) {
  Summary summary = summary_of(report.session, report.group_by);
  if (!report.group_by) {
    return summary;
  }
  const auto shorten = [by = *report.group_by](std::string& name) {
    name = TerminalText(group_text(by, name)).cut(name_columns).text();
  };
  for (std::vector<Cost>* const costs : {&summary.costs, &summary.idle}) {
    for (Cost& cost : *costs) {
      shorten(cost.process);
      shorten(cost.by_process);
      if (cost.ran == RanInstead::Kind::task) {
        shorten(cost.ran_process);
      }
    }
  }
  return summary;
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
      largest_text({{"preempted", summary.preempted - std::min(summary.throttled, summary.preempted)},
                    {"throttled", summary.throttled},
                    {"woken or new", summary.runnable}}));
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

bool is_throttled(const Cost& cost) {
  return cost.kind == Cost::Kind::queue && cost.throttled > Duration::zero() &&
         cost.throttled >= cost.time / noticeable_part;
}

// ", 88% while cc1 ran"; empty if nothing is known to have had the CPU for a tenth of the time.
std::string ran_instead_text(const Cost& cost) {
  const auto part = [&](Duration time) { return ", " + percent_text(time, cost.time); };
  if (cost.throttled > cost.ran_time && is_throttled(cost)) {
    return part(cost.throttled) + " by a CPU quota";
  }
  if (!cost.ran || cost.ran_time < cost.time / noticeable_part) {
    return "";
  }
  const std::string name = name_text(cost.ran_process, cost.ran_thread);
  switch (*cost.ran) {
    case RanInstead::Kind::idle:
      return part(cost.ran_time) + " until an idle CPU woke up";
    case RanInstead::Kind::kernel_thread:
      return part(cost.ran_time) + fmt::format(" while {} ran", cost.ran_process.empty() ? "kernel threads" : name);
    case RanInstead::Kind::unobserved:
      return part(cost.ran_time) + fmt::format(" while {} (not observed) ran", name);
    case RanInstead::Kind::task:
      break;
  }
  return part(cost.ran_time) + fmt::format(" while {} ran", cost.ran_process.empty() ? "other tasks" : name);
}

std::string queue_text(const Cost& cost, const Summary& summary) {
  const bool one_name = cost.by_time == cost.time;
  std::string text = one_name ? wait_clause(cost)
                              : fmt::format("tasks ({} {}) wait", percent_text(cost.by_time, cost.time), by_text(cost));
  text += " for a CPU";
  const std::string ran = ran_instead_text(cost);
  text += ran;
  if (cost.preempted > cost.time / 100) {
    text += fmt::format(", {} preempted", percent_text(cost.preempted, cost.time));
  }
  if (const Duration running = summary.running_time(); ran.empty() && running > Duration::zero()) {
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

// The last parts of the sentence are left out if the line would be cut in them.
void add_cost(Section& section, Duration time, const std::string& text) {
  std::string line = fmt::format("  {:>{}}  {}", duration_text(time), time_columns, text);
  std::size_t comma = line.rfind(", ");
  while (TerminalText(line).width() > columns && comma != std::string::npos) {
    line.resize(comma);
    comma = line.rfind(", ");
  }
  section.add(Line{{line}});
}

// "throttled 1.80 s by cgroup /lab, limit 20.0 ms per 100 ms". Its name is cut rather than a figure.
std::string quota_text(const std::vector<CpuQuota>& quotas) {
  const CpuQuota& most = quotas.front();
  std::string tail;
  if (most.quota && most.period) {
    tail = fmt::format(", limit {} per {}", duration_text(*most.quota), duration_text(*most.period));
  }
  const std::string head = fmt::format("{:{}}throttled {} by ", "", time_columns + 4, duration_text(most.time));
  const std::size_t taken = TerminalText(head + tail).width();
  const std::size_t room = columns - std::min(taken, columns);
  std::string name = most.cgroup_id == 0 ? "other cgroups" : fmt::format("cgroup {}", most.cgroup_id);
  if (!most.cgroup.empty()) {
    name = "cgroup " + most.cgroup;
    if (TerminalText(name).width() > room) {
      name = "cgroup " + short_cgroup(most.cgroup);
    }
  }
  const std::string line = head + TerminalText(name).cut(room).text() + tail;
  const std::string more =
      quotas.size() > 1 ? fmt::format(", +{}", counted(quotas.size() - 1, "cgroup", "cgroups")) : std::string();
  return TerminalText(line + more).width() > columns ? line : line + more;
}

// What interrupts took of the CPU time of the tasks that they hit, named by softirq.
struct Interrupted {
  Duration time{};
  std::string text;
};

std::optional<Interrupted> interrupted(const Session& session, const Summary& summary) {
  Account all = session.totals;
  add(all, session.kernel_totals);
  const Duration running = all.total(TC_CONDITION_RUNNING);
  std::vector<InterruptSums> sums = session.interrupts.value_or(std::vector<InterruptSums>());
  Duration time{};
  for (const InterruptSums& each : sums) {
    time += each.time;
  }
  const bool handlers = std::ranges::any_of(sums, [time](const InterruptSums& each) {
    return each.kind == TC_INTERRUPT_HANDLER && each.time > time / noticeable_part;
  });
  const Duration waiting = summary.preempted + summary.runnable;
  const bool noticeable =
      time > running / noticeable_part || (waiting > Duration::zero() && time > waiting / noticeable_part);
  if (running <= Duration::zero() || !noticeable || in_ns(time) < least_share * in_ns(running + waiting)) {
    return std::nullopt;
  }
  std::string text =
      fmt::format("of the CPU time{} in {}: {}", running > summary.running_time() ? " with kernel threads" : "",
                  handlers ? "interrupts" : "softirqs", percent_text(time, running));
  std::ranges::stable_sort(sums, std::ranges::greater(), &InterruptSums::time);
  for (const InterruptSums& each : sums) {
    if (each.time > time / noticeable_part) {
      text += fmt::format(", {} {}", each.kind == TC_INTERRUPT_HANDLER ? "handlers" : text_of(each.kind),
                          duration_text(each.time));
    }
  }
  return Interrupted{time, std::move(text)};
}

void add_costs(Section& section, const Session& session, const Summary& summary, bool idle, bool lost) {
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
  const std::size_t most = idle ? most_costs_with_idle : most_costs;
  shown.resize(std::min(shown.size(), most));
  const std::optional<Interrupted> interrupts = interrupted(session, summary);
  const auto tells_quota = [&](const Shown& each) { return is_throttled(*each.cost) && !session.cpu_quotas.empty(); };
  const std::size_t details = (interrupts ? 1 : 0) + (std::ranges::any_of(shown, tells_quota) ? 1 : 0);
  const std::size_t room = most + (lost ? 0 : most_details);
  while (shown.size() > 1 && shown.size() + details > room) {
    shown.erase(shown.end() - (tells_quota(shown.back()) ? 2 : 1));
  }
  for (const Shown& each : shown) {
    add_cost(section, each.cost->time,
             (each.is_idle ? "idle: " : "") + cost_text(*each.cost, summary, session.calls_seen));
    if (tells_quota(each)) {
      section.add(Line{{quota_text(session.cpu_quotas)}});
    }
  }
  if (interrupts) {
    add_cost(section, interrupts->time, interrupts->text);
  }
}

// ", 397 µs per unit", if the caller counted units of work.
std::string unit_text(const Report& report, Duration running) {
  const std::optional<double> units = report.per ? report.per->in(report.session) : std::nullopt;
  return units ? fmt::format(", {} per unit", nanoseconds_text(in_ns(running) / *units)) : "";
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
  const Summary summary = summary_by_key(report);
  const bool lost = any_loss_matters(report);
  Section section("summary", "Summary");
  if (const auto cpus = summary.cpus_utilized()) {
    section.title +=
        fmt::format(": {:.2f} CPUs utilized ({} of CPU time in {}{})", *cpus, duration_text(summary.running_time()),
                    duration_text(summary.wall), unit_text(report, summary.running_time()));
  }
  if (summary.lifetime == Duration::zero()) {
    section.say("no task was observed");
  } else {
    add_times(section, summary, session.calls_seen);
    add_costs(section, session, summary, view.idle, lost);
  }
  section.add(Line{{"  ", {observer_text(report.observer), Tone::faint}}});
  if (lost) {
    section.add(Line{{"  ", {"Losses change figures: see Losses.", Tone::warning}}});
  }
  return section;
}

}  // namespace taskcost::sections
