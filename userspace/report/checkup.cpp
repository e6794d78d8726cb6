// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "report/text_sections.h"

namespace taskcost {
namespace {

void write_extras(Page& page, const std::vector<Extra>& extras) {
  if (extras.empty()) {
    return;
  }
  page.heading("What more rights give");
  for (const Extra& extra : extras) {
    page.item(extra.works ? "yes  " : "no   ", extra.what, Page::margin, extra.works ? Ink::plain : Ink::warning);
    if (!extra.works) {
      page.item("needs: ", extra.needs, Page::margin + 5);
    }
  }
}

}  // namespace

void render_checkup_text(const Checkup& checkup, std::ostream& out, const TextOptions& options) {
  Page page(out, options);
  page.paragraph(fmt::format("Linux {}, {}, {} CPU{}", checkup.host.kernel, checkup.host.arch, checkup.host.cpus,
                             checkup.host.cpus == 1 ? "" : "s"),
                 0);
  if (checkup.obstacle) {
    page.paragraph(to_line(*checkup.obstacle), 0, Ink::bad);
  } else {
    page.paragraph("Programs can be observed here.", 0, Ink::good);
  }
  write_evidence(page, checkup.evidence);
  write_extras(page, checkup.extras);
}

}  // namespace taskcost
