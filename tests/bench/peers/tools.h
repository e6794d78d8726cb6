// SPDX-License-Identifier: Apache-2.0
//
// The tools that are compared: none, empty programs, taskcost with different options, and other tools as Debian has
// them. One table; `Start` says how each is started and when it observes.
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
  collects,      // this process observes the command as taskcost does, with `options`
  launches,      // the tool starts the command that it observes, and has attached its probes before the command's exec
  attaches       // the tool runs first; the workload starts when the tool has said that it traces
};

// These words of a command are replaced when it runs:
inline constexpr std::string_view directory_word =
    "@DIR";                                           // a directory for the tool's files; not counted: what is in ours
inline constexpr std::string_view pid_word = "@PID";  // of the program that it watches, if it attaches to one
// A script in that directory, for `launches`: the workload, or the program that is watched while the workload runs.
inline constexpr std::string_view observed_word = "@DIR/observed";

struct Tool {
  std::string_view name;  // "perf-sched"
  std::string_view what;  // for people: "perf sched record"
  Start start = Start::nothing;
  std::vector<std::string> command = {};      // observes the workload
  std::vector<std::string> one_program = {};  // watches one program only; empty: it cannot
  // For `attaches`: what it prints on standard output when it observes. Empty: it prints nothing, and is ready when it
  // has a BPF link.
  std::string_view ready = {};
  std::string_view package = {};  // the package of Debian that contains it
  // The number of lost events, as the tool reports it. Empty: it does not report them.
  std::function<std::optional<std::uint64_t>(const std::string& directory, const test::Finished& finished)> lost = {};
  CollectorOptions options = {};
  // For `small_probes`: the programs. For taskcost: the level of detail whose hooks it uses.
  Detail detail = Detail::full;
  Content content = Content::nothing;
  std::string_view empty = {};  // the tool that has empty programs on the same hooks
};

// `directory` is the build directory with taskcost.
std::vector<Tool> all_tools(const std::string& directory);

}  // namespace taskcost::bench
