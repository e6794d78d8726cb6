// SPDX-License-Identifier: Apache-2.0
#include "verdict/diff/quantity_table.h"

#include <utility>

namespace taskcost {

bool is_for_children(const std::string& cause) {
  return cause == key_of(TC_WAIT_CHILD) || cause == key_of(TC_WAIT_CREATION);
}

double own_time(const TimeSums& time, bool children) {
  double own = time.lifetime;
  for (const auto& [cause, blocked] : time.blocked) {
    own -= children && is_for_children(cause) ? blocked : 0;
  }
  return own;
}

double residual(const TimeSums& time) {
  return time.lifetime - time.running_total() - time.queued - time.blocked_total();
}

std::string lifecycle_item(tc_creation kind) { return std::string("create_") + key_of(kind); }

void QuantityTable::put(Topic topic, const std::string& item, std::string aspect, const Figure& value, Unit unit,
                        Quantity::State otherwise) {
  Quantity quantity;
  quantity.state = value ? Quantity::State::measured : otherwise;
  quantity.value = value.value_or(0);
  quantity.unit = unit;
  quantities_.try_emplace({topic, item, std::move(aspect)}, quantity);
}

}  // namespace taskcost
