// SPDX-License-Identifier: Apache-2.0
//
// Describes what a session has in addition to accounts: the wakeup graph, lifetime prices, stacks, and what the
// recorded transitions lack.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "report/describe/account.h"
#include "report/describe/keys.h"
#include "taskcost/report.h"

namespace taskcost {

void describe(auto& v, Is<LifetimePrice> auto& price) {
  v.row("price", "Kernel time on CPUs over whole lives; later costs are booked to the creation.");
  v.field("count", price.count, "Tasks that were born and ended in the window.");
  v.field("create_ns", price.create, "The creator inside the creating call.");
  v.field("start_ns", price.start, "The new task on its way out of that call.");
  v.field("exec_ns", price.exec, "Its execs.");
  v.field("faults_ns", price.faults, "Its page faults.");
  v.field("exit_ns", price.exit, "Its exit, with the teardown of its memory.");
  v.field("reap_ns", price.reap, "The wait that reaped it.");
  v.field("copy_on_write_ns", price.copy_on_write, "Copy-on-write faults in its creator.");
}

void describe(auto& v, Is<Blast> auto& blast) {
  v.row("blast", "What a process that a signal ended took with it.");
  v.field("process", blast.process, "`id` of the process.");
  v.field("signal", blast.signal, "Its number.");
  v.field("generated_ns", blast.generated, "signal_generate; null: not seen.");
  v.field("tasks_ended", blast.tasks_ended, "Of the process, after the signal.");
  v.field("to_first_exit_ns", blast.to_first_exit, "From the signal to the first of their final switch-outs.");
  v.field("to_last_exit_ns", blast.to_last_exit, "And to the last.");
  v.field("others_alive", blast.others_alive, "Other observed tasks that lived then.");
  v.field("others_ran_on", blast.others_ran_on, "Those that were on a CPU afterwards.");
}

void describe_waker(auto& v, Is<Waker> auto& waker) {
  v.field("waker", waker.kind, "What ended the wait.");
  v.field("from_task", or_null(waker.task), "`id` of the waker; null: not kept one by one.");
  v.field("from_tid", or_null(waker.tid), "null: unknown.");
}

void describe(auto& v, Is<Edge> auto& edge) {
  v.row("edge", "What one task gave another: wakeups and bytes.");
  describe_waker(v, edge.from);
  v.field("to_task", or_null(edge.to), "`id` of the sleeper or receiver; null: not observed, or one of several.");
  v.field("to_tid", or_null(edge.to_tid), "null: unknown.");
  v.field("channel", edge.cause, "What the sleeper waited for: a key of `waits`.");
  v.field("wakeups", edge.wakeups, "That ended such waits.");
  v.field("waited_ns", edge.waited, "By the sleeper, until these wakeups.");
  v.field("longest_ns", edge.longest, "Of these waits.");
  v.field("bytes", edge.bytes, "Sent to the other end; null: none, or it is not known whose they are.");
  v.field("places", edge.places, "Wakeups by where the waker was: a system call, exit, ...");
}

void describe(auto& v, Is<ChainLink> auto& link) {
  v.row("link", "A wait in a chain.");
  v.field("task", or_null(link.task), "`id` of the sleeper; null: not kept one by one.");
  v.field("tid", link.tid, "Of the sleeper.");
  v.field("waited_ns", link.waited, "How long.");
  v.field("cause", link.cause, "What for.");
  describe_waker(v, link.waker);
  v.field("place", link.place, "Of the waker: a system call, exit, ...");
}

void describe(auto& v, Is<Frame> auto& frame) {
  v.row("frame", "A call in a stack.");
  v.field("function", or_null(frame.function), "null: no symbol.");
  v.field("module", or_null(frame.module), "Path of the file, [vdso], [kernel], ...; null: unknown.");
  v.field("offset", frame.offset, "Into the file, when there is no symbol.");
  v.field("mark", or_null(frame.mark),
          "The file has no name any more; another one has it; no file is known; it did not answer in time.");
  v.field("kernel", frame.kernel, "Of the kernel.");
}

void describe(auto& v, Is<NamedStack> auto& stack) {
  v.object("stack", "Where tasks were, and how often and how long.");
  v.field("process", stack.process, "`id` of the process.");
  v.field("kind", stack.kind, "What happened there.");
  auto wait = stack.kind == StackKind::wait ? std::optional(stack.wait) : std::nullopt;
  v.field("wait", wait, "What for; null when it is no wait.");
  v.field("cut", stack.cut, "The outermost frames are missing.");
  v.field("count", stack.count, "How often.");
  v.field("time_ns", stack.time, "Waited, faulted, kept off the CPU, or spent in the creating call.");
  v.field("frames", stack.frames, "The outermost first.");
  if constexpr (reads<decltype(v)>) {
    stack.wait = wait.value_or(stack.wait);
  }
}

void describe(auto& v, Is<Stacks> auto& stacks) {
  v.object("stacks", "Where tasks were when they created, faulted and waited.");
  v.field("events", stacks.events, "How many were recorded.");
  v.field("cut_events", stacks.cut_events, "Those whose user part does not reach a thread's or a program's entry.");
  v.field("lost_events", stacks.lost_events, "Without a stack: the kernel's table was full.");
  v.field("stacks", stacks.stacks, "By time, the largest first.");
}

// Both instants are null for a gap whose time is unknown.
void describe(auto& v, Is<ReplayGap> auto& gap) {
  v.row("gap", "A stretch in which events were lost.");
  auto first = gap.is_anywhere() ? std::nullopt : std::optional(gap.first);
  auto last = gap.is_anywhere() ? std::nullopt : std::optional(gap.last);
  v.field("why", gap.why, "The ring buffer was full, the disk too slow, or the file is damaged.");
  v.field("first_ns", first, "Of the first lost event; null: it can be anywhere.");
  v.field("last_ns", last, "Of the last.");
  v.field("lost", gap.lost, "Events; null: not counted.");
  v.field("cpu", gap.cpu, "null: every CPU.");
  if constexpr (reads<decltype(v)>) {
    gap.first = first.value_or(Instant());
    gap.last = last.value_or(Instant::max());
  }
}

void describe(auto& v, Is<ReplayIntegrity::Break> auto& broken) {
  v.row("break", "A switch away from a task that its CPU did not have.");
  v.field("at_ns", broken.at, "When.");
  v.field("cpu", broken.cpu, "Where.");
  v.field("expected_tid", broken.expected_tid, "That the switch before brought in.");
  v.field("seen_tid", broken.seen_tid, "That was switched away from.");
  v.field("expected_id", broken.expected, "Of the ledger; 0: not observed.");
  v.field("seen_id", broken.seen, "Likewise.");
}

void describe(auto& v, Is<ReplayIntegrity> auto& integrity) {
  v.object("integrity", "Counts of what cannot be in records that are complete and in order.");
  v.field("events", integrity.events, "That were read.");
  v.field("switches_checked", integrity.switches_checked, "Against the switch before on that CPU.");
  v.field("broken_switches", integrity.broken_switches, "Away from a task that their CPU did not have.");
  v.field("impossible_switches", integrity.impossible_switches, "To or from a task that was elsewhere.");
  v.field("backward_times", integrity.backward_times, "Events older than the one before them.");
  v.field("unknown_beginnings", integrity.unknown_beginnings, "Tasks with events but without a birth.");
  v.field("repeated_births", integrity.repeated_births, "Of a task that lived.");
  v.field("impossible_corrections", integrity.impossible_corrections, "Of more than was booked.");
  v.field("wild_cpus", integrity.wild_cpus, "Numbers that no CPU has.");
  v.field("lost_final_ledgers", integrity.lost_final_ledgers, "Tasks that ended without the kernel's ledger.");
  v.field("breaks", integrity.breaks, "The first of the broken switches.");
}

void describe(auto& v, Is<RecordCheck> auto& records) {
  v.object("records", "What the recorded transitions lack, and what they say of themselves.");
  v.field("gaps", records.gaps, "By the first loss.");
  v.field("touched_tasks", records.touched_tasks, "With time of which nothing is known, because of gaps.");
  v.field("unknown_ns", records.unknown, "Such time of all of them.");
  v.field("missing_snapshots", records.missing_snapshots,
          "Tasks that lived at the end without a ledger of the kernel's.");
  v.field("integrity", records.integrity, "What cannot be.");
}

// The fields from "process_count" to "kernel_totals".
void describe_tasks(auto& v, Is<Session> auto& session) {
  v.field("process_count", session.process_count, "Folded ones included.");
  v.field("task_count", session.task_count, "Folded ones included.");
  v.field("processes", session.processes, "By birth, parents before their children.");
  v.field("folded", session.folded, "Processes beyond the number kept one by one, by name.");
  v.field("totals", session.totals, "Over all tasks, kernel threads left out.");
  v.field("kernel_totals", session.kernel_totals, "Of kernel threads.");
}

// The fields from "histograms" to "stints".
void describe_findings(auto& v, Is<Session> auto& session) {
  // These keys are always present, with null if they have no source. Histograms with other keys follow.
  constexpr std::array<std::string_view, 9> promised{"creation",    "exec",        "exit",
                                                     "run_queue",   "switch_same", "switch_other",
                                                     "fault_minor", "fault_major", "fault_cow"};
  Members<std::optional<Histogram>> histograms;
  for (const std::string_view key : promised) {
    if (session.histograms.count(std::string(key)) == 0) {
      histograms.emplace_back(key, std::nullopt);
    }
  }
  for (const auto& [key, histogram] : session.histograms) {
    histograms.emplace_back(key, histogram);
  }
  if constexpr (reads<decltype(v)>) {
    histograms.clear();
  }
  v.field("histograms", histograms, "Latencies; null when there is no source for one.");
  if constexpr (reads<decltype(v)>) {
    for (auto& [key, histogram] : histograms) {
      if (histogram) {
        session.histograms.insert_or_assign(key, *std::move(histogram));
      }
    }
  }
  v.field("edges", session.edges, "Who woke whom and sent what to whom, by waiting time.");
  v.field("folded_edges", session.folded_edges, "Edges of tasks that are not kept one by one.");
  v.field("chains",
          elements(session.chains,
                   [&v](auto& chain) {
                     return group([&v, &chain] { v.field("links", chain, "The sleeper that waited longest first."); });
                   }),
          "Waits that hung together: each link waited until its waker had ended the wait of the next.");
  v.field("prices",
          group_or_null(session.calls_seen,
                        [&] {
                          for (const tc_creation kind : every<tc_creation>()) {
                            v.field(key_of(kind), session.prices[kind], text_of(kind));
                          }
                        }),
          "By kind of creation; null: system calls had no probes.");
  v.field("blasts", session.blasts, "One for each process that a signal ended.");
  auto stints = session.stints ? std::optional(session.stints->size()) : std::nullopt;
  v.field("stints", stints, "Times on a CPU that were kept; null: not asked for.");
  if constexpr (reads<decltype(v)>) {
    constexpr std::size_t most = 1'000'000;  // a document has only their number, and a hostile one may have any number
    if (stints) {
      session.stints.emplace(std::min(*stints, most));
    }
  }
}

}  // namespace taskcost
