// SPDX-License-Identifier: Apache-2.0
//
// Who is harmed, who ends, and who runs on.
#include "verdict/figures.h"
#include "verdict/structure.h"

namespace taskcost {
namespace {

constexpr std::uint64_t leader = 1;

bool all_survived(const Round& round) {
  const auto survivors = fact_of(round, "survivors");
  return survivors && survivors == fact_of(round, "survivors_expected");
}

template <typename Holds>
Cases crashes(const Rounds& rounds, std::initializer_list<const char*> variants, Holds holds) {
  Cases cases;
  for (const char* variant : variants) {
    for (const Round* round : whole_rounds(rounds, variant)) {
      cases.count(holds(*round));
    }
  }
  return cases;
}

}  // namespace

Cases neighbours_unharmed(const Rounds& rounds) {
  return crashes(rounds, {"crash/process/wild-write"}, [](const Round& round) {
    return fact_of(round, "neighbour_harmed") == 0 && all_survived(round) && round.session.blasts.empty();
  });
}

Cases siblings_harmed(const Rounds& rounds) {
  return crashes(rounds, {"crash/thread/wild-write"},
                 [](const Round& round) { return fact_of(round, "neighbour_harmed") == 1; });
}

// One task ended by the signal. Of the others each ran on: more of them were on a CPU afterwards than the main task.
Cases others_survive(const Rounds& rounds) {
  return crashes(rounds, {"crash/process/segv", "crash/process/abort", "crash/process/kill"}, [](const Round& round) {
    const auto& blasts = round.session.blasts;
    return blasts.size() == 1 && blasts[0].tasks_ended == 1 && all_survived(round) &&
           fact_of(round, "turns_after").value_or(0) > 0 &&
           static_cast<double>(blasts[0].others_ran_on) > fact_of(round, "survivors_expected").value_or(0);
  });
}

Cases all_go_down(const Rounds& rounds) {
  return crashes(rounds, {"crash/thread/segv", "crash/thread/abort", "crash/thread/kill"}, [](const Round& round) {
    const auto& blasts = round.session.blasts;
    return blasts.size() == 1 && fact_of(round, "survivors") == 0 && fact_of(round, "turns_after") == 0 &&
           static_cast<double>(blasts[0].tasks_ended) == fact_of(round, "tasks").value_or(0) + leader;
  });
}

}  // namespace taskcost
