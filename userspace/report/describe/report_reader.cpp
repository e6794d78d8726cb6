// SPDX-License-Identifier: Apache-2.0
#include "report/describe/document.h"
#include "report/describe/read.h"
#include "report/describe/report_fields.h"
#include "report/render.h"

namespace taskcost {

Result<SavedDocument> read_document(std::string_view text) {
  auto report = std::make_unique<Report>();
  ReadVisitor reader;
  // A process is the largest element of a report, so each is read as soon as it is parsed.
  const auto take = [&](const std::string& list, std::size_t index, const nlohmann::json& element) {
    if (list != "processes") {
      return false;
    }
    reader.read_element("processes", index, element, report->session.processes.emplace_back());
    return true;
  };
  auto document = parse_document(text, take);
  if (!document) {
    return document.error();
  }
  if (document->at("schema") != report_schema) {
    return SavedDocument{nullptr, std::make_unique<nlohmann::json>(*std::move(document))};
  }
  reader.read(*document, *report);
  if (reader.complaint()) {
    return not_a_report(*reader.complaint());
  }
  return SavedDocument{std::move(report), nullptr};
}

Result<Report> read_report(std::string_view text) {
  auto document = read_document(text);
  if (!document) {
    return document.error();
  }
  if (document->report) {
    return std::move(*document->report);
  }
  return Error{"this is a report of 'taskcost compare'", "it has medians of many runs",
               "use a report of run, attach or workload"};
}

}  // namespace taskcost
