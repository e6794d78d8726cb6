// SPDX-License-Identifier: Apache-2.0
//
// Renders the reports as text.
#include "report/render.h"
#include "report/sections/sections.h"
#include "report/text/page.h"

namespace taskcost {

void render_text(const Report& report, std::ostream& out, const TextOptions& options) {
  paint_text(sections::of(report, options.verbose, options.view), out, options);
}

void render_audit_text(const Audit& audit, std::ostream& out, const TextOptions& options) {
  paint_text(sections::of(audit, options.verbose), out, options);
}

void render_comparison_text(const Comparison& comparison, std::ostream& out, const TextOptions& options) {
  paint_text(sections::of(comparison, options.verbose), out, options);
}

void render_difference_text(const Difference& difference, std::ostream& out, const TextOptions& options) {
  paint_text(sections::of(difference, options.verbose), out, options);
}

void render_estimate_text(const Estimate& estimate, std::ostream& out, const TextOptions& options) {
  paint_text(sections::of(estimate, options.verbose), out, options);
}

void render_checkup_text(const Checkup& checkup, std::ostream& out, const TextOptions& options) {
  paint_text(sections::of(checkup), out, options);
}

void render_claim_list(const std::vector<Claim>& claims, std::ostream& out, const TextOptions& options) {
  paint_text({sections::of(claims)}, out, options);
}

}  // namespace taskcost
