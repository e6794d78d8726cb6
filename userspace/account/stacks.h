// SPDX-License-Identifier: Apache-2.0
//
// Call stacks: as the kernel unwound them, and with names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "account/account.h"

namespace taskcost {

enum class StackKind { creation, fault, wait, involuntary_switch };
const char* to_string(StackKind kind);  // "creation", "fault", "wait", "involuntary switch"

// One stack of addresses in the kernel's table, and how often it was hit.
struct RawStack {
  std::uint64_t process = 0;  // Process::id
  // These select the program that ran, in CLOCK_MONOTONIC ns.
  std::uint64_t exec_ns = 0;   // time of the exec that started it; 0: no exec was seen
  std::uint64_t start_ns = 0;  // time when the process started or was first seen; 0: not known
  StackKind kind = StackKind::wait;
  tc_wait wait = TC_WAIT_OTHER;       // what StackKind::wait waits for
  std::vector<std::uint64_t> kernel;  // addresses, innermost first
  std::vector<std::uint64_t> user;    // addresses, innermost first
  bool user_missing = false;          // the kernel could not unwind any user frame
  std::uint64_t count = 0;
  Duration time{};  // total of the waits, faults, times off the CPU, or creating calls
};

struct Frame {
  enum class Mark {
    none,
    unlinked,  // its file was unlinked
    replaced,  // its path leads to another file or other content now
    unknown,   // no mapping is known for the address
    unread     // its file did not answer in time, is too large, or the time budget was used up
  };
  std::string function;      // demangled; empty if there is no symbol
  std::string module;        // path of the ELF file, "[vdso]", "[kernel]", ...; empty if unknown; hostile
  std::uint64_t offset = 0;  // in the module, for frames without a symbol
  Mark mark = Mark::none;
  bool kernel = false;
};

struct NamedStack {
  std::uint64_t process = 0;  // Process::id
  StackKind kind = StackKind::wait;
  tc_wait wait = TC_WAIT_OTHER;
  std::vector<Frame> frames;  // outermost first: user, then kernel
  bool cut = false;           // the user part does not reach the entry of a thread or a program
  std::uint64_t count = 0;
  Duration time{};
};

// All stacks of a session.
struct Stacks {
  std::vector<NamedStack> stacks;  // sorted by time, the largest first
  std::uint64_t events = 0;        // events with a stack
  std::uint64_t cut_events = 0;    // events among them whose user part is cut or missing
  std::uint64_t lost_events = 0;   // events without a stack: the kernel's table of stacks was full
};

}  // namespace taskcost
