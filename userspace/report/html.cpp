// SPDX-License-Identifier: Apache-2.0
//
// The page consists of the sections of the text report as data, the JSON report for its pictures, and the scripts and
// styles that show them.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "account/groups.h"
#include "base/json_writer.h"
#include "base/units.h"
#include "report/html_assets.h"
#include "report/html_stacks.h"
#include "report/html_timeline.h"
#include "report/render.h"
#include "report/sections/json.h"
#include "report/sections/sections.h"
#include "report/words.h"
#include "verdict/compare/compare.h"

namespace taskcost {
namespace {

// Escapes '<', because it could begin a tag or a comment in a script element. JSON has '<' only in strings, where the
// escape has the same meaning.
class ScriptText : public std::streambuf {
 public:
  explicit ScriptText(std::ostream& out) : out_(out) {}

 protected:
  int_type overflow(int_type c) override {
    if (!traits_type::eq_int_type(c, traits_type::eof())) {
      const char plain = traits_type::to_char_type(c);
      xsputn(&plain, 1);
    }
    return out_ ? traits_type::not_eof(c) : traits_type::eof();
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    std::string_view rest(text, static_cast<std::size_t>(size));
    for (std::size_t at = rest.find('<'); at != std::string_view::npos; at = rest.find('<')) {
      out_ << rest.substr(0, at) << "\\u003c";
      rest.remove_prefix(at + 1);
    }
    out_ << rest;
    return out_ ? size : 0;
  }

 private:
  std::ostream& out_;
};

// Writes what pictures need beside the JSON report: the words for its keys, and the band that verdicts use.
void write_words(std::ostream& out) {
  JsonWriter json(out);
  json.object([&] {
    json.object("activities", [&] {
      for (int activity = 0; activity < TC_NR_ACTIVITIES; ++activity) {
        json.field(key_of(static_cast<tc_activity>(activity)), short_text(text_of(static_cast<tc_activity>(activity))));
      }
    });
    json.object("waits", [&] {
      for (int wait = 0; wait < TC_NR_WAITS; ++wait) {
        json.field(key_of(static_cast<tc_wait>(wait)), text_of(static_cast<tc_wait>(wait)));
      }
    });
    json.object("wakers", [&] {
      for (const Waker::Kind kind :
           {Waker::Kind::timer, Waker::Kind::interrupt, Waker::Kind::several, Waker::Kind::unknown}) {
        json.field(to_string(kind), waker_text(kind));
      }
    });
    json.object("marks", [&] {
      json.field("unlinked", mark_text(Frame::Mark::unlinked));
      json.field("replaced", mark_text(Frame::Mark::replaced));
      json.field("unread", mark_text(Frame::Mark::unread));
    });
    json.field("same_up_to", verdict_band.same);
  });
  json.end_document();
}

void write_head(std::ostream& out) {
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         // The page loads nothing from the network, even if a name contains markup.
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
         "style-src 'unsafe-inline'\">\n<title>taskcost</title>\n<style>\n"
      << html_style()
      << "</style>\n</head>\n<body>\n<main id=\"page\"></main>\n<noscript>This report is shown by the script inside "
         "it. The figures stand "
         "below as JSON, and taskcost writes them as text with -o FILE.txt.</noscript>\n";
}

// Each kind of data has a script element of its own. All of it is escaped.
template <typename Write>
void write_data(std::ostream& out, std::string_view id, Write write) {
  out << "<script id=\"" << id << "\" type=\"application/json\">\n";
  ScriptText escaped(out);
  std::ostream json(&escaped);
  write(json);
  json.flush();
  out << "</script>\n";
}

void write_sections(std::ostream& out, const std::vector<sections::Section>& all) {
  write_data(out, "sections", [&all](std::ostream& data) {
    JsonWriter json(data);
    json.object([&] { sections::write_json(json, "sections", all); });
    json.end_document();
  });
}

// A report of more tasks is as short as the text without --verbose, and its data has the busiest tasks only.
constexpr std::uint64_t most_tasks_in_full = 2000;
constexpr std::size_t most_tasks_in_short = 500;
constexpr std::size_t most_edges_in_short = 2000;

// The tasks that the page names: those with a row in the timeline, and the busiest ones.
std::unordered_set<std::uint64_t> tasks_in_short(const Report& report) {
  std::unordered_set<std::uint64_t> kept;
  if (report.timeline) {
    for (const Timeline::Row& row : report.timeline->rows) {
      kept.insert(row.task);
    }
    return kept;
  }
  std::vector<std::pair<Duration, std::uint64_t>> busiest;
  for (const Process& process : report.session.processes) {
    for (const Task& task : process.tasks) {
      busiest.emplace_back(-task.account->total(TC_CONDITION_RUNNING), task.id);
    }
  }
  const std::size_t size = std::min(busiest.size(), most_tasks_in_short);
  std::ranges::partial_sort(busiest, busiest.begin() + static_cast<std::ptrdiff_t>(size));
  for (std::size_t i = 0; i < size; ++i) {
    kept.insert(busiest[i].second);
  }
  return kept;
}

// A session without the tasks that the page does not name. It copies members one by one: the tasks are most of it.
Session short_session(const Report& report) {
  const Session& all = report.session;
  const std::unordered_set<std::uint64_t> kept = tasks_in_short(report);
  Session cut;
  cut.start = all.start;
  cut.end = all.end;
  cut.aggregated = all.aggregated;
  cut.totals = all.totals;
  cut.kernel_totals = all.kernel_totals;
  cut.task_count = all.task_count;
  cut.process_count = all.process_count;
  cut.histograms = all.histograms;
  cut.calls_seen = all.calls_seen;
  cut.lifecycle_costs = all.lifecycle_costs;
  cut.edges.assign(all.edges.begin(),
                   all.edges.begin() + static_cast<std::ptrdiff_t>(std::min(all.edges.size(), most_edges_in_short)));
  cut.other_edges = all.other_edges + (all.edges.size() - cut.edges.size());
  cut.chains = all.chains;
  cut.losses = all.losses;
  for (const Process& process : all.processes) {
    if (std::ranges::none_of(process.tasks, [&](const Task& task) { return kept.contains(task.id); })) {
      continue;
    }
    Process& copy = cut.processes.emplace_back();
    copy.id = process.id;
    copy.parent = process.parent;
    copy.tgid = process.tgid;
    copy.comm = process.comm;
    copy.command = process.command;
    std::ranges::copy_if(process.tasks, std::back_inserter(copy.tasks),
                         [&](const Task& task) { return kept.contains(task.id); });
  }
  return cut;
}

// The page has its stacks in a form of their own.
void write_without_stacks(const Report& report, std::ostream& out) {
  if (!report.stacks) {
    render_json(report, out);
    return;
  }
  Report rest = report;
  rest.stacks->stacks.clear();
  rest.stacks->wakers.clear();
  render_json(rest, out);
}

void write_report(const Report& report, std::ostream& out) {
  if (report.session.task_count <= most_tasks_in_full) {
    write_without_stacks(report, out);
    return;
  }
  Report cut;
  cut.tool_version = report.tool_version;
  cut.command_line = report.command_line;
  cut.host = report.host;
  cut.target = report.target;
  cut.window_end = report.window_end;
  cut.part = report.part;
  cut.clocks = report.clocks;
  cut.evidence = report.evidence;
  cut.observer = report.observer;
  cut.claims = report.claims;
  cut.comparisons = report.comparisons;
  cut.sweeps = report.sweeps;
  cut.tables = report.tables;
  cut.prices = report.prices;
  cut.stacks = report.stacks;
  cut.session = short_session(report);
  write_without_stacks(cut, out);
}

NameOfTask names_of(const Session& session) {
  std::unordered_map<std::uint64_t, const Task*> tasks;
  for (const Process& process : session.processes) {
    for (const Task& task : process.tasks) {
      tasks.emplace(task.id, &task);
    }
  }
  return [tasks = std::move(tasks)](std::uint64_t id) {
    const auto found = tasks.find(id);
    return found == tasks.end() ? std::string() : fmt::format("{} ({})", found->second->comm, found->second->tid);
  };
}

// The timeline stands before what it explains.
std::vector<sections::Section> sections_of(const Report& report) {
  std::vector<sections::Section> all =
      sections::of(report, report.session.task_count <= most_tasks_in_full, {.folds = true});
  if (report.timeline) {
    all.insert(std::ranges::find(all, "waits", &sections::Section::id), sections::timeline(*report.timeline));
  }
  if (!has_all_stacks(report)) {
    const auto section = std::ranges::find(all, "stacks", &sections::Section::id);
    if (section != all.end()) {
      section->say(
          fmt::format("The flame graph has the {} heaviest stacks of {}; the others are summed up as [other stacks]. "
                      "All of them are in "
                      "the JSON report (-o FILE.json).",
                      stacks_in_page(report), report.stacks->stacks.size()));
    }
  }
  if (report.session.task_count > most_tasks_in_full) {
    all.front().say(fmt::format(
        "This page shows the tasks that cost the most, of {}. All of them are in the JSON report (-o FILE.json), "
        "and with --verbose in the text.",
        counted(report.session.task_count, "task", "tasks")));
  }
  return all;
}

void write_script(std::ostream& out, std::string_view script) { out << "<script>\n" << script << "\n</script>\n"; }

void write_end(std::ostream& out) { out << "</body>\n</html>\n"; }

}  // namespace

void render_html(const Report& report, std::ostream& out) {
  write_head(out);
  write_data(out, "report", [&](std::ostream& data) { write_report(report, data); });
  write_data(out, "words", write_words);
  if (report.stacks) {
    write_data(out, "stacks", [&](std::ostream& data) { write_stacks(report, data); });
  }
  write_sections(out, sections_of(report));
  if (report.timeline) {
    write_data(out, "timeline",
               [&](std::ostream& data) { write_timeline(*report.timeline, names_of(report.session), data); });
  }
  if (!report.sweeps.empty()) {
    write_script(out, html_charts());
  }
  write_script(out, html_script());
  write_end(out);
}

void render_difference_html(const Difference& difference, const Report* a, const Report* b, std::ostream& out) {
  const bool have_stacks = a != nullptr && b != nullptr && a->stacks && b->stacks;
  std::vector<sections::Section> all = sections::of(difference, true);
  write_head(out);
  write_data(out, "report", [&](std::ostream& data) { render_difference_json(difference, data); });
  if (have_stacks) {
    write_data(out, "words", write_words);
    write_data(out, "stacks", [&](std::ostream& data) { write_stacks(*a, *b, data); });
    all.insert(std::ranges::find(all, "processes", &sections::Section::id),
               sections::changed_stacks(has_all_stacks(*a) && has_all_stacks(*b)));
  }
  write_sections(out, all);
  write_script(out, html_compare_script());
  write_end(out);
}

void render_comparison_html(const Comparison& comparison, std::ostream& out) {
  write_head(out);
  write_data(out, "report", [&](std::ostream& data) { render_comparison_json(comparison, data); });
  write_sections(out, sections::of(comparison, true));
  write_script(out, html_compare_script());
  write_end(out);
}

}  // namespace taskcost
