// SPDX-License-Identifier: Apache-2.0
//
// Takes any bytes as the JSON of a report to compare.
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/expect.h"
#include "taskcost/diff.h"

using namespace taskcost;  // NOLINT(google-build-using-namespace): a program of one file

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto figures = read_report({reinterpret_cast<const char*>(data), size});
  if (!figures) {
    const std::string line = to_line(figures.error());
    fuzz::expect(!line.empty() && line.find('\n') == std::string::npos, "an error is one line");
    return 0;
  }
  for (const auto& [key, quantity] : figures->quantities) {
    fuzz::expect(std::isfinite(quantity.value), "a quantity is a number");
    fuzz::expect(quantity.measured() || quantity.value == 0, "what was not measured has no value");
  }
  const Difference difference = difference_of(*figures, *figures);
  for (const Change& change : difference.changes) {
    fuzz::expect(change.a.value == change.b.value, "a report is no different from itself");
  }
  return 0;
}
