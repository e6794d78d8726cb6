// SPDX-License-Identifier: Apache-2.0
//
// Makes the figures of a session that was just observed: the same as read_report() reads from its JSON.
#pragma once

#include "account/account.h"
#include "verdict/diff/diff.h"

namespace taskcost {

TimeSums time_of(const Account& account);

// Sets quantities, time, processes and losses, but no figures of the target, the host or the evidence.
ReportFigures session_figures(const Session& session);

}  // namespace taskcost
