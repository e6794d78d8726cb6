// SPDX-License-Identifier: Apache-2.0
#include "export/labels.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "base/escape.h"

namespace taskcost {
namespace {

constexpr std::size_t most_columns = 256;

std::vector<std::string_view> parts_of(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

std::string fold_part(std::string_view part) {
  constexpr std::array prefixes{std::string_view("session-"), std::string_view("run-")};
  constexpr std::array endings{std::string_view(".scope"), std::string_view(".service")};
  for (const std::string_view prefix : prefixes) {
    for (const std::string_view ending : endings) {
      if (part.size() > prefix.size() + ending.size() && part.starts_with(prefix) && part.ends_with(ending)) {
        return std::string(prefix) + "*" + std::string(ending);
      }
    }
  }
  return std::string(part);
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// The run of hexadecimal digits with this length; empty if there is none.
std::string_view hex_run(std::string_view text, std::size_t length) {
  while (!text.empty()) {
    const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_hex) - text.begin());
    if (digits == length) {
      return text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(digits, 1));
  }
  return {};
}

// "kubepods-burstable-pod0a1b_....slice" of systemd, "pod0a1b-..." without it. systemd has `_` for each dash.
std::string pod_of(std::string_view part) {
  constexpr std::string_view uid = "00000000-0000-0000-0000-000000000000";
  const std::size_t at = part.starts_with("pod") ? 0 : part.find("-pod") + 1;
  if (at + 3 + uid.size() > part.size() || part.substr(at, 3) != "pod") {
    return "";
  }
  std::string found(part.substr(at + 3, uid.size()));
  std::ranges::replace(found, '_', '-');
  const bool is_uid =
      std::ranges::equal(found, uid, [](char c, char wanted) { return wanted == '-' ? c == '-' : is_hex(c); });
  return is_uid ? found : "";
}

bool is_unit(std::string_view part) {
  constexpr std::array endings{std::string_view(".service"), std::string_view(".scope"),
                               std::string_view(".socket"),  std::string_view(".mount"),
                               std::string_view(".swap"),    std::string_view(".automount")};
  return std::ranges::any_of(endings, [part](std::string_view ending) { return part.ends_with(ending); });
}

}  // namespace

std::string label_value(std::string_view bytes) { return TerminalText(bytes).cut(most_columns).text(); }

std::string fold_transient_units(std::string_view path) {
  std::string folded;
  bool first = true;
  for (const std::string_view part : parts_of(path)) {
    folded += (first ? "" : "/") + fold_part(part);
    first = false;
  }
  return folded.empty() ? std::string(path) : folded;
}

CgroupIdentity identify_cgroup(std::string_view path) {
  constexpr std::size_t digits_of_container = 64;
  CgroupIdentity identity;
  for (const std::string_view part : parts_of(path)) {
    if (part.ends_with(".slice")) {
      identity.slice = label_value(part);
    } else if (is_unit(part)) {
      identity.unit = label_value(fold_part(part));
    }
    if (const auto container = hex_run(part, digits_of_container); !container.empty()) {
      identity.container_id = container;
    }
    if (std::string pod = pod_of(part); !pod.empty()) {
      identity.pod = std::move(pod);
    }
  }
  return identity;
}

}  // namespace taskcost
