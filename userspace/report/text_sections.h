// SPDX-License-Identifier: Apache-2.0
//
// The sections of the text report, one question each. Each writes its own heading; one that has nothing to say is
// silent where its comment says so.
#pragma once

#include <string>

#include "report/text_page.h"
#include "taskcost/report.h"

namespace taskcost {

// What was observed, for how long, how it ended: one line.
void write_head(Page& page, const Report& report);
// Who made whom. Silent without processes.
void write_tree(Page& page, const Session& session);
// Where each process spent its life.
void write_accounts(Page& page, const Session& session);
// The same over all tasks. Silent when one process says it all.
void write_totals(Page& page, const Session& session);
// What processes and threads cost to make, to become another program, and to end.
void write_creations(Page& page, const Session& session);
// What was waited for, who ended the waits, and which waits hung together.
void write_waits(Page& page, const Session& session);
// Kernel threads, which stand apart. Silent when none is observed.
void write_kernel_threads(Page& page, const Session& session);
void write_switches(Page& page, const Session& session);
void write_faults(Page& page, const Session& session);
void write_latencies(Page& page, const Session& session);
void write_channels(Page& page, const Session& session);
// Which code caused waits, switches, faults and creations. Silent where stacks were not asked for.
void write_stacks(Page& page, const Report& report);
// The kernel's books against the ledgers.
void write_books(Page& page, const Report& report);
void write_evidence(Page& page, const EvidenceList& list);
// What went missing, and what recorded events say of themselves.
void write_losses(Page& page, const Report& report);
void write_observer(Page& page, const Report& report);
// Silent without claims, without comparisons.
void write_claims(Page& page, const Report& report);
void write_comparisons(Page& page, const Report& report);
void write_price_list(Page& page, const Report& report);
// Silent without any.
void write_tables(Page& page, const Report& report);
void write_sweeps(Page& page, const Report& report);
// Silent when nobody was born and ended in the window; when no signal ended a process.
void write_prices(Page& page, const Session& session);
void write_blasts(Page& page, const Session& session);

// The table that adds up: activities by conditions, total, lifetime, residual.
void write_account_table(Page& page, const Account& account);

}  // namespace taskcost
