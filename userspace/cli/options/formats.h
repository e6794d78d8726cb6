// SPDX-License-Identifier: Apache-2.0
//
// The table of output formats.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace taskcost {

// Formats by the ending of a file's name: the FileSets that have it, what it is made from, and its writer. The longest
// ending that matches counts. cli/outputs.cpp expands the writers; the collector writes captures, and
// cli/command_rounds.cpp what is made from rounds. Messages list the endings in this order.
#define TASKCOST_FORMATS(X)                                                            \
  X(html, ".html", in_pages, report, of_report<render_html>)                           \
  X(json, ".json", in_all, report, of_report<render_json>)                             \
  X(text, ".txt", in_all, report, write_text)                                          \
  X(markdown, ".md", in_rounds, rounds, nullptr)                                       \
  X(csv, ".csv", in_rounds, rounds, nullptr)                                           \
  X(folded, ".folded", in_stacks, stacks, write_folded)                                \
  X(waker_stacks, ".wakers.folded", in_report, stacks, of_report<render_waker_stacks>) \
  X(speedscope, ".speedscope.json", in_report, stacks, of_report<render_speedscope>)   \
  X(pprof, ".pb.gz", in_report, stacks, of_report<render_pprof>)                       \
  X(capture, ".tcap", in_capture, events, nullptr)                                     \
  X(perfetto, ".pftrace", in_events, events, of_events<PerfettoExport>)                \
  X(event_csv, ".csv", in_events, events, of_events<EventCsv>)                         \
  X(event_ndjson, ".ndjson", in_events, events, of_events<EventNdjson>)

// The file types that a command writes.
enum class FileSet : unsigned {
  text = 1,         // text and JSON
  report = 2,       // a report in every format
  events = 4,       // a report, and events made from a capture
  capture = 8,      // these, and the capture itself
  rounds = 16,      // tables of rounds
  difference = 32,  // text, JSON and a page, and stacks
};
namespace file_sets {
inline constexpr auto in_capture = static_cast<unsigned>(FileSet::capture);
inline constexpr auto in_events = in_capture | static_cast<unsigned>(FileSet::events);
inline constexpr auto in_report = in_events | static_cast<unsigned>(FileSet::report);
inline constexpr auto in_rounds = static_cast<unsigned>(FileSet::rounds);
inline constexpr auto in_stacks = in_report | static_cast<unsigned>(FileSet::difference);
inline constexpr auto in_pages = in_stacks | in_rounds;
inline constexpr auto in_all = in_pages | in_stacks | static_cast<unsigned>(FileSet::text);
}  // namespace file_sets

enum class FormatSource {
  report,
  stacks,  // a report with stacks
  events,  // recorded events
  rounds   // rounds of compare
};

#define TASKCOST_FORMAT_NAME(name, ending, sets, source, writer) name,
enum class OutputFormat { TASKCOST_FORMATS(TASKCOST_FORMAT_NAME) };
#undef TASKCOST_FORMAT_NAME

struct FormatRow {
  OutputFormat format;
  std::string_view ending;
  unsigned sets;  // bits of FileSet
  FormatSource source;

  [[nodiscard]] constexpr bool is_in(FileSet set) const { return (sets & static_cast<unsigned>(set)) != 0; }
};
#define TASKCOST_FORMAT_ROW(name, ending, sets, source, writer) \
  FormatRow{OutputFormat::name, ending, file_sets::sets, FormatSource::source},
inline constexpr std::array format_rows = {TASKCOST_FORMATS(TASKCOST_FORMAT_ROW)};
#undef TASKCOST_FORMAT_ROW

constexpr FormatSource source_of(OutputFormat format) {
  return format_rows.at(static_cast<std::size_t>(format)).source;
}
constexpr bool is_of_events(OutputFormat format) { return source_of(format) == FormatSource::events; }

}  // namespace taskcost
