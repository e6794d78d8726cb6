// SPDX-License-Identifier: Apache-2.0
//
// Documents that are written but not read.
#include <ostream>

#include "report/describe/audit_fields.h"
#include "report/describe/difference_fields.h"
#include "report/describe/estimate_fields.h"
#include "report/describe/schema.h"
#include "report/describe/write.h"
#include "report/render.h"

namespace taskcost {

void render_difference_json(const Difference& difference, std::ostream& out) { write_document(difference, out); }
std::string difference_schema() { return SchemaVisitor::of<Difference>(); }

void render_estimate_json(const Estimate& estimate, std::ostream& out) { write_document(estimate, out); }
std::string estimate_schema() { return SchemaVisitor::of<Estimate>(); }

void render_audit_json(const Audit& audit, std::ostream& out) { write_document(audit, out); }
std::string audit_schema() { return SchemaVisitor::of<Audit>(); }

void render_checkup_json(const Checkup& checkup, std::ostream& out) { write_document(checkup, out); }
std::string checkup_schema() { return SchemaVisitor::of<Checkup>(); }

}  // namespace taskcost
