// SPDX-License-Identifier: Apache-2.0
#include "verdict/round_plan.h"

#include <algorithm>
#include <map>
#include <utility>

namespace taskcost {

RoundPlan::RoundPlan(std::vector<RoundItem> items, std::vector<RoundQuestion> questions, const RoundLimits& limits,
                     std::uint64_t seed)
    : items_(std::move(items)),
      questions_(std::move(questions)),
      limits_(limits),
      chance_(seed),
      open_(questions_.size(), true),
      aside_(questions_.size(), false),
      taken_(items_.size()) {}

std::size_t RoundPlan::open_questions() const { return static_cast<std::size_t>(std::ranges::count(open_, true)); }

void RoundPlan::took(std::size_t item, Duration duration) {
  taken_[item].sum += duration;
  ++taken_[item].rounds;
}

std::vector<std::size_t> RoundPlan::running_items() const {
  std::vector<bool> wanted(items_.size(), limits_.exact.has_value());
  for (std::size_t question = 0; question < questions_.size(); ++question) {
    if (open_[question] && !aside_[question]) {
      for (const std::size_t item : questions_[question].items) {
        wanted[item] = true;
      }
    }
  }
  std::vector<std::size_t> running;
  for (std::size_t item = 0; item < items_.size(); ++item) {
    if (wanted[item] && (items_[item].most == 0 || rounds_ < items_[item].most)) {
      running.push_back(item);
    }
  }
  return running;
}

std::optional<Duration> RoundPlan::expected_round() const {
  Duration expected{};
  bool known = false;
  for (const std::size_t item : running_items()) {
    expected += mean_time(item);
    known = known || taken_[item].rounds > 0;
  }
  return known ? std::optional(expected) : std::nullopt;
}

bool RoundPlan::is_look() const {
  return !limits_.exact && rounds_ >= limits_.least && std::ranges::find(looks, rounds_) != looks.end();
}

Duration RoundPlan::mean_time(std::size_t item) const {
  const Taken& taken = taken_[item];
  return taken.rounds == 0 ? Duration{} : taken.sum / static_cast<Duration::rep>(taken.rounds);
}

void RoundPlan::look(Duration elapsed, const RoundsLeft& rounds_left) {
  std::vector<std::optional<std::size_t>> left(questions_.size());
  for (std::size_t question = 0; question < questions_.size(); ++question) {
    if (open_[question]) {
      left[question] = rounds_left(question);
      open_[question] = left[question] != std::optional<std::size_t>(0);
    }
  }
  aside_.assign(questions_.size(), false);
  if (limits_.budget) {
    set_aside(*limits_.budget - elapsed, left);
  }
}

// The budget goes to the cheapest questions first, by their predicted rounds; rounds that another question runs anyway
// are free. Predictions are rough: only questions that are clearly out of reach are set aside, and if all of them are,
// all of them run.
void RoundPlan::set_aside(Duration budget, const std::vector<std::optional<std::size_t>>& left) {
  constexpr double doubt = 1.5;
  double remaining = doubt * static_cast<double>(budget.count());
  std::vector<std::size_t> planned(items_.size());
  const auto price = [&](std::size_t question) {
    double sum = 0;
    for (const std::size_t item : questions_[question].items) {
      const std::size_t more = *left[question] - std::min(*left[question], planned[item]);
      sum += static_cast<double>(more) * static_cast<double>(mean_time(item).count());
    }
    return sum;
  };
  std::vector<std::size_t> waiting;
  for (std::size_t question = 0; question < questions_.size(); ++question) {
    aside_[question] = open_[question];
    if (open_[question] && left[question]) {
      waiting.push_back(question);
    }
  }
  while (!waiting.empty()) {
    const auto next = std::ranges::min_element(waiting, {}, price);
    remaining -= price(*next);
    if (remaining < 0) {
      break;
    }
    aside_[*next] = false;
    for (const std::size_t item : questions_[*next].items) {
      planned[item] = std::max(planned[item], *left[*next]);
    }
    waiting.erase(next);
  }
  if (running_items().empty()) {
    aside_.assign(questions_.size(), false);
  }
}

std::optional<std::size_t> RoundPlan::next_look() const {
  return limits_.exact ? std::nullopt : find_next_look(std::max(rounds_ + 1, limits_.least));
}

RoundPlan::End RoundPlan::end_after(Duration elapsed) const {
  if (!limits_.exact && open_questions() == 0) {
    return End::answered;
  }
  if (rounds_ >= limits_.exact.value_or(looks.back()) || running_items().empty()) {
    return End::rounds;
  }
  if (rounds_ > 0 && limits_.budget && elapsed + expected_round().value_or(Duration{}) > *limits_.budget) {
    return End::budget;
  }
  return End::none;
}

std::vector<std::size_t> RoundPlan::in_drawn_order(const std::vector<std::size_t>& items) {
  std::map<std::size_t, std::vector<std::size_t>> groups;
  for (const std::size_t item : items) {
    groups[items_[item].group].push_back(item);
  }
  std::vector<std::vector<std::size_t>> drawn;
  for (auto& [number, group] : groups) {
    std::ranges::shuffle(group, chance_);
    drawn.push_back(std::move(group));
  }
  std::ranges::shuffle(drawn, chance_);
  std::vector<std::size_t> order;
  for (const std::vector<std::size_t>& group : drawn) {
    order.insert(order.end(), group.begin(), group.end());
  }
  return order;
}

std::vector<std::size_t> RoundPlan::next_round(Duration elapsed, const RoundsLeft& rounds_left) {
  if (end_ != End::none) {
    return {};
  }
  rounds_ += std::exchange(begun_, true) ? 1 : 0;
  if (is_look()) {
    look(elapsed, rounds_left);
  }
  end_ = end_after(elapsed);
  return end_ == End::none ? in_drawn_order(running_items()) : std::vector<std::size_t>();
}

}  // namespace taskcost
