// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <string>

#include "report/text_page.h"
#include "taskcost/report.h"

namespace taskcost {
namespace {

std::string rule_of(const Claim& claim) {
  return claim.structural ? "exact: one counter-example refutes it"
                          : fmt::format(
                                "confirmed when the ratio lies wholly above {0}, refuted when it is the same (wholly "
                                "within {0} and 1 / {0}) or less",
                                verdict_band.same);
}

}  // namespace

void render_claim_list(const std::vector<Claim>& claims, std::ostream& out, const TextOptions& options) {
  Page page(out, options);
  for (const Claim& claim : claims) {
    page.subheading(claim.id);
    page.paragraph(claim.statement, Page::margin, Ink::strong);
    page.item("workload  ", claim.workload);
    if (claim.condition != Condition::none) {
      page.item("condition ", to_string(claim.condition));
    }
    page.item("figure    ", claim.figure);
    page.item("rule      ", rule_of(claim));
    page.item("evidence  ", claim.evidence);
  }
}

}  // namespace taskcost
