// SPDX-License-Identifier: Apache-2.0
//
// Words that several sections use.
#pragma once

#include <string>
#include <string_view>

#include "account/stacks.h"
#include "base/unit.h"
#include "verdict/report.h"

namespace taskcost {

// The text of an entry in a list of abi.h, without the explanation in parentheses.
std::string short_text(std::string_view text);
std::string key_words(std::string_view key);     // "unix socket" for unix_socket
std::string signal_text(int signal);             // "SIGKILL"
std::string ended_text(const Process& process);  // "exit 0", "SIGKILL", "still alive", "unknown"
std::string creation_words(tc_creation kind);    // "fork", "CLONE_VM alone"
std::string latency_text(std::string_view histogram_key);
std::string group_words(GroupBy by);  // "program", "command line", ...
// The name of a group in a table.
std::string group_text(GroupBy by, const std::string& name);
// "cc1", "stress-ng, not observed", "kworker/*:* (kernel)", "nothing, the CPU was idle"
std::string ran_text(GroupBy by, const GroupRanInstead& ran);
// "git index-pack --stdin": without the directory of the program, and cut.
std::string short_command(const std::string& command);
std::string_view waker_text(Waker::Kind kind);  // "an interrupt"; for a task, use its name
std::string_view mark_text(Frame::Mark mark);   // "not read"; empty for Mark::none and Mark::unknown

// These replace a figure, and head a report, if system calls had no probes.
constexpr std::string_view calls_unmeasured = "not measured: system calls had no probes (--detail switches)";
constexpr std::string_view without_calls =
    "--detail switches: system calls and page faults had no probes, so all time on CPUs counts as user code.";

std::string ratios_text(const Interval& interval);                              // "[1.20..1.26]"
std::string interval_text(const Interval& interval, Unit unit);                 // "[1.20 ms..1.26 ms]"
std::string ratio_text(double ratio, const std::optional<Interval>& interval);  // "1.23 [1.20..1.26]"

// The clocks at both ends of the window. A report of `verify` has many windows: its clocks are those of the whole run.
WindowClocks window_clocks(const Report& report);

inline Duration lifetime_of(const Process& process) { return process.end - process.start; }

}  // namespace taskcost
