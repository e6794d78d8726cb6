// SPDX-License-Identifier: Apache-2.0
//
// The sections, with one question each, and the sections of each report. A section without blocks has nothing to say.
#pragma once

#include <string>
#include <vector>

#include "report/render.h"
#include "report/sections/section.h"
#include "trace/audit.h"
#include "trace/timeline.h"
#include "verdict/compare/compare.h"
#include "verdict/diff/diff.h"
#include "verdict/estimate/estimate.h"

namespace taskcost::sections {

// What was observed, how long, and how it ended.
Section head(const Report& report);

// The answer: CPUs utilized, where the time of all tasks went, the largest costs, and the observer's own.
Section summary(const Report& report, const ReportView& view = {});
// The sums by --by, if there is more than one group to compare or --by was given.
Section groups(const Report& report, bool verbose, const ReportView& view = {});
// Totals for one unit of the work that --per, --per-count or --per-region names; empty without them.
Section per_unit(const Report& report);
// The tree of processes without kernel threads, and the processes that were not kept one by one.
Section processes(const Session& session, bool verbose, const ReportView& view = {});
// How each process spent its lifetime; with ReportView::folds after the sum over all tasks, and below its group.
Section accounts(const Session& session, bool verbose, const ReportView& view = {}, GroupBy by = GroupBy::comm);
// The sum over all tasks; empty if there is only one process.
Section totals(const Session& session);
// The counters of all tasks, except those that are 0; `others`: without those of switches() and faults().
Section counters(const Session& session, bool others = false);
// What a timeline shows. Only the page has one.
Section timeline(const Timeline& timeline);
Section kernel_threads(const Session& session, bool verbose, const ReportView& view = {});
// What tasks waited for, the wakers, and the chains of waits.
Section waits(const Report& report, bool verbose, const ReportView& view = {});
// The files, connections and disks behind long waits; empty if there were none, or they were not measured.
Section wait_objects(const Report& report, bool verbose, const ReportView& view = {});
// What had the CPUs while tasks waited for them; empty if that was not measured, or no task waited.
Section queue(const Report& report, bool verbose, const ReportView& view = {});
// Locks of the kernel that tasks waited for; empty if there were none, or they were not measured.
Section locks(const Report& report, bool verbose, const ReportView& view = {});
// The locks among waits for "something else in the kernel"; empty if there are none.
std::string locks_text(const Session& session);
// Softirqs and interrupt handlers in the running time of tasks, and steal time; empty if neither is known.
Section interrupts(const Report& report);
// What the time up to the last exit consists of.
Section critical_path(const Report& report, bool verbose);
// The cost of creation, exec and exit of processes and threads.
Section creations(const Session& session);
// The cost from creation to reaping, for tasks that were created and exited in the window.
Section lifetime_prices(const Session& session);
Section signal_deaths(const Session& session);
Section switches(const Session& session);
Section faults(const Session& session);
// System calls by program name and name of the call; empty if they were not measured.
Section syscalls(const Session& session, bool verbose, const ReportView& view = {});
// Operations of io_uring by program name and kind; empty if there were none, or they were not measured.
Section ring_operations(const Session& session, bool verbose, const ReportView& view = {});
// Regions that programs marked; empty if there are none.
Section regions(const Session& session, bool verbose, const ReportView& view = {});
// The longest regions that --region names.
Section found_regions(const Report& report, bool verbose, const ReportView& view = {});
Section latencies(const Session& session, bool verbose);
Section channels(const Session& session);
// The code that caused waits, switches, faults and creations: the heaviest stacks of each kind.
Section stacks(const Report& report, bool verbose, const ReportView& view = {});
// How to read the flame graph of two reports; `are_all`: it has all of their stacks.
Section changed_stacks(bool are_all);
// The kernel's own statistics next to the ledgers.
Section kernel_accounting(const Report& report);

Section evidence(const EvidenceList& list);
// What was lost, and what the records say about their own integrity.
Section losses(const Report& report, bool verbose);
Section records(const Report& report, bool verbose);
Section observer(const Report& report, bool verbose);

Section claims(const Report& report);
Section unit_prices(const Report& report);
Section figure_tables(const Report& report);
Section sweeps(const Report& report);
Section comparisons(const Report& report);

// The sum of two counters; "n/a" unless both were measured.
Cell sum_cell(const Account& account, tc_counter one, tc_counter other);
// What an account waited for, the longest first, and its calls on channels.
Table wait_causes(const Account& account);
Table channel_calls(const Account& account);
// "taskcost 0.1.0 on lab: Linux 6.1.0, x86_64, 2 CPUs"
std::string machine_text(const std::string& tool_version, const Host& host);

// Adds the gaps in which events were lost, with their times since `start`; nothing if there are none.
void add_gaps(Section& section, const RecordCheck& records, Instant start, bool verbose);
// Adds the number of records, and the records that contradict one another.
void add_integrity(Section& section, const RecordCheck& records, Instant start, bool verbose);

std::vector<Section> of(const Report& report, bool verbose, const ReportView& view = {});
std::vector<Section> of(const Audit& audit, bool verbose);
std::vector<Section> of(const Comparison& comparison, bool verbose);
std::vector<Section> of(const Difference& difference, bool verbose);
std::vector<Section> of(const Estimate& estimate, bool verbose);
std::vector<Section> of(const Checkup& checkup);
// The claims that `verify` judges, and their rules.
Section of(const std::vector<Claim>& claims);

}  // namespace taskcost::sections
