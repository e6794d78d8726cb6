// SPDX-License-Identifier: Apache-2.0
#include "report/describe/document.h"
#include "report/describe/read.h"
#include "report/describe/report.h"

namespace taskcost {

Result<SavedDocument> read_document(std::string_view text) {
  Report report;
  ReadVisitor reader;
  // A process is the largest element of a report, so each is read as soon as it is parsed.
  const auto take = [&](const std::string& list, std::size_t index, const nlohmann::json& element) {
    if (list != "processes") {
      return false;
    }
    reader.read_element("processes", index, element, report.session.processes.emplace_back());
    return true;
  };
  auto document = parse_document(text, take);
  if (!document) {
    return document.error();
  }
  if (document->at("schema") != report_schema) {
    return SavedDocument(*std::move(document));
  }
  reader.read(*document, report);
  if (reader.complaint()) {
    return not_a_report(*reader.complaint());
  }
  return SavedDocument(std::move(report));
}

Result<Report> read_report(std::string_view text) {
  auto document = read_document(text);
  if (!document) {
    return document.error();
  }
  if (auto* const report = std::get_if<Report>(&*document)) {
    return std::move(*report);
  }
  return Error{"this is a report of 'taskcost compare'", "it has medians of many runs",
               "give one of run, attach or workload"};
}

}  // namespace taskcost
