// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <iostream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/environment.h"
#include "cli/launched.h"
#include "cli/outputs.h"
#include "cli/verification.h"
#include "collector/clocks.h"
#include "collector/privileges.h"
#include "report/render.h"
#include "verdict/findings.h"
#include "verdict/plan.h"

namespace taskcost {
namespace {

Status check_claims(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (find_claim(id) == nullptr) {
      return Error{fmt::format("--claim {}", id), "no such claim", "see 'taskcost verify --list'", ErrorKind::usage};
    }
  }
  return Done{};
}

void set_stolen_time(Report& report, std::optional<Duration> before) {
  const auto now = steal_time();
  report.stolen = report.host.is_virtual() && before && now ? std::optional(*now - *before) : std::nullopt;
}

void judge(Verification& verification, const VerifyCommand& options) {
  Report& report = verification.report;
  Findings findings = make_findings(verification.rounds, verification.readings, report.evidence, options.claims);
  report.claims = std::move(findings.verdicts);
  report.comparisons = std::move(findings.comparisons);
  report.sweeps = std::move(findings.sweeps);
  report.tables = std::move(findings.tables);
  report.prices = std::move(findings.prices);
}

}  // namespace

Result<int> verify(const VerifyCommand& asked, const Environment& environment) {
  if (auto status = check_claims(asked.claims); !status) {
    return status.error();
  }
  VerifyCommand command = asked;
  if (command.against_itself) {
    command.claims = select_model_claims(asked.claims);
    if (command.claims.empty()) {
      return Error{"--against-itself", "no selected claim compares variants that differ only in the model",
                   "drop --claim", ErrorKind::usage};
    }
  }
  if (command.list) {
    render_claim_list(claims(), std::cout,
                      {environment.width, command.observe.color.value_or(environment.color), false});
    return 0;
  }
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  auto outputs = Outputs::open(command.observe, environment);
  if (!outputs) {
    return outputs.error();
  }
  Verification verification;
  verification.report = empty_report(TargetMode::verify, environment);
  verification.report.target.command = "verify";
  const auto stolen_before = steal_time();
  verification.report.clocks.start = read_clocks();
  const Status observed = observe_plan(verification, *signals, command);
  verification.report.clocks.end = read_clocks();
  verification.report.window_end = verification.stopped ? WindowEnd::signal : WindowEnd::target_exited;
  set_stolen_time(verification.report, stolen_before);
  if (auto status = enter_report_phase(); !status) {
    return status.error();
  }
  // After a failure, the report covers what was measured before.
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
