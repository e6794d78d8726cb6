// SPDX-License-Identifier: Apache-2.0
//
// Stacks as the kernel unwound them, and with names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "taskcost/account.h"

namespace taskcost {

enum class StackKind { creation, fault, wait, involuntary_switch };
const char* to_string(StackKind kind);  // "creation", "fault", "wait", "involuntary switch"

// Addresses, innermost first.
struct RawStack {
  std::uint64_t process = 0;  // Process::id
  // Which of its programs that was; CLOCK_MONOTONIC.
  std::uint64_t exec_ns = 0;   // of the exec that began it; 0: none that was seen
  std::uint64_t start_ns = 0;  // of the process, or when it was first seen; 0: not known
  StackKind kind = StackKind::wait;
  tc_wait wait = TC_WAIT_OTHER;  // of a wait: what for
  std::vector<std::uint64_t> kernel;
  std::vector<std::uint64_t> user;
  bool user_missing = false;  // the kernel could not unwind any user frame
  std::uint64_t count = 0;
  Duration time{};  // waited, faulted, kept off the CPU, or spent in the creating call
};

struct Frame {
  enum class Mark {
    none,
    unlinked,  // the file it came from has no name any more
    replaced,  // another file has its name now
    unknown,   // no file is known for the address
    unread     // the file was not read: it did not answer in time, is too large, or there was no time left
  };
  std::string function;      // demangled; empty when there is no symbol
  std::string module;        // path of the ELF file, "[vdso]", "[kernel]", ...; empty when unknown; hostile
  std::uint64_t offset = 0;  // into the module, for frames without a symbol
  Mark mark = Mark::none;
  bool kernel = false;
};

struct NamedStack {
  std::uint64_t process = 0;  // Process::id
  StackKind kind = StackKind::wait;
  tc_wait wait = TC_WAIT_OTHER;
  std::vector<Frame> frames;  // outermost first: user, then kernel
  bool cut = false;           // the user part does not reach a thread's or a program's entry
  std::uint64_t count = 0;
  Duration time{};
};

// All stacks of a session.
struct Stacks {
  std::vector<NamedStack> stacks;  // by time, the largest first
  std::uint64_t events = 0;        // how many were recorded
  std::uint64_t cut_events = 0;    // of those, how many with a user part that is cut or missing
  std::uint64_t lost_events = 0;   // without a stack: the kernel's table had no place for it
};

}  // namespace taskcost
