// SPDX-License-Identifier: Apache-2.0
//
// The only door to the kernel. One Collector is one window of observation after another:
//
//   open      choose the sources, load and attach the probes. Nothing is observed yet.
//   launch    start a command that is observed from its first instruction, or
//   adopt     observe tasks that run already, their descendants, and the children they will have
//   wait      until the target ended, the time is over or somebody wants to stop
//   finish    close the window; ledgers, histograms and losses become a Session. The next launch or adopt opens another
//
// Used from one thread. A thread of its own drains the ring buffer meanwhile.
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

#include "taskcost/account.h"
#include "taskcost/evidence.h"
#include "taskcost/glance.h"
#include "taskcost/report.h"
#include "taskcost/result.h"
#include "taskcost/session_builder.h"
#include "taskcost/stacks.h"

namespace taskcost {

// How much is probed.
enum class Detail {
  full,     // everything
  switches  // no system calls and no page faults: what a task waits for is read from its saved registers when it leaves
            // its CPU, and faults are those that the kernel has counted
};

struct CollectorOptions {
  unsigned max_tasks = 16384;  // ledgers at the same time; 4 KiB of kernel memory each
  Detail detail = Detail::full;
  bool probe_stats = false;    // run counts and time of every probe: some 70 ns for each run
  bool kernel_memory = false;  // what creating calls allocate: makes every allocation in the kernel dearer
  bool stacks = false;         // of creations, faults, waits and involuntary switches
  bool stints = false;         // keep each time on a CPU: a record for every switch
  bool events = false;         // send the transitions themselves: see record_to()
  // Neither fentry, fexit nor kprobes, as where the kernel denies them: what stands in for them is then compared with
  // them.
  bool no_function_probes = false;
  std::size_t ring_bytes = 0;  // of the ring buffer, a power of two; 0: enough for the options above
  int stop_fd = -1;            // readable: files of observed programs are not waited for
};

// A user to run a command as.
struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
  std::string name;
  std::string home;
  std::string shell;
};

// `user` when given, else the user who called sudo, else nobody in particular (nullopt: stay who we are).
// Errors: no such user, or this process may not become another user.
Result<std::optional<Identity>> identity_for_command(const std::optional<std::string>& user);

struct Command {
  std::vector<std::string> arguments;  // not empty; the first is looked up in PATH
  std::optional<Identity> identity;
  sigset_t signal_mask{};          // of the command: the caller may block signals for itself
  int standard_output = -1;        // descriptor to become the command's; -1: it shares the caller's
  std::vector<int> descriptors{};  // that it keeps beside its standard streams
  int standard_input = -1;         // as standard_output
  int standard_error = -1;
};

struct Target {
  enum class Kind {
    processes,  // all tasks of thread groups, and their descendants
    tasks,      // single tasks, without their children
    name,       // processes whose name matches, those that take that name by exec later included
    cgroup,     // all in a cgroup and below it, and whoever comes there
    machine     // all, the caller excepted
  };
  Kind kind = Kind::processes;
  std::vector<pid_t> ids;  // of processes or tasks, as the caller's pid namespace numbers them
  std::string name;        // a pattern with *, ? and [...]
  std::string cgroup;      // a directory of a cgroup file system, or a path below a mounted hierarchy
  bool children = true;    // of processes: those that they have, and those that they will have
};

// What an adoption found.
struct Adoption {
  std::uint64_t tasks = 0;            // observed now
  std::vector<std::string> left_out;  // ids of the target that could not be observed, each as a sentence
};

// What `doctor` tells: can anything be measured, from which source each figure would come, and what else works.
struct Diagnosis {
  Status usable = Done{};
  EvidenceList evidence;  // empty when not usable
  std::vector<Extra> extras;
};
Diagnosis diagnose();

class Collector {
 public:
  static Result<Collector> open(const CollectorOptions& options);
  Collector(Collector&&) noexcept;
  Collector& operator=(Collector&&) noexcept;
  ~Collector();

  // Every record of the next window, byte for byte in the order of the ring buffer, and its time where it has one.
  // Called from the reader's thread, which must not wait for anything; by finish() with what the window leaves: gaps,
  // command lines, ledgers of living tasks, edges, flows, histograms.
  using OnBytes = std::function<void(std::span<const std::byte> record, std::optional<Instant> at)>;
  void record_to(OnBytes on_bytes);

  // The pid of the command, a child of this process that the caller has to wait for. An error of exec carries the exit
  // status that a shell would give.
  Result<pid_t> launch(const Command& command);

  // Error when an id is of the wrong kind, a pattern or path is none, or nothing is left to observe.
  Result<Adoption> adopt(const Target& target);

  struct Until {
    std::optional<Duration> duration;  // nullopt: no limit
    int stop_fd = -1;                  // readable: stop
    int exit_fd = -1;                  // readable: the launched command ended; -1: when no observed task is left
  };
  // Error: it cannot wait; what was observed until then is there for finish().
  Result<WindowEnd> wait(const Until& until);
  // When wait() found that the launched command had ended.
  [[nodiscard]] std::optional<Instant> exit_seen() const;

  struct Observation {
    Session session;
    Observer observer;
    std::optional<Stacks> stacks;  // nullopt unless they were asked for
    WindowClocks clocks;
  };
  Observation finish();

  // How it stands now; the window stays open. Tasks that ended since the last glance are in it once.
  Glance glance();

  [[nodiscard]] const EvidenceList& evidence() const;
  // How its records are to be read.
  [[nodiscard]] const SessionBuilder::Options& model() const;

 private:
  struct State;
  explicit Collector(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace taskcost
