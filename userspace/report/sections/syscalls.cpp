// SPDX-License-Identifier: Apache-2.0
//
// System calls by name, as strace -c and perf trace -s show them, and operations of io_uring.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/units.h"
#include "report/sections/sections.h"
#include "report/words.h"

namespace taskcost::sections {
namespace {

constexpr Limit most_rows{15, 6};
constexpr std::size_t most_errors = 3;

Cell time(const std::optional<Duration>& value) { return value ? Cell(*value) : Cell("-"); }

Cell bytes(const std::optional<std::uint64_t>& bytes) {
  return bytes ? quantity(static_cast<double>(*bytes), Unit::bytes) : Cell("-");
}

// "ENOENT 1304, EACCES 2", the most frequent first.
std::string errors_text(const Syscalls& row) {
  std::vector<std::pair<std::string, std::uint64_t>> errors(row.errors.begin(), row.errors.end());
  std::ranges::stable_sort(errors, std::ranges::greater(), [](const auto& error) { return error.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min(errors.size(), most_errors); ++i) {
    text += fmt::format("{}{} {}", i == 0 ? "" : ", ", errors[i].first, errors[i].second);
  }
  return errors.size() > most_errors ? text + ", ..." : text;
}

struct Titles {
  const char* row;
  const char* count;
  bool cpu;  // there is a column of CPU time
};

std::string name_of(const Syscalls& row) { return row.name; }

// Without the prefix that all operations have.
std::string name_of(const RingOperations& row) {
  constexpr std::string_view prefix = "IORING_OP_";
  if (row.name.empty()) {
    return "without a request";
  }
  return row.name.starts_with(prefix) ? row.name.substr(prefix.size()) : row.name;
}

template <typename Row>
void add_table(Section& section, const std::vector<Row>& rows, const Titles& titles, bool verbose,
               const ReportView& view) {
  const bool one_program =
      std::ranges::all_of(rows, [&](const Row& row) { return row.program == rows.front().program; });
  std::vector<Column> columns{left(titles.row, least_name_columns)};
  if (!one_program) {
    columns.insert(columns.begin(), left("program", least_name_columns));
  }
  columns.insert(columns.end(), {titles.count, "errors"});
  if (titles.cpu) {
    columns.emplace_back("CPU");
  }
  columns.insert(columns.end(), {"elapsed", "p50", "p99", "bytes"});
  Table table(std::move(columns));
  const std::size_t shown = most_rows.shown(rows.size(), verbose, view);
  for (const Row& row : std::span(rows).first(shown)) {
    std::vector<Cell> cells{name_of(row), row.count, row.failed() == 0 ? Cell("") : Cell(row.failed())};
    if (!one_program) {
      cells.insert(cells.begin(), row.program.empty() ? Cell("others", Tone::faint) : Cell(row.program));
    }
    if (titles.cpu) {
      cells.push_back(time(row.running));
    }
    cells.insert(cells.end(), {time(row.total), time(row.p50), time(row.p99), bytes(row.bytes)});
    table.row(std::move(cells));
    if (row.failed() > 0 && verbose) {
      table.note(errors_text(row), 2 * margin, Tone::faint);
    }
  }
  section.add(std::move(table));
  section.more(rows.size() - shown, verbose);
}

}  // namespace

Section syscalls(const Session& session, bool verbose, const ReportView& view) {
  Section section("syscalls", "System calls");
  if (!session.syscalls) {
    return section;
  }
  if (session.syscalls->empty()) {
    section.say("no system call returned");
    return section;
  }
  add_table(section, *session.syscalls, {"call", "calls", true}, verbose, view);
  section.say("elapsed: from the entry to the return, with waits; CPU: without page faults", Tone::faint);
  return section;
}

Section ring_operations(const Session& session, bool verbose, const ReportView& view) {
  Section section("ring_operations", "io_uring by operation");
  if (!session.ring_operations || session.ring_operations->empty()) {
    return section;
  }
  add_table(section, *session.ring_operations, {"operation", "completed", false}, verbose, view);
  section.say("elapsed: from the submission to the completion", Tone::faint);
  return section;
}

}  // namespace taskcost::sections
