// SPDX-License-Identifier: Apache-2.0
//
// Options that several commands have: whom to observe, how much, and where the report goes. Added to a parser as text,
// checked when all words are known.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commandline/command_parser.h"
#include "commandline/options.h"
#include "taskcost/result.h"

namespace taskcost::commandline {

using Words = std::vector<std::string>;

// What stands before the first "--" and what after it. CLI11 would eat the mark, and a command may have one of its own.
struct AtMark {
  Words before;
  Words after;  // without the mark
  bool marked = false;
};

AtMark split_at_mark(const Words& words);
void append(Words& words, const Words& more);

// The options that all commands share which observe, as text. `stream` and `text_by_default` are the command's own.
struct ObserveText {
  Words outputs;
  std::string format;  // empty: the usual one
  ReportStream stream = ReportStream::standard_output;
  bool text_by_default = true;
  Words max_tasks;
  std::string detail = "full";
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  bool probe_stats = false;
  bool kernel_memory = false;
  bool stacks = false;
  Words buffers;
};

void add_observe_options(CommandParser& parser, ObserveText& text);
Result<ObserveOptions> checked(const ObserveText& text);
// Where no transitions can be recorded: an error if a file of them is wanted.
std::optional<Error> refuse_events(const ObserveOptions& options, const std::string& where);

struct Levels {
  Detail detail = Detail::full;
  std::optional<unsigned> max_tasks;
};

Result<Levels> checked(const std::string& detail, const Words& max_tasks);

// The options that name whom to observe, as text.
struct TargetText {
  Words pids;
  Words tids;
  Words cgroups;
  Words names;
  bool machine = false;
  bool no_children = false;
};

void add_target_options(CommandParser& parser, TargetText& text);
// Exactly one kind of target. nullopt: none is given.
Result<std::optional<Target>> checked(const TargetText& text, const std::string& hint);

}  // namespace taskcost::commandline
