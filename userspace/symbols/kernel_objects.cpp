// SPDX-License-Identifier: Apache-2.0
#include "symbols/kernel_objects.h"

#include <charconv>
#include <system_error>

#include "base/read_text.h"

namespace taskcost {
namespace {

bool is_data(char type) { return std::string_view("bBdDrRvV").find(type) != std::string_view::npos; }

}  // namespace

std::map<std::uint64_t, std::string> name_kernel_objects(const std::set<std::uint64_t>& addresses,
                                                         std::string_view kallsyms) {
  std::map<std::uint64_t, std::string> names;
  while (!kallsyms.empty()) {
    const std::size_t end = kallsyms.find('\n');
    std::string_view line = kallsyms.substr(0, end);
    kallsyms.remove_prefix(end == std::string_view::npos ? kallsyms.size() : end + 1);
    std::uint64_t address = 0;
    const auto number = std::from_chars(line.data(), line.data() + line.size(), address, 16);
    line.remove_prefix(static_cast<std::size_t>(number.ptr - line.data()));
    if (number.ec != std::errc() || address == 0 || line.size() < 4 || !is_data(line[1])) {
      continue;
    }
    if (addresses.contains(address)) {
      names.emplace(address, line.substr(3, line.find_first_of("\t ", 3) - 3));
    }
  }
  return names;
}

std::map<std::uint64_t, std::string> name_kernel_objects(const std::set<std::uint64_t>& addresses) {
  return addresses.empty() ? std::map<std::uint64_t, std::string>()
                           : name_kernel_objects(addresses, read_text("/proc/kallsyms"));
}

}  // namespace taskcost
