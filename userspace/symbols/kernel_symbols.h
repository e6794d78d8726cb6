// SPDX-License-Identifier: Apache-2.0
//
// The functions of the running kernel and its modules by address, from /proc/kallsyms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "account/stacks.h"
#include "base/result.h"

namespace taskcost {

class KernelSymbols {
 public:
  KernelSymbols() = default;
  static KernelSymbols parse(std::string_view kallsyms);
  static Result<KernelSymbols> read();

  // True if kernel.kptr_restrict hides the addresses: all are 0, and frames have no names.
  [[nodiscard]] bool hidden() const { return hidden_; }
  [[nodiscard]] Frame name(std::uint64_t address) const;

 private:
  struct Symbol {
    std::uint64_t address = 0;
    std::string function;
    std::string module;
  };

  std::vector<Symbol> symbols_;  // sorted by address, one for each address
  bool hidden_ = false;
};

// True if KernelSymbols::read() would find no names: the first function in /proc/kallsyms has address 0, or there is no
// such file.
bool kernel_addresses_are_hidden();

}  // namespace taskcost
