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
constexpr const char* hint = "give reports that 'taskcost run -o FILE.json' or another command has written";

// Deeper than any report, and shallow enough for every stack.
constexpr int deepest = 64;

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
      if (++depth > deepest) {
        return true;
      }
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// Most of a large report is what nobody compares: each task, each bucket, each stack.
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
    constexpr std::size_t longest = 60;
    return not_a_report(fmt::format("its schema is {}, and this version reads {}",
                                    printable(found->get_ref<const std::string&>().substr(0, longest)), schema));
  }
  return Done{};
}

}  // namespace

bool is_of_rounds(const json& document) { return document.at("schema") == rounds_schema; }

Error not_a_report(std::string why) { return {"this is no report of taskcost", std::move(why), hint}; }

Result<json> parse_report(std::string_view text) {
  if (nested_too_deep(text)) {
    return not_a_report(fmt::format("it is nested more than {} deep", deepest));
  }
  try {
    json document = json::parse(text, is_compared);
    if (!document.is_object()) {
      return not_a_report("it is no JSON object");
    }
    if (auto status = check_schema(document); !status) {
      return status.error();
    }
    return document;
  } catch (const json::parse_error& error) {
    return not_a_report(fmt::format("it is no JSON from byte {} on", error.byte));
  } catch (const json::exception&) {
    return not_a_report("a number in it is too large");
  }
}

}  // namespace taskcost
