// SPDX-License-Identifier: Apache-2.0
#include "report/diff_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/escape.h"
#include "base/units.h"
#include "report/render.h"
#include "report/words.h"

namespace taskcost {
namespace {

template <typename Entry>
std::string words_of(int count, std::string_view key) {
  for (int i = 0; i < count; ++i) {
    if (key == key_of(static_cast<Entry>(i))) {
      return text_of(static_cast<Entry>(i));
    }
  }
  return key_words(key);  // a newer version wrote this key
}

std::string activity_words(std::string_view key) { return short_text(words_of<tc_activity>(TC_NR_ACTIVITIES, key)); }
std::string wait_words(std::string_view key) { return short_text(words_of<tc_wait>(TC_NR_WAITS, key)); }

std::string lifecycle_words(std::string_view item) {
  for (int kind = 0; kind < TC_NR_CREATIONS; ++kind) {
    if (const auto each = static_cast<tc_creation>(kind); item == lifecycle_item(each)) {
      return creation_words(each);
    }
  }
  return item == latency_key::zombie ? "ended, not yet reaped" : key_words(item);
}

std::string aspect_words(std::string_view aspect) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 18> words{{
      {"running_ns", "running"},
      {"preempted_ns", "preempted"},
      {"runnable_ns", "runnable"},
      {"blocked_ns", "blocked"},
      {"queued_ns", "waiting for a CPU"},
      {"bytes_in", "received"},
      {"bytes_out", "sent"},
      {"kernel_ns", "time in the kernel"},
      {"p50_ns", "p50"},
      {"p90_ns", "p90"},
      {"p99_ns", "p99"},
      {"mean_ns", "mean"},
      {"uncounted_calls", "calls of unknown size"},
      {"copy_ns", "mean, copy"},
      {"publish_ns", "mean, publish"},
      {"return_ns", "mean, return to the creator"},
      {"child_start_ns", "mean, start of the child"},
      {"count", "count"},
  }};
  const auto* const found = std::ranges::find(words, aspect, &std::pair<std::string_view, std::string_view>::first);
  return found == words.end() ? key_words(aspect) : std::string(found->second);
}

double sign_of(double value) { return value < 0 ? -1 : 1; }

// The pieces that explain a change in the direction of `sign`: the largest ones, each at least a tenth of `whole`.
std::vector<const Piece*> main_pieces(const Difference& difference, double sign, double whole, bool on_cpus) {
  constexpr std::size_t most = 3;
  constexpr double least_part = 0.1;
  std::vector<const Piece*> chosen;
  for (const Piece& piece : difference.pieces) {
    const double change = piece.difference() * sign;
    if (!piece.again && (!on_cpus || piece.kind == Piece::Kind::running) && change > 0 && chosen.size() < most &&
        (change >= least_part * std::abs(whole) || (chosen.empty() && whole == 0))) {
      chosen.push_back(&piece);
    }
  }
  return chosen;
}

std::string pieces_text(const std::vector<const Piece*>& pieces) {
  std::vector<std::string> parts;
  parts.reserve(pieces.size());
  for (const Piece* const piece : pieces) {
    parts.push_back(fmt::format("{} ({})", piece_text(*piece), signed_quantity_text(piece->difference(), Unit::ns)));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

// ": mostly ...; but ..." explains a change of wall time, or only of CPU time.
std::string reasons_text(const Difference& difference, double change, bool on_cpus) {
  const double sign = sign_of(change);
  const auto own = own_change(difference);
  const double own_size = own && !on_cpus ? std::abs(*own->difference()) : 0;
  // If several tasks run at a time, their sum changes by more than the wall time.
  constexpr double more = 1.1;
  const char* const over_all = own_size > more * std::abs(change) ? "over all tasks, " : "";
  change = std::max(own_size, std::abs(change));
  const auto because = main_pieces(difference, sign, change, on_cpus);
  const auto despite = main_pieces(difference, -sign, change, on_cpus);
  std::string text;
  if (!because.empty()) {
    text = fmt::format(": {}mostly {}{}", over_all, sign < 0 ? "less time " : "", pieces_text(because));
  }
  if (!despite.empty()) {
    text += fmt::format("{}{}", because.empty() ? ": although " : "; but ", pieces_text(despite));
  }
  return text;
}

std::string compared_text(const Change& change) {
  return fmt::format("{} against {}, {}", quantity_text(change.b.value, change.b.unit),
                     quantity_text(change.a.value, change.a.unit),
                     signed_quantity_text(*change.difference(), change.a.unit));
}

// Names the largest pieces that changed noticeably: their changes may cancel each other out.
std::string unchanged_text(const Difference& difference, const Change& change, const char* what) {
  std::string text = fmt::format("No change of {} beyond 1 % ({})", what, compared_text(change));
  std::vector<const Piece*> moved;
  for (const Piece& piece : difference.pieces) {
    constexpr std::size_t most = 2;
    if (!piece.again && moved.size() < most &&
        std::abs(piece.difference()) > noticed * std::max(change.a.value, change.b.value)) {
      moved.push_back(&piece);
    }
  }
  return text + (moved.empty() ? "." : "; within it " + pieces_text(moved) + ".");
}

std::string changed_text(const Difference& difference, const Change& change, bool on_cpus) {
  const auto ratio = change.ratio();
  if (!ratio || std::abs(*ratio - 1) <= noticed) {
    return unchanged_text(difference, change, on_cpus ? "time on CPUs" : "wall time");
  }
  const auto interval = change.ratio_interval();
  return fmt::format("B {} {}{} x as {} as A ({}){}.", on_cpus ? "spent" : "took", ratio_text(*ratio),
                     interval ? " " + ratios_text(*interval) : "", on_cpus ? "much time on CPUs" : "long",
                     compared_text(change), reasons_text(difference, *change.difference(), on_cpus));
}

bool both_measured(const Change* change) { return change != nullptr && change->a.measured() && change->b.measured(); }

std::string claims_text(const Difference& difference) {
  const auto judged = std::ranges::count_if(difference.claims, [](const auto& claim) { return claim.a && claim.b; });
  const auto changed = std::ranges::count_if(difference.claims, &ClaimChange::verdict_changed);
  const auto moved = std::ranges::count_if(difference.claims, &ClaimChange::ratio_moved);
  return fmt::format(
      "Of {} judged in both, {} another verdict, {} beyond both intervals.",
      counted(static_cast<std::uint64_t>(judged), "claim", "claims"),
      changed == 0 ? "none has" : fmt::format("{} {}", changed, changed == 1 ? "has" : "have"),
      moved == 0 ? "and no ratio moved" : fmt::format("and {} moved", counted(moved, "ratio", "ratios")));
}

}  // namespace

std::string piece_text(const Piece& piece) {
  switch (piece.kind) {
    case Piece::Kind::running:
      if (piece.key == "user") {
        return "running user code";
      }
      if (piece.key == "page_fault") {
        return "running in page faults";
      }
      return piece.key.empty() ? "running" : fmt::format("running in {}", activity_words(piece.key));
    case Piece::Kind::queued:
      return "waiting for a CPU";
    case Piece::Kind::blocked:
      return fmt::format("blocked on {}", wait_words(piece.key));
    case Piece::Kind::residual:
      break;
  }
  return "in no cell (residual)";
}

std::string quantity_name_text(const QuantityName& name) {
  switch (name.topic) {
    case Topic::counter:
    case Topic::memory:
      return short_text(words_of<tc_counter>(TC_NR_COUNTERS, name.item));
    case Topic::activity:
      return fmt::format("{}, {}", activity_words(name.item), aspect_words(name.aspect));
    case Topic::wait:
      return fmt::format("{}, {}", wait_words(name.item), name.aspect == "count" ? "waits" : "blocked");
    case Topic::channel:
      return fmt::format("{}, {}", short_text(words_of<tc_channel>(TC_NR_CHANNELS, name.item)),
                         aspect_words(name.aspect));
    case Topic::latency:
      return fmt::format("{}, {}", latency_text(name.item), aspect_words(name.aspect));
    case Topic::lifecycle:
      return fmt::format("{}, {}", lifecycle_words(name.item),
                         name.aspect == "running_ns" ? "mean, creator on a CPU" : aspect_words(name.aspect));
    case Topic::window:
      return name.item == "wall"           ? "wall time"
             : name.aspect == "own_ns"     ? "own time of all tasks"
             : name.aspect == "running_ns" ? "time on CPUs"
                                           : aspect_words(name.aspect);
    case Topic::kernel_threads:
      return aspect_words(name.aspect);
    case Topic::comparison:
    case Topic::sweep:
      break;
  }
  return fmt::format("{}, {}", name.item, name.aspect);
}

// The report file names its sweeps and variants, so these names are hostile.
std::string cost_text(const Change& change) { return TerminalText(quantity_name_text(change.name)).text(); }

std::string cost_figures_text(const Change& change) {
  const auto ratio = change.ratio();
  return fmt::format("{} against {}, {}", quantity_text(change.b.value, change.b.unit),
                     quantity_text(change.a.value, change.a.unit), ratio ? ratio_text(*ratio) + " x" : "from nothing");
}

std::optional<Change> own_change(const Difference& difference) {
  const Change* const own = difference.find(Topic::window, "all", "own_ns");
  return both_measured(own) ? std::optional(*own) : std::nullopt;
}

bool has_shares(const Difference& difference) {
  const auto own = own_change(difference);
  return own && std::abs(*own->difference()) > noticed * std::max(own->a.value, own->b.value);
}

std::string head_text(const Difference& difference) {
  const Change* const wall = difference.find(Topic::window, "wall", "wall_ns");
  const Change* const running = difference.find(Topic::window, "all", "running_ns");
  const auto own = own_change(difference);
  if (difference.wall_is_a_cost() && both_measured(wall)) {
    return changed_text(difference, *wall, false);
  }
  if (own && both_measured(running)) {
    return changed_text(difference, *running, true);
  }
  if (std::ranges::any_of(difference.claims, [](const auto& claim) { return claim.a && claim.b; })) {
    return claims_text(difference);
  }
  return "A and B have no time and no claim in common.";
}

std::string mismatch_summary(const Difference& difference) {
  std::vector<std::string> parts;
  std::size_t sources = 0;
  bool losses = false;
  for (const Mismatch& mismatch : difference.mismatches) {
    if (mismatch.kind == Mismatch::Kind::evidence) {
      ++sources;
    } else if (mismatch.kind == Mismatch::Kind::losses) {
      losses = true;
    } else {
      parts.push_back(mismatch.subject);
    }
  }
  if (sources > 0) {
    parts.push_back(counted(sources, "source of figures", "sources of figures"));
  }
  if (losses) {
    parts.emplace_back("losses");
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace taskcost
