// SPDX-License-Identifier: Apache-2.0
#include "verdict/estimate/estimate.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/load_report.h"
#include "cli/options/values.h"
#include "cli/outputs.h"
#include "cli/verification.h"
#include "collector/privileges.h"
#include "report/render.h"
#include "verdict/plan.h"
#include "verdict/prices.h"
#include "verdict/sweeps.h"

namespace taskcost {
namespace {

// The rounds of the plan take less on an idle machine.
constexpr std::chrono::seconds price_budget{15};

Result<ProgramCounts> load_program(const std::string& path) {
  const auto report = load_report(path);
  if (!report) {
    return report.error();
  }
  auto program = program_counts(*report);
  if (!program) {
    return with_report_name(program.error(), path);
  }
  program->name = report_name(path);
  return program;
}

Result<PriceList> load_prices(const std::string& path) {
  const auto report = load_report(path);
  if (!report) {
    return report.error();
  }
  auto prices = price_list(*report);
  if (!prices) {
    return with_report_name(prices.error(), path);
  }
  prices->name = report_name(path);
  return prices;
}

Result<PriceList> measure_prices(bool quiet, const Environment& environment) {
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  VerifyCommand options;
  options.observe.quiet = quiet;
  options.budget = price_budget;
  Verification verification;
  if (auto status = observe_variants(verification, *signals, options, plan_for_estimate()); !status) {
    Error error = status.error();
    error.hint += (error.hint.empty() ? "" : "; ") + std::string("or use --prices VERIFY.json");
    return error;
  }
  if (verification.stopped) {
    return Error{"no prices", "a signal stopped the measurement", "take them from a file with --prices VERIFY.json"};
  }
  PriceList list;
  const Host& host = environment.host;
  list.measured_on = {host.kernel, host.arch, host.virtualization, static_cast<double>(host.cpus)};
  list.prices = make_prices(verification.rounds, make_sweeps(verification.rounds));
  return list;
}

std::optional<Model> parse_model(const std::optional<std::string>& as) {
  if (!as) {
    return std::nullopt;
  }
  return *as == "threads" ? Model::threads : Model::processes;
}

}  // namespace

Result<int> estimate(const EstimateCommand& command, const Environment& environment) {
  const auto program = load_program(command.report);
  if (!program) {
    return program.error();
  }
  // Fails before prices are measured if there is nothing to convert.
  const auto model = parse_model(command.as);
  if (const auto without_prices = estimate(*program, PriceList{}, model); !without_prices) {
    return with_report_name(without_prices.error(), command.report);
  }
  auto outputs = Outputs::open(command, environment);
  if (!outputs) {
    return outputs.error();
  }
  const auto prices = command.prices ? load_prices(*command.prices) : measure_prices(command.quiet, environment);
  if (!prices) {
    return prices.error();
  }
  if (auto status = enter_report_phase(); !status) {
    return status.error();
  }
  const auto estimated = estimate(*program, *prices, model);
  if (!estimated) {
    return with_report_name(estimated.error(), command.report);
  }
  const auto render = [&estimated](OutputFormat format, const TextOptions& text, std::ostream& out) -> Status {
    if (format == OutputFormat::json) {
      render_estimate_json(*estimated, out);
    } else {
      render_estimate_text(*estimated, out, text);
    }
    return Done{};
  };
  if (auto status = outputs->write(render); !status) {
    return status.error();
  }
  return 0;
}

}  // namespace taskcost
