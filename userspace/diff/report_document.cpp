// SPDX-License-Identifier: Apache-2.0
#include "diff/report_document.h"

#include <fmt/format.h>

#include <cstddef>
#include <functional>
#include <set>
#include <utility>

#include "diff/json_place.h"

namespace taskcost {
namespace {

using nlohmann::json;

constexpr std::string_view schema = "taskcost.report/1";
constexpr std::string_view rounds_schema = "taskcost.compare/1";
constexpr const char* hint = "use a file that 'taskcost run -o FILE.json' or another command has written";

// Reports are less deep, and this depth does not overflow the stack.
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

// Skips members that are never compared and make up most of a large report: tasks, buckets, stacks.
bool is_compared(int /*depth*/, json::parse_event_t event, const json& value) {
  static const std::set<std::string, std::less<>> skipped{"tasks",  "buckets", "stacks", "edges",
                                                          "chains", "blasts",  "probes", "stints"};
  return event != json::parse_event_t::key || !skipped.contains(value.get_ref<const std::string&>());
}

Status check_schema(const json& document) {
  const auto found = document.find("schema");
  if (found == document.end() || !found->is_string()) {
    return not_a_report("it names no schema");
  }
  if (found->get_ref<const std::string&>() != schema && !is_of_rounds(document)) {
    constexpr std::size_t max_shown = 60;
    return not_a_report(fmt::format("its schema is {}, but this version reads {}",
                                    printable(found->get_ref<const std::string&>().substr(0, max_shown)), schema));
  }
  return Done{};
}

}  // namespace

bool is_of_rounds(const json& document) { return document.at("schema") == rounds_schema; }

Error not_a_report(std::string why) { return {"not a taskcost report", std::move(why), hint}; }

Result<json> parse_report(std::string_view text) {
  if (nested_too_deep(text)) {
    return not_a_report(fmt::format("it is nested more than {} deep", max_depth));
  }
  try {
    json document = json::parse(text, is_compared);
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
