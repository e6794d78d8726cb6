// SPDX-License-Identifier: Apache-2.0
#include "top/screen_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/escape.h"
#include "base/units.h"
#include "top/table.h"

namespace taskcost {
namespace {

constexpr std::string_view help_lines[] = {
    "space  pause or resume           q        quit",
    "t      process tree              H        threads",
    "g      groups: press again for the next of comm, cmdline, thread, ...",
    "/      filter by name or PID     Esc      clear the filter",
    "r      reverse the sort order    + -      longer, shorter interval",
    "< >    previous, next sort key   arrows, PgUp, PgDn, Home, End   scroll",
    "",
    "Sort by   c CPU%   u USER%   k KERN%   w QUE%   b BLK%   s SW/s   f FLT/s",
    "          n NEW/s  p PID     a NAME",
    "",
    "100% is one CPU, or one task all the time: 4 blocked threads have 400.",
    "CPU%   on a CPU: USER% in user code, KERN% in the kernel",
    "QUE%   on the run queue: preempted, or woken and not yet running",
    "BLK%   blocked (off-CPU); WAITS FOR: the causes, largest first",
    "SW/s   context switches; INV/s: involuntary ones",
    "FLT/s  page faults; MAJ/s: major ones, which read from a disk",
    "NEW/s  created threads and processes",
    "S      R running, Q on the run queue, B blocked, E ended in this interval",
    "?      not measured on this system",
    "Kernel threads are listed last. New tasks count from their creation.",
};

using Parts = std::vector<std::string>;

Parts totals_text(const Changes& changes, const View& view) {
  const auto percent = [&changes](Duration time) { return percent_text(changes.share(time)) + "%"; };
  const Figures& total = changes.total;
  std::string cpu = fmt::format("CPU {}", percent(total.cpu()));
  if (view.user_kernel_split) {
    cpu += fmt::format(" (user {}, kernel {})", percent(total.user), percent(total.kernel));
  }
  return {cpu, fmt::format("run queue {}", percent(total.queue())), fmt::format("blocked {}", percent(total.blocked))};
}

// "switches/s 1234 (12 involuntary)"
std::string rates_text(const Changes& changes, std::string_view what, const std::optional<std::uint64_t>& all,
                       std::string_view some, const std::optional<std::uint64_t>& of_them) {
  if (!all) {
    return fmt::format("{} {}", what, not_measured);
  }
  std::string text = fmt::format("{} {}", what, rate_text(changes.per_second(*all)));
  if (of_them) {
    text += fmt::format(" ({} {})", rate_text(changes.per_second(*of_them)), some);
  }
  return text;
}

Parts events_text(const Changes& changes) {
  const Figures& total = changes.total;
  return {rates_text(changes, "switches/s", total.switches(), "involuntary", total.involuntary_switches),
          rates_text(changes, "faults/s", total.faults(), "major", total.faults_major),
          rates_text(changes, "creations/s", total.creations, "", std::nullopt)};
}

Parts overhead_text(const Changes& changes) {
  const Overhead& overhead = changes.overhead;
  const auto share = [&changes](Duration time) {
    return share_text(static_cast<double>(time.count()), static_cast<double>(changes.interval.count()));
  };
  const std::string runs = rate_text(changes.per_second(overhead.transitions));
  const std::string refresh = fmt::format("refresh {}", duration_text(overhead.glance));
  if (const auto total = overhead.total()) {
    return {fmt::format("overhead {} of a CPU", share(*total)),
            fmt::format("probes {} ({}/s, {} each)", share(*overhead.probes()), runs,
                        duration_text(*overhead.per_transition)),
            fmt::format("user space {}", share(overhead.userspace)), refresh};
  }
  return {fmt::format("overhead {} of a CPU in user space", share(overhead.userspace)),
          fmt::format("probes {} ({}/s)", not_measured, runs), refresh};
}

Parts losses_text(const Losses& losses, std::string_view when) {
  Parts parts;
  const auto add = [&parts, when](std::uint64_t count, std::string_view what) {
    if (count != 0) {
      parts.push_back(parts.empty() ? fmt::format("{}: {} {}", when, count, what) : fmt::format("{} {}", count, what));
    }
  };
  for (std::size_t loss = 0; loss < losses.counts.size(); ++loss) {
    add(losses.counts[loss], text_of(static_cast<tc_loss>(loss)));
  }
  add(losses.skipped_probes, "skipped probe runs");
  add(losses.missed_switches, "context switches that the kernel counted and the probes missed");
  return parts;
}

Line header_line(const HeaderLine& header, std::size_t width) {
  Line line(width);
  for (const std::string& part : header.parts) {
    const bool first = line.left() == width;
    if (first) {
      line.append(part, header.style);
    } else if (between_parts.size() + TerminalText(part).width() <= line.left()) {
      line.append(between_parts, header.style).append(part, header.style);
    }
  }
  return line;
}

std::string shape_text(const View& view) {
  switch (view.shape) {
    case View::Shape::processes:
      return "processes";
    case View::Shape::threads:
      return "threads";
    case View::Shape::tree:
      return "tree";
    case View::Shape::groups:
      return fmt::format("groups of {}", to_string(view.by));
  }
  return {};
}

Line waiting_line(std::size_t width) {
  Line line(width);
  line.append("taskcost top", Style::strong);
  line.append("   waiting for the first interval");
  return line;
}

// The bottom line: the filter that is being edited, the pause, or the most important keys.
Line footer(const UiState& state, const VisibleRows& page, std::size_t scroll, std::size_t width) {
  Line line(width);
  if (state.filter_entry) {
    line.append("filter: ", Style::strong).append(*state.filter_entry).append("_", Style::selected);
    line.append("   Enter apply   Esc cancel", Style::faint);
    return line;
  }
  if (state.paused) {
    line.append("paused, space resumes", Style::alarm);
    return line;
  }
  const std::size_t shown = std::min(page.visible, page.rows - std::min(page.rows, scroll));
  const std::string position =
      shown == 0 ? "no rows" : fmt::format("{}-{} of {}", scroll + 1, scroll + shown, page.rows);
  line.append(position + "  ", Style::plain);
  line.append("q quit  h help  space pause  t tree  H threads  / filter  <> sort", Style::faint);
  return line;
}

void append_help(std::vector<Line>& lines, std::size_t width) {
  for (const std::string_view text : help_lines) {
    Line line(width);
    line.append(text);
    lines.push_back(std::move(line));
  }
}

// Removes header lines from the bottom until a small terminal has room for the table. Losses are never removed.
void shrink_header(std::vector<HeaderLine>& header, std::size_t height) {
  constexpr std::size_t min_rows = 6;
  while (header.size() > 1 && header.size() + 2 + min_rows > height) {
    const auto removable = std::find_if(header.rbegin(), header.rend() - 1,
                                        [](const HeaderLine& line) { return line.style != Style::alarm; });
    if (removable == header.rend() - 1) {
      break;
    }
    header.erase(std::next(removable).base());
  }
}

// Returns exactly `height` lines as wide as the terminal, with `bottom` as the last one.
std::vector<Line> fit_to_screen(std::vector<Line> lines, Line bottom, std::size_t width, std::size_t height) {
  lines.resize(height == 0 ? 0 : height - 1, Line(width));
  if (height > 0) {
    lines.push_back(std::move(bottom));
  }
  for (Line& line : lines) {
    line.fill();
  }
  return lines;
}

}  // namespace

std::vector<HeaderLine> make_header(const Changes& changes, const Rows& rows, const View& view) {
  Parts first{"taskcost top", duration_text(changes.interval)};
  if (!view.filter.empty()) {
    first.push_back(fmt::format("{} of {} match \"{}\"", rows.rows.size(), rows.unfiltered, view.filter));
  }
  first.push_back(fmt::format("{} by {}{}", shape_text(view), to_string(view.sort), view.reverse ? ", reversed" : ""));
  first.push_back(fmt::format("{}, {}", counted(changes.processes.size(), "process", "processes"),
                              counted(changes.task_count(), "task", "tasks")));
  std::vector<HeaderLine> header{{first, Style::strong},
                                 {totals_text(changes, view), Style::plain},
                                 {events_text(changes), Style::plain},
                                 {overhead_text(changes), Style::plain}};
  if (changes.losses.any()) {
    header.push_back({losses_text(changes.losses, "LOST in this interval"), Style::alarm});
  } else if (changes.losses_since_start.any()) {
    header.push_back({losses_text(changes.losses_since_start, "lost earlier"), Style::alarm});
  }
  return header;
}

Screen make_screen(const Changes* changes, const UiState& state, std::size_t width, std::size_t height) {
  std::vector<Line> lines;
  if (state.help) {
    Line title(width);
    lines.push_back(title.append("taskcost top: keys and columns", Style::strong));
    append_help(lines, width);
    Line bottom(width);
    return {fit_to_screen(std::move(lines), bottom.append("any key returns   q quits", Style::faint), width, height),
            {}};
  }
  if (changes == nullptr) {
    lines.push_back(waiting_line(width));
    return {fit_to_screen(std::move(lines), footer(state, {}, 0, width), width, height), {}};
  }
  const View view = shown_view(state);
  const Rows rows = rows_of(*changes, view);
  std::vector<HeaderLine> header = make_header(*changes, rows, view);
  shrink_header(header, height);
  for (const HeaderLine& line : header) {
    lines.push_back(header_line(line, width));
  }
  const TopTable table(*changes, rows, view, width);
  lines.push_back(table.titles());

  VisibleRows page{rows.rows.size(), height > lines.size() + 1 ? height - lines.size() - 1 : 0};
  const std::size_t scroll = std::min(state.scroll, page.last_scroll());
  for (std::size_t i = scroll; i < rows.rows.size() && i - scroll < page.visible; ++i) {
    lines.push_back(table.row(rows.rows[i]));
  }
  return {fit_to_screen(std::move(lines), footer(state, page, scroll, width), width, height), page};
}

}  // namespace taskcost
