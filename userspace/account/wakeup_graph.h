// SPDX-License-Identifier: Apache-2.0
//
// The graph of wakeups, the bytes between tasks, and the chains of waits. Tasks have the kernel side's ids until take()
// gets the ids of the session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "account/account.h"
#include "taskcost/abi.h"

namespace taskcost {

class WakeupGraph {
 public:
  // `limit` counts edges, and separately flows. Further ones are only counted: Taken::other_edges.
  explicit WakeupGraph(std::size_t limit) : limit_(limit) {}

  void add(const tc_ledger& ledger);
  void on_edge(const tc_edge& edge);
  void on_flow(const tc_flow& flow);
  [[nodiscard]] std::size_t size() const { return edges_.size() + flows_.size() + chains_.size(); }

  struct Names {
    std::function<std::uint64_t(std::uint64_t)> task;     // Task::id by ledger id, 0 for others
    std::function<std::string(std::uint32_t)> call_site;  // by TC_FROM_* or the number of a system call
  };
  struct Taken {
    std::vector<Edge> edges;
    std::uint64_t other_edges = 0;
    std::vector<Chain> chains;
  };
  Taken take(const Names& names);

 private:
  class Merged;
  class CallSites;

  [[nodiscard]] Waker waker_of(std::uint64_t raw, const Names& names) const;
  [[nodiscard]] std::uint32_t tid_of(std::uint64_t ledger) const;
  [[nodiscard]] std::uint64_t take_wakeups(const Names& names, Merged& merged) const;
  void take_bytes(const Names& names, Merged& merged) const;
  std::vector<Chain> take_chains(const Names& names) const;

  std::size_t limit_;
  std::uint64_t left_out_ = 0;
  std::vector<tc_edge> edges_;
  std::vector<tc_flow> flows_;
  std::vector<tc_chain> chains_;
  std::unordered_map<std::uint64_t, std::uint32_t> tids_;  // by ledger id
};

}  // namespace taskcost
