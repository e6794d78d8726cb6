// SPDX-License-Identifier: Apache-2.0
#include "taskcost/result.h"

#include <algorithm>

namespace taskcost {

std::string to_line(const Error& error) {
  std::string line = error.what;
  if (!error.why.empty()) {
    line += ": " + error.why;
  }
  if (!error.hint.empty()) {
    line += " (" + error.hint + ")";
  }
  // A cause that came from elsewhere may bring its own line breaks.
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

}  // namespace taskcost
