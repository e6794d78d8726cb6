// SPDX-License-Identifier: Apache-2.0
//
// The figures of a session that was observed just now: the same that read_report() takes from its JSON.
#pragma once

#include "taskcost/account.h"
#include "taskcost/diff.h"

namespace taskcost {

TimeSums time_of(const Account& account);

// Quantities, time, processes and losses; nothing of the target, the host or the evidence.
ReportFigures session_figures(const Session& session);

}  // namespace taskcost
