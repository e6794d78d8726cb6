// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/manual/manual.h"
#include "report/render.h"
#include "support/subprocess.h"

namespace taskcost::manual {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const Edition edition{"1.2", "2026-01-31"};

CommandPage page_named(const std::string& name) {
  CommandPage page;
  page.name = name;
  page.summary = "does " + name;
  page.usage = name.empty() ? "taskcost COMMAND [OPTIONS]" : "taskcost " + name + " [-o FILE] PID[,PID...]";
  page.description = "What it does.";
  page.common_options = {{{"-h", "--help"}, "", "Print this help.", {}}};
  return page;
}

TEST(CommandManual, HasUsageOptionsAndTheOtherPages) {
  CommandPage page = page_named("look");
  page.options = {{{"-o", "--output"}, "FILE", "Write to FILE.", {}}};
  const std::string text =
      command_manual(page, {page_named(""), page, page_named("run")}, ".SH FILES\nnone\n", edition);
  EXPECT_EQ(text, R"(.\" SPDX-License-Identifier: Apache-2.0
.TH TASKCOST-LOOK 1 2026-01-31 "taskcost 1.2" "taskcost"
.SH NAME
taskcost\-look \- does look
.SH SYNOPSIS
\fBtaskcost look\fR [\-o \fIFILE\fR] \fIPID\fR[,\fIPID\fR\&.\&.\&.]
.SH DESCRIPTION
What it does.
.SH OPTIONS
.TP
\fB\-o\fR, \fB\-\-output\fR \fIFILE\fR
Write to FILE.
.SH COMMON OPTIONS
.TP
\fB\-h\fR, \fB\-\-help\fR
Print this help.
.SH FILES
none
.SH SEE ALSO
.BR taskcost (1) ,
.BR taskcost\-run (1) ,
.BR taskcost\-capture (5) ,
.BR taskcost\-report (5)
)");
}

TEST(CommandManual, TheFirstPageListsTheCommands) {
  const CommandPage all = page_named("");
  const std::string text = command_manual(all, {all, page_named("run"), page_named("top")}, "", edition);
  EXPECT_THAT(text, HasSubstr(".SH SYNOPSIS\n\\fBtaskcost\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"));
  EXPECT_THAT(text, HasSubstr(".SH COMMANDS\n.TP\n.BR taskcost\\-run (1)\ndoes run\n.TP\n.BR taskcost\\-top (1)\n"));
  EXPECT_THAT(text, Not(HasSubstr(".SH OPTIONS\n")));
  EXPECT_THAT(text, Not(HasSubstr(".BR taskcost (1)"))) << "a page does not refer to itself";
}

// A line that begins with a dot or a quote would be a request of roff, and a backslash begins one anywhere.
TEST(CommandManual, TextIsNoRequest) {
  CommandPage page = page_named("look");
  page.description = ".so /etc/passwd\n'quoted' a\\b - c.d\n.TH";
  EXPECT_THAT(command_manual(page, {page}, "", edition),
              HasSubstr(".SH DESCRIPTION\n\\&.so /etc/passwd\n\\&'quoted' a\\eb \\- c.d\n\\&.TH\n"));
}

TEST(CommandManual, EveryOptionHasItsPlace) {
  const auto pages = command_pages();
  for (const CommandPage& page : pages) {
    const std::string text = command_manual(page, pages, "", edition);
    for (const auto* const options : {&page.options, &page.common_options}) {
      for (const OptionPage& option : *options) {
        std::string name = option.names.back();
        for (std::size_t at = 0; (at = name.find('-', at)) != std::string::npos; at += 2) {
          name.insert(at, "\\");
        }
        EXPECT_THAT(text, HasSubstr("\\fB" + name + "\\fR")) << page.name;
      }
    }
  }
}

TEST(ReportManual, SaysTheTypeOfEachField) {
  const std::string schema = R"({
    "description": "A report.",
    "properties": {
      "schema": {"const": "s/2", "description": "which one"},
      "kind": {"enum": ["a", 1, null]},
      "either": {"anyOf": [{"type": "string"}, {"$ref": "#/definitions/Task"}]},
      "one": {"oneOf": [{"type": "null"}, {"type": ["number", "null"]}]},
      "tasks": {"type": "array", "items": {"$ref": "#/definitions/Task"}},
      "host": {"type": "object", "properties": {"cpus": {"type": "integer", "description": "how many"}}},
      "rows": {"type": "array", "items": {"type": "object", "properties": {"at_ns": {}}}}
    },
    "definitions": {
      "Task": {"description": "One task.", "properties": {"tid": {"type": "integer"}}},
      "Empty": {"type": "object"}
    }
  })";
  const std::string text = report_manual(schema, ".SH PROSE\nprose\n", edition);
  EXPECT_THAT(text, HasSubstr(".SH DESCRIPTION\nA report.\n.SH PROSE\nprose\n.SH THE DOCUMENT\n"));
  EXPECT_THAT(text, HasSubstr(".TP\n\\fBschema\\fR (\"s/2\")\nwhich one\n"));
  EXPECT_THAT(text, HasSubstr("\\fBkind\\fR (a, 1, null)\n\\&\n"));
  EXPECT_THAT(text, HasSubstr("\\fBeither\\fR (string or Task)\n"));
  EXPECT_THAT(text, HasSubstr("\\fBone\\fR (null or number or null)\n"));
  EXPECT_THAT(text, HasSubstr("\\fBtasks\\fR (array of Task)\n"));
  EXPECT_THAT(text, HasSubstr("\\fBhost\\fR (object)\n\\&\n.TP\n\\fBhost.cpus\\fR (integer)\nhow many\n"));
  EXPECT_THAT(text, HasSubstr("\\fBrows[].at_ns\\fR (any)\n"));
  EXPECT_THAT(
      text, HasSubstr(".SH OBJECTS\n.SS Task\nOne task.\n.TP\n\\fBtid\\fR (integer)\n\\&\n.SS Empty\n.SH SEE ALSO\n"));
}

TEST(ReportManual, HasAllObjectsOfTheSchema) {
  const std::string schema = json_schema();
  const std::string text = report_manual(schema, "", edition);
  const auto document = nlohmann::json::parse(schema);
  for (const auto& [name, object] : document["definitions"].items()) {
    EXPECT_THAT(text, HasSubstr("\n.SS " + name + "\n"));
  }
  for (const auto& [key, field] : document["properties"].items()) {
    EXPECT_THAT(text, HasSubstr("\\fB" + key + "\\fR ("));
  }
}

TEST(CaptureManual, ShowsTheCommentOfTheFormat) {
  const std::string header =
      "// SPDX\n//\n// What only readers of the code need.\n// taskcost-capture(5) shows this from here on: yes.\n//\n"
      "//   header, 48 bytes\n//      0  magic \\r\n//\n// - a list\n#pragma once\n// not this\n";
  const std::string events = R"({"properties": {"at_ns": {"type": "integer", "description": "when"}}})";
  const std::string text = capture_manual(header, events, ".SH DESCRIPTION\nprose\n", edition);
  EXPECT_THAT(text, HasSubstr(".TH TASKCOST-CAPTURE 5 2026-01-31"));
  EXPECT_THAT(text,
              HasSubstr(".SH DESCRIPTION\nprose\n.SH FORMAT\n.nf\n\n  header, 48 bytes\n     0  magic \\er\n\n\\- a "
                        "list\n.fi\n.SH EVENTS\n"));
  EXPECT_THAT(text, HasSubstr(".TP\n\\fBat_ns\\fR (integer)\nwhen\n"));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("not this")), Not(HasSubstr("readers of the code"))));
}

}  // namespace
}  // namespace taskcost::manual
