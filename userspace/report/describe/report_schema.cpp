// SPDX-License-Identifier: Apache-2.0
#include "report/describe/report.h"
#include "report/describe/schema.h"

namespace taskcost {

std::string json_schema() { return SchemaVisitor::of<Report>(); }

}  // namespace taskcost
