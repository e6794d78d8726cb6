// SPDX-License-Identifier: Apache-2.0
//
// Defines all quantities and how each is computed from an account's figures, both for reports that are read from JSON
// and for sessions that were just observed. nullopt: not measured.
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
double unaccounted(const TimeSums& time);

class QuantityTable {
 public:
  using Figure = std::optional<double>;

  explicit QuantityTable(std::map<QuantityName, Quantity>& quantities) : quantities_(quantities) {}

  // Does not overwrite an existing quantity.
  void put(Topic topic, const std::string& item, std::string aspect, const Figure& value, std::string unit,
           Quantity::State otherwise = Quantity::State::not_measured);

  void wall(const Figure& ns) { put(Topic::window, "wall", "wall_ns", ns, "ns"); }
  void numbers(const Figure& processes, const Figure& tasks);
  void time(const TimeSums& sums);

  // `ns` has the order of tc_condition.
  void activity(const std::string& key, const PerCondition<Figure>& ns, const Figure& count);

  void wait(const std::string& cause, const Figure& blocked_ns, const Figure& count);
  void no_other_waits();

  void counter(const std::string& key, const Figure& value);

  struct Channel {
    Figure calls, bytes_in, bytes_out, kernel_ns;
  };
  void channel(const std::string& key, const Channel& channel);

  struct Creations {
    Figure count, publish_ns, return_ns, returns, child_start_ns, starts, running_ns;
  };
  void creations(const std::string& kind, const Creations& sums);
  void no_other_creations();

  struct Latency {
    Figure count, sum_ns, p50_ns, p90_ns, p99_ns;
  };
  void latency(const std::string& key, const Latency& latency);

  void kernel_threads(const TimeSums& sums);

 private:
  void mean(const std::string& item, const std::string& aspect, const Figure& sum, const Figure& count);

  std::map<QuantityName, Quantity>& quantities_;
};

}  // namespace taskcost
