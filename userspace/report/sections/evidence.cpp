// SPDX-License-Identifier: Apache-2.0
//
// The sources of the figures, the overhead, and what more privileges would add.
#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/units.h"
#include "report/describe/report_fields.h"
#include "report/render.h"
#include "report/sections/sections.h"

namespace taskcost::sections {
namespace {

constexpr std::size_t most_probes = 8;
constexpr double worth_measuring = 0.05;  // a share of this size is noticeable
constexpr std::size_t kind_width = 13;    // the longest kind and a gap

std::string cost_text(const Observer& observer) {
  std::string text =
      observer.transitions ? fmt::format("{} transitions", *observer.transitions) : "Transitions not counted";
  text += observer.per_transition ? fmt::format(" of {}", duration_text(*observer.per_transition))
                                  : " (cost of one: not measured)";
  if (observer.per_transition) {
    text += observer.per_transition_cold
                ? fmt::format(" (caches warm) to {} (cold) each", duration_text(*observer.per_transition_cold))
                : " each";
  }
  text += observer.stack_time ? fmt::format("; {} taking stacks", duration_text(*observer.stack_time)) : "";
  if (observer.share_of_cpu && observer.share_of_cpu_cold) {
    text += fmt::format(": {} to {} of the observed tasks' time on CPUs", share_text(*observer.share_of_cpu, 1),
                        share_text(*observer.share_of_cpu_cold, 1));
  } else if (observer.share_of_cpu) {
    text += fmt::format(": {} or more of the observed tasks' time on CPUs", share_text(*observer.share_of_cpu, 1));
  } else {
    text += ": share of the observed tasks' time on CPUs not measured";
  }
  text +=
      observer.userspace_cpu ? fmt::format("; {} CPU of taskcost itself", duration_text(*observer.userspace_cpu)) : "";
  text += observer.attach_time ? fmt::format("; attached in {}", duration_text(*observer.attach_time)) : "";
  return text;
}

// Lists the figures that describe() has of a value, each with its meaning.
class FigureList {
 public:
  explicit FigureList(Section& section) : section_(section) {}

  void object(const char* /*type*/, const char* /*meaning*/) {}
  template <typename T>
  void field(std::string_view key, const T& value, const char* meaning) {
    if constexpr (kind::Optional<T>) {
      if constexpr (kind::Number<typename T::value_type>) {
        add(value ? figure_text(number_of(*value), unit_of_key(key)) : std::string(not_measured), meaning);
      }
    } else if constexpr (kind::Number<T>) {
      add(figure_text(number_of(value), unit_of_key(key)), meaning);
    }
  }

 private:
  static std::string figure_text(double value, Unit unit) {
    return unit == Unit::share ? share_text(value, 1) : quantity_text(value, unit);
  }
  void add(const std::string& figure, const char* meaning) {
    section_.item(fmt::format("{:<{}}", figure, kind_width), meaning);
  }

  Section& section_;
};

std::string overhead_text(const MeasuredOverhead::Figure& figure) {
  if (!figure.ratio || !figure.interval) {
    return std::string(not_measured);
  }
  const auto percent = [](double ratio) { return fmt::format("{:+.1f}", (ratio - 1) * 100); };
  return fmt::format("{} % [{}..{}], {} instead of {}", percent(*figure.ratio), percent(figure.interval->low),
                     percent(figure.interval->high), nanoseconds_text(figure.with), nanoseconds_text(figure.without));
}

void add_probes(Section& section, std::vector<ProbeCost> probes, bool verbose) {
  std::ranges::stable_sort(probes, std::ranges::greater(),
                           [](const ProbeCost& probe) { return probe.run_time.value_or(Duration::zero()); });
  Table table({left("probe", 20), "runs", "time", "per run"});
  const std::size_t shown = shown_of(probes.size(), most_probes, verbose);
  for (std::size_t i = 0; i < shown; ++i) {
    const ProbeCost& probe = probes[i];
    table.row({probe.name, probe.runs, probe.run_time,
               probe.run_time && probe.runs ? mean(*probe.run_time, *probe.runs) : Cell("-")});
  }
  section.add(std::move(table));
  section.rest(probes.size() - shown, "more probes", "more probes");
}

// Shows the times of the window, and whether CLOCK_MONOTONIC left out a suspend.
void add_window_times(Section& section, const WindowClocks& clocks) {
  if (!clocks.start) {
    return;
  }
  section.say("From " + utc_time_text(clocks.start->realtime_ns) +
              (clocks.end ? " to " + utc_time_text(clocks.end->realtime_ns) : ""));
  if (!clocks.end) {
    return;
  }
  constexpr std::uint64_t noticeable_ns = 1'000'000;
  const std::uint64_t with_suspend = clocks.end->boottime_ns - clocks.start->boottime_ns;
  const std::uint64_t without = clocks.end->monotonic_ns - clocks.start->monotonic_ns;
  if (with_suspend > without && with_suspend - without > noticeable_ns) {
    section.say(fmt::format("The machine was suspended for {} of that time, which no figure contains",
                            duration_text(Duration(static_cast<Duration::rep>(with_suspend - without)))));
  }
}

}  // namespace

std::string machine_text(const std::string& tool_version, const Host& host) {
  return fmt::format("taskcost {} on {}Linux {}, {}, {}{}", tool_version, host.name.empty() ? "" : host.name + ": ",
                     host.kernel, host.arch, counted(host.cpus, "CPU", "CPUs"),
                     host.is_virtual() ? fmt::format(", virtualized ({})", host.virtualization) : "");
}

Section evidence(const EvidenceList& list) {
  Section section("evidence", "Where the figures come from");
  for (const Evidence& evidence : list) {
    const std::string source = evidence.source.empty() ? "" : ": " + evidence.source;
    section.item(fmt::format("{:<{}}", to_string(evidence.kind), kind_width), evidence.figure + source,
                 evidence.kind == EvidenceKind::unavailable && !evidence.left_out ? Tone::warning : Tone::plain);
    if (!evidence.why.empty()) {
      section.item("why: ", evidence.why, Tone::faint, margin + kind_width);
    }
    if (!evidence.hint.empty()) {
      section.item("hint: ", evidence.hint, Tone::plain, margin + kind_width);
    }
  }
  return section;
}

Section observer(const Report& report, bool verbose) {
  const Observer& observer = report.observer;
  Section section("observer", "The observer's own cost");
  section.say(report.part ? "It was measured for the capture as a whole, not for parts of it." : cost_text(observer));
  if (const auto& measured = observer.measured) {
    section.say(fmt::format("Measured in {}, with and without probes: wall time {}; CPU time {}",
                            counted(measured->rounds, "round", "rounds"), overhead_text(measured->wall),
                            overhead_text(measured->cpu)));
  } else if (observer.share_of_cpu && observer.share_of_cpu_cold.value_or(1) > worth_measuring) {
    section.say(
        "An estimate, from a call that was calibrated at start. run --measure-overhead measures it; --detail switches "
        "makes it smaller.",
        Tone::faint);
  }
  if (std::ranges::any_of(observer.probes, [](const ProbeCost& probe) { return probe.runs || probe.run_time; })) {
    add_probes(section, observer.probes, verbose);
  } else if (!observer.probes.empty()) {
    section.say(fmt::format("{}; run times not measured", counted(observer.probes.size(), "probe", "probes")));
  }
  section.say(machine_text(report.tool_version, report.host));
  add_window_times(section, window_clocks(report));
  if (report.host.is_virtual() && !report.claims.empty()) {
    section.say(
        fmt::format("On a virtual machine, time that the hypervisor takes counts as code of the task that it "
                    "interrupts. {}.",
                    report.stolen ? "The kernel reports " + duration_text(*report.stolen) + " of steal time meanwhile"
                                  : "This kernel does not report steal time"));
  }
  if (verbose) {
    section.block();
    FigureList list(section);
    describe(list, observer);
  }
  return section;
}

std::vector<Section> of(const Checkup& checkup) {
  Section head("head");
  head.say(fmt::format("Linux {}, {}, {}", checkup.host.kernel, checkup.host.arch,
                       counted(checkup.host.cpus, "CPU", "CPUs")),
           Tone::plain, 0);
  head.say(checkup.obstacle ? to_line(*checkup.obstacle) : "Programs can be observed here.",
           checkup.obstacle ? Tone::bad : Tone::good, 0);
  Section extras("extras", "What more rights give");
  for (const Extra& extra : checkup.extras) {
    extras.item(extra.works ? "yes  " : "no   ", extra.what, extra.works ? Tone::plain : Tone::warning);
    if (!extra.works) {
      extras.item("needs: ", extra.needs, Tone::plain, margin + 5);
    }
  }
  return {std::move(head), evidence(checkup.evidence), std::move(extras)};
}

}  // namespace taskcost::sections
