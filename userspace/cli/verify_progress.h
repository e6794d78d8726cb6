// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "cli/progress_line.h"

namespace taskcost {

// Progress of `verify`: each variant on a terminal, a line for each look elsewhere.
class VerifyProgress {
 public:
  explicit VerifyProgress(bool quiet) : quiet_(quiet), line_(quiet) {}

  void phase(const char* title);
  void measuring(std::size_t round, const std::string& variant, const std::string& open);
  // `open`: the claims that are not decided yet.
  void look(std::size_t round, const std::string& open);

 private:
  bool quiet_;
  ProgressLine line_;
};

}  // namespace taskcost
