// SPDX-License-Identifier: Apache-2.0
//
// What is compared: nothing at all, programs with nothing in them, taskcost in its ways, and its peers as Debian has
// them. One table; how each is started and when it observes is told by `Start`.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/small_probes.h"
#include "support/subprocess.h"

namespace taskcost::bench {

enum class Start {
  nothing,
  small_probes,  // attached by this process before the workload starts
  launches,      // the tool starts the command that it observes, and has its probes in place before the command's exec
  attaches       // the tool runs first; the workload starts when the tool has said that it traces
};

// In the words of a command stand for what is known only when it runs:
inline constexpr std::string_view directory_word = "@DIR";  // where it may leave files; not counted: what is in ours
inline constexpr std::string_view pid_word = "@PID";        // of the program that it watches, where it attaches to one
// A script in that directory, for `launches`: the workload, or the program that is watched while it runs.
inline constexpr std::string_view observed_word = "@DIR/observed";

struct Tool {
  std::string_view name;  // "perf-sched"
  std::string_view what;  // for people: "perf sched record"
  Start start = Start::nothing;
  std::vector<std::string> command = {};      // that observes the workload
  std::vector<std::string> one_program = {};  // that watches one program only; empty: it cannot
  // Of `attaches`: what it says on standard output then. Empty: it says nothing; its link to a probe tells.
  std::string_view ready = {};
  std::string_view package = {};  // Debian's, that has it
  // Events that it lost, as it says itself. Empty: it does not tell.
  std::function<std::optional<std::uint64_t>(const std::string& directory, const test::Finished& finished)> lost = {};
  // Of `small_probes`. Of taskcost: on whose hooks it is.
  Detail detail = Detail::full;
  Content content = Content::nothing;
  std::string_view empty = {};  // the tool that has empty programs on the same hooks
};

// `directory` of the build: that of taskcost.
std::vector<Tool> all_tools(const std::string& directory);

}  // namespace taskcost::bench
