// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace taskcost {

// Progress of `verify` on standard error: one line that is written over on a terminal, a line for each look elsewhere.
class VerifyProgress {
 public:
  explicit VerifyProgress(bool quiet);
  VerifyProgress(const VerifyProgress&) = delete;
  VerifyProgress& operator=(const VerifyProgress&) = delete;
  ~VerifyProgress();

  void phase(const char* title);
  void measuring(std::size_t round, const std::string& variant, const std::string& open);
  // `open`: the claims that are not decided yet.
  void look(std::size_t round, const std::string& open);

 private:
  void show(const std::string& text);
  void clear();

  bool quiet_;
  bool terminal_;
  bool shown_ = false;
};

}  // namespace taskcost
