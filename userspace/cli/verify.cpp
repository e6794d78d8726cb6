// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/launched.h"
#include "cli/outputs.h"
#include "cli/surroundings.h"
#include "verdict/rounds.h"

namespace taskcost {
namespace {

constexpr int quick_rounds = 7;
constexpr int thorough_rounds = 25;

struct Plan {
  std::string_view workload;
  std::string_view size_option;
  std::uint64_t operations;  // in one round
  Findings (*judge)(const RoundsOfBothModels& rounds, const EvidenceList& evidence);
};

constexpr std::array plans = {Plan{"create", "--count", 500, findings_of_create},
                              Plan{"switch", "--hops", 10'000, findings_of_switch}};

// Everything that came together so far: a report can be written from it at any time.
struct Verification {
  Report report;
  std::array<RoundsOfBothModels, plans.size()> rounds;
  bool stopped = false;
};

bool is_wanted(const VerifyCommand& options, std::string_view claim) {
  return options.claims.empty() || std::ranges::find(options.claims, claim) != options.claims.end();
}

bool is_needed(const VerifyCommand& options, const Plan& plan) {
  return std::ranges::any_of(
      claims(), [&](const Claim& claim) { return claim.workload == plan.workload && is_wanted(options, claim.id); });
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

void show_progress(const VerifyCommand& options, const Plan& plan, const char* model, int round, int of) {
  if (!options.observe.quiet) {
    fmt::print(stderr, "taskcost: round {} of {}: {}, as {}\n", round, of, plan.workload, model);
  }
}

void add_losses(Losses& sum, const Losses& losses) {
  for (std::size_t loss = 0; loss < TC_NR_LOSSES; ++loss) {
    sum.counts[loss] += losses.counts[loss];
  }
  sum.skipped_probes += losses.skipped_probes;
  sum.missed_switches += losses.missed_switches;
}

// One round of one model.
Status observe_round(Verification& verification, const Plan& plan, const char* model, std::vector<Round>& rounds,
                     StopSignals& signals, const VerifyCommand& options, const Surroundings& surroundings) {
  const Fd nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const Command command{{workload_program(), std::string(plan.workload), "--model", model,
                         std::string(plan.size_option), std::to_string(plan.operations)},
                        std::nullopt,
                        signals.previous_mask(),
                        nowhere.get()};
  auto run = observe_command(command, TargetMode::verify, collector_options(options.observe), signals, surroundings);
  if (!run) {
    return run.error();
  }
  if (run->stopped) {
    verification.stopped = true;
    return Done{};
  }
  if (run->exit_status != 0) {
    return Error{fmt::format("the workload {} as {} failed", plan.workload, model),
                 fmt::format("its exit status is {}", run->exit_status),
                 fmt::format("run it alone: taskcost-workload {} --model {}", plan.workload, model)};
  }
  Report& report = verification.report;
  Session& whole = report.session;
  Session& session = run->report.session;
  if (report.evidence.empty()) {
    report.evidence = run->report.evidence;
    whole.start = session.start;
  }
  whole.end = session.end;
  report.observer = std::move(run->report.observer);
  add_losses(whole.losses, session.losses);
  rounds.push_back({std::move(session), plan.operations, {}, {}});
  return Done{};
}

// The models in turn, so that a change of the machine's mood meets both.
Status observe_rounds(Verification& verification, StopSignals& signals, const VerifyCommand& options,
                      const Surroundings& surroundings) {
  const int rounds = options.thorough ? thorough_rounds : quick_rounds;
  for (int round = 1; round <= rounds; ++round) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
      if (!is_needed(options, plans[i])) {
        continue;
      }
      for (const auto& [model, side] :
           {std::pair{"thread", &RoundsOfBothModels::threads}, std::pair{"process", &RoundsOfBothModels::processes}}) {
        show_progress(options, plans[i], model, round, rounds);
        if (auto status = observe_round(verification, plans[i], model, verification.rounds[i].*side, signals, options,
                                        surroundings);
            !status || verification.stopped) {
          return status;
        }
      }
    }
  }
  return Done{};
}

void judge(Verification& verification, const VerifyCommand& options) {
  Report& report = verification.report;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    if (!is_needed(options, plans[i])) {
      continue;
    }
    Findings findings = plans[i].judge(verification.rounds[i], report.evidence);
    std::ranges::move(findings.comparisons, std::back_inserter(report.comparisons));
    std::ranges::copy_if(findings.verdicts, std::back_inserter(report.claims),
                         [&](const Verdict& verdict) { return is_wanted(options, verdict.id); });
  }
}

}  // namespace

Result<int> verify(const VerifyCommand& command, const Surroundings& surroundings) {
  if (auto status = check_claims(command.claims); !status) {
    return status.error();
  }
  if (command.list) {
    render_claim_list(claims(), std::cout,
                      {surroundings.width, command.observe.colour.value_or(surroundings.colour), false});
    return 0;
  }
  StopSignals signals;
  auto outputs = Outputs::open(command.observe, surroundings);
  if (!outputs) {
    return outputs.error();
  }
  Verification verification;
  verification.report = empty_report(TargetMode::verify, surroundings);
  verification.report.target.command = "verify";
  const Status observed = observe_rounds(verification, signals, command, surroundings);
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
