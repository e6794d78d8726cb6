// SPDX-License-Identifier: Apache-2.0
//
// Crashes: which tasks see a wild write, which ones end, and which ones keep running.
#include "verdict/figures.h"
#include "verdict/structure.h"

namespace taskcost {
namespace {

constexpr std::uint64_t leader = 1;

bool all_survived(const Round& round) {
  const auto survivors = find_fact(round, "survivors");
  return survivors && survivors == find_fact(round, "survivors_expected");
}

template <typename Holds>
Cases crashes(const Rounds& rounds, std::initializer_list<const char*> variants, Holds holds) {
  Cases cases;
  for (const char* variant : variants) {
    for (const Round* round : lossless_rounds(rounds, variant)) {
      cases.count(holds(*round));
    }
  }
  return cases;
}

}  // namespace

Cases neighbors_unharmed(const Rounds& rounds) {
  return crashes(rounds, {"crash/process/wild-write"}, [](const Round& round) {
    return find_fact(round, "neighbour_harmed") == 0 && all_survived(round) && round.session.signal_deaths.empty();
  });
}

Cases siblings_harmed(const Rounds& rounds) {
  return crashes(rounds, {"crash/thread/wild-write"},
                 [](const Round& round) { return find_fact(round, "neighbour_harmed") == 1; });
}

// One task ended by the signal, and each of the others was on a CPU afterwards (`>`: so was the main task).
Cases others_survive(const Rounds& rounds) {
  return crashes(rounds, {"crash/process/segv", "crash/process/abort", "crash/process/kill"}, [](const Round& round) {
    const auto& signal_deaths = round.session.signal_deaths;
    return signal_deaths.size() == 1 && signal_deaths[0].tasks_ended == 1 && all_survived(round) &&
           find_fact(round, "turns_after").value_or(0) > 0 &&
           static_cast<double>(signal_deaths[0].others_ran_on) > find_fact(round, "survivors_expected").value_or(0);
  });
}

Cases all_tasks_end(const Rounds& rounds) {
  return crashes(rounds, {"crash/thread/segv", "crash/thread/abort", "crash/thread/kill"}, [](const Round& round) {
    const auto& signal_deaths = round.session.signal_deaths;
    return signal_deaths.size() == 1 && find_fact(round, "survivors") == 0 && find_fact(round, "turns_after") == 0 &&
           static_cast<double>(signal_deaths[0].tasks_ended) == find_fact(round, "tasks").value_or(0) + leader;
  });
}

}  // namespace taskcost
