// SPDX-License-Identifier: Apache-2.0
#include "report/describe/report_fields.h"

#include "report/describe/schema.h"
#include "report/describe/write.h"
#include "report/render.h"

namespace taskcost {

void render_json(const Report& report, std::ostream& out) { write_document(report, out); }

std::string json_schema() { return SchemaVisitor::of<Report>(); }

}  // namespace taskcost
