// SPDX-License-Identifier: Apache-2.0
#include "report/sections/section.h"

#include <fmt/format.h>

#include "base/units.h"

namespace taskcost::sections {

Cell::Cell(Duration duration, Tone tone) : Cell(duration_text(duration), tone, in_ns(duration), Unit::ns) {}

Cell Cell::not_measured_cell(Tone tone) { return {not_measured, tone}; }

Cell quantity(double value, Unit unit, Tone tone) { return {quantity_text(value, unit), tone, value, unit}; }

Cell quantity(const std::optional<double>& value, Unit unit) { return value ? quantity(*value, unit) : Cell("-"); }

Cell signed_quantity(double difference, Unit unit, Tone tone) {
  return {signed_quantity_text(difference, unit), tone, difference, unit};
}

Cell mean(Duration sum, std::uint64_t count) {
  return count == 0 ? Cell("-") : quantity(in_ns(sum) / static_cast<double>(count), Unit::ns);
}

Cell share(double part, double whole, Tone tone) {
  return whole > 0 ? Cell(share_text(part, whole), tone, part / whole, Unit::share) : Cell("-", tone);
}

Cell share(Duration part, Duration whole) { return share(in_ns(part), in_ns(whole)); }

Column left(std::string title, std::size_t least) { return {std::move(title), Column::Align::left, least}; }

void Table::note(std::string text, std::size_t indent, Tone tone) {
  if (rows.empty()) {
    rows.emplace_back();
  }
  rows.back().notes.push_back({std::move(text), tone, indent, {}});
}

void Section::add(Item item) {
  if (blocks.empty()) {
    block();
  }
  blocks.back().items.push_back(std::move(item));
}

Block& Section::block(std::string heading, bool wraps_title) {
  return blocks.emplace_back(Block{std::move(heading), {}, wraps_title});
}

void Section::say(std::string text, Tone tone, std::size_t indent) { item({}, std::move(text), tone, indent); }

void Section::item(std::string label, std::string text, Tone tone, std::size_t indent) {
  add(Paragraph{std::move(text), tone, indent, std::move(label)});
}

void Section::more(std::size_t left_out, bool verbose) {
  if (left_out > 0) {
    say(fmt::format("and {} more{}", left_out, verbose ? "" : " (--verbose)"), Tone::faint);
  }
}

void Section::rest(std::size_t left_out, std::string_view one, std::string_view many) {
  if (left_out > 0) {
    say(fmt::format("... and {}, see --verbose or the JSON", counted(left_out, one, many)));
  }
}

}  // namespace taskcost::sections
