// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <ostream>

#include "report/json_sections.h"
#include "report/text_sections.h"

namespace taskcost {

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
}

void render_checkup_json(const Checkup& checkup, std::ostream& out) {
  JsonWriter json(out);
  json.object([&] {
    json.field("schema", std::string_view("taskcost.doctor/1"));
    write_json_host(json, checkup.host);
    json.field("usable", !checkup.obstacle);
    json.field("obstacle", checkup.obstacle ? std::optional(to_line(*checkup.obstacle)) : std::nullopt);
    write_json_evidence(json, checkup.evidence);
  });
  json.end_document();
}

}  // namespace taskcost
