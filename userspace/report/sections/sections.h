// SPDX-License-Identifier: Apache-2.0
//
// The sections, one question each, and which of them make up which report. A section without blocks has nothing to say.
#pragma once

#include <vector>

#include "report/sections/section.h"
#include "taskcost/audit.h"
#include "taskcost/compare.h"
#include "taskcost/diff.h"
#include "taskcost/estimate.h"
#include "taskcost/report.h"

namespace taskcost::sections {

// What was observed, for how long, how it ended.
Section head(const Report& report);

// Who made whom; those that were too many to keep. Without kernel threads.
Section processes(const Session& session, bool verbose);
// Where each process spent its life.
Section accounts(const Session& session, bool verbose);
// The same over all tasks. Nothing when one process says it all.
Section totals(const Session& session);
Section kernel_threads(const Session& session);
// What was waited for, who ended the waits, and which waits hung together.
Section waits(const Session& session, bool verbose);
// What processes and threads cost to make, to become another program, and to end.
Section creations(const Session& session);
// The same from birth to reaping, of those that were born and ended in the window.
Section lifetime_prices(const Session& session);
Section signal_deaths(const Session& session);
Section switches(const Session& session);
Section faults(const Session& session);
Section latencies(const Session& session, bool verbose);
Section channels(const Session& session);
// Which code caused waits, switches, faults and creations: the heaviest stacks of each kind.
Section stacks(const Report& report, bool verbose);
// The kernel's own accounting beside the ledgers.
Section kernel_books(const Report& report);

Section evidence(const EvidenceList& list);
// What went missing, and what recorded events say of themselves.
Section losses(const Report& report, bool verbose);
Section records(const Report& report, bool verbose);
Section observer(const Report& report, bool verbose);

Section claims(const Report& report);
Section unit_prices(const Report& report);
Section figure_tables(const Report& report);
Section sweeps(const Report& report);
Section comparisons(const Report& report);

// Where events were lost, placed by `start`; nothing where none were.
void add_gaps(Section& section, const RecordCheck& records, Instant start, bool verbose);
// How many records there are, and which of them contradict one another.
void add_integrity(Section& section, const RecordCheck& records, Instant start, bool verbose);

std::vector<Section> of(const Report& report, bool verbose);
std::vector<Section> of(const Audit& audit, bool verbose);
std::vector<Section> of(const Comparison& comparison, bool verbose);
std::vector<Section> of(const Difference& difference, bool verbose);
std::vector<Section> of(const Estimate& estimate, bool verbose);
std::vector<Section> of(const Checkup& checkup);
// What `verify` would judge, and by which rule.
Section of(const std::vector<Claim>& claims);

}  // namespace taskcost::sections
