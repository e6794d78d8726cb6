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

// A mangled name refers back to its own parts, so what it stands for can be exponentially longer: 200 bytes suffice for
// 10 MB. With these limits it is some MB at worst, and of the names in LLVM's libraries 0.04 % stay mangled.
constexpr std::size_t most_mangled = 2048;
constexpr std::size_t most_references = 24;
// What is longer says no more to who reads it.
constexpr std::size_t most_shown = 1024;

struct Free {
  void operator()(char* text) const { std::free(text); }  // NOLINT(cppcoreguidelines-no-malloc): by its contract
};

// "S_", "S1A_", "T_", "T0_"; some that are none count as well.
std::size_t references_in(std::string_view name) {
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

std::string demangled(const std::string& name) {
  std::string shown = name;
  if (name.starts_with("_Z") && name.size() <= most_mangled && references_in(name) <= most_references) {
    int status = 0;
    const std::unique_ptr<char, Free> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status));
    if (text) {
      shown = text.get();
    }
  }
  if (shown.size() > most_shown) {
    shown.resize(most_shown);
    shown += "...";
  }
  return shown;
}

}  // namespace taskcost
