// SPDX-License-Identifier: Apache-2.0
//
// The quantities of a report by their names, and the sums of time that pieces are made of. nullopt: not measured.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "account/account.h"
#include "verdict/diff/diff.h"

namespace taskcost {

// Returns whether a parent's wait with this cause is a wait for its child, whose account has that time.
bool is_for_children(const std::string& cause);
// The lifetime without waits for children, if the children were observed.
double own_time(const TimeSums& time, bool children);
// The part of the lifetime that no cell contains.
double residual(const TimeSums& time);

class QuantityTable {
 public:
  using Figure = std::optional<double>;

  explicit QuantityTable(std::map<QuantityName, Quantity>& quantities) : quantities_(quantities) {}

  // Does not overwrite an existing quantity.
  void put(Topic topic, const std::string& item, std::string aspect, const Figure& value, Unit unit,
           Quantity::State otherwise = Quantity::State::not_measured);

 private:
  std::map<QuantityName, Quantity>& quantities_;
};

}  // namespace taskcost
