// SPDX-License-Identifier: Apache-2.0
#include "report/describe/document.h"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include "report/describe/read.h"

namespace taskcost {
namespace {

using nlohmann::json;

// Reports are less deep, and parsing this depth does not overflow the stack.
constexpr int max_depth = 64;

bool nested_too_deep(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      i += c == '\\' ? 1 : 0;
      quoted = c != '"';
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      if (++depth > max_depth) {
        return true;
      }
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

Status check_schema(const json& document) {
  const auto found = document.find("schema");
  if (found == document.end() || !found->is_string()) {
    return not_a_report("it names no schema");
  }
  const std::string_view name = found->get_ref<const std::string&>();
  if (name == report_schema || name == comparison_schema_name) {
    return Done{};
  }
  constexpr std::size_t max_shown = 60;
  const std::string shown = printable(name.substr(0, max_shown));
  for (const std::string_view known : {report_schema, comparison_schema_name}) {
    if (name.starts_with(known.substr(0, known.find('/') + 1))) {
      return Error{"cannot read the report",
                   fmt::format("its schema is {}, and this version of taskcost needs '{}'", shown, known),
                   "measure again, or use the version of taskcost that wrote it"};
    }
  }
  return not_a_report(fmt::format("its schema is {}, but this version reads {}", shown, report_schema));
}

// The callback of the parser, which hands out list elements as soon as they are complete.
class ElementWatch {
 public:
  explicit ElementWatch(const TakeElement& take) : take_(take) {}

  // Returns whether the parser keeps the value.
  bool operator()(int depth, json::parse_event_t event, const json& value) {
    if (event == json::parse_event_t::key && depth == 1) {
      list_ = value.get_ref<const std::string&>();
      index_ = 0;
    }
    return event != json::parse_event_t::object_end || depth != 2 || !take_ || !take_(list_, index_++, value);
  }

 private:
  const TakeElement& take_;
  std::string list_;
  std::size_t index_ = 0;
};

}  // namespace

Error not_a_report(std::string why) {
  return {"not a taskcost report", std::move(why),
          "use a file that 'taskcost run -o FILE.json' or another command has written"};
}

Result<json> parse_document(std::string_view text, const TakeElement& take) {
  if (nested_too_deep(text)) {
    return not_a_report(fmt::format("it is nested more than {} deep", max_depth));
  }
  try {
    json document = json::parse(text, ElementWatch(take));
    if (!document.is_object()) {
      return not_a_report("it is not a JSON object");
    }
    if (auto status = check_schema(document); !status) {
      return status.error();
    }
    return document;
  } catch (const json::parse_error& error) {
    return not_a_report(fmt::format("JSON syntax error at byte {}", error.byte));
  } catch (const json::exception&) {
    return not_a_report("a number in it is too large");
  }
}

}  // namespace taskcost
