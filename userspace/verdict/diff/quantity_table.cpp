// SPDX-License-Identifier: Apache-2.0
#include "verdict/diff/quantity_table.h"

#include <cstddef>
#include <set>
#include <string_view>
#include <utility>

#include "taskcost/abi.h"

namespace taskcost {

bool is_for_children(const std::string& cause) { return cause == "child" || cause == "creation"; }

double own_time(const TimeSums& time, bool children) {
  double own = time.lifetime;
  for (const auto& [cause, blocked] : time.blocked) {
    own -= children && is_for_children(cause) ? blocked : 0;
  }
  return own;
}

double unaccounted(const TimeSums& time) {
  return time.lifetime - time.running_total() - time.queued - time.blocked_total();
}

void QuantityTable::put(Topic topic, const std::string& item, std::string aspect, const Figure& value, std::string unit,
                        Quantity::State otherwise) {
  Quantity quantity;
  quantity.state = value ? Quantity::State::measured : otherwise;
  quantity.value = value.value_or(0);
  quantity.unit = std::move(unit);
  quantities_.try_emplace({topic, item, std::move(aspect)}, std::move(quantity));
}

void QuantityTable::numbers(const Figure& processes, const Figure& tasks) {
  put(Topic::window, "all", "processes", processes, "count");
  put(Topic::window, "all", "tasks", tasks, "count");
}

void QuantityTable::time(const TimeSums& sums) {
  put(Topic::window, "all", "lifetime_ns", sums.lifetime, "ns");
  put(Topic::window, "all", "running_ns", sums.running_total(), "ns");
  put(Topic::window, "all", "queued_ns", sums.queued, "ns");
  put(Topic::window, "all", "blocked_ns", sums.blocked_total(), "ns");
}

void QuantityTable::activity(const std::string& key, const PerCondition<Figure>& ns, const Figure& count) {
  for (std::size_t condition = 0; condition < ns.size(); ++condition) {
    put(Topic::activity, key, std::string(key_of(static_cast<tc_condition>(condition))) + "_ns", ns[condition], "ns");
  }
  put(Topic::activity, key, "count", count, "count");
}

void QuantityTable::wait(const std::string& cause, const Figure& blocked_ns, const Figure& count) {
  put(Topic::wait, cause, "blocked_ns", blocked_ns, "ns");
  put(Topic::wait, cause, "count", count, "count");
}

void QuantityTable::no_other_waits() {
  for (int cause = 0; cause < TC_NR_WAITS; ++cause) {
    wait(key_of(static_cast<tc_wait>(cause)), 0, 0);
  }
}

void QuantityTable::counter(const std::string& key, const Figure& value) {
  static const std::set<std::string, std::less<>> memory{
      "page_table_bytes", "kernel_slab_bytes", "kernel_slab_allocations", "kernel_pages", "shared_mapping_bytes"};
  const std::string unit = key.ends_with("_ns") ? "ns" : key.ends_with("_bytes") ? "bytes" : "count";
  put(memory.contains(key) ? Topic::memory : Topic::counter, key, unit, value, unit);
}

void QuantityTable::channel(const std::string& key, const Channel& channel) {
  put(Topic::channel, key, "calls", channel.calls, "count");
  put(Topic::channel, key, "bytes_in", channel.bytes_in, "bytes");
  put(Topic::channel, key, "bytes_out", channel.bytes_out, "bytes");
  put(Topic::channel, key, "kernel_ns", channel.kernel_ns, "ns");
}

void QuantityTable::mean(const std::string& item, const std::string& aspect, const Figure& sum, const Figure& count) {
  const bool none = count && *count == 0;
  put(Topic::lifecycle, item, aspect, sum && count && !none ? std::optional(*sum / *count) : std::nullopt, "ns",
      none ? Quantity::State::none : Quantity::State::not_measured);
}

void QuantityTable::creations(const std::string& kind, const Creations& sums) {
  const std::string item = "create_" + kind;
  put(Topic::lifecycle, item, "count", sums.count, "count");
  mean(item, "publish_ns", sums.publish_ns, sums.count);
  mean(item, "return_ns", sums.return_ns, sums.returns);
  mean(item, "child_start_ns", sums.child_start_ns, sums.starts);
  mean(item, "running_ns", sums.running_ns, sums.count);
}

void QuantityTable::no_other_creations() {
  for (int kind = 0; kind < TC_NR_CREATIONS; ++kind) {
    creations(key_of(static_cast<tc_creation>(kind)), {0, 0, 0, 0, 0, 0, 0});
  }
}

void QuantityTable::latency(const std::string& key, const Latency& latency) {
  const auto otherwise = latency.count && *latency.count == 0 ? Quantity::State::none : Quantity::State::not_measured;
  put(Topic::latency, key, "count", latency.count, "count");
  put(Topic::latency, key, "p50_ns", latency.p50_ns, "ns", otherwise);
  put(Topic::latency, key, "p90_ns", latency.p90_ns, "ns", otherwise);
  put(Topic::latency, key, "p99_ns", latency.p99_ns, "ns", otherwise);
  constexpr std::string_view creation = "creation_";
  if (key == "exec" || key == "exit" || key == "zombie") {
    put(Topic::lifecycle, key, "count", latency.count, "count");
    mean(key, "mean_ns", latency.sum_ns, latency.count);
  } else if (key.starts_with(creation)) {
    mean("create_" + key.substr(creation.size()), "mean_ns", latency.sum_ns, latency.count);
  }
}

void QuantityTable::kernel_threads(const TimeSums& sums) {
  put(Topic::kernel_threads, "all", "running_ns", sums.running_total(), "ns");
  put(Topic::kernel_threads, "all", "queued_ns", sums.queued, "ns");
}

}  // namespace taskcost
