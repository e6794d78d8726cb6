// SPDX-License-Identifier: Apache-2.0
//
// The table of variants. Sizes are such that a region takes 5 to 80 ms on a slow virtual CPU.
#include "verdict/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

#include "verdict/claim_table.h"
#include "verdict/sweeps.h"

namespace taskcost {
namespace {

// Exact claims need a few regions, those of a time as many as there are.
constexpr unsigned every_round = 0;
constexpr unsigned few_rounds = 3;
constexpr unsigned some_rounds = 5;

struct Row {
  std::string_view name;
  std::string_view arguments;
  unsigned rounds = every_round;
  enum Observing { times, allocations, stints } observing = times;
};

constexpr std::array plan_rows = {
    Row{"create/thread", "create --model thread --count 100"},
    Row{"create/fork", "create --model fork --count 100"},
    Row{"create/vfork", "create --model vfork --count 200"},
    Row{"create/fork-exec", "create --model fork-exec --count 10"},
    Row{"create/vfork-exec", "create --model vfork-exec --count 10", some_rounds},
    Row{"create/spawn", "create --model spawn --count 10", some_rounds},
    Row{"create/clone-vm", "create --model clone-vm --count 100", some_rounds},
    Row{"switch/thread", "switch --model thread --hops 4000"},
    Row{"switch/process", "switch --model process --hops 4000"},
    Row{"handoff/thread/futex", "handoff --model thread --through futex --cpus same --hops 4000"},
    Row{"handoff/process/futex", "handoff --model process --through futex --cpus same --hops 4000"},
    Row{"handoff/process/pipe", "handoff --model process --through pipe --cpus same --hops 4000"},
    Row{"handoff/process/socket", "handoff --model process --through socket --cpus same --hops 2000", some_rounds},
    Row{"channel/thread/memory", "channel --model thread --through memory --size 4096 --messages 2000"},
    Row{"channel/process/pipe", "channel --model process --through pipe --size 4096 --messages 2000"},
    Row{"channel/process/unix-stream", "channel --model process --through unix-stream --size 4096 --messages 2000"},
    Row{"channel/process/shared-memory", "channel --model process --through shared-memory --size 4096 --messages 2000"},
    Row{"channel/process/unix-dgram", "channel --model process --through unix-dgram --size 4096 --messages 1000",
        some_rounds},
    Row{"channel/process/tcp", "channel --model process --through tcp --size 4096 --messages 1000", some_rounds},
    Row{"channel/process/message-queue", "channel --model process --through message-queue --size 4096 --messages 1000",
        some_rounds},
    Row{"bake/serial", "bake --model serial --batches 6 --work 400"},
    Row{"bake/threads", "bake --model threads --batches 6 --work 400"},
    Row{"bake/processes", "bake --model processes --batches 6 --work 400"},
    Row{"share/thread", "share --model thread", some_rounds},
    Row{"share/thread/none", "share --model thread --act none", some_rounds},
    Row{"share/process", "share --model process", some_rounds},
    Row{"share/thread/remap", "share --model thread --what remap --count 100", some_rounds},
    Row{"share/process/remap", "share --model process --what remap --count 100", some_rounds},
    Row{"crash/thread/segv", "crash --model thread --how segv", few_rounds},
    Row{"crash/thread/abort", "crash --model thread --how abort", few_rounds},
    Row{"crash/thread/kill", "crash --model thread --how kill", few_rounds},
    Row{"crash/thread/wild-write", "crash --model thread --how wild-write", few_rounds},
    Row{"crash/process/segv", "crash --model process --how segv", few_rounds},
    Row{"crash/process/abort", "crash --model process --how abort", few_rounds},
    Row{"crash/process/kill", "crash --model process --how kill", few_rounds},
    Row{"crash/process/wild-write", "crash --model process --how wild-write", few_rounds},
    Row{"stints/serial", "bake --model serial --batches 4 --work 400", few_rounds, Row::stints},
    Row{"stints/threads", "bake --model threads --batches 4 --work 400", few_rounds, Row::stints},
    Row{"stints/processes", "bake --model processes --batches 4 --work 400", few_rounds, Row::stints},
    Row{"memory/thread", "create --model thread --count 50", few_rounds, Row::allocations},
    Row{"memory/fork", "create --model fork --count 20", few_rounds, Row::allocations},
};

std::vector<std::string> words_of(std::string_view text) {
  std::istringstream words{std::string(text)};
  return {std::istream_iterator<std::string>(words), {}};
}

const Row& row_named(std::string_view name) { return *std::ranges::find(plan_rows, name, &Row::name); }

// Memory that is handed over as it is has no counterpart between processes, and one cook is no model.
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

std::vector<std::string> arguments_as(std::string_view variant, const std::string& model) {
  std::vector<std::string> arguments = words_of(row_named(variant).arguments);
  use_model(arguments, model);
  return arguments;
}

bool is_needed(const Row& row, const std::vector<std::string>& claims) {
  return std::ranges::any_of(claim_table(), [&](const ClaimRow& claim) {
    return is_wanted(claims, claim.claim.id) && needs(claim, row.name);
  });
}

}  // namespace

std::vector<Variant> plan_for(const std::vector<std::string>& claims, bool thorough) {
  std::vector<Variant> plan;
  for (const Row& row : plan_rows) {
    if (is_needed(row, claims)) {
      plan.push_back({std::string(row.name), words_of(row.arguments), thorough ? every_round : row.rounds,
                      row.observing == Row::allocations, row.observing == Row::stints});
    }
  }
  for (const SweepPlace& place : sweep_places(thorough)) {
    if (is_wanted(claims, place.claim)) {
      plan.push_back({place.variant, words_of(place.arguments), few_rounds, false, false});
    }
  }
  return plan;
}

std::vector<std::string> claims_on_the_model_alone(const std::vector<std::string>& claims) {
  std::vector<std::string> alone;
  for (const ClaimRow& row : claim_table()) {
    const auto* rule = std::get_if<RatioRule>(&row.rule);
    if (rule != nullptr && is_wanted(claims, row.claim.id) &&
        arguments_as(rule->left, "thread") == arguments_as(rule->right, "thread")) {
      alone.emplace_back(row.claim.id);
    }
  }
  return alone;
}

std::vector<Variant> plan_of_one_model(const std::vector<std::string>& claims, const std::string& model,
                                       bool thorough) {
  std::vector<Variant> plan = plan_for(claims, thorough);
  std::erase_if(plan, [](const Variant& variant) { return variant.name.starts_with("sweep/"); });
  for (Variant& variant : plan) {
    use_model(variant.arguments, model);
  }
  return plan;
}

}  // namespace taskcost
