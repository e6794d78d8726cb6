// SPDX-License-Identifier: Apache-2.0
//
// Functions of the running kernel and its modules, by address: /proc/kallsyms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "taskcost/result.h"
#include "taskcost/stacks.h"

namespace taskcost {

class KernelSymbols {
 public:
  KernelSymbols() = default;
  static KernelSymbols parse(std::string_view kallsyms);
  static Result<KernelSymbols> read();

  // The kernel keeps its addresses to itself (kernel.kptr_restrict): all are 0, and frames stay nameless.
  [[nodiscard]] bool hidden() const { return hidden_; }
  [[nodiscard]] Frame name(std::uint64_t address) const;

 private:
  struct Symbol {
    std::uint64_t address = 0;
    std::string function;
    std::string module;
  };

  std::vector<Symbol> symbols_;  // by address, one for each
  bool hidden_ = false;
};

// By the first function that it lists: would KernelSymbols::read() give no names? So it is as well without a list.
bool kernel_addresses_are_hidden();

}  // namespace taskcost
