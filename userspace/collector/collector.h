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

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "account/account.h"
#include "account/clock_anchor.h"
#include "account/evidence.h"
#include "account/glance.h"
#include "account/glance_numbers.h"
#include "account/observation.h"
#include "account/session_builder.h"
#include "account/stacks.h"
#include "base/fd.h"
#include "base/fetcher.h"
#include "base/result.h"
#include "collector/calibrate.h"
#include "collector/cpu_watch.h"
#include "collector/ended_tasks.h"
#include "collector/observe.h"
#include "collector/own_cost.h"
#include "collector/probes.h"
#include "collector/record_tap.h"
#include "collector/ring_reader.h"
#include "collector/sources.h"
#include "collector/stack_reader.h"
#include "collector/window_losses.h"

namespace taskcost {

// The content of `taskcost doctor`: if the probes work, the source of each figure, and which extras work.
struct Diagnosis {
  Status usable = Done{};
  EvidenceList evidence;  // empty if not usable
  std::vector<Extra> extras;
};
// Loads and attaches all probes once, then drops them.
Diagnosis diagnose();

class Collector {
 public:
  // Errors: privileges are missing, the kernel refused a probe, or a thread or a map could not be made.
  static Result<std::unique_ptr<Collector>> open(const CollectorOptions& options);
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // Receives every record of the next window, byte for byte in the order of the ring buffer, and its time if it has
  // one. It is called on the reader's thread, which must not block, and by finish() for the rest: gaps, the last
  // events, command lines, ledgers of running tasks, and the tables: edges, flows, histograms, regions, system calls,
  // what ran instead, interrupts, quotas and locks.
  void record_to(RecordTap::Sink sink) { tap_.set_sink(std::move(sink)); }

  // Returns the pid of the command, a child of this process that the caller has to reap. Errors: the command could not
  // be executed (with the exit status of a shell), no ledger was made for it, or no window could be opened.
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
  [[nodiscard]] std::optional<Instant> exit_seen() const { return exit_seen_; }

  struct Observation {
    Session session;
    Observer observer;
    std::optional<Stacks> stacks;  // nullopt without CollectorOptions::stacks
    WindowClocks clocks;
    std::optional<Duration> stolen;  // steal time of all CPUs in the window; nullopt: not known
  };
  // REQUIRES: launch() or adopt() opened the window. After it, another may open.
  Observation finish();

  // Called by wait() every 10 ms.
  void on_poll(std::function<void()> on_poll) { on_poll_ = std::move(on_poll); }

  // An instant of the open window, for a capture that ends there.
  struct Moment {
    ClockAnchor clocks;
    std::vector<std::byte> records;  // what finish() would pass to record_to(): command lines, ledgers of living tasks
    HostNames names;                 // without names of wakers
    Observer calibration;            // what was measured before the window
  };
  // REQUIRES: record_to() was called before the window opened.
  Moment moment();
  // Calls `body` while the reader stands still: each record that the ring has by now was passed to record_to(), and no
  // further one is. Events go on into the ring. Error: the reader could not be resumed.
  Status pause_reader(const std::function<void()>& body);
  [[nodiscard]] Losses losses() const;
  // A latency of all CPUs in ns, since the start of the window.
  [[nodiscard]] tc_histogram latency(tc_histogram_id id) const;

  // Returns the current state; the window stays open. Tasks that exited since the last glance are in it once.
  Glance glance();
  // The number of tasks that exited since the last glance, up to EndedTasks::limit.
  [[nodiscard]] std::size_t ended_since_glance() const { return ended_.size(); }
  // A glance at the end of a window. glance() lacks tasks that exited within the last 10 ms, for which the reader has
  // not polled yet; no later glance would have them. Only finish() may follow.
  Glance last_glance() {
    reader_->stop();
    return glance();
  }

  [[nodiscard]] const EvidenceList& evidence() const { return sources_.evidence; }
  // The options for building a session of its records.
  [[nodiscard]] const SessionBuilder::Options& model() const { return model_; }

 private:
  Collector(const CollectorOptions& options, Sources sources, Probes probes, Instant opened);

  // Waits until `settled` holds, but no longer than 200 ms.
  static void settle(const std::function<bool()>& settled);

  void calibrate(const CallTimes& untraced);
  Status open_window();
  // Makes the unwind tables of what the target executes by now, before the window opens.
  Status prepare_tables(const Target& target);
  // Tells the probes to observe the next child of this thread.
  void observe_next_child() const { probes_.shared().launcher = probes_.shared().collector_tid; }
  void poll_mappings_and_arrivals();
  // Reopens the perf events of a CPU that comes online, as they end when it goes offline. REQUIRES: `stacks_` is set,
  // and the probes are attached.
  Status watch_cpus();
  [[nodiscard]] bool is_in_window(const tc_ledger& ledger) const { return ledger.id >= first_id_; }
  [[nodiscard]] bool any_task_exiting() const;
  // What tasks were waiting for when the window closed.
  [[nodiscard]] std::vector<OpenStack> open_stacks(Instant end) const;

  Status start_reader();
  // The pid in our /proc, which may belong to another pid namespace than ours; 0: the task is not visible there.
  [[nodiscard]] std::uint32_t proc_pid(const tc_ledger& ledger) const;
  // Reads the command lines of processes that were adopted. It is too late when they exit: /proc/PID/cmdline is empty
  // then.
  void take_commands();
  // Reads the remaining ledgers and the tables. REQUIRES: the window is closed, and the reader stopped.
  void take_tables(Instant end);

  void snapshot_all_mappings();
  void reset_baseline();
  Status reset_for_next_window();
  [[nodiscard]] Fetcher::Limits limits_before_window() const;
  Status attach_tap();
  void on_record(const Record& record);
  void take_living_ledgers();
  [[nodiscard]] std::uint64_t take_edges_and_flows();
  void take_syscalls();
  void take_ran_instead();
  bool take_quotas();
  void take_interrupts();
  bool take_locks();
  bool take_wait_objects();
  [[nodiscard]] std::uint64_t take_regions(Instant end);
  void take_histograms();

  Sources sources_;
  Probes probes_;
  const bool glances_only_;
  SessionBuilder::Options model_;
  // The reader's thread adds records and this thread command lines, under the mutex. After the reader has stopped, only
  // this thread uses it.
  SessionBuilder builder_;
  std::mutex builder_mutex_;
  RecordTap tap_;
  std::unique_ptr<StackReader> stacks_;  // nullptr without CollectorOptions::stacks

  int stop_fd_ = -1;
  std::optional<Instant> start_;  // start of the window, before the first ledger
  // The number of levels that our pid namespace is below that of our /proc.
  const std::uint32_t levels_below_proc_;
  std::optional<ClockAnchor> start_clocks_;
  std::optional<Duration> steal_at_start_;
  std::optional<Instant> exit_seen_;
  // The first ledger id of the window; lower ids belong to the calibration or an earlier window. The reader's thread
  // reads it.
  std::atomic<std::uint64_t> first_id_ = UINT64_MAX;
  std::uint64_t arrivals_seen_ = 0;      // value of probes_.shared().arrivals at the last adoption
  std::set<std::uint64_t> commands_of_;  // processes whose command lines were read in this window
  bool finished_ = false;                // a window was closed: reset_for_next_window() before the next one opens

  WindowLosses losses_;
  std::uint64_t refused_before_ = 0;  // records that the reader had refused at the last reset_baseline()
  OwnCost cost_;
  Fd statistics_;  // while this is open, the kernel counts the runs of BPF programs and their time
  EndedTasks ended_;
  std::function<void()> on_poll_;
  GlanceNumbers numbers_of_glances_;
  HostNames names_of_glances_;

  // These come last, because their threads use the other members.
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<CpuWatch> cpus_;  // nullptr if no perf event is bound to a CPU
};

}  // namespace taskcost
