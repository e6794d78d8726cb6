// SPDX-License-Identifier: Apache-2.0
#include "taskcost/estimate.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "cli/commands.h"
#include "cli/load_report.h"
#include "cli/outputs.h"
#include "cli/verification.h"
#include "commandline/values.h"
#include "verdict/plan.h"
#include "verdict/prices.h"
#include "verdict/sweeps.h"

namespace taskcost {
namespace {

// Idle, the rounds of the plan take less.
constexpr std::chrono::seconds price_budget{15};

Result<ProgramCounts> load_program(const std::string& path) {
  const auto report = load_report(path);
  if (!report) {
    return report.error();
  }
  auto program = program_of(*report);
  if (!program) {
    return about_report(program.error(), path);
  }
  program->name = name_of_report(path);
  return program;
}

Result<PriceList> load_prices(const std::string& path) {
  const auto report = load_report(path);
  if (!report) {
    return report.error();
  }
  auto prices = price_list_of(*report);
  if (!prices) {
    return about_report(prices.error(), path);
  }
  prices->name = name_of_report(path);
  return prices;
}

Result<PriceList> measure_prices(bool quiet, const Surroundings& surroundings) {
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
    error.hint += (error.hint.empty() ? "" : "; ") + std::string("or give --prices VERIFY.json");
    return error;
  }
  if (verification.stopped) {
    return Error{"no prices", "a signal stopped their measurement", "give --prices VERIFY.json to need none"};
  }
  PriceList list;
  const Report::Host& host = surroundings.host;
  list.measured_on = {host.kernel, host.arch, host.virtualization, static_cast<double>(host.cpus)};
  list.prices = prices_of(verification.rounds, sweeps_of(verification.rounds));
  return list;
}

std::optional<Model> model_of(const std::optional<std::string>& as) {
  if (!as) {
    return std::nullopt;
  }
  return *as == "threads" ? Model::threads : Model::processes;
}

}  // namespace

Result<int> estimate(const EstimateCommand& command, const Surroundings& surroundings) {
  const auto program = load_program(command.report);
  if (!program) {
    return program.error();
  }
  // What cannot be converted needs no prices.
  const auto model = model_of(command.as);
  if (const auto without_prices = estimate(*program, PriceList{}, model); !without_prices) {
    return about_report(without_prices.error(), command.report);
  }
  auto outputs = Outputs::open(output_options(command), surroundings);
  if (!outputs) {
    return outputs.error();
  }
  const auto prices = command.prices ? load_prices(*command.prices) : measure_prices(command.quiet, surroundings);
  if (!prices) {
    return prices.error();
  }
  const auto estimated = estimate(*program, *prices, model);
  if (!estimated) {
    return about_report(estimated.error(), command.report);
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
