// SPDX-License-Identifier: Apache-2.0
#include "symbols/kernel_symbols.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <tuple>
#include <utility>

namespace taskcost {
namespace {

constexpr std::string_view kernel_itself = "[kernel]";

bool is_text(char type) { return type == 't' || type == 'T' || type == 'w' || type == 'W'; }

// Among several symbols at one address, the lowest rank wins: a global before a local one, and the one with the fewest
// leading underscores.
auto symbol_rank(char type, std::string_view name) {
  const auto underscores = std::min(name.find_first_not_of('_'), name.size());
  return std::tuple(type != 'T', underscores);
}

}  // namespace

// Lines are "address type name", and "address type name\t[module]" for modules.
KernelSymbols KernelSymbols::parse(std::string_view kallsyms) {
  struct Line {
    std::uint64_t address;
    char type;
    std::string_view name;
    std::string_view module;
  };
  std::vector<Line> lines;
  bool any = false;
  bool any_address = false;
  while (!kallsyms.empty()) {
    const std::size_t end = kallsyms.find('\n');
    std::string_view line = kallsyms.substr(0, end);
    kallsyms.remove_prefix(end == std::string_view::npos ? kallsyms.size() : end + 1);
    std::uint64_t address = 0;
    const auto number = std::from_chars(line.data(), line.data() + line.size(), address, 16);
    line.remove_prefix(static_cast<std::size_t>(number.ptr - line.data()));
    if (number.ec != std::errc() || line.size() < 4 || line[0] != ' ' || line[2] != ' ') {
      continue;
    }
    any = true;
    any_address = any_address || address != 0;
    if (!is_text(line[1]) || address == 0) {
      continue;
    }
    const std::string_view name = line.substr(3, line.find_first_of("\t ", 3) - 3);
    const std::size_t module = line.find('[', 3 + name.size());
    lines.push_back({address, line[1], name, module == std::string_view::npos ? kernel_itself : line.substr(module)});
  }
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return std::tuple(a.address, symbol_rank(a.type, a.name)) < std::tuple(b.address, symbol_rank(b.type, b.name));
  });
  const auto same_address = [](const Line& a, const Line& b) { return a.address == b.address; };
  lines.erase(std::unique(lines.begin(), lines.end(), same_address), lines.end());

  KernelSymbols symbols;
  symbols.hidden_ = any && !any_address;
  symbols.symbols_.reserve(lines.size());
  for (const Line& line : lines) {
    symbols.symbols_.push_back({line.address, std::string(line.name), std::string(line.module)});
  }
  return symbols;
}

Result<KernelSymbols> KernelSymbols::read() {
  std::ifstream file("/proc/kallsyms");
  if (!file) {
    return Error{"cannot name kernel functions", std::string("/proc/kallsyms: ") + std::strerror(errno), ""};
  }
  std::ostringstream text;
  text << file.rdbuf();
  return parse(text.view());
}

Frame KernelSymbols::name(std::uint64_t address) const {
  Frame frame;
  frame.kernel = true;
  frame.module = kernel_itself;
  const auto after = std::upper_bound(symbols_.begin(), symbols_.end(), address,
                                      [](std::uint64_t at, const Symbol& symbol) { return at < symbol.address; });
  if (after != symbols_.begin()) {
    frame.function = std::prev(after)->function;
    frame.module = std::prev(after)->module;
  }
  return frame;
}

bool kernel_addresses_are_hidden() {
  std::ifstream file("/proc/kallsyms");
  std::string address;
  std::string type;
  for (std::string name; file >> address >> type && std::getline(file, name);) {
    if (is_text(type[0])) {
      return address.find_first_not_of('0') == std::string::npos;
    }
  }
  return true;
}

}  // namespace taskcost
