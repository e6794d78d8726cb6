// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "report/text_sections.h"
#include "report/text_words.h"
#include "report/units.h"

namespace taskcost {
namespace {

constexpr std::size_t widest_bar = 40;

// Drawn also without --verbose.
bool is_main(std::string_view key) {
  constexpr std::array<std::string_view, 5> keys{"run_queue", "switch_same", "switch_other", "fault_minor", "creation"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

struct Row {
  std::uint64_t from = 0;
  std::uint64_t to = 0;  // inclusive
  std::uint64_t count = 0;
};

// Rows of a power of two each, as bcc draws them; 0 and 1 share the first.
std::vector<Row> rows_of(const Histogram& histogram) {
  std::vector<Row> rows;
  for (const Histogram::Bucket& bucket : histogram.buckets()) {
    const std::uint64_t value = std::max<std::uint64_t>(static_cast<std::uint64_t>(bucket.from.count()), 1);
    const std::uint64_t power = std::uint64_t{1} << tc_highest_bit(value);
    const Row row{power == 1 ? 0 : power, 2 * power - 1, 0};
    // Empty rows between two that are not keep the shape honest.
    while (!rows.empty() && rows.back().to + 1 < row.from) {
      const std::uint64_t next = rows.back().to + 1;
      rows.push_back({next, 2 * next - 1, 0});
    }
    if (rows.empty() || rows.back().from != row.from) {
      rows.push_back(row);
    }
    rows.back().count += bucket.count;
  }
  return rows;
}

std::size_t digits(std::uint64_t value) { return std::to_string(value).size(); }

void write_histogram(Page& page, std::string_view key, const Histogram& histogram) {
  const std::vector<Row> rows = rows_of(histogram);
  if (rows.empty()) {
    return;
  }
  const std::uint64_t most =
      std::max_element(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.count < b.count; })->count;
  const std::size_t value_width = std::max<std::size_t>(10, digits(rows.back().to));
  const std::size_t count_width = std::max<std::size_t>(8, digits(most));
  // "from -> to : count |bar|"
  const std::size_t taken = 2 * value_width + count_width + 10;
  const std::size_t bar_width = std::min(widest_bar, page.width() - taken);
  page.subheading(latency_text(key));
  page.line({fmt::format("{:>{}} {:{}} : {:{}} distribution", "nsecs", value_width, "", value_width + 3, "count",
                         count_width)});
  for (const Row& row : rows) {
    const double share = static_cast<double>(row.count) / static_cast<double>(most);
    const auto stars = static_cast<std::size_t>(std::floor(share * static_cast<double>(bar_width)));
    page.line({fmt::format("{:>{}} -> {:<{}} : {:<{}} |{:<{}}|", row.from, value_width, row.to, value_width, row.count,
                           count_width, std::string(stars, '*'), bar_width)});
  }
}

std::string quantile_text(const Histogram& histogram, double q) {
  const auto value = histogram.quantile(q);
  return value ? duration_text(*value) : "-";
}

}  // namespace

void write_latencies(Page& page, const Session& session) {
  page.heading("Latencies");
  Table table({{"", Column::Align::left, 12}, {"count"}, {"p50"}, {"p90"}, {"p99"}, {"p99.9"}, {"max"}});
  for (const auto& [key, histogram] : session.histograms) {
    if (histogram.count() > 0) {
      table.row({latency_text(key), std::to_string(histogram.count()), quantile_text(histogram, 0.5),
                 quantile_text(histogram, 0.9), quantile_text(histogram, 0.99), quantile_text(histogram, 0.999),
                 duration_text(histogram.max().value_or(Duration::zero()))});
    }
  }
  if (table.empty()) {
    page.paragraph("nothing to show");
    return;
  }
  page.table(table);
  for (const auto& [key, histogram] : session.histograms) {
    if (page.verbose() || is_main(key)) {
      write_histogram(page, key, histogram);
    }
  }
}

}  // namespace taskcost
