// SPDX-License-Identifier: Apache-2.0
#include "report/describe/report.h"

#include "report/describe/write.h"

namespace taskcost {

void render_json(const Report& report, std::ostream& out) { write_document(report, out); }

}  // namespace taskcost
