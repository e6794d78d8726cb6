// SPDX-License-Identifier: Apache-2.0
//
// Plans rounds: which items run in the next round, in which order, and when to stop. Items are variants of workloads or
// the user's commands. The plan is deterministic: the caller runs the items, and passes in the time and a random seed.
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

#include "account/account.h"
#include "verdict/paired_rounds.h"

namespace taskcost {

struct RoundItem {
  std::string name;
  std::size_t group = 0;  // items of one group run next to each other
  std::size_t most = 0;   // its number of rounds; 0: as many as its questions need
};

// A question that the rounds of these items answer: one item for its own figure, two for their ratio, more for a claim.
struct RoundQuestion {
  std::vector<std::size_t> items;
};

struct RoundLimits {
  std::optional<std::size_t> exact{};  // exact number of rounds, whatever they answer
  std::size_t least = looks[1];        // rounds before the first look, if the budget allows
  std::optional<Duration> budget{};    // no round starts that would exceed it; the first round always runs
};

class RoundPlan {
 public:
  enum class End {
    none,      // there is another round
    answered,  // all questions are answered
    rounds,    // the exact number, the last look, or the limits of all items
    budget
  };
  // Predicts how many more rounds `question` takes: 0 if it is answered, nullopt if that is unknown or no number
  // suffices. Called at looks only, once for each open question. Questions that the budget cannot answer run after
  // those that it can.
  using RoundsLeft = std::function<std::optional<std::size_t>(std::size_t question)>;

  RoundPlan(std::vector<RoundItem> items, std::vector<RoundQuestion> questions, const RoundLimits& limits,
            std::uint64_t seed);

  // The items of the next round, in random order: groups are shuffled, and so are the items within a group. An item
  // whose questions are all answered is left out. Empty at the end. `elapsed` is the used part of the budget.
  std::vector<std::size_t> next_round(Duration elapsed, const RoundsLeft& rounds_left);

  // Reports how long an item took in this round, including its preparation. The budget is planned by it.
  void took(std::size_t item, Duration duration);

  // The number of complete rounds.
  [[nodiscard]] std::size_t rounds() const { return rounds_; }
  [[nodiscard]] bool is_open(std::size_t question) const { return open_[question]; }
  [[nodiscard]] std::size_t open_questions() const;
  [[nodiscard]] End end() const { return end_; }
  // The expected time of the next round; nullopt before the first one.
  [[nodiscard]] std::optional<Duration> expected_round() const;
  // The number of rounds at the next look; nullopt: there is none.
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

}  // namespace taskcost
