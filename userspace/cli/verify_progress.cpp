// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_progress.h"

#include <fmt/format.h>

#include "cli/say.h"

namespace taskcost {

void VerifyProgress::phase(const char* title) {
  line_.clear();
  if (!quiet_) {
    say("{}", title);
  }
}

void VerifyProgress::measuring(std::size_t round, const std::string& variant, const std::string& open) {
  if (line_.on_terminal()) {
    line_.show(fmt::format("round {}: {}{}", round, variant, open.empty() ? "" : "; open: " + open));
  }
}

void VerifyProgress::look(std::size_t round, const std::string& open) {
  if (!line_.on_terminal()) {
    line_.show(fmt::format("after {} rounds: {}", round, open.empty() ? "every claim is decided" : "open: " + open));
  }
}

}  // namespace taskcost
