// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "verdict/diff/diff.h"
#include "verdict/diff/quantity_table.h"

namespace taskcost {
namespace {

bool children_observed(const ReportFigures& a, const ReportFigures& b) {
  return a.process_count > 1 || b.process_count > 1;
}

bool details_differ(const ReportFigures& a, const ReportFigures& b) {
  return a.calls_seen && b.calls_seen && *a.calls_seen != *b.calls_seen;
}

double value_in(const std::map<std::string, double>& values, const std::string& key) {
  const auto found = values.find(key);
  return found == values.end() ? 0 : found->second;
}

double sum_values(const std::map<std::string, double>& values) {
  double sum = 0;
  for (const auto& [key, value] : values) {
    sum += value;
  }
  return sum;
}

// ---- Pieces --------------------------------------------------------------------------------------------------------

struct Division {
  bool children = false;       // the children are observed: waits for them are not counted again
  bool running_whole = false;  // one report has no activities: running time stays in one piece
};

std::vector<Piece> make_pieces(const TimeSums& a, const TimeSums& b, const Division& division) {
  std::vector<Piece> pieces;
  const auto add_all = [&pieces](Piece::Kind kind, const auto& of_a, const auto& of_b) {
    std::set<std::string> keys;
    for (const auto* values : {&of_a, &of_b}) {
      for (const auto& [key, value] : *values) {
        keys.insert(key);
      }
    }
    for (const std::string& key : keys) {
      pieces.push_back({kind, key, value_in(of_a, key), value_in(of_b, key)});
    }
  };
  if (division.running_whole) {
    pieces.push_back({Piece::Kind::running, "", a.running_total(), b.running_total()});
  } else {
    add_all(Piece::Kind::running, a.running, b.running);
  }
  pieces.push_back({Piece::Kind::queued, "", a.queued, b.queued});
  add_all(Piece::Kind::blocked, a.blocked, b.blocked);
  pieces.push_back({Piece::Kind::residual, "", residual(a), residual(b)});
  for (Piece& piece : pieces) {
    piece.again = division.children && piece.kind == Piece::Kind::blocked && is_for_children(piece.key);
  }
  std::ranges::stable_sort(pieces, [](const Piece& left, const Piece& right) {
    return left.again != right.again ? right.again : std::abs(left.difference()) > std::abs(right.difference());
  });
  return pieces;
}

std::vector<ProcessDifference> compare_processes(const ReportFigures& a, const ReportFigures& b,
                                                 const Division& division) {
  std::map<std::string, ProcessDifference> by_name;
  for (const auto& [comm, named] : a.processes) {
    by_name[comm].a = named;
  }
  for (const auto& [comm, named] : b.processes) {
    by_name[comm].b = named;
  }
  std::vector<ProcessDifference> changes;
  for (auto& [comm, change] : by_name) {
    const TimeSums before = change.a ? change.a->time : TimeSums();
    const TimeSums after = change.b ? change.b->time : TimeSums();
    change.comm = comm;
    change.own_a = own_time(before, division.children);
    change.own_b = own_time(after, division.children);
    const std::vector<Piece> pieces = make_pieces(before, after, division);
    if (!pieces.empty() && !pieces.front().again && pieces.front().difference() != 0) {
      change.mostly = pieces.front();
    }
    changes.push_back(std::move(change));
  }
  std::ranges::stable_sort(changes, std::ranges::greater(),
                           [](const ProcessDifference& change) { return std::abs(change.difference()); });
  return changes;
}

// ---- Quantities ----------------------------------------------------------------------------------------------------

std::vector<Change> compare_quantities(const ReportFigures& a, const ReportFigures& b) {
  std::map<QuantityName, Change> by_name;
  for (const auto& [name, quantity] : a.quantities) {
    by_name[name].a = quantity;
    by_name[name].b.unit = quantity.unit;
  }
  for (const auto& [name, quantity] : b.quantities) {
    by_name[name].b = quantity;
    if (!a.quantities.contains(name)) {
      by_name[name].a.unit = quantity.unit;
    }
  }
  std::vector<Change> changes;
  for (auto& [name, change] : by_name) {
    change.name = name;
    changes.push_back(std::move(change));
  }
  std::ranges::stable_sort(changes, [](const Change& left, const Change& right) {
    return left.name.topic != right.name.topic
               ? left.name.topic < right.name.topic
               : std::abs(left.difference().value_or(0)) > std::abs(right.difference().value_or(0));
  });
  return changes;
}

void put_own_time(ReportFigures& figures, bool children) {
  if (figures.time) {
    Quantity own;
    own.state = Quantity::State::measured;
    own.value = own_time(*figures.time, children);
    own.unit = Unit::ns;
    figures.quantities[{Topic::window, "all", "own_ns"}] = own;
  }
}

std::vector<ClaimChange> compare_claims(const ReportFigures& a, const ReportFigures& b) {
  std::vector<ClaimChange> changes;
  for (const ClaimFigures& claim : a.claims) {
    changes.push_back({claim, std::nullopt});
  }
  for (const ClaimFigures& claim : b.claims) {
    const auto same = std::ranges::find_if(
        changes, [&claim](const ClaimChange& change) { return change.a && !change.b && change.a->id == claim.id; });
    if (same != changes.end()) {
      same->b = claim;
    } else {
      changes.push_back({std::nullopt, claim});
    }
  }
  const auto rank = [](const ClaimChange& change) {
    return change.verdict_changed() ? 0 : change.ratio_moved() ? 1 : 2;
  };
  std::ranges::stable_sort(changes, std::ranges::less(), rank);
  return changes;
}

// ---- Mismatches ----------------------------------------------------------------------------------------------------

void compare_evidence(std::vector<Mismatch>& mismatches, const ReportFigures& a, const ReportFigures& b) {
  const auto find = [](const ReportFigures& figures, const std::string& figure) -> const Evidence* {
    const auto found = std::ranges::find(figures.evidence, figure, &Evidence::figure);
    return found == figures.evidence.end() ? nullptr : &*found;
  };
  std::set<std::string> names;
  for (const ReportFigures* figures : {&a, &b}) {
    for (const Evidence& evidence : figures->evidence) {
      names.insert(evidence.figure);
    }
  }
  for (const std::string& name : names) {
    const Evidence* const in_a = find(a, name);
    const Evidence* const in_b = find(b, name);
    if (in_a == nullptr || in_b == nullptr || in_a->kind != in_b->kind) {
      mismatches.push_back({Mismatch::Kind::evidence, name, in_a == nullptr ? "" : to_string(in_a->kind),
                            in_b == nullptr ? "" : to_string(in_b->kind)});
    } else if (in_a->source != in_b->source) {
      mismatches.push_back({Mismatch::Kind::evidence, name, in_a->source, in_b->source});
    }
  }
}

void compare_losses(std::vector<Mismatch>& mismatches, const ReportFigures& a, const ReportFigures& b) {
  std::map<std::string, double> either = a.losses;
  either.insert(b.losses.begin(), b.losses.end());
  for (const auto& loss : either) {
    const std::string& key = loss.first;
    const auto text = [&key](const ReportFigures& figures) {
      return std::to_string(static_cast<std::uint64_t>(value_in(figures.losses, key)));
    };
    mismatches.push_back({Mismatch::Kind::losses, key, text(a), text(b)});
  }
}

std::vector<Mismatch> find_mismatches(const ReportFigures& a, const ReportFigures& b) {
  std::vector<Mismatch> mismatches;
  const auto compare = [&mismatches](Mismatch::Kind kind, const char* subject, const std::string& in_a,
                                     const std::string& in_b) {
    if (in_a != in_b) {
      mismatches.push_back({kind, subject, in_a, in_b});
    }
  };
  const auto number = [](const auto& value) { return value ? std::to_string(*value) : std::string(); };
  const auto detail = [](const ReportFigures& figures) {
    return !figures.calls_seen ? "" : *figures.calls_seen ? "full" : "switches";
  };
  compare(Mismatch::Kind::target, "command", a.command, b.command);
  compare(Mismatch::Kind::target, "target mode", a.target_mode, b.target_mode);
  compare(Mismatch::Kind::ended, "end of the window", a.window_exit, b.window_exit);
  compare(Mismatch::Kind::ended, "exit status", a.ended, b.ended);
  compare(Mismatch::Kind::host, "kernel", a.kernel, b.kernel);
  compare(Mismatch::Kind::host, "architecture", a.arch, b.arch);
  compare(Mismatch::Kind::host, "CPUs", number(a.cpus), number(b.cpus));
  compare(Mismatch::Kind::host, "virtualization", a.virtualization, b.virtualization);
  compare(Mismatch::Kind::tool, "version of taskcost", a.tool_version, b.tool_version);
  compare(Mismatch::Kind::detail, "detail level", detail(a), detail(b));
  compare_evidence(mismatches, a, b);
  compare_losses(mismatches, a, b);
  return mismatches;
}

}  // namespace

double TimeSums::running_total() const { return sum_values(running); }
double TimeSums::blocked_total() const { return sum_values(blocked); }

void add(TimeSums& sum, const TimeSums& more) {
  sum.lifetime += more.lifetime;
  sum.queued += more.queued;
  for (const auto& [activity, time] : more.running) {
    sum.running[activity] += time;
  }
  for (const auto& [cause, time] : more.blocked) {
    sum.blocked[cause] += time;
  }
}

std::optional<double> Change::difference() const {
  return a.measured() && b.measured() ? std::optional(b.value - a.value) : std::nullopt;
}

std::optional<double> Change::ratio() const {
  return a.measured() && b.measured() && a.value > 0 ? std::optional(b.value / a.value) : std::nullopt;
}

std::optional<Interval> Change::ratio_interval() const {
  if (!a.interval || !b.interval || a.interval->high <= 0) {
    return std::nullopt;
  }
  const double high =
      a.interval->low > 0 ? b.interval->high / a.interval->low : std::numeric_limits<double>::infinity();
  return Interval{b.interval->low / a.interval->high, high};
}

bool ClaimChange::ratio_moved() const {
  return a && b && a->interval && b->interval &&
         (a->interval->high < b->interval->low || b->interval->high < a->interval->low);
}

const Change* Difference::find(Topic topic, std::string_view item, std::string_view aspect) const {
  const auto found = std::ranges::find_if(changes, [&](const Change& change) {
    return change.name.topic == topic && change.name.item == item && change.name.aspect == aspect;
  });
  return found == changes.end() ? nullptr : &*found;
}

bool Difference::wall_is_a_cost() const {
  return a.window_exit == "target-exited" && b.window_exit == "target-exited" && a.target_mode != "verify" &&
         b.target_mode != "verify";
}

bool Difference::any_interval() const {
  return std::ranges::any_of(changes, [](const Change& change) { return change.ratio_interval().has_value(); });
}

Difference diff_reports(ReportFigures a, ReportFigures b) {
  Difference difference;
  const Division division{children_observed(a, b), details_differ(a, b)};
  put_own_time(a, division.children);
  put_own_time(b, division.children);
  difference.mismatches = find_mismatches(a, b);
  difference.changes = compare_quantities(a, b);
  if (a.time && b.time) {
    difference.pieces = make_pieces(*a.time, *b.time, division);
    difference.processes = compare_processes(a, b, division);
  }
  difference.claims = compare_claims(a, b);
  difference.a = std::move(a);
  difference.b = std::move(b);
  return difference;
}

}  // namespace taskcost
