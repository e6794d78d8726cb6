// SPDX-License-Identifier: Apache-2.0
//
// Which items run in the next round, in which order, and when it is enough. Items are variants of workloads or commands
// of the user. Pure: time and chance are passed in, and running them is the caller's.
//
//   RoundPlan plan(items, questions, limits, seed);
//   for (auto round = plan.next_round(elapsed, rounds_left); !round.empty(); round = plan.next_round(...)) {
//     for (const std::size_t item : round) { run it; plan.took(item, duration); }
//   }
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "taskcost/account.h"
#include "taskcost/statistics.h"

namespace taskcost {

struct RoundItem {
  std::string name;
  std::size_t group = 0;  // items of one group run next to each other
  std::size_t most = 0;   // rounds of its own; 0: as many as its questions need
};

// What the rounds of these items answer together: one item for its own figure, two for their ratio, more for a claim.
struct RoundQuestion {
  std::vector<std::size_t> items;
};

struct RoundLimits {
  std::optional<std::size_t> exact{};  // so many rounds, whatever they answer
  std::size_t least = looks[1];        // rounds before a question is asked, where the budget has room for them
  std::optional<Duration> budget{};    // no round begins that would not fit; the first one always runs
};

class RoundPlan {
 public:
  enum class End {
    none,      // a round is still to be run
    answered,  // every question
    rounds,    // the exact number, the last look, or every item's own limit
    budget
  };
  // How many more rounds `question` takes, as far as can be told: 0 when it is answered, nullopt when that is unknown
  // or no number would do. Called at looks only, once for each open question. Questions that the budget cannot answer
  // wait for those that it can.
  using RoundsLeft = std::function<std::optional<std::size_t>(std::size_t question)>;

  RoundPlan(std::vector<RoundItem> items, std::vector<RoundQuestion> questions, const RoundLimits& limits,
            std::uint64_t seed);

  // The items of the next round in drawn order: groups in drawn order, and the items of each in drawn order. Items all
  // of whose questions are answered are left out. Empty at the end. `elapsed`: of the budget.
  std::vector<std::size_t> next_round(Duration elapsed, const RoundsLeft& rounds_left);

  // How long an item took in this round, its preparation included: what the budget is planned with.
  void took(std::size_t item, Duration duration);

  // Complete rounds.
  [[nodiscard]] std::size_t rounds() const { return rounds_; }
  [[nodiscard]] bool is_open(std::size_t question) const { return open_[question]; }
  [[nodiscard]] std::size_t open_questions() const;
  [[nodiscard]] End end() const { return end_; }
  // Of one round of the items that still run, by those so far; nullopt before the first.
  [[nodiscard]] std::optional<Duration> expected_round() const;
  // The number of rounds after which the questions are asked next; nullopt: they are not.
  [[nodiscard]] std::optional<std::size_t> next_look() const;

 private:
  struct Taken {
    Duration sum{};
    std::size_t rounds = 0;
  };

  [[nodiscard]] std::vector<std::size_t> running_items() const;
  [[nodiscard]] bool is_look() const;
  void look(Duration elapsed, const RoundsLeft& rounds_left);
  void set_aside(Duration budget, const std::vector<std::optional<std::size_t>>& left);
  [[nodiscard]] Duration mean_time(std::size_t item) const;  // 0 before its first round
  End end_after(Duration elapsed) const;
  std::vector<std::size_t> in_drawn_order(const std::vector<std::size_t>& items);

  std::vector<RoundItem> items_;
  std::vector<RoundQuestion> questions_;
  RoundLimits limits_;
  std::mt19937_64 chance_;
  std::vector<bool> open_;
  std::vector<bool> aside_;  // open, but the budget cannot answer them
  std::vector<Taken> taken_;
  std::size_t rounds_ = 0;
  bool begun_ = false;
  End end_ = End::none;
};

const char* to_string(RoundPlan::End end);  // "answered", "rounds", "budget"

}  // namespace taskcost
