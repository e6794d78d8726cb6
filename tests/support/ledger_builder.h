// SPDX-License-Identifier: Apache-2.0
//
// Builds ledgers as the kernel side sends them; its verbs follow the life of a task:
//
//   ledger(3).child_of(1).born_at(1ms).cell(TC_ACTIVITY_FUTEX, TC_CONDITION_BLOCKED, 5us).ended_at(2ms)
//
// Instants are times since an arbitrary zero. Without further verbs a ledger is the forked leader of a process with the
// ledger's number, and its tid is that number plus 1000.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string_view>

#include "support/test_calls.h"
#include "taskcost/abi.h"

namespace taskcost::test {

using std::chrono::nanoseconds;

inline std::uint64_t count_of(nanoseconds time) { return static_cast<std::uint64_t>(time.count()); }

inline void copy_text(char* to, std::size_t size, std::string_view text) {
  std::memcpy(to, text.data(), std::min(text.size(), size));
}

class LedgerBuilder {
 public:
  explicit LedgerBuilder(std::uint64_t id) {
    ledger_.record = {TC_RECORD_LEDGER, sizeof(tc_ledger)};
    ledger_.id = id;
    ledger_.process = id;
    ledger_.address_space = id;
    ledger_.tid = static_cast<std::uint32_t>(1000 + id);
    ledger_.tgid = ledger_.tid;
    ledger_.flags = TC_LEDGER_LEADER;
    ledger_.how = TC_CREATION_FORK;
    ledger_.created_kind = TC_NR_CREATIONS;
    ledger_.switch_kind = TC_NR_HISTOGRAMS;
    named("task");
  }

  // NOLINTNEXTLINE(google-explicit-constructor): the point of the builder
  operator const tc_ledger&() const { return ledger_; }

  // Identity.
  LedgerBuilder& named(std::string_view comm) {
    std::memset(ledger_.comm, 0, sizeof(ledger_.comm));
    copy_text(ledger_.comm, sizeof(ledger_.comm), comm);
    return *this;
  }
  LedgerBuilder& thread_of(std::uint64_t leader) {
    ledger_.process = leader;
    ledger_.address_space = leader;
    ledger_.tgid = static_cast<std::uint32_t>(1000 + leader);
    ledger_.creator = leader;
    ledger_.creator_tid = ledger_.tgid;
    ledger_.how = TC_CREATION_THREAD;
    ledger_.flags &= ~std::uint32_t{TC_LEDGER_LEADER};
    return *this;
  }
  LedgerBuilder& child_of(std::uint64_t parent) {
    ledger_.creator = parent;
    ledger_.parent_process = parent;
    ledger_.creator_tid = static_cast<std::uint32_t>(1000 + parent);
    ledger_.ppid = ledger_.creator_tid;
    ledger_.pid_seen_by_parent = ledger_.tgid;
    return *this;
  }
  LedgerBuilder& of_process(std::uint64_t process) { return set(ledger_.process, process); }
  LedgerBuilder& with_parent(std::uint64_t process) { return set(ledger_.parent_process, process); }
  LedgerBuilder& in_address_space(std::uint64_t key) { return set(ledger_.address_space, key); }
  LedgerBuilder& created_as(tc_creation kind) { return set(ledger_.how, std::uint32_t{kind}); }
  LedgerBuilder& with_pid(std::uint32_t pid) {
    ledger_.tid = ledger_.tgid = pid;
    return set(ledger_.pid_seen_by_parent, pid);
  }
  LedgerBuilder& launched() { return flag(TC_LEDGER_LAUNCHED); }
  LedgerBuilder& flag(std::uint32_t bits) { return set(ledger_.flags, ledger_.flags | bits); }

  // The beginning of the task.
  LedgerBuilder& born_at(nanoseconds at) { return set(ledger_.start_ns, count_of(at)); }
  LedgerBuilder& adopted_at(nanoseconds at) {
    ledger_.how = TC_NR_CREATIONS;
    return flag(TC_LEDGER_OPEN_AT_START).born_at(at);
  }
  LedgerBuilder& copied_in(nanoseconds copy) { return set(ledger_.copy_ns, count_of(copy)); }
  LedgerBuilder& published(nanoseconds newtask_at, nanoseconds at) {
    ledger_.newtask_ns = count_of(newtask_at);
    return set(ledger_.published_ns, count_of(at));
  }
  LedgerBuilder& first_ran_at(nanoseconds at) { return set(ledger_.first_run_ns, count_of(at)); }

  // What the task did.
  LedgerBuilder& cell(std::size_t row, tc_condition condition, nanoseconds time) {
    ledger_.cells[row * TC_NR_CONDITIONS + condition] += count_of(time);
    return *this;
  }
  LedgerBuilder& entered(tc_activity activity, std::uint64_t times) { return set(ledger_.entries[activity], times); }
  LedgerBuilder& counted(tc_counter counter, std::uint64_t count) { return set(ledger_.counters[counter], count); }
  LedgerBuilder& waited(tc_wait wait, std::uint64_t times, nanoseconds blocked) {
    ledger_.waits[wait] = {times, count_of(blocked)};
    return *this;
  }
  // The i-th edge of the ledger: a waker and a call site as in abi.h.
  LedgerBuilder& woken_by(std::size_t i, std::uint64_t waker, tc_wait wait, std::uint32_t from, std::uint64_t times,
                          nanoseconds blocked) {
    ledger_.edges[i] = {{ledger_.id, waker, wait, from}, {times, count_of(blocked), count_of(blocked)}};
    return *this;
  }
  // The i-th flow: `object` is the number of the inode, `link` the id that both ends share.
  LedgerBuilder& flow(std::size_t i, tc_channel channel, std::uint64_t object, std::uint64_t link, std::uint64_t in,
                      std::uint64_t out) {
    ledger_.flows[i] = {{ledger_.id, std::uint64_t{channel} << 56U | object},
                        {link, in > 0 ? 1U : 0U, out > 0 ? 1U : 0U, in, out}};
    return *this;
  }
  LedgerBuilder& chain(std::size_t i, std::initializer_list<tc_link> links) {
    ledger_.chains[i].length = links.size();
    std::ranges::copy(links, ledger_.chains[i].links);
    return *this;
  }
  LedgerBuilder& task_stats(const tc_task_stats& start, const tc_task_stats& end) {
    ledger_.stats_start = start;
    ledger_.stats_end = end;
    return flag(TC_LEDGER_STATS);
  }
  LedgerBuilder& created(tc_creation kind, const tc_creation_sums& sums) {
    ledger_.creations[kind] = sums;
    return *this;
  }
  LedgerBuilder& used(tc_channel channel, const tc_channel_use& use) {
    ledger_.channels[channel] = use;
    return *this;
  }
  LedgerBuilder& uncounted(tc_channel channel, std::uint32_t calls) {
    ledger_.uncounted_calls[channel] = calls;
    return *this;
  }
  LedgerBuilder& ran_exec(std::uint64_t times, nanoseconds prepare, nanoseconds replace, nanoseconds returned) {
    ledger_.exec_prepare_ns = count_of(prepare);
    ledger_.exec_replace_ns = count_of(replace);
    ledger_.exec_return_ns = count_of(returned);
    return counted(TC_COUNTER_EXECS, times);
  }
  LedgerBuilder& sharing(std::initializer_list<tc_shared> objects) {
    ledger_.shares = TC_SHARES_KNOWN;
    for (const tc_shared object : objects) {
      ledger_.shares |= 1U << object;
    }
    return *this;
  }
  LedgerBuilder& got_signal(int number, nanoseconds at) {
    ledger_.signal = static_cast<std::uint32_t>(number);
    return set(ledger_.signal_ns, count_of(at));
  }
  LedgerBuilder& interrupted(tc_activity activity) {
    ledger_.syscall = call_in(activity);
    return set(ledger_.interrupted, static_cast<std::uint8_t>(activity));
  }

  // The state of the task when the window closed.
  LedgerBuilder& still(std::size_t row, tc_condition condition, nanoseconds since) {
    ledger_.activity = static_cast<std::uint8_t>(row);
    ledger_.syscall = call_in(row);
    ledger_.condition = static_cast<std::uint8_t>(condition);
    return set(ledger_.since_ns, count_of(since));
  }
  LedgerBuilder& waits_for(tc_wait wait) { return set(ledger_.wait, std::uint32_t{wait}); }
  LedgerBuilder& on_cpu_since(nanoseconds at) { return set(ledger_.on_cpu_ns, count_of(at)); }
  LedgerBuilder& woken_at(nanoseconds at) { return set(ledger_.woken_ns, count_of(at)); }

  // The end of the task.
  LedgerBuilder& began_exit_at(nanoseconds at) { return set(ledger_.exit_start_ns, count_of(at)); }
  LedgerBuilder& tore_down_at(nanoseconds at) { return set(ledger_.exit_mmap_ns, count_of(at)); }
  LedgerBuilder& with_status(std::int32_t status) { return set(ledger_.exit_code, status); }
  LedgerBuilder& with_group_status(std::int32_t status) {
    ledger_.group_exit_code = status;
    return flag(TC_LEDGER_GROUP_EXIT);
  }
  LedgerBuilder& ended_at(nanoseconds at) {
    ledger_.since_ns = count_of(at);
    return set(ledger_.end_ns, count_of(at));
  }

 private:
  template <typename Field, typename Value>
  LedgerBuilder& set(Field& field, Value value) {
    field = value;
    return *this;
  }

  tc_ledger ledger_{};
};

inline LedgerBuilder ledger(std::uint64_t id) { return LedgerBuilder(id); }

// `arguments` are as in memory: each ends with NUL.
inline tc_exec exec_of(std::uint64_t process, nanoseconds at, std::string_view comm, std::string_view arguments) {
  tc_exec exec{};
  exec.record = {TC_RECORD_EXEC, sizeof(exec)};
  exec.id = process;
  exec.process = process;
  exec.at_ns = count_of(at);
  exec.command_size = static_cast<std::uint32_t>(std::min(arguments.size(), sizeof(exec.command)));
  copy_text(exec.comm, sizeof(exec.comm), comm);
  copy_text(exec.command, sizeof(exec.command), arguments);
  return exec;
}

inline tc_reap reap_of(std::uint64_t waiter, std::uint32_t pid, nanoseconds at, nanoseconds running = {}) {
  tc_reap reap{};
  reap.record = {TC_RECORD_REAP, sizeof(reap)};
  reap.process = waiter;
  reap.at_ns = count_of(at);
  reap.running_ns = count_of(running);
  reap.pid = pid;
  return reap;
}

}  // namespace taskcost::test
