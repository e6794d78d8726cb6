// SPDX-License-Identifier: Apache-2.0
//
// The differences between two reports, and where the change of time went.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "base/escape.h"
#include "base/units.h"
#include "report/diff_words.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr std::size_t least_quantity_columns = 20;
constexpr std::size_t most_pieces = 10;
constexpr std::size_t most_changes = 8;
constexpr std::size_t most_processes = 10;
constexpr std::size_t most_mismatches = 8;
// Only --verbose shows changes that are smaller than this part of the whole.
constexpr double small = 0.005;
// From run to run, most medians of rounds differ by less than this.
constexpr double rounds_vary = 0.1;
// Changes above this part are colored.
constexpr double colored = 0.05;

Tone tone_of_change(double a, double b) {
  if (std::abs(b - a) <= colored * std::max(a, b)) {
    return Tone::plain;
  }
  return b > a ? Tone::bad : Tone::good;
}

Cell factor(double a, double b, Tone tone = Tone::plain) {
  if (a > 0) {
    return {ratio_text(b / a), tone, b / a, Unit::ratio};
  }
  return {b > 0 ? "new" : "-", tone};
}

// ---- What is compared ----------------------------------------------------------------------------------------------

std::string value_text(const std::string& text) {
  constexpr std::size_t longest = 60;
  return text.empty() ? "not recorded" : TerminalText(text).cut(longest).text();
}

std::string subject_text(const Mismatch& mismatch) {
  switch (mismatch.kind) {
    case Mismatch::Kind::evidence:
      return fmt::format("source of {}", key_words(mismatch.subject));
    case Mismatch::Kind::losses:
      return fmt::format("losses, {}", key_words(mismatch.subject));
    default:
      return mismatch.subject;
  }
}

Section mismatches(const Difference& difference, bool verbose) {
  Section section("mismatches", "What the reports differ in besides their figures");
  std::size_t shown = 0;
  for (const Mismatch& mismatch : difference.mismatches) {
    if (mismatch.subject == "command") {
      continue;  // the head shows it
    }
    if (!verbose && shown == most_mismatches) {
      section.more(difference.mismatches.size() - shown, verbose);
      break;
    }
    section.say(fmt::format("{}: A {}, B {}", subject_text(mismatch), value_text(mismatch.a), value_text(mismatch.b)),
                Tone::warning);
    ++shown;
  }
  return section;
}

Section head_of(const Difference& difference) {
  Section section("head");
  if (const std::string summary = mismatch_summary(difference); !summary.empty()) {
    section.say("The reports differ in: " + summary + ".", Tone::warning, 0);
  }
  section.say(head_text(difference), Tone::strong, 0);
  for (const auto& [label, side] : {std::pair("A: ", &difference.a), std::pair("B: ", &difference.b)}) {
    section.add(Line{{{label, Tone::faint},
                      side->name,
                      side->name.empty() ? "" : ": ",
                      side->command.empty() ? side->target_mode : side->command}});
  }
  if (!difference.any_interval() && difference.claims.empty()) {
    section.say("One run each: no interval. What chance alone changes is seen by comparing two runs of A.", Tone::faint,
                0);
  }
  if (!difference.wall_is_a_cost() && difference.a.time && difference.b.time) {
    section.say(
        "A window ended before its target did: its length was chosen by the observer, so wall times are not compared.",
        Tone::faint, 0);
  }
  return section;
}

// ---- Where the time went -------------------------------------------------------------------------------------------

// The smallest change of time that is worth showing, in ns.
double weighty(const Difference& difference) {
  const auto own = own_change(difference);
  return own ? small * std::max(std::abs(*own->difference()), noticed * own->a.value) : 0;
}

void time_row(Table& table, const std::string& name, double a, double b, Cell share, Tone tone) {
  share.tone = tone;
  table.row({{name, tone},
             quantity(a, Unit::ns, tone),
             quantity(b, Unit::ns, tone),
             signed_quantity(b - a, Unit::ns, tone == Tone::plain ? tone_of_change(a, b) : tone),
             factor(a, b, tone),
             std::move(share)});
}

Section pieces(const Difference& difference, bool verbose) {
  Section section("pieces", "Where the time went");
  const auto own = own_change(difference);
  if (!own) {
    return section;
  }
  const bool shares = has_shares(difference);
  const double whole = *own->difference();
  const auto share_of = [&](double part) {
    return shares ? Cell(fmt::format("{:.1f}%", 100 * part / whole), Tone::plain, part / whole, Unit::share)
                  : Cell("-");
  };
  Table table({left("time of all tasks", least_quantity_columns), "A", "B", "change", "x", "share"});
  std::size_t left_out = 0;
  bool again = false;
  for (const Piece& piece : difference.pieces) {
    if (piece.a == 0 && piece.b == 0) {
      continue;
    }
    const bool tiny = std::abs(piece.difference()) < weighty(difference);
    if (!verbose && (tiny || (table.rows.size() >= most_pieces && !piece.again))) {
      left_out += piece.difference() != 0 ? 1 : 0;
      continue;
    }
    again = again || piece.again;
    time_row(table, piece_text(piece), piece.a, piece.b, piece.again ? Cell("again") : share_of(piece.difference()),
             piece.again ? Tone::faint : Tone::plain);
  }
  time_row(table, "own time of all tasks", own->a.value, own->b.value, shares ? share_of(whole) : Cell("-"),
           Tone::strong);
  if (const Change* const running = difference.find(Topic::window, "all", "running_ns");
      running != nullptr && running->difference()) {
    time_row(table, "of it on CPUs", running->a.value, running->b.value, share_of(*running->difference()),
             Tone::strong);
  }
  if (const Change* const wall = difference.find(Topic::window, "wall", "wall_ns");
      wall != nullptr && wall->difference()) {
    time_row(table, "wall time", wall->a.value, wall->b.value, "", Tone::strong);
  }
  section.add(std::move(table));
  if (left_out > 0) {
    section.say(fmt::format("and {} (--verbose)", counted(left_out, "smaller change", "smaller changes")), Tone::faint);
  }
  section.say(
      fmt::format(
          "own time: without waits for children, whose time it is. It is the wall time where one task runs at a "
          "time, and more where several do.{}{}",
          shares ? " share: of its change." : "", again ? " again: such a wait." : ""),
      Tone::faint);
  return section;
}

Section named_processes(const Difference& difference, bool verbose) {
  Section section("processes", "Processes by name: own time");
  Table table({left("processes named", 8), "number", "A", "B", "change", "x", left("mostly", 12)});
  std::size_t left_out = 0;
  for (const ProcessDifference& change : difference.processes) {
    const bool same_number = change.a && change.b && change.a->count == change.b->count;
    const bool tiny = same_number && std::abs(change.difference()) < weighty(difference);
    if (!verbose && (table.rows.size() >= most_processes || tiny)) {
      left_out += change.difference() != 0 ? 1 : 0;
      continue;
    }
    const auto number = [](const std::optional<NamedProcesses>& named) {
      return number_text(named ? named->count : 0);
    };
    table.row({change.comm,
               same_number ? number(change.a) : fmt::format("{} -> {}", number(change.a), number(change.b)),
               change.a ? quantity(change.own_a, Unit::ns) : Cell("-"),
               change.b ? quantity(change.own_b, Unit::ns) : Cell("-"),
               signed_quantity(change.difference(), Unit::ns, tone_of_change(change.own_a, change.own_b)),
               !change.a   ? Cell("new")
               : !change.b ? Cell("gone")
                           : factor(change.own_a, change.own_b),
               change.mostly ? piece_text(*change.mostly) : ""});
  }
  if (!table.rows.empty()) {
    section.add(std::move(table));
    if (left_out > 0) {
      section.say(fmt::format("and {} that changed less (--verbose)", left_out), Tone::faint);
    }
  }
  return section;
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

// Returns whether enough values support a quantile: ten values say nothing about the 99th percentile.
bool has_cases(const Difference& difference, const QuantityName& name) {
  const double least = name.aspect == "p99_ns" ? 100 : name.aspect == "p90_ns" ? 10 : 1;
  const Change* const count = difference.find(name.topic, name.item, "count");
  return count == nullptr || (count->a.value >= least && count->b.value >= least);
}

// A sum of time is notable if its change is a large enough part of the whole; other quantities are if they changed
// enough themselves.
bool is_notable(const Difference& difference, const Change& change, double weight) {
  const Topic topic = change.name.topic;
  if (!change.difference()) {
    return change.a.state != change.b.state;  // only one side has such cases
  }
  if (const auto interval = change.ratio_interval()) {
    return interval->low > 1 || interval->high < 1;
  }
  const double size = std::abs(*change.difference());
  const bool is_time = change.a.unit == Unit::ns;
  const bool sum_of_time = is_time && (topic == Topic::activity || topic == Topic::wait || topic == Topic::channel ||
                                       topic == Topic::counter);
  if (topic == Topic::latency && is_time && !has_cases(difference, change.name)) {
    return false;
  }
  const double least = topic == Topic::latency && is_time ? Histogram::bucket_width
                       : topic == Topic::comparison       ? rounds_vary
                                                          : noticed;
  return size > least * std::max(change.a.value, change.b.value) && (!sum_of_time || size >= weight);
}

Cell value_cell(const Quantity& figure) {
  switch (figure.state) {
    case Quantity::State::measured:
      return quantity(figure.value, figure.unit);
    case Quantity::State::none:
      return "none";
    case Quantity::State::not_measured:
      break;
  }
  return "n/a";
}

void change_row(Table& table, const Change& change, const std::string& name) {
  if (const auto difference = change.difference()) {
    Cell ratio = factor(change.a.value, change.b.value);
    if (const auto interval = change.ratio_interval()) {
      ratio.text += " " + ratios_text(*interval);
    }
    const Tone tone = change.a.unit == Unit::ns ? tone_of_change(change.a.value, change.b.value) : Tone::plain;
    table.row({name, value_cell(change.a), value_cell(change.b), signed_quantity(*difference, change.a.unit, tone),
               std::move(ratio)});
  } else {
    table.row({name, value_cell(change.a), value_cell(change.b), "-", "-"});
  }
}

// The quantities of a topic that are shown.
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
    const bool entries = topic == Topic::activity && change.name.aspect == "count";  // other rows count the calls
    if (change.name.topic != topic || (is_nothing(change.a) && is_nothing(change.b)) || (entries && !verbose)) {
      continue;
    }
    if (change.a.state == Quantity::State::not_measured || change.b.state == Quantity::State::not_measured) {
      note_missing(chosen, change);
      continue;
    }
    ++chosen.measured_in_both;
    const bool notable = is_notable(difference, change, weight);
    if (verbose || (notable && (by_item(topic) || chosen.rows.size() < most_changes))) {
      chosen.rows.push_back(&change);
    } else {
      chosen.left_out += notable ? 1 : 0;
    }
  }
  return chosen;
}

void say_missing(Section& section, const char* side, const std::vector<std::string>& names, bool verbose) {
  constexpr std::size_t most = 6;
  if (names.empty()) {
    return;
  }
  const std::size_t shown = shown_of(names.size(), most, verbose);
  section.say(fmt::format("not measured in {}: {}{}", side, fmt::join(names.begin(), names.begin() + shown, "; "),
                          shown < names.size() ? fmt::format("; and {} more", names.size() - shown) : ""),
              Tone::warning);
}

// Adds the name of each item with its aspects below. Counts the rows that it leaves out.
void add_by_item(Table& table, Chosen& chosen, bool verbose) {
  std::vector<std::pair<std::string, std::vector<const Change*>>> items;
  for (const Change* const change : chosen.rows) {
    auto same = std::ranges::find(items, change->name.item, &decltype(items)::value_type::first);
    if (same == items.end()) {
      same = items.insert(items.end(), {change->name.item, {}});
    }
    same->second.push_back(change);
  }
  for (const auto& [item, changes] : items) {
    constexpr std::size_t most = 5;
    const std::size_t shown = shown_of(changes.size(), most, verbose);
    table.note(item, margin, Tone::strong);
    for (std::size_t i = 0; i < shown; ++i) {
      change_row(table, *changes[i], "  " + changes[i]->name.aspect);
    }
    chosen.left_out += changes.size() - shown;
  }
}

// nullopt if one of the reports measured nothing of the topic.
std::optional<Section> topic_section(const Difference& difference, const TopicTitle& topic, bool verbose) {
  Chosen chosen = choose(difference, topic.topic, verbose);
  const bool missing = !chosen.missing_in_a.empty() || !chosen.missing_in_b.empty();
  if (chosen.measured_in_both == 0 && missing) {
    return std::nullopt;
  }
  Section section(key_of(topic.topic), topic.title);
  if (chosen.rows.empty() && !missing) {
    return section;
  }
  Table table({left("", least_quantity_columns), "A", "B", "change", "x"});
  if (by_item(topic.topic)) {
    add_by_item(table, chosen, verbose);
  } else {
    for (const Change* const change : chosen.rows) {
      change_row(table, *change, quantity_name_text(change->name));
    }
  }
  if (!table.rows.empty()) {
    section.add(std::move(table));
  }
  if (chosen.left_out > 0) {
    section.say(fmt::format("and {} more (--verbose)", chosen.left_out), Tone::faint);
  }
  say_missing(section, "A", chosen.missing_in_a, verbose);
  say_missing(section, "B", chosen.missing_in_b, verbose);
  return section;
}

// ---- Claims --------------------------------------------------------------------------------------------------------

std::string ratio_of(const std::optional<ClaimFigures>& claim) {
  return !claim ? "not judged" : claim->ratio ? ratio_text(*claim->ratio, claim->interval) : "no ratio";
}

void add_claim(Section& section, const ClaimChange& change) {
  const ClaimFigures& known = change.a ? *change.a : *change.b;
  const auto verdict = [](const std::optional<ClaimFigures>& claim) { return claim ? claim->verdict : "not judged"; };
  const bool same = change.a && change.b && !change.verdict_changed();
  section.say(fmt::format("{}: {}", known.id,
                          same ? known.verdict : fmt::format("{} -> {}", verdict(change.a), verdict(change.b))),
              same ? Tone::plain : Tone::warning);
  constexpr std::size_t indent = 6;
  section.say(known.statement, Tone::faint, indent);
  if ((change.a && change.a->ratio) || (change.b && change.b->ratio)) {
    section.say(fmt::format("ratio {} -> {}{}", ratio_of(change.a), ratio_of(change.b),
                            change.ratio_moved() ? ": the intervals have nothing in common" : ""),
                Tone::plain, indent);
  }
}

Section claim_changes(const Difference& difference, bool verbose) {
  Section section("claims", "Claims");
  std::size_t alike = 0;
  for (const ClaimChange& change : difference.claims) {
    if (verbose || !change.a || !change.b || change.verdict_changed() || change.ratio_moved()) {
      add_claim(section, change);
    } else {
      ++alike;
    }
  }
  if (alike > 0) {
    section.say(fmt::format("{} with the same verdict and ratios within the intervals (--verbose)",
                            counted(alike, "claim", "claims")),
                Tone::faint);
  }
  return section;
}

}  // namespace

std::vector<Section> of(const Difference& difference, bool verbose) {
  std::vector<Section> all{head_of(difference), mismatches(difference, verbose), pieces(difference, verbose),
                           named_processes(difference, verbose), claim_changes(difference, verbose)};
  std::vector<std::string_view> in_one_alone;
  for (const TopicTitle& topic : topics) {
    if (auto section = topic_section(difference, topic, verbose)) {
      all.push_back(*std::move(section));
    } else {
      in_one_alone.emplace_back(topic.title);
    }
  }
  if (!in_one_alone.empty()) {
    Section alone("in_one_alone", "Measured in one of them alone");
    alone.say(fmt::format("{}", fmt::join(in_one_alone, "; ")), Tone::warning);
    all.push_back(std::move(alone));
  }
  return all;
}

}  // namespace taskcost::sections
