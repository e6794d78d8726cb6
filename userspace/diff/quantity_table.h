// SPDX-License-Identifier: Apache-2.0
//
// Which quantities there are, and how each is made from the figures of an account. The one home of these definitions,
// for reports that are read from JSON and for sessions that were observed just now. nullopt is not measured.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "taskcost/account.h"
#include "taskcost/diff.h"

namespace taskcost {

// Waits of a parent while its child works, which is on the child's account.
bool is_for_children(const std::string& cause);
// The lifetime without them, where children were observed.
double own_time(const TimeSums& time, bool children);
// What no cell has.
double unaccounted(const TimeSums& time);

class QuantityTable {
 public:
  using Figure = std::optional<double>;

  explicit QuantityTable(std::map<QuantityName, Quantity>& quantities) : quantities_(quantities) {}

  // Keeps what is there already.
  void put(Topic topic, const std::string& item, std::string aspect, const Figure& value, std::string unit,
           Quantity::State otherwise = Quantity::State::not_measured);

  void wall(const Figure& ns) { put(Topic::window, "wall", "wall_ns", ns, "ns"); }
  void numbers(const Figure& processes, const Figure& tasks);
  void time(const TimeSums& sums);

  // In the order of tc_condition.
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
