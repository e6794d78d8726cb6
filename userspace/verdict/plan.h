// SPDX-License-Identifier: Apache-2.0
//
// The variants of the bundled workloads that `verify` runs.
#pragma once

#include <string>
#include <vector>

namespace taskcost {

struct Variant {
  std::string name;                    // the key of its rounds: "create/fork/resident=64"
  std::vector<std::string> arguments;  // for taskcost-workload: {"create", "--model", "fork", "--count", "200"}
  unsigned rounds = 0;                 // measured regions; 0: as many as its claims need
  bool kernel_memory = false;          // observe allocations, which slows them down: for counts, not for times
  bool cpu_slices = false;             // record each time that a task is on a CPU
};

// The variants for these claims (ids; empty: all).
std::vector<Variant> plan_for(const std::vector<std::string>& claims, bool thorough);

// The variants for the prices of `taskcost estimate`.
std::vector<Variant> plan_for_estimate();

// The self-test --against-itself runs both sides of each comparison as the same model, "thread" or "process". No claim
// may be confirmed then. It uses those of `claims` (empty: all) whose sides differ only in the model.
std::vector<std::string> select_model_claims(const std::vector<std::string>& claims);
std::vector<Variant> plan_for_one_model(const std::vector<std::string>& claims, const std::string& model,
                                        bool thorough);

}  // namespace taskcost
