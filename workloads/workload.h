// SPDX-License-Identifier: Apache-2.0
//
// What the bundled workloads share. A workload does a known number of operations once as threads and once as
// processes, with the same loop around both, and measures its own wall time: a benchmark even when nobody observes it.
#pragma once

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <sys/types.h>

namespace taskcost::workload {

// A key of the JSON form, and a word or a number.
using Fact = std::pair<const char*, std::variant<std::uint64_t, std::string>>;

struct Outcome {
  std::string workload;
  std::string model;
  std::uint64_t operations = 0;     // measured ones, without the warm-up
  std::chrono::nanoseconds wall{};  // of the measured ones
  std::string done;                 // for people: "2000 threads created and joined"
  std::vector<Fact> facts;          // options and known counts, warm-up included
};

struct Workload {
  CLI::App* command = nullptr;   // owned by the application
  std::function<Outcome()> run;  // after the parse; ends the program when it cannot
};

// Each adds its subcommand.
Workload add_create(CLI::App& app);
Workload add_switch(CLI::App& app);

// The hidden subcommand `noop [FD]` that created processes exec: waits for a byte from FD, when it is given.
int noop(int argc, char** argv);

// Prints "taskcost-workload: cannot WHAT: reason" and ends the process with status 1 at once: also in a forked child
// or in one thread of many, where unwinding would run what belongs to others.
[[noreturn]] void fail(const char* what, int error);
// For calls that return -1 and set errno.
int must(int result, const char* what);
// For calls of pthread_*, which return the error.
void must_succeed(int error, const char* what);
// Ends the process when the child did not exit with 0. A child that ended by fail() has said why.
void expect_success(int wait_status);

std::chrono::nanoseconds now();

// Anonymous memory, zeroed, never unmapped before the process ends. `sharing` is MAP_PRIVATE or MAP_SHARED.
std::byte* map_memory(std::size_t bytes, int sharing);

// Puts this task, and what it creates from here on, on the first CPU that it may use.
void pin_to_first_allowed_cpu();

// Options that look the same in all workloads. `limit` is the largest value allowed.
void add_number(CLI::App& command, const std::string& name, std::uint64_t& target, std::uint64_t least,
                std::uint64_t limit, const std::string& help);
void add_choice(CLI::App& command, const std::string& name, const std::string& value_name, std::string& target,
                const std::vector<std::string>& choices, const std::string& help);

}  // namespace taskcost::workload
