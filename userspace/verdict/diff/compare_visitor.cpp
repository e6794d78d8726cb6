// SPDX-License-Identifier: Apache-2.0
#include "verdict/diff/compare_visitor.h"

namespace taskcost {

void CompareVisitor::put(std::string_view key, Figure figure) {
  if (at_.rule == Rule::nothing) {
    return;
  }
  auto otherwise = Quantity::State::not_measured;
  if (at_.cases == 0) {
    figure.reset();
    otherwise = Quantity::State::none;
  } else if (figure && at_.rule == Rule::mean) {
    *figure /= static_cast<double>(*at_.cases);
  }
  const Unit unit = unit_of_key(key);
  if (at_.item.empty()) {
    table_.put(at_.topic, std::string(key), key_of(unit), figure, unit, otherwise);
  } else {
    table_.put(at_.topic, at_.item, std::string(key), figure, unit, otherwise);
  }
}

}  // namespace taskcost
