// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <ostream>

#include "report/json_sections.h"

namespace taskcost {
namespace {

void write_json_extras(JsonWriter& json, const std::vector<Extra>& extras) {
  json.array("extras", [&] {
    for (const Extra& extra : extras) {
      json.object([&] {
        json.field("name", extra.name);
        json.field("what", extra.what);
        json.field("works", extra.works);
        json.field("needs", extra.needs);
      });
    }
  });
}

}  // namespace

void render_checkup_json(const Checkup& checkup, std::ostream& out) {
  JsonWriter json(out);
  json.object([&] {
    json.field("schema", std::string_view("taskcost.doctor/1"));
    write_json_host(json, checkup.host);
    json.field("usable", !checkup.obstacle);
    json.field("obstacle", checkup.obstacle ? std::optional(to_line(*checkup.obstacle)) : std::nullopt);
    write_json_evidence(json, checkup.evidence);
    write_json_extras(json, checkup.extras);
  });
  json.end_document();
}

}  // namespace taskcost
