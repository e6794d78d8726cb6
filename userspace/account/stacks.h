// SPDX-License-Identifier: Apache-2.0
//
// Call stacks: as the kernel unwound them, and with names.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "account/account.h"
#include "taskcost/abi_unwind.h"

namespace taskcost {

enum class StackKind {
  creation,
  fault,
  wait,
  involuntary_switch,
  on_cpu  // samples of running tasks
};
const char* to_string(StackKind kind);  // "creation", "involuntary switch", "on CPU", ...
// True for what a task does at any time: it runs, or waits for something or for a CPU. The time of faults and creations
// is a part of that.
bool is_of_lifetime(StackKind kind);

const char* key_of(tc_stack_end end);
const char* text_of(tc_stack_end end);

// One stack of addresses in the kernel's table, and how often it was hit.
struct RawStack {
  std::uint64_t process = 0;  // Process::id
  std::string thread;         // comm of the task; hostile
  // These select the program that ran, in CLOCK_MONOTONIC ns.
  std::uint64_t exec_ns = 0;   // time of the exec that started it; 0: no exec was seen
  std::uint64_t start_ns = 0;  // time when the process started or was first seen; 0: not known
  StackKind kind = StackKind::wait;
  tc_wait wait = TC_WAIT_OTHER;                    // what StackKind::wait waits for
  std::vector<std::uint64_t> kernel;               // addresses, innermost first
  std::vector<std::uint64_t> user;                 // addresses, innermost first
  bool user_missing = false;                       // the kernel could not unwind any user frame
  tc_stack_end end = TC_STACK_END_FRAME_POINTERS;  // of the user part
  std::uint64_t count = 0;
  Duration time{};             // total of the waits, faults, times off the CPU, or creating calls, or of samples
  Duration runnable{};         // of waits: total time from their wakeups to a CPU
  std::uint64_t user_key = 0;  // of the user part in the kernel's table, for StackPlace; 0: none is wanted
};

struct Frame {
  enum class Mark {
    none,
    unlinked,  // no file has its path: it was unlinked, or its process ended before its mount namespace was seen
    replaced,  // its path leads to another file or other content now
    unknown,   // no mapping is known for the address, or several files were mapped there one after the other
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
  tc_stack_end end = TC_STACK_END_COMPLETE;  // of the user part; COMPLETE and NO_USER are not cut
  std::string thread{};                      // name of the tasks, as ThreadNames shows it; hostile
  Duration runnable{};                       // of waits: total time from their wakeups to a CPU
};

// Long waits with one stack that observed tasks ended from one stack.
struct WakerStack {
  NamedStack sleeper;  // count and time are those of the waits
  NamedStack waker;    // so they are here
};

// The frame that says where a program is: its innermost one in user mode outside of shared libraries and the vDSO, else
// the innermost one with a symbol. nullptr: there is neither.
const Frame* own_frame(const NamedStack& stack);

// The frame that own_frame() finds in a user stack of recorded events.
struct StackPlace {
  std::uint64_t key = 0;  // place_key() of TC_EV_STACK
  Frame frame;
};
// The part of the key of a stack that JSON keeps exact.
constexpr std::uint64_t place_key(std::uint64_t key) { return key & ((std::uint64_t{1} << 53U) - 1); }

struct StackSums {
  std::uint64_t count = 0;
  Duration time{};
};

// Samples of running tasks. Each stands for the same part of the CPU time of all tasks. By chance, n samples are off by
// less than 2 / sqrt(n) in 19 of 20 cases.
struct StackSamples {
  unsigned frequency = 0;   // per second, on each CPU
  std::uint64_t count = 0;  // of observed tasks
  Duration cpu_time{};      // CPU time of these tasks

  [[nodiscard]] Duration time_of(std::uint64_t samples) const;
};

// The build id of a file with code.
struct BuildId {
  std::string file;  // as Frame::module; hostile
  std::string id;    // hexadecimal
};

// The unwind tables that were made.
struct UnwindTables {
  std::uint64_t files = 0;    // with a table
  std::uint64_t without = 0;  // without unwind information that could be read
  std::uint64_t no_room = 0;  // whose table would have exceeded limit_bytes
  std::uint64_t bytes = 0;    // of kernel memory
  std::uint64_t limit_bytes = 0;
  // A file that is in `without` or `no_room`.
  struct Failure {
    std::string file;  // path; hostile
    std::string why;
  };
  static constexpr std::size_t most_failures = 64;
  std::vector<Failure> failures;  // the first ones
};

// The mapped files that were kept open until their symbols were read, and the maps of just-in-time compilers.
struct KeptFiles {
  std::uint64_t kept = 0;
  std::uint64_t not_kept = 0;  // beyond `limit`: they have names if their path still leads to them
  std::uint64_t limit = 0;
  std::uint64_t jit_maps = 0;  // /tmp/perf-PID.map that names were taken from
  // These are missing or empty, of another user or of an earlier process, or could not be read.
  std::uint64_t jit_maps_refused = 0;
};

// All stacks of a session.
struct Stacks {
  std::vector<NamedStack> stacks;                  // sorted by time, the largest first
  std::uint64_t events = 0;                        // events with a stack
  std::uint64_t cut_events = 0;                    // events among them whose user part is cut or missing
  Duration time{};                                 // of all events with a stack
  Duration cut_time{};                             // of the cut events
  std::array<StackSums, TC_NR_STACK_ENDS> ends{};  // by tc_stack_end; events and time by how their user part ended
  std::optional<UnwindTables> tables;              // nullopt: frame pointers alone
  KeptFiles files;
  std::optional<StackSamples> samples;  // nullopt: none were taken
  std::vector<WakerStack> wakers;       // of waits of 1 ms or more; sorted by time, the largest first
  std::vector<BuildId> build_ids;       // of the files of the frames, as far as they are known
  std::vector<StackPlace> places;       // of waits and involuntary switches; a capture has them, JSON has not
  std::uint64_t lost_events = 0;        // events without a stack: the kernel's table of stacks was full
};

}  // namespace taskcost
