// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <string_view>

#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

// These are shown without --verbose too.
bool is_main(std::string_view key) {
  constexpr std::array ids{TC_HISTOGRAM_RUN_QUEUE, TC_HISTOGRAM_SWITCH_SAME, TC_HISTOGRAM_SWITCH_OTHER,
                           TC_HISTOGRAM_FAULT_MINOR};
  return key == latency_key::creation || std::ranges::any_of(ids, [key](auto id) { return key == key_of(id); });
}

// Buckets are powers of two, as in bcc; 0 and 1 share the first bucket.
Distribution distribution_of(const Histogram& histogram) {
  std::vector<Distribution::Bucket> buckets;
  for (const Histogram::Bucket& bucket : histogram.buckets()) {
    const std::uint64_t value = std::max<std::uint64_t>(static_cast<std::uint64_t>(bucket.from.count()), 1);
    const std::uint64_t power = std::uint64_t{1} << tc_highest_bit(value);
    const std::uint64_t from = power == 1 ? 0 : power;
    // Empty buckets between others keep the shape of the distribution.
    while (!buckets.empty() && buckets.back().to + 1 < from) {
      const std::uint64_t next = buckets.back().to + 1;
      buckets.push_back({next, 2 * next - 1, 0});
    }
    if (buckets.empty() || buckets.back().from != from) {
      buckets.push_back({from, 2 * power - 1, 0});
    }
    buckets.back().count += bucket.count;
  }
  return {std::move(buckets)};
}

}  // namespace

Section latencies(const Session& session, bool verbose) {
  Section section("latencies", "Latencies");
  Table table({left("", least_name_columns), "count", "p50", "p90", "p99", "p99.9", "max"});
  for (const auto& [key, histogram] : session.histograms) {
    if (histogram.count() > 0) {
      std::vector<Cell> row{latency_text(key), histogram.count()};
      for (const double q : {0.5, 0.9, 0.99, 0.999}) {
        const auto value = histogram.quantile(q);
        row.push_back(value ? Cell(*value) : Cell("-"));
      }
      row.emplace_back(histogram.max().value_or(Duration::zero()));
      table.row(std::move(row));
    }
  }
  if (table.rows.empty()) {
    section.say("nothing to show");
    return section;
  }
  section.add(std::move(table));
  for (const auto& [key, histogram] : session.histograms) {
    if (histogram.count() > 0 && (verbose || is_main(key))) {
      section.block(latency_text(key)).items.emplace_back(distribution_of(histogram));
    }
  }
  return section;
}

}  // namespace taskcost::sections
