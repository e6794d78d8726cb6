// SPDX-License-Identifier: Apache-2.0
//
// The interface to the kernel. A Collector observes in windows, one after another:
//
//   open      chooses the sources, loads and attaches the probes. No task is observed yet.
//   launch    opens a window and starts a command, which is observed from its first instruction, or
//   adopt     opens a window and observes running tasks, their descendants, and their future children
//   wait      returns when the target has exited, the time has elapsed, or stop_fd is readable
//   finish    closes the window and makes a Session of ledgers, histograms and losses
//
// One thread uses it. Another thread, which it starts, drains the ring buffer.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "account/account.h"
#include "account/clock_anchor.h"
#include "account/evidence.h"
#include "account/glance.h"
#include "account/observation.h"
#include "account/session_builder.h"
#include "account/stacks.h"
#include "base/result.h"

namespace taskcost {

// Selects which transitions are probed.
enum class Detail {
  full,     // everything
  switches  // no system calls and no page faults: saved registers at a switch tell what a task waits for, and faults
            // are
  // the kernel's min_flt and maj_flt
};

struct CollectorOptions {
  unsigned max_tasks = 16384;  // most ledgers at the same time; each takes 4 KiB of kernel memory
  Detail detail = Detail::full;
  bool probe_stats = false;    // count runs and run time of every probe; adds about 70 ns to each run
  bool kernel_memory = false;  // count the memory that creating calls allocate; slows down all kernel allocations
  bool stacks = false;         // take stacks of creations, faults, waits and involuntary switches
  bool cpu_slices = false;     // keep each CPU slice: one record for every switch
  bool events = false;         // send every transition: see record_to()
  // Use neither fentry, fexit nor kprobes. Tests compare the fallbacks with them on a kernel that has both.
  bool no_function_probes = false;
  std::size_t ring_bytes = 0;  // size of the ring buffer, a power of two; 0: enough for the options above
  int stop_fd = -1;            // once this is readable, files of observed programs are no longer waited for
};

// The user that a command runs as.
struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  std::string name;
  std::string home;
  std::string shell;
};

// Looks up `user` if given, else the user who ran sudo. nullopt: the command runs as the user of this process.
// Errors: there is no such user, or this process may not switch to another user.
Result<std::optional<Identity>> identity_for_command(const std::optional<std::string>& user);

struct Command {
  std::vector<std::string> arguments;  // not empty; the first is searched for in PATH
  std::optional<Identity> identity;
  sigset_t signal_mask{};          // signal mask of the command; this process may block other signals
  int standard_output = -1;        // descriptor that becomes the command's; -1: it shares the caller's
  std::vector<int> descriptors{};  // open descriptors that the command inherits besides the standard streams
  int standard_input = -1;         // see standard_output
  int standard_error = -1;
};

struct Target {
  enum class Kind {
    processes,  // all threads of processes, and their descendants
    tasks,      // single tasks, without their children
    name,       // processes with a matching name, also if they get it later, by exec or prctl
    cgroup,     // all tasks in a cgroup and its descendants, also if they join later
    machine     // all tasks except those of taskcost itself
  };
  Kind kind = Kind::processes;
  std::vector<pid_t> ids;  // processes or tasks, in the pid namespace of this process
  std::string name;        // a pattern with *, ? and [...]
  std::string cgroup;      // a directory of a cgroup file system, or a path relative to a mounted hierarchy
  bool children = true;    // Kind::processes: also observe present and future children
};

// The result of adopt().
struct Adoption {
  std::uint64_t tasks = 0;            // number of tasks that are observed now
  std::vector<std::string> left_out;  // a message for each id that could not be observed
};

// The content of `taskcost doctor`: if the probes work, the source of each figure, and which extras work.
struct Diagnosis {
  Status usable = Done{};
  EvidenceList evidence;  // empty if not usable
  std::vector<Extra> extras;
};
Diagnosis diagnose();

class Collector {
 public:
  static Result<Collector> open(const CollectorOptions& options);
  Collector(Collector&&) noexcept;
  Collector& operator=(Collector&&) noexcept;
  ~Collector();

  // Receives every record of the next window, byte for byte in the order of the ring buffer, and its time if it has
  // one. It is called on the reader's thread, which must not block, and by finish() for the rest: gaps, command lines,
  // ledgers of running tasks, edges, flows and histograms.
  using OnBytes = std::function<void(std::span<const std::byte> record, std::optional<Instant> at)>;
  void record_to(OnBytes on_bytes);

  // Returns the pid of the command, a child of this process that the caller has to reap. An error of exec has the exit
  // status of a shell.
  Result<pid_t> launch(const Command& command);

  // Errors: an id is of the wrong kind, the pattern is invalid, the cgroup does not exist, or no task matches.
  Result<Adoption> adopt(const Target& target);

  struct Until {
    std::optional<Duration> duration;  // nullopt: no limit
    int stop_fd = -1;                  // wait() returns when this is readable
    int exit_fd = -1;  // pidfd of the launched command; -1: wait() returns when no observed task is left
  };
  // Error: poll() failed; finish() still returns what was observed until then.
  Result<WindowEnd> wait(const Until& until);
  // The time at which wait() found that the launched command had exited.
  [[nodiscard]] std::optional<Instant> exit_seen() const;

  struct Observation {
    Session session;
    Observer observer;
    std::optional<Stacks> stacks;  // nullopt without CollectorOptions::stacks
    WindowClocks clocks;
  };
  Observation finish();

  // Returns the current state; the window stays open. Tasks that exited since the last glance are in it once.
  Glance glance();

  [[nodiscard]] const EvidenceList& evidence() const;
  // The options for building a session of its records.
  [[nodiscard]] const SessionBuilder::Options& model() const;

 private:
  struct State;
  explicit Collector(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace taskcost
