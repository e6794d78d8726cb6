// SPDX-License-Identifier: Apache-2.0
#include "account/trigger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/units.h"

namespace taskcost {
namespace {

std::vector<TriggerKey> make_keys() {
  constexpr std::array<std::pair<const char*, double>, 4> quantiles{
      {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1}}};
  constexpr std::array<std::pair<const char*, LiveCount>, 6> rates{{{"switches_per_s", LiveCount::switches},
                                                                    {"syscalls_per_s", LiveCount::syscalls},
                                                                    {"faults_per_s", LiveCount::faults},
                                                                    {"creations_per_s", LiveCount::creations},
                                                                    {"execs_per_s", LiveCount::execs},
                                                                    {"exits_per_s", LiveCount::exits}}};
  std::vector<TriggerKey> keys;
  const auto add_quantiles = [&](const std::string& what, const TriggerKey& key) {
    for (const auto& [name, quantile] : quantiles) {
      keys.push_back(key);
      keys.back().name = fmt::format("{}_{}", what, name);
      keys.back().quantile = quantile;
    }
  };
  for (int id = 0; id < TC_NR_HISTOGRAMS; ++id) {
    const auto histogram = static_cast<tc_histogram_id>(id);
    add_quantiles(key_of(histogram), {.name = {}, .source = TriggerKey::Source::latency, .histogram = histogram});
  }
  add_quantiles("region", {.name = {}, .source = TriggerKey::Source::region});
  for (const auto& [name, count] : rates) {
    keys.push_back({.name = name, .source = TriggerKey::Source::rate, .count = count});
  }
  keys.push_back({.name = "lost_events", .source = TriggerKey::Source::count, .count = LiveCount::lost_events});
  return keys;
}

std::uint64_t grown(std::uint64_t now, std::uint64_t before) { return now - std::min(now, before); }

// The values that came between two readings. Their maximum is not known: it is at most that of the later reading.
Histogram values_between(const tc_histogram& before, const tc_histogram& now) {
  tc_histogram between{};
  for (std::size_t bucket = 0; bucket < TC_HISTOGRAM_BUCKETS; ++bucket) {
    between.buckets[bucket] = grown(now.buckets[bucket], before.buckets[bucket]);
  }
  between.sum_ns = grown(now.sum_ns, before.sum_ns);
  between.max_ns = now.max_ns;
  between.min_ns_inverted = ~std::uint64_t{0};
  Histogram values;
  values.merge(between);
  return values;
}

}  // namespace

const std::vector<TriggerKey>& trigger_keys() {
  static const std::vector<TriggerKey> keys = make_keys();
  return keys;
}

bool Trigger::holds(double value) const {
  switch (comparison) {
    case Comparison::above:
      return value > limit;
    case Comparison::at_least:
      return value >= limit;
    case Comparison::below:
      return value < limit;
    case Comparison::at_most:
      break;
  }
  return value <= limit;
}

std::string trigger_value_text(const TriggerKey& key, double value) {
  switch (key.source) {
    case TriggerKey::Source::latency:
    case TriggerKey::Source::region:
      return nanoseconds_text(value);
    case TriggerKey::Source::rate:
      return number_text(value) + "/s";
    case TriggerKey::Source::count:
      break;
  }
  return grouped_text(static_cast<std::uint64_t>(value));
}

std::optional<double> TriggerMeter::update(const Sample& sample) {
  const std::optional<Sample> before = std::exchange(last_, sample);
  if (!before || sample.at <= before->at) {
    return std::nullopt;
  }
  std::optional<double> value;
  switch (trigger_.key.source) {
    case TriggerKey::Source::latency:
    case TriggerKey::Source::region:
      if (const auto latency = values_between(before->histogram, sample.histogram).quantile(trigger_.key.quantile)) {
        value = in_ns(*latency);
      }
      break;
    case TriggerKey::Source::rate:
      value = static_cast<double>(grown(sample.count, before->count)) * 1e9 / in_ns(sample.at - before->at);
      break;
    case TriggerKey::Source::count:
      value = static_cast<double>(grown(sample.count, before->count));
      break;
  }
  if (value) {
    closest_ = !closest_ ? *value : trigger_.wants_large() ? std::max(*closest_, *value) : std::min(*closest_, *value);
  }
  return value;
}

}  // namespace taskcost
