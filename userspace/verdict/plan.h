// SPDX-License-Identifier: Apache-2.0
//
// What `verify` runs: variants of the bundled workloads, their measured regions in turn.
#pragma once

#include <string>
#include <vector>

namespace taskcost {

struct Variant {
  std::string name;                    // the key of its rounds: "create/fork/resident=64"
  std::vector<std::string> arguments;  // of taskcost-workload: {"create", "--model", "fork", "--count", "200"}
  unsigned rounds = 0;                 // measured regions; 0: as many as its claims take
  bool kernel_memory = false;          // observe allocations too, which makes them dearer: for counts, not for times
  bool stints = false;                 // keep each time on a CPU
};

// What is needed for these claims (ids; empty: for all of them).
std::vector<Variant> plan_for(const std::vector<std::string>& claims, bool thorough);

// What is needed for the prices of `taskcost estimate`, and for no claim.
std::vector<Variant> plan_for_estimate();

// The check of the judge: both sides of each comparison are the same model, "thread" or "process", and no claim may be
// confirmed. Those of `claims` (empty: of all) whose sides differ by nothing but the model, and what they need.
std::vector<std::string> claims_on_the_model_alone(const std::vector<std::string>& claims);
std::vector<Variant> plan_of_one_model(const std::vector<std::string>& claims, const std::string& model, bool thorough);

}  // namespace taskcost
