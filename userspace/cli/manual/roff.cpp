// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/manual/manual.h"

namespace taskcost::manual {
namespace {

using Json = nlohmann::ordered_json;

// Text that roff prints as it is. `-` is a minus: a hyphen could not be copied to a shell.
std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += std::string("\\&") + c;
    } else {
      out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + escape(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + escape(text) + "\\fR"; }

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string manual_name(const CommandPage& page) { return page.name.empty() ? "taskcost" : "taskcost-" + page.name; }

std::string title(const std::string& name, char section, const Edition& edition, std::string_view what) {
  return ".\\\" SPDX-License-Identifier: Apache-2.0\n.TH " + upper(name) + " " + section + " " + edition.date +
         " \"taskcost " + edition.version + "\" \"taskcost\"\n.SH NAME\n" + escape(name) + " \\- " + escape(what) +
         "\n";
}

// "PID[,PID...]" has an italic name for each word.
std::string usage(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto is_name = [&](std::size_t at) {
      return at < text.size() && std::isupper(static_cast<unsigned char>(text[at])) != 0;
    };
    std::size_t end = i;
    while (is_name(end)) {
      ++end;
    }
    if (end == i) {
      out += escape(text.substr(i, 1));
      ++i;
    } else {
      out += italic(text.substr(i, end - i));
      i = end;
    }
  }
  return out;
}

std::string option_lines(const std::vector<OptionPage>& options) {
  std::string out;
  for (const OptionPage& option : options) {
    out += ".TP\n";
    for (const std::string& name : option.names) {
      out += (&name == &option.names.front() ? "" : ", ") + bold(name);
    }
    out += (option.value.empty() ? "" : " " + usage(option.value)) + "\n" + escape(option.help) + "\n";
  }
  return out;
}

std::string reference(const std::string& name, std::string_view section) {
  return ".BR " + escape(name) + " (" + std::string(section) + ")";
}

std::string see_also(const std::string& own, const std::vector<CommandPage>& all) {
  std::vector<std::string> pages;
  pages.reserve(all.size() + 2);
  for (const CommandPage& page : all) {
    pages.push_back(reference(manual_name(page), "1"));
  }
  pages.push_back(reference("taskcost-capture", "5"));
  pages.push_back(reference("taskcost-report", "5"));
  std::erase(pages, own);
  std::string out = ".SH SEE ALSO\n";
  for (const std::string& page : pages) {
    out += page + (&page == &pages.back() ? "\n" : " ,\n");
  }
  return out;
}

std::string type_text(const Json& schema) {
  if (schema.contains("$ref")) {
    const auto name = schema["$ref"].get<std::string>();
    return name.substr(name.rfind('/') + 1);
  }
  if (schema.contains("const")) {
    return schema["const"].dump();
  }
  if (schema.contains("enum")) {
    std::string out;
    for (const Json& value : schema["enum"]) {
      out += (out.empty() ? "" : ", ") + (value.is_string() ? value.get<std::string>() : value.dump());
    }
    return out;
  }
  for (const char* const choice : {"anyOf", "oneOf"}) {
    if (schema.contains(choice)) {
      std::string out;
      for (const Json& each : schema[choice]) {
        out += (out.empty() ? "" : " or ") + type_text(each);
      }
      return out;
    }
  }
  if (!schema.contains("type")) {
    return "any";
  }
  std::string out;
  for (const Json& each : schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]})) {
    const auto name = each.get<std::string>();
    out += (out.empty() ? "" : " or ") + name;
    if (name == "array" && schema.contains("items")) {
      out += " of " + type_text(schema["items"]);
    }
  }
  return out;
}

// Objects without a name of their own follow their field, with its key before theirs.
std::string field_lines(const Json& object, const std::string& prefix = {}) {
  std::string out;
  if (!object.contains("properties")) {
    return out;
  }
  for (const auto& [key, field] : object["properties"].items()) {
    out += ".TP\n" + bold(prefix + key) + " (" + escape(type_text(field)) + ")\n";
    out += field.contains("description") ? escape(field["description"].get<std::string>()) : "\\&";
    out += "\n";
    const bool is_list = field.contains("items");
    out += field_lines(is_list ? field["items"] : field, prefix + key + (is_list ? "[]." : "."));
  }
  return out;
}

}  // namespace

std::string command_manual(const CommandPage& page, const std::vector<CommandPage>& all, std::string_view prose,
                           const Edition& edition) {
  const std::string name = manual_name(page);
  std::string out =
      title(name, '1', edition, page.name.empty() ? "what the kernel spends on each process and thread" : page.summary);
  const std::size_t words = page.name.empty() ? std::string_view("taskcost").size() : name.size();
  out += ".SH SYNOPSIS\n" + bold(page.usage.substr(0, words)) + usage(page.usage.substr(words)) + "\n";
  out += ".SH DESCRIPTION\n" + escape(page.description) + "\n";
  if (page.name.empty()) {
    out += ".SH COMMANDS\n";
    for (const CommandPage& command : all) {
      if (!command.name.empty()) {
        out += ".TP\n" + reference("taskcost-" + command.name, "1") + "\n" + escape(command.summary) + "\n";
      }
    }
  }
  if (!page.options.empty()) {
    out += ".SH OPTIONS\n" + option_lines(page.options);
  }
  out += ".SH COMMON OPTIONS\n" + option_lines(page.common_options);
  return out + std::string(prose) + see_also(reference(name, "1"), all);
}

std::string report_manual(const std::string& schema, std::string_view prose, const Edition& edition) {
  const Json document = Json::parse(schema);
  std::string out = title("taskcost-report", '5', edition, "JSON reports of taskcost");
  out += ".SH DESCRIPTION\n" + escape(document["description"].get<std::string>()) + "\n" + std::string(prose);
  out += ".SH THE DOCUMENT\n" + field_lines(document) + ".SH OBJECTS\n";
  for (const auto& [name, object] : document["definitions"].items()) {
    out += ".SS " + escape(name) + "\n";
    if (object.contains("description")) {
      out += escape(object["description"].get<std::string>()) + "\n";
    }
    out += field_lines(object);
  }
  return out + ".SH SEE ALSO\n" + reference("taskcost", "1") + " ,\n" + reference("taskcost-diff", "1") + " ,\n" +
         reference("taskcost-capture", "5") + "\n";
}

std::string capture_manual(std::string_view header, const std::string& events, std::string_view prose,
                           const Edition& edition) {
  std::string out = title("taskcost-capture", '5', edition, "files of events that taskcost recorded");
  out += std::string(prose) + ".SH FORMAT\n.nf\n";
  std::istringstream lines{std::string(header)};
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("//")) {
      inside = false;
    } else if (inside) {
      out += escape(line.substr(std::min<std::size_t>(line.size(), 3))) + "\n";
    }
    inside = inside || line.starts_with("// taskcost-capture(5) shows this");
  }
  return out + ".fi\n.SH EVENTS\nA line of " + italic("FILE.ndjson") + ", and the columns of " + italic("FILE.csv") +
         ":\n" + field_lines(Json::parse(events)) + ".SH SEE ALSO\n" + reference("taskcost-record", "1") + " ,\n" +
         reference("taskcost-report", "1") + " ,\n" + reference("taskcost-report", "5") + "\n";
}

}  // namespace taskcost::manual
