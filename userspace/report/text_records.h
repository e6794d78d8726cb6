// SPDX-License-Identifier: Apache-2.0
//
// What recorded transitions lack, and what they say of themselves, for the text of a report and of an audit.
#pragma once

#include "report/text_page.h"

namespace taskcost {

// Where events were lost, placed by `start`. Silent where none were.
void write_gaps(Page& page, const RecordCheck& records, Instant start);
// How many records there are, and which of them contradict one another.
void write_integrity(Page& page, const RecordCheck& records, Instant start);

}  // namespace taskcost
