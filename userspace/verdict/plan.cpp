// SPDX-License-Identifier: Apache-2.0
//
// The table of variants. A region takes 2 to 40 ms on a slow virtual CPU: many short rounds are better than a few long
// ones, because slow drift then affects both sides of a round alike.
#include "verdict/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

#include "verdict/claim_table.h"
#include "verdict/prices.h"
#include "verdict/rounds.h"
#include "verdict/sweeps.h"

namespace taskcost {
namespace {

// Structural claims need a few regions; ratio claims need as many as it takes to decide them.
constexpr unsigned every_round = 0;
constexpr unsigned few_rounds = 3;
constexpr unsigned some_rounds = 5;

struct Row {
  std::string_view name;
  std::string_view arguments;
  unsigned rounds = every_round;
  enum Observing { times, allocations, cpu_slices } observing = times;
  // The CPUs of its tasks. Variants that claims compare run on one CPU and, if a claim needs it, across CPUs.
  enum Cpus { by_condition, any, same, apart } cpus = by_condition;
};

constexpr std::array plan_rows = {
    Row{"create/thread", "create --model thread --count 60 --warm-up 20"},
    Row{"create/fork", "create --model fork --count 60 --warm-up 20"},
    Row{"create/vfork", "create --model vfork --count 60 --warm-up 20"},
    Row{"create/fork-exec", "create --model fork-exec --count 6 --warm-up 1"},
    Row{"create/vfork-exec", "create --model vfork-exec --count 6 --warm-up 1", some_rounds},
    Row{"create/spawn", "create --model spawn --count 6 --warm-up 1", some_rounds},
    Row{"create/clone-vm", "create --model clone-vm --count 60 --warm-up 20", some_rounds},
    Row{"switch/thread", "switch --model thread --hops 2000 --warm-up 200"},
    Row{"switch/process", "switch --model process --hops 2000 --warm-up 200"},
    Row{"handoff/thread/futex", "handoff --model thread --through futex --hops 2000 --warm-up 200"},
    Row{"handoff/process/futex", "handoff --model process --through futex --hops 2000 --warm-up 200"},
    Row{"handoff/process/pipe", "handoff --model process --through pipe --hops 2000 --warm-up 200"},
    Row{"handoff/process/socket", "handoff --model process --through socket --hops 2000 --warm-up 200", some_rounds},
    Row{"channel/thread/memory", "channel --model thread --through memory --size 4096 --messages 1000"},
    Row{"channel/process/pipe", "channel --model process --through pipe --size 4096 --messages 1000"},
    Row{"channel/process/unix-stream", "channel --model process --through unix-stream --size 4096 --messages 1000"},
    Row{"channel/process/shared-memory", "channel --model process --through shared-memory --size 4096 --messages 1000"},
    Row{"channel/process/unix-dgram", "channel --model process --through unix-dgram --size 4096 --messages 1000",
        some_rounds},
    Row{"channel/process/tcp", "channel --model process --through tcp --size 4096 --messages 1000", some_rounds},
    Row{"channel/process/message-queue", "channel --model process --through message-queue --size 4096 --messages 1000",
        some_rounds},
    Row{"bake/serial", "bake --model serial --batches 20 --work 150", every_round, Row::times, Row::same},
    Row{"bake/threads", "bake --model threads --batches 20 --work 150"},
    Row{"bake/processes", "bake --model processes --batches 20 --work 150"},
    Row{"share/thread", "share --model thread", some_rounds, Row::times, Row::any},
    Row{"share/thread/none", "share --model thread --act none", some_rounds, Row::times, Row::any},
    Row{"share/process", "share --model process", some_rounds, Row::times, Row::any},
    Row{"share/thread/remap", "share --model thread --what remap --count 100", some_rounds, Row::times, Row::any},
    Row{"share/process/remap", "share --model process --what remap --count 100", some_rounds, Row::times, Row::any},
    Row{"crash/thread/segv", "crash --model thread --how segv", few_rounds, Row::times, Row::any},
    Row{"crash/thread/abort", "crash --model thread --how abort", few_rounds, Row::times, Row::any},
    Row{"crash/thread/kill", "crash --model thread --how kill", few_rounds, Row::times, Row::any},
    Row{"crash/thread/wild-write", "crash --model thread --how wild-write", few_rounds, Row::times, Row::any},
    Row{"crash/process/segv", "crash --model process --how segv", few_rounds, Row::times, Row::any},
    Row{"crash/process/abort", "crash --model process --how abort", few_rounds, Row::times, Row::any},
    Row{"crash/process/kill", "crash --model process --how kill", few_rounds, Row::times, Row::any},
    Row{"crash/process/wild-write", "crash --model process --how wild-write", few_rounds, Row::times, Row::any},
    Row{"cpu-slices/serial", "bake --model serial --batches 4 --work 400", few_rounds, Row::cpu_slices, Row::same},
    Row{"cpu-slices/threads", "bake --model threads --batches 4 --work 400", few_rounds, Row::cpu_slices, Row::apart},
    Row{"cpu-slices/processes", "bake --model processes --batches 4 --work 400", few_rounds, Row::cpu_slices,
        Row::apart},
    Row{"memory/thread", "create --model thread --count 50", few_rounds, Row::allocations, Row::any},
    Row{"memory/fork", "create --model fork --count 20", few_rounds, Row::allocations, Row::any},
};

std::vector<std::string> split_arguments(std::string_view text) {
  std::istringstream words{std::string(text)};
  return {std::istream_iterator<std::string>(words), {}};
}

const Row& find_plan_row(std::string_view name) {
  return *std::ranges::find_if(plan_rows, [name](const Row& row) {
    return name == row.name || name == variant_in(row.name, Condition::across_cpus);
  });
}

// channel/thread/memory and bake/serial keep their model: they have no counterpart as processes.
void use_model(std::vector<std::string>& arguments, const std::string& model) {
  constexpr std::array<std::string_view, 5> models{"thread", "process", "fork", "threads", "processes"};
  const auto option = std::ranges::find(arguments, "--model");
  const bool changes = option != arguments.end() && option + 1 != arguments.end() &&
                       std::ranges::find(models, *(option + 1)) != models.end() &&
                       std::ranges::count(arguments, "memory") == 0;
  if (changes) {
    *(option + 1) = model;
  }
}

std::vector<std::string> arguments_for_model(std::string_view variant, const std::string& model) {
  std::vector<std::string> arguments = split_arguments(find_plan_row(variant).arguments);
  use_model(arguments, model);
  return arguments;
}

// Without a selection of claims, the variants of all prices are needed too.
bool is_needed(std::string_view variant, const std::vector<std::string>& claims) {
  const auto priced = claims.empty() ? estimate_variants() : std::vector<std::string>();
  return std::ranges::find(priced, variant) != priced.end() ||
         std::ranges::any_of(claim_table(), [&](const ClaimRow& claim) {
           return is_wanted(claims, claim.claim.id) && needs(claim, variant);
         });
}

std::vector<std::string> make_arguments(const Row& row, Condition condition) {
  std::vector<std::string> arguments = split_arguments(row.arguments);
  if (row.cpus != Row::any) {
    const bool apart = row.cpus == Row::apart || (row.cpus == Row::by_condition && condition == Condition::across_cpus);
    arguments.insert(arguments.end(), {"--cpus", apart ? "apart" : "same"});
  }
  return arguments;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

void add_if_needed(const Row& row, Condition condition, const std::vector<std::string>& claims, bool thorough,
                   std::vector<Variant>& plan) {
  const std::string name = variant_in(row.name, condition);
  // Some columns of tables and prices belong to no claim.
  const bool for_tables = claims.empty() && condition == Condition::same_cpu;
  if (for_tables || is_needed(name, claims)) {
    plan.push_back({name, make_arguments(row, condition),
                    thorough && row.rounds != every_round ? kept_rounds : row.rounds, row.observing == Row::allocations,
                    row.observing == Row::cpu_slices});
  }
}

}  // namespace

std::vector<Variant> plan_for(const std::vector<std::string>& claims, bool thorough) {
  std::vector<Variant> plan;
  for (const Row& row : plan_rows) {
    add_if_needed(row, Condition::same_cpu, claims, thorough, plan);
    add_if_needed(row, Condition::across_cpus, claims, thorough, plan);
  }
  for (const SweepVariant& sweep : list_sweep_variants(thorough)) {
    if (is_wanted(claims, sweep.claim)) {
      plan.push_back({sweep.variant, split_arguments(sweep.arguments), few_rounds, false, false});
    }
  }
  return plan;
}

std::vector<Variant> plan_for_estimate() {
  const std::vector<std::string> needed = estimate_variants();
  std::vector<Variant> plan;
  for (const Row& row : plan_rows) {
    for (const Condition condition : {Condition::same_cpu, Condition::across_cpus}) {
      if (const std::string name = variant_in(row.name, condition); contains(needed, name)) {
        plan.push_back({name, make_arguments(row, condition), kept_rounds, false, false});
      }
    }
  }
  // The cost of a fork as a function of its parent's resident memory and mappings.
  for (const SweepVariant& sweep : list_sweep_variants(false)) {
    if (sweep.variant.starts_with("sweep/resident/fork/") || sweep.variant.starts_with("sweep/mappings/fork/")) {
      plan.push_back({sweep.variant, split_arguments(sweep.arguments), few_rounds, false, false});
    }
  }
  return plan;
}

std::vector<std::string> select_model_claims(const std::vector<std::string>& claims) {
  std::vector<std::string> alone;
  for (const ClaimRow& row : claim_table()) {
    const auto* rule = std::get_if<RatioRule>(&row.rule);
    if (rule != nullptr && is_wanted(claims, row.claim.id) &&
        arguments_for_model(rule->left, "thread") == arguments_for_model(rule->right, "thread")) {
      alone.emplace_back(row.claim.id);
    }
  }
  return alone;
}

std::vector<Variant> plan_for_one_model(const std::vector<std::string>& claims, const std::string& model,
                                        bool thorough) {
  std::vector<Variant> plan = plan_for(claims, thorough);
  std::erase_if(plan, [](const Variant& variant) { return variant.name.starts_with("sweep/"); });
  for (Variant& variant : plan) {
    use_model(variant.arguments, model);
  }
  return plan;
}

}  // namespace taskcost
