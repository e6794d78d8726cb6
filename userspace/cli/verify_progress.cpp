// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include "cli/say.h"

namespace taskcost {

VerifyProgress::VerifyProgress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {}

VerifyProgress::~VerifyProgress() { clear(); }

void VerifyProgress::phase(const char* title) {
  clear();
  if (!quiet_) {
    say("{}", title);
  }
}

void VerifyProgress::measuring(std::size_t round, const std::string& variant, const std::string& open) {
  if (terminal_) {
    show(fmt::format("round {}: {}{}", round, variant, open.empty() ? "" : "; open: " + open));
  }
}

void VerifyProgress::look(std::size_t round, const std::string& open) {
  if (!terminal_) {
    show(fmt::format("after {} rounds: {}", round, open.empty() ? "every claim is decided" : "open: " + open));
  }
}

void VerifyProgress::show(const std::string& text) {
  if (!quiet_) {
    to_standard_error(fmt::format("{}taskcost: {}{}", terminal_ ? "\r\033[K" : "", text, terminal_ ? "" : "\n"));
    shown_ = terminal_;
  }
}

void VerifyProgress::clear() {
  if (shown_) {
    to_standard_error("\r\033[K");
    shown_ = false;
  }
}

}  // namespace taskcost
