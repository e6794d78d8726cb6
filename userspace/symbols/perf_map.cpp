// SPDX-License-Identifier: Apache-2.0
#include "symbols/perf_map.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <numeric>
#include <optional>
#include <queue>
#include <utility>

namespace taskcost {

struct PerfMap::Entry {
  std::uint64_t start = 0;
  std::uint64_t end = 0;  // exclusive
  std::uint32_t name_at = 0;
  std::uint32_t name_size = 0;
};

namespace {

// Takes a hexadecimal number and the space behind it from the front of `line`.
std::optional<std::uint64_t> take_number(std::string_view& line) {
  std::uint64_t number = 0;
  const auto result = std::from_chars(line.data(), line.data() + line.size(), number, 16);
  const auto size = static_cast<std::size_t>(result.ptr - line.data());
  if (result.ec != std::errc() || size == line.size() || line[size] != ' ') {
    return std::nullopt;
  }
  line.remove_prefix(size + 1);
  return number;
}

}  // namespace

PerfMap PerfMap::parse(std::string text) {
  PerfMap map;
  map.text_ = std::move(text);
  std::vector<Entry> entries;  // the latest first
  std::string_view rest = map.text_;
  rest = rest.substr(0, rest.rfind('\n') + 1);
  while (!rest.empty() && entries.size() < max_entries) {
    rest.remove_suffix(1);
    const std::size_t begin = rest.rfind('\n') + 1;  // 0 if there is none
    std::string_view line = rest.substr(begin);
    rest = rest.substr(0, begin);
    const auto start = take_number(line);
    const auto size = start ? take_number(line) : std::nullopt;
    if (size && *size > 0 && *start + *size > *start && !line.empty()) {
      entries.push_back({*start, *start + *size, static_cast<std::uint32_t>(line.data() - map.text_.data()),
                         static_cast<std::uint32_t>(std::min(line.size(), max_name))});
    }
  }
  map.flatten(entries);
  return map;
}

// Goes through the memory from one border of an entry to the next. The first of the entries that are there counts.
void PerfMap::flatten(const std::vector<Entry>& entries) {
  std::vector<std::uint32_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&entries](std::uint32_t index) { return entries[index].start; });
  std::vector<std::uint64_t> borders;
  borders.reserve(entries.size() * 2);
  for (const Entry& entry : entries) {
    borders.push_back(entry.start);
    borders.push_back(entry.end);
  }
  std::ranges::sort(borders);
  borders.erase(std::unique(borders.begin(), borders.end()), borders.end());

  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> here;
  auto next = order.begin();
  for (const std::uint64_t border : borders) {
    for (; next != order.end() && entries[*next].start == border; ++next) {
      here.push(*next);
    }
    while (!here.empty() && entries[here.top()].end <= border) {
      here.pop();
    }
    const Entry entry = here.empty() ? Entry{} : entries[here.top()];
    segments_.push_back({border, entry.name_at, entry.name_size});
  }
}

std::string_view PerfMap::find(std::uint64_t address) const {
  const auto after = std::ranges::upper_bound(segments_, address, {}, &Segment::start);
  if (after == segments_.begin()) {
    return {};
  }
  const Segment& segment = *std::prev(after);
  return std::string_view(text_).substr(segment.name_at, segment.name_size);
}

}  // namespace taskcost
