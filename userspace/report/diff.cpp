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

constexpr std::size_t least_name = 20;
constexpr std::size_t shown_pieces = 10;
constexpr std::size_t shown_rows = 8;
constexpr std::size_t shown_processes = 10;
constexpr std::size_t shown_mismatches = 8;
// Changes below this part of what matters are left to --verbose.
constexpr double small = 0.005;
// The relative width of a histogram's bucket: nothing smaller can be told apart.
constexpr double bucket = 0.125;
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

void write_mismatches(Page& page, const std::vector<Mismatch>& mismatches) {
  if (mismatches.empty()) {
    return;
  }
  page.heading("Not alike, so that a difference may come from there");
  std::size_t shown = 0;
  for (const Mismatch& mismatch : mismatches) {
    if (!page.verbose() && shown == shown_mismatches) {
      page.paragraph(fmt::format("and {} more (--verbose)", mismatches.size() - shown), Page::margin, Ink::faint);
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
  Table table({{"time of all tasks", Column::Align::left, least_name}, {"A"}, {"B"}, {"change"}, {"x"}, {"share"}});
  std::size_t left_out = 0;
  bool again = false;
  for (const Piece& piece : difference.pieces) {
    if (piece.a == 0 && piece.b == 0) {
      continue;
    }
    const bool tiny = std::abs(piece.difference()) < weighty(difference);
    if (!page.verbose() && (tiny || (table.size() >= shown_pieces && !piece.again))) {
      ++left_out;
      continue;
    }
    again = again || piece.again;
    const std::string share = piece.again ? "again"
                              : shares    ? fmt::format("{:.1f}%", 100 * piece.difference() / whole)
                                          : "-";
    time_row(table, piece_text(piece), piece.a, piece.b, share, piece.again ? Ink::faint : Ink::plain);
  }
  time_row(table, "own time of all tasks", own->a.value, own->b.value, shares ? "100.0%" : "-", Ink::strong);
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
      "share: of the change of own time, which is the wall time where one task runs at a time, and more "
      "where several do.";
  if (again) {
    note += " again: a parent's wait is its child's time once more, and no own time.";
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
  for (const ProcessChange& change : difference.processes) {
    const bool same_number = change.a && change.b && change.a->count == change.b->count;
    const bool tiny = same_number && std::abs(change.difference()) < weighty(difference);
    if (!page.verbose() && (table.size() >= shown_processes || tiny)) {
      ++left_out;
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

bool is_telling(const Change& change, double weight) {
  using State = Quantity::State;
  if (!change.difference()) {
    return (change.a.state == State::none) != (change.b.state == State::none) &&
           !(is_nothing(change.a) && is_nothing(change.b)) && change.a.state != State::not_measured &&
           change.b.state != State::not_measured;
  }
  const double size = std::abs(*change.difference());
  const Topic topic = change.name.topic;
  if (const auto interval = change.ratio_interval()) {
    return interval->low > 1 || interval->high < 1;
  }
  const bool sum_of_time = change.a.unit == "ns" && (topic == Topic::activity || topic == Topic::wait ||
                                                     topic == Topic::channel || topic == Topic::counter);
  const double least = topic == Topic::latency && change.a.unit == "ns" ? bucket : noticed;
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

void change_row(Table& table, const Change& change) {
  const auto difference = change.difference();
  const Ink ink = change.a.unit == "ns" && difference ? ink_of_change(change.a.value, change.b.value) : Ink::plain;
  table.row({quantity_name_text(change.name),
             value_text(change.a),
             value_text(change.b),
             {difference ? signed_quantity_text(*difference, change.a.unit) : "-", ink},
             ratio_of(change)});
}

// Names of what only the other report has; each once, by its item.
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

void write_topic(Page& page, const Difference& difference, const TopicTitle& topic) {
  const double weight = weighty(difference);
  Table table({{"", Column::Align::left, least_name}, {"A"}, {"B"}, {"change"}, {"x"}});
  std::vector<std::string> missing_in_a;
  std::vector<std::string> missing_in_b;
  std::size_t left_out = 0;
  for (const Change& change : difference.changes) {
    if (change.name.topic != topic.topic || (is_nothing(change.a) && is_nothing(change.b))) {
      continue;
    }
    using State = Quantity::State;
    if (change.a.state == State::not_measured || change.b.state == State::not_measured) {
      (change.a.state == State::not_measured ? missing_in_a : missing_in_b).push_back(quantity_name_text(change.name));
    } else if (page.verbose() || (is_telling(change, weight) && table.size() < shown_rows)) {
      change_row(table, change);
    } else {
      left_out += is_telling(change, weight) ? 1 : 0;
    }
  }
  if (table.empty() && missing_in_a.empty() && missing_in_b.empty()) {
    return;
  }
  page.heading(topic.title);
  if (!table.empty()) {
    page.table(table);
  }
  if (left_out > 0) {
    page.paragraph(fmt::format("and {} more (--verbose)", left_out), Page::margin, Ink::faint);
  }
  write_missing(page, "A", missing_in_a);
  write_missing(page, "B", missing_in_b);
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
  for (const TopicTitle& topic : topics) {
    write_topic(page, difference, topic);
  }
}

}  // namespace taskcost
