// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "report/diff_words.h"
#include "report/escape.h"
#include "report/text_page.h"
#include "report/text_words.h"
#include "report/units.h"

namespace taskcost {
namespace {

constexpr std::size_t least_quantity_columns = 20;
constexpr std::size_t shown_pieces = 10;
constexpr std::size_t shown_rows = 8;
constexpr std::size_t shown_processes = 10;
constexpr std::size_t shown_mismatches = 8;
// Changes below this part of what matters are left to --verbose.
constexpr double small = 0.005;
// The relative width of a histogram's bucket: nothing smaller can be told apart.
constexpr double bucket = 0.125;
// Medians of rounds differ by less from run to run more often than not.
constexpr double rounds_vary = 0.1;
// From here on a change is coloured.
constexpr double coloured = 0.05;

Ink ink_of_change(double a, double b) {
  if (std::abs(b - a) <= coloured * std::max(a, b)) {
    return Ink::plain;
  }
  return b > a ? Ink::bad : Ink::good;
}

std::string ratio_of(double a, double b) {
  if (a > 0) {
    return ratio_text(b / a);
  }
  return b > 0 ? "new" : "-";
}

// ---- What is compared ----------------------------------------------------------------------------------------------

void write_side(Page& page, const char* label, const ReportFigures& figures) {
  const std::string what = figures.command.empty() ? figures.target_mode : figures.command;
  page.line({{fmt::format("{}: ", label), Ink::faint}, {figures.name}, {figures.name.empty() ? "" : ": "}, {what}});
}

std::string told(const std::string& text) {
  constexpr std::size_t longest = 60;
  return text.empty() ? "not told" : TerminalText(text).cut(longest).text();
}

// The commands stand in the head.
bool is_told_above(const Mismatch& mismatch) { return mismatch.subject == "command"; }

void write_mismatches(Page& page, const std::vector<Mismatch>& mismatches) {
  if (std::ranges::all_of(mismatches, is_told_above)) {
    return;
  }
  page.heading("Not alike, so that a difference may come from there");
  std::size_t shown = 0;
  for (const Mismatch& mismatch : mismatches) {
    if (is_told_above(mismatch)) {
      continue;
    }
    if (!page.verbose() && shown == shown_mismatches) {
      page.more(mismatches.size() - shown);
      return;
    }
    const std::string subject =
        mismatch.kind == Mismatch::Kind::evidence ? fmt::format("source of {}", key_words(mismatch.subject))
        : mismatch.kind == Mismatch::Kind::losses ? fmt::format("losses, {}", key_words(mismatch.subject))
                                                  : mismatch.subject;
    page.paragraph(fmt::format("{}: A {}, B {}", subject, told(mismatch.a), told(mismatch.b)), Page::margin,
                   Ink::warning);
    ++shown;
  }
}

void write_head(Page& page, const Difference& difference) {
  if (const std::string summary = mismatch_summary(difference); !summary.empty()) {
    page.paragraph("Not alike: " + summary + " (below).", 0, Ink::warning);
  }
  page.paragraph(head_text(difference), 0, Ink::strong);
  write_side(page, "A", difference.a);
  write_side(page, "B", difference.b);
  if (!difference.any_interval() && difference.claims.empty()) {
    page.paragraph("One run each: no interval. What chance alone changes is seen by comparing two runs of A.", 0,
                   Ink::faint);
  }
  if (!difference.wall_is_a_cost() && difference.a.time && difference.b.time) {
    page.paragraph("A window ended before its target did: its wall time is the observer's choice and no cost.", 0,
                   Ink::faint);
  }
}

// ---- Where the time went -------------------------------------------------------------------------------------------

// Of which size on a change of time matters.
double weighty(const Difference& difference) {
  const auto own = own_change(difference);
  return own ? small * std::max(std::abs(*own->difference()), noticed * own->a.value) : 0;
}

void time_row(Table& table, const std::string& name, double a, double b, const std::string& share, Ink ink) {
  table.row({{name, ink},
             {nanoseconds_text(a), ink},
             {nanoseconds_text(b), ink},
             {signed_quantity_text(b - a, "ns"), ink == Ink::plain ? ink_of_change(a, b) : ink},
             {ratio_of(a, b), ink},
             {share, ink}});
}

void write_pieces(Page& page, const Difference& difference) {
  const auto own = own_change(difference);
  if (!own) {
    return;
  }
  const bool shares = has_shares(difference);
  const double whole = *own->difference();
  Table table(
      {{"time of all tasks", Column::Align::left, least_quantity_columns}, {"A"}, {"B"}, {"change"}, {"x"}, {"share"}});
  std::size_t left_out = 0;
  bool again = false;
  for (const Piece& piece : difference.pieces) {
    if (piece.a == 0 && piece.b == 0) {
      continue;
    }
    const bool tiny = std::abs(piece.difference()) < weighty(difference);
    if (!page.verbose() && (tiny || (table.size() >= shown_pieces && !piece.again))) {
      left_out += piece.difference() != 0 ? 1 : 0;
      continue;
    }
    again = again || piece.again;
    const std::string share = piece.again ? "again"
                              : shares    ? fmt::format("{:.1f}%", 100 * piece.difference() / whole)
                                          : "-";
    time_row(table, piece_text(piece), piece.a, piece.b, share, piece.again ? Ink::faint : Ink::plain);
  }
  time_row(table, "own time of all tasks", own->a.value, own->b.value, shares ? "100.0%" : "-", Ink::strong);
  if (const Change* const running = difference.find(Topic::window, "all", "running_ns");
      running != nullptr && running->difference()) {
    time_row(table, "of it on CPUs", running->a.value, running->b.value,
             shares ? fmt::format("{:.1f}%", 100 * *running->difference() / whole) : "-", Ink::strong);
  }
  if (const Change* const wall = difference.find(Topic::window, "wall", "wall_ns");
      wall != nullptr && wall->difference()) {
    time_row(table, "wall time", wall->a.value, wall->b.value, "", Ink::strong);
  }
  page.heading("Where the time went");
  page.table(table);
  if (left_out > 0) {
    page.paragraph(fmt::format("and {} (--verbose)", counted(left_out, "smaller change", "smaller changes")),
                   Page::margin, Ink::faint);
  }
  std::string note =
      "own time: without waits for children, whose time it is. It is the wall time where one task runs at a time, and "
      "more where several do.";
  if (shares) {
    note += " share: of its change.";
  }
  if (again) {
    note += " again: such a wait.";
  }
  page.paragraph(note, Page::margin, Ink::faint);
}

void write_processes(Page& page, const Difference& difference) {
  if (difference.processes.empty()) {
    return;
  }
  Table table({{"processes named", Column::Align::left, 8},
               {"number"},
               {"A"},
               {"B"},
               {"change"},
               {"x"},
               {"mostly", Column::Align::left, 12}});
  std::size_t left_out = 0;
  for (const ProcessDifference& change : difference.processes) {
    const bool same_number = change.a && change.b && change.a->count == change.b->count;
    const bool tiny = same_number && std::abs(change.difference()) < weighty(difference);
    if (!page.verbose() && (table.size() >= shown_processes || tiny)) {
      left_out += change.difference() != 0 ? 1 : 0;
      continue;
    }
    const auto number = [](const std::optional<NamedProcesses>& named) {
      return number_text(named ? named->count : 0);
    };
    table.row({change.comm,
               same_number ? number(change.a) : fmt::format("{} -> {}", number(change.a), number(change.b)),
               change.a ? nanoseconds_text(change.own_a) : "-",
               change.b ? nanoseconds_text(change.own_b) : "-",
               {signed_quantity_text(change.difference(), "ns"), ink_of_change(change.own_a, change.own_b)},
               !change.a   ? "new"
               : !change.b ? "gone"
                           : ratio_of(change.own_a, change.own_b),
               change.mostly ? piece_text(*change.mostly) : ""});
  }
  if (!table.empty()) {
    page.heading("Processes by name: own time");
    page.table(table);
    if (left_out > 0) {
      page.paragraph(fmt::format("and {} that changed less (--verbose)", left_out), Page::margin, Ink::faint);
    }
  }
}

// ---- Quantities by topic -------------------------------------------------------------------------------------------

struct TopicTitle {
  Topic topic;
  const char* title;
};
constexpr std::array topics{TopicTitle{Topic::activity, "Activities and conditions"},
                            TopicTitle{Topic::wait, "Waits by cause"},
                            TopicTitle{Topic::kernel_threads, "Kernel threads"},
                            TopicTitle{Topic::lifecycle, "Creation, exec, exit"},
                            TopicTitle{Topic::latency, "Latencies"},
                            TopicTitle{Topic::counter, "Counts"},
                            TopicTitle{Topic::memory, "Memory"},
                            TopicTitle{Topic::channel, "Channels"},
                            TopicTitle{Topic::comparison, "Workloads, a median per operation"},
                            TopicTitle{Topic::sweep, "Sweeps, a median per point"}};

bool is_nothing(const Quantity& quantity) { return !quantity.measured() || quantity.value == 0; }

// Whether the count behind a quantile tells it: one case in a hundred is not told by ten.
bool has_cases(const Difference& difference, const QuantityName& name) {
  const double least = name.aspect == "p99_ns" ? 100 : name.aspect == "p90_ns" ? 10 : 1;
  const Change* const count = difference.find(name.topic, name.item, "count");
  return count == nullptr || (count->a.value >= least && count->b.value >= least);
}

// Sums of time count by what they add to the whole, everything else by how much it changed.
bool is_telling(const Difference& difference, const Change& change, double weight) {
  const Topic topic = change.name.topic;
  if (!change.difference()) {
    return change.a.state != change.b.state;  // one has none
  }
  if (const auto interval = change.ratio_interval()) {
    return interval->low > 1 || interval->high < 1;
  }
  const double size = std::abs(*change.difference());
  const bool is_time = change.a.unit == "ns";
  const bool sum_of_time = is_time && (topic == Topic::activity || topic == Topic::wait || topic == Topic::channel ||
                                       topic == Topic::counter);
  if (topic == Topic::latency && is_time && !has_cases(difference, change.name)) {
    return false;
  }
  const double least = topic == Topic::latency && is_time ? bucket : topic == Topic::comparison ? rounds_vary : noticed;
  return size > least * std::max(change.a.value, change.b.value) && (!sum_of_time || size >= weight);
}

std::string value_text(const Quantity& quantity) {
  switch (quantity.state) {
    case Quantity::State::measured:
      return quantity_text(quantity.value, quantity.unit);
    case Quantity::State::none:
      return "none";
    case Quantity::State::not_measured:
      break;
  }
  return "n/a";
}

std::string ratio_of(const Change& change) {
  if (!change.difference()) {
    return "-";
  }
  const auto interval = change.ratio_interval();
  return ratio_of(change.a.value, change.b.value) +
         (interval ? fmt::format(" [{}..{}]", ratio_text(interval->low), ratio_text(interval->high)) : "");
}

void change_row(Table& table, const Change& change, const std::string& name) {
  const auto difference = change.difference();
  const Ink ink = change.a.unit == "ns" && difference ? ink_of_change(change.a.value, change.b.value) : Ink::plain;
  table.row({name,
             value_text(change.a),
             value_text(change.b),
             {difference ? signed_quantity_text(*difference, change.a.unit) : "-", ink},
             ratio_of(change)});
}

// The quantities of a topic, as far as they are to be shown.
struct Chosen {
  std::vector<const Change*> rows;
  std::vector<std::string> missing_in_a;  // names, each once
  std::vector<std::string> missing_in_b;
  std::size_t measured_in_both = 0;
  std::size_t left_out = 0;
};

bool by_item(Topic topic) { return topic == Topic::comparison || topic == Topic::sweep; }

void note_missing(Chosen& chosen, const Change& change) {
  auto& names = change.a.state == Quantity::State::not_measured ? chosen.missing_in_a : chosen.missing_in_b;
  std::string name = by_item(change.name.topic) ? change.name.item : quantity_name_text(change.name);
  if (std::ranges::find(names, name) == names.end()) {
    names.push_back(std::move(name));
  }
}

Chosen choose(const Difference& difference, Topic topic, bool verbose) {
  const double weight = weighty(difference);
  Chosen chosen;
  for (const Change& change : difference.changes) {
    const bool entries = topic == Topic::activity && change.name.aspect == "count";  // the calls are counted elsewhere
    if (change.name.topic != topic || (is_nothing(change.a) && is_nothing(change.b)) || (entries && !verbose)) {
      continue;
    }
    if (change.a.state == Quantity::State::not_measured || change.b.state == Quantity::State::not_measured) {
      note_missing(chosen, change);
      continue;
    }
    ++chosen.measured_in_both;
    const bool telling = is_telling(difference, change, weight);
    if (verbose || (telling && (by_item(topic) || chosen.rows.size() < shown_rows))) {
      chosen.rows.push_back(&change);
    } else {
      chosen.left_out += telling ? 1 : 0;
    }
  }
  return chosen;
}

void write_missing(Page& page, const char* side, const std::vector<std::string>& names) {
  constexpr std::size_t most = 6;
  if (names.empty()) {
    return;
  }
  const std::size_t shown = page.verbose() ? names.size() : std::min(names.size(), most);
  const std::vector<std::string> first(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown));
  page.paragraph(fmt::format("not measured in {}: {}{}", side, fmt::join(first, "; "),
                             shown < names.size() ? fmt::format("; and {} more", names.size() - shown) : ""),
                 Page::margin, Ink::warning);
}

Table change_table() {
  return Table({{"", Column::Align::left, least_quantity_columns}, {"A"}, {"B"}, {"change"}, {"x"}});
}

// Below the name of each item its aspects. Returns what was left out.
std::size_t write_by_item(Page& page, const std::vector<const Change*>& rows) {
  std::vector<std::pair<std::string, std::vector<const Change*>>> items;
  for (const Change* const change : rows) {
    auto same = std::ranges::find(items, change->name.item, &decltype(items)::value_type::first);
    if (same == items.end()) {
      same = items.insert(items.end(), {change->name.item, {}});
    }
    same->second.push_back(change);
  }
  Table table = change_table();
  std::size_t left_out = 0;
  for (const auto& [item, changes] : items) {
    constexpr std::size_t most = 5;
    table.note(item, Page::margin, Ink::strong);
    for (std::size_t i = 0; i < changes.size(); ++i) {
      if (page.verbose() || i < most) {
        change_row(table, *changes[i], "  " + changes[i]->name.aspect);
      } else {
        ++left_out;
      }
    }
  }
  page.table(table);
  return left_out;
}

// False when one of them has nothing of it at all.
bool write_topic(Page& page, const Difference& difference, const TopicTitle& topic) {
  const Chosen chosen = choose(difference, topic.topic, page.verbose());
  const bool missing = !chosen.missing_in_a.empty() || !chosen.missing_in_b.empty();
  if (chosen.measured_in_both == 0 && missing) {
    return false;
  }
  if (chosen.rows.empty() && !missing) {
    return true;
  }
  page.heading(topic.title);
  std::size_t left_out = chosen.left_out;
  if (!chosen.rows.empty() && by_item(topic.topic)) {
    left_out += write_by_item(page, chosen.rows);
  } else if (!chosen.rows.empty()) {
    Table table = change_table();
    for (const Change* const change : chosen.rows) {
      change_row(table, *change, quantity_name_text(change->name));
    }
    page.table(table);
  }
  if (left_out > 0) {
    page.paragraph(fmt::format("and {} more (--verbose)", left_out), Page::margin, Ink::faint);
  }
  write_missing(page, "A", chosen.missing_in_a);
  write_missing(page, "B", chosen.missing_in_b);
  return true;
}

void write_topics(Page& page, const Difference& difference) {
  std::vector<std::string_view> in_one_alone;
  for (const TopicTitle& topic : topics) {
    if (!write_topic(page, difference, topic)) {
      in_one_alone.emplace_back(topic.title);
    }
  }
  if (!in_one_alone.empty()) {
    page.heading("Measured in one of them alone");
    page.paragraph(fmt::format("{}", fmt::join(in_one_alone, "; ")), Page::margin, Ink::warning);
  }
}

// ---- Claims --------------------------------------------------------------------------------------------------------

std::string ratio_of(const ClaimFigures& claim) {
  if (!claim.ratio) {
    return "no ratio";
  }
  const std::string interval =
      claim.interval ? fmt::format(" [{}..{}]", ratio_text(claim.interval->low), ratio_text(claim.interval->high)) : "";
  return ratio_text(*claim.ratio) + interval;
}

void write_claim(Page& page, const ClaimChange& change) {
  const ClaimFigures& known = change.a ? *change.a : *change.b;
  const auto verdict = [](const std::optional<ClaimFigures>& claim) { return claim ? claim->verdict : "not judged"; };
  const bool same = change.a && change.b && !change.verdict_changed();
  page.paragraph(fmt::format("{}: {}", known.id,
                             same ? known.verdict : fmt::format("{} -> {}", verdict(change.a), verdict(change.b))),
                 Page::margin, same ? Ink::plain : Ink::warning);
  constexpr std::size_t indent = 6;
  page.paragraph(known.statement, indent, Ink::faint);
  if ((change.a && change.a->ratio) || (change.b && change.b->ratio)) {
    page.paragraph(fmt::format("ratio {} -> {}{}", change.a ? ratio_of(*change.a) : "not judged",
                               change.b ? ratio_of(*change.b) : "not judged",
                               change.ratio_moved() ? ": the intervals have nothing in common" : ""),
                   indent);
  }
}

void write_claims(Page& page, const Difference& difference) {
  if (difference.claims.empty()) {
    return;
  }
  page.heading("Claims");
  std::size_t alike = 0;
  for (const ClaimChange& change : difference.claims) {
    if (page.verbose() || !change.a || !change.b || change.verdict_changed() || change.ratio_moved()) {
      write_claim(page, change);
    } else {
      ++alike;
    }
  }
  if (alike > 0) {
    page.paragraph(fmt::format("{} with the same verdict and ratios within the intervals (--verbose)",
                               counted(alike, "claim", "claims")),
                   Page::margin, Ink::faint);
  }
}

}  // namespace

void render_difference_text(const Difference& difference, std::ostream& out, const TextOptions& options) {
  Page page(out, options);
  write_head(page, difference);
  write_mismatches(page, difference.mismatches);
  write_pieces(page, difference);
  write_processes(page, difference);
  write_claims(page, difference);
  write_topics(page, difference);
}

}  // namespace taskcost
