// SPDX-License-Identifier: Apache-2.0
#include <cxxabi.h>

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "symbols/elf_symbols.h"

namespace taskcost {
namespace {

// A mangled name refers back to its own parts, so that its demangled form can be exponentially longer: 10 MB from 200
// bytes. With these limits it has a few MB at most, and 0.04 % of the names in LLVM's libraries stay mangled.
constexpr std::size_t max_mangled = 2048;
constexpr std::size_t max_references = 24;
// Longer names are cut, because a report is no more readable with all their template arguments.
constexpr std::size_t max_shown = 1024;

struct Free {
  void operator()(char* text) const { std::free(text); }  // NOLINT(cppcoreguidelines-no-malloc): by its contract
};

// Counts back references such as "S_", "S1A_", "T_" and "T0_". It may count too many, never too few.
std::size_t count_references(std::string_view name) {
  std::size_t references = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == 'S' || name[i] == 'T') {
      const std::size_t behind = name.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", i + 1);
      references += behind != std::string_view::npos && name[behind] == '_' ? 1 : 0;
    }
  }
  return references;
}

}  // namespace

std::string demangle(const std::string& name) {
  std::string shown = name;
  if (name.starts_with("_Z") && name.size() <= max_mangled && count_references(name) <= max_references) {
    int status = 0;
    const std::unique_ptr<char, Free> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status));
    if (text) {
      shown = text.get();
    }
  }
  if (shown.size() > max_shown) {
    shown.resize(max_shown);
    shown += "...";
  }
  return shown;
}

}  // namespace taskcost
