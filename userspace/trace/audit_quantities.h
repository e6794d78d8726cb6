// SPDX-License-Identifier: Apache-2.0
//
// Lists the figures of a ledger, so that the audit compares two ledgers figure by figure.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

#include "account/account.h"
#include "base/unit.h"
#include "trace/rebuilt_task.h"

namespace taskcost {

struct AuditQuantity {
  enum class Kind {
    cell,
    entry,
    counter,
    channel,
    creation,
    wait,
    edge,
    other_edges,
    flow,
    other_flows,
    instant,
    identity
  };

  Kind kind = Kind::cell;
  std::uint32_t index = 0;  // row, activity, counter, channel, creation, wait, ...
  std::uint32_t field = 0;  // condition, or the field of a struct in its order

  auto operator<=>(const AuditQuantity&) const = default;
};

std::string name_of(const AuditQuantity& quantity);
Unit unit_of(const AuditQuantity& quantity);

// Visits each figure that is not zero on both sides: the kernel's value, the replayed one, and for edges the waker.
using QuantityVisitor =
    std::function<void(const AuditQuantity&, std::uint64_t kernel, std::uint64_t replayed, std::uint64_t waker)>;
void for_each_quantity(const tc_ledger& kernel, const RebuiltTask& task, const QuantityVisitor& visit);

// The sums of the edges and flows that the rebuilt task has and that did not fit the kernel's ledger.
struct BeyondLedger {
  tc_edge_sums edges{};
  tc_flow_sums flows{};

  [[nodiscard]] bool any() const;
};
BeyondLedger beyond_ledger(const tc_ledger& kernel, const RebuiltTask& task);

}  // namespace taskcost
