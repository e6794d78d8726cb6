// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/launched.h"
#include "cli/marked_workload.h"
#include "cli/outputs.h"
#include "cli/say.h"
#include "cli/surroundings.h"
#include "verdict/plan.h"
#include "verdict/rounds.h"

namespace taskcost {
namespace {

constexpr unsigned quick_rounds = 9;
constexpr unsigned thorough_rounds = 25;

// Progress on standard error: one line that is written over on a terminal, one line a round elsewhere.
class Progress {
 public:
  explicit Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  void preparing(const Variant& variant) {
    if (terminal_) {
      show(fmt::format("preparing {}", variant.name));
    }
  }
  void measuring(unsigned round, unsigned rounds, const Variant& variant, bool first) {
    if (terminal_) {
      show(fmt::format("round {} of {}: {}", round, rounds, variant.name));
    } else if (first) {
      show(fmt::format("round {} of {}", round, rounds));
    }
  }
  void phase(const char* title) {
    clear();
    if (!quiet_) {
      say("{}", title);
    }
  }

 private:
  void show(const std::string& text) {
    if (!quiet_) {
      to_standard_error(fmt::format("{}taskcost: {}{}", terminal_ ? "\r\033[K" : "", text, terminal_ ? "" : "\n"));
      shown_ = terminal_;
    }
  }
  void clear() {
    if (shown_) {
      to_standard_error("\r\033[K");
      shown_ = false;
    }
  }

  bool quiet_;
  bool terminal_;
  bool shown_ = false;
};

// Everything that came together so far: a report can be written from it at any time.
struct Verification {
  explicit Verification(const VerifyCommand& options) : progress(options.observe.quiet) {}

  Report report;
  Rounds rounds;
  Progress progress;
  bool stopped = false;
};

void add_losses(Losses& sum, const Losses& losses) {
  for (std::size_t loss = 0; loss < TC_NR_LOSSES; ++loss) {
    sum.counts[loss] += losses.counts[loss];
  }
  sum.skipped_probes += losses.skipped_probes;
  sum.missed_switches += losses.missed_switches;
}

// As losses, they are those of all windows.
void add_skipped(Observer& sum, const Observer& before) {
  for (const ProbeCost& probe : before.probes) {
    const auto same = std::ranges::find(sum.probes, probe.name, &ProbeCost::name);
    if (same != sum.probes.end()) {
      same->skipped += probe.skipped;
    } else if (probe.skipped > 0) {
      sum.probes.push_back(probe);
    }
  }
}

// A figure that an earlier collector had no source for may have one now.
void merge_evidence(EvidenceList& known, const EvidenceList& more) {
  for (const Evidence& evidence : more) {
    const auto found = std::ranges::find(known, evidence.figure, &Evidence::figure);
    if (found == known.end()) {
      known.push_back(evidence);
    } else if (found->kind == EvidenceKind::unavailable) {
      *found = evidence;
    }
  }
}

void keep(Verification& verification, const std::string& variant, Region region) {
  Session& whole = verification.report.session;
  Session& session = region.observation.session;
  if (whole.start == Instant{}) {
    whole.start = session.start;
  }
  whole.end = session.end;
  add_losses(whole.losses, session.losses);
  add_skipped(region.observation.observer, verification.report.observer);
  verification.report.observer = std::move(region.observation.observer);
  verification.rounds[variant].push_back(
      {std::move(session), region.outcome.operations, region.outcome.wall, std::move(region.outcome.facts)});
}

Error failed_workload(const Variant& variant, int status) {
  std::string words;
  for (const std::string& argument : variant.arguments) {
    words += " " + argument;
  }
  return {fmt::format("the workload of {} failed", variant.name), fmt::format("its exit status is {}", status),
          "run it alone: taskcost-workload" + words};
}

// Variants that one collector observes, in turn: a change of the machine's mood meets all of them.
class Phase {
 public:
  Phase(Verification& verification, StopSignals& signals, const VerifyCommand& options, std::vector<Variant> variants)
      : verification_(verification), signals_(signals), options_(options), variants_(std::move(variants)) {}

  Status run(bool kernel_memory, bool stints) {
    if (variants_.empty() || verification_.stopped) {
      return Done{};
    }
    CollectorOptions chosen = collector_options(options_.observe);
    chosen.kernel_memory = kernel_memory;
    chosen.stints = stints;
    auto collector = Collector::open(chosen);
    if (!collector) {
      return collector.error();
    }
    merge_evidence(verification_.report.evidence, collector->evidence());
    if (auto status = start(); !status) {
      return status;
    }
    for (unsigned round = 1; round <= all_rounds(); ++round) {
      if (auto status = measure(*collector, round); !status || verification_.stopped) {
        return status;
      }
    }
    return Done{};
  }

 private:
  [[nodiscard]] unsigned all_rounds() const { return options_.thorough ? thorough_rounds : quick_rounds; }
  [[nodiscard]] unsigned rounds_of(const Variant& variant) const {
    return variant.rounds == 0 ? all_rounds() : std::min(variant.rounds, all_rounds());
  }

  // One after the other: the warm-up of one must not disturb another's.
  Status start() {
    for (const Variant& variant : variants_) {
      verification_.progress.preparing(variant);
      std::vector<std::string> arguments = variant.arguments;
      arguments.insert(arguments.end(), {"--regions", std::to_string(rounds_of(variant))});
      auto workload = MarkedWorkload::start(arguments, signals_.previous_mask());
      if (!workload) {
        return workload.error();
      }
      workloads_.push_back(*std::move(workload));
    }
    return Done{};
  }

  Status measure(Collector& collector, unsigned round) {
    bool first = true;
    for (std::size_t i = 0; i < variants_.size(); ++i) {
      if (round > rounds_of(variants_[i])) {
        continue;
      }
      verification_.progress.measuring(round, all_rounds(), variants_[i], std::exchange(first, false));
      auto observed = observe_region(collector, workloads_[i], signals_);
      if (!observed) {
        return observed.error();
      }
      if (const auto* ended = std::get_if<WorkloadEnded>(&*observed)) {
        return failed_workload(variants_[i], ended->status);
      }
      if (std::holds_alternative<ObservationStopped>(*observed)) {
        verification_.stopped = true;
        return Done{};
      }
      keep(verification_, variants_[i].name, std::get<Region>(*std::move(observed)));
    }
    return Done{};
  }

  Verification& verification_;
  StopSignals& signals_;
  const VerifyCommand& options_;
  std::vector<Variant> variants_;
  std::vector<MarkedWorkload> workloads_;
};

Status observe_plan(Verification& verification, StopSignals& signals, const VerifyCommand& options) {
  std::vector<Variant> plain;
  std::vector<Variant> with_stints;
  std::vector<Variant> with_memory;
  const auto plan = options.against_itself
                        ? plan_of_one_model(options.claims, *options.against_itself, options.thorough)
                        : plan_for(options.claims, options.thorough);
  for (const Variant& variant : plan) {
    (variant.kernel_memory ? with_memory : variant.stints ? with_stints : plain).push_back(variant);
  }
  // Each probe that is attached costs everybody a little, so each kind has a collector of its own.
  verification.progress.phase("times and counts of each variant, in turn");
  if (auto status = Phase(verification, signals, options, std::move(plain)).run(false, false); !status) {
    return status;
  }
  if (!with_stints.empty()) {
    verification.progress.phase("who had a CPU, and when");
  }
  if (auto status = Phase(verification, signals, options, std::move(with_stints)).run(false, true); !status) {
    return status;
  }
  if (!with_memory.empty()) {
    verification.progress.phase("what the kernel allocates");
  }
  return Phase(verification, signals, options, std::move(with_memory)).run(true, false);
}

Status check_claims(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (find_claim(id) == nullptr) {
      return Error{fmt::format("--claim {}", id), "there is no such claim", "see: taskcost verify --list",
                   ErrorKind::usage};
    }
  }
  return Done{};
}

void judge(Verification& verification, const VerifyCommand& options) {
  Report& report = verification.report;
  Findings findings = find(verification.rounds, report.evidence, options.claims);
  report.claims = std::move(findings.verdicts);
  report.comparisons = std::move(findings.comparisons);
  report.sweeps = std::move(findings.sweeps);
  report.tables = std::move(findings.tables);
}

}  // namespace

Result<int> verify(const VerifyCommand& asked, const Surroundings& surroundings) {
  if (auto status = check_claims(asked.claims); !status) {
    return status.error();
  }
  VerifyCommand command = asked;
  if (command.against_itself) {
    command.claims = claims_on_the_model_alone(asked.claims);
    if (command.claims.empty()) {
      return Error{"--against-itself", "none of these claims compares the models alone", "leave --claim out",
                   ErrorKind::usage};
    }
  }
  if (command.list) {
    render_claim_list(claims(), std::cout,
                      {surroundings.width, command.observe.colour.value_or(surroundings.colour), false});
    return 0;
  }
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  auto outputs = Outputs::open(command.observe, surroundings);
  if (!outputs) {
    return outputs.error();
  }
  Verification verification(command);
  verification.report = empty_report(TargetMode::verify, surroundings);
  verification.report.target.command = "verify";
  const Status observed = observe_plan(verification, *signals, command);
  verification.report.window_end = verification.stopped ? WindowEnd::signal : WindowEnd::target_exited;
  // What was measured before something failed is judged and written all the same.
  judge(verification, command);
  if (auto status = outputs->write(verification.report); !status) {
    return status.error();
  }
  if (!observed) {
    return observed.error();
  }
  return 0;
}

}  // namespace taskcost
