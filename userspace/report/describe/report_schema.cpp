// SPDX-License-Identifier: Apache-2.0
#include "report/describe/report_fields.h"
#include "report/describe/schema.h"
#include "report/render.h"

namespace taskcost {

std::string json_schema() { return SchemaVisitor::of<Report>(); }

}  // namespace taskcost
