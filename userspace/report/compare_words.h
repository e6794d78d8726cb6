// SPDX-License-Identifier: Apache-2.0
//
// The words of a comparison of commands.
#pragma once

#include <string>
#include <vector>

#include "verdict/compare/compare.h"

namespace taskcost {

inline constexpr double ns_per_second = 1e9;

// Returns the command's name if it was given one, else "A", "B", ...
std::string command_label(const Experiment& experiment, std::size_t command);

// Names the parts of one or two commands, with the name of their process if there are several processes.
class PartWords {
 public:
  // `other` may be the same object as `one`.
  PartWords(const CommandRuns& one, const CommandRuns& other, bool several_processes);
  [[nodiscard]] std::string text(const PartName& name) const;

 private:
  std::string launched_;  // empty: parts are shown without the name of their process
};
bool several_processes(const std::vector<TimePart>& parts);
bool several_processes(const MeanParts& parts);

// Answers with one sentence for the wall time and one for the CPU time of each pair, or of a single command.
std::vector<std::string> answer_sentences(const Comparison& comparison);
// "21 rounds in 3.10 s; every pair is decided."
std::string end_text(const Experiment& experiment);

}  // namespace taskcost
