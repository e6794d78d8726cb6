// SPDX-License-Identifier: Apache-2.0
//
// Takes any bytes as the JSON of a report to compare.
#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

#include "fuzz/expect.h"
#include "report/render.h"
#include "verdict/diff/diff.h"

using namespace taskcost;  // NOLINT(google-build-using-namespace): a program of one file

namespace {

std::string written_of(const Report& report) {
  std::ostringstream out;
  render_json(report, out);
  return std::move(out).str();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto report = read_report(text)) {
    const std::string written = written_of(*report);
    const auto again = read_report(written);
    // Sums can be larger than what is read.
    fuzz::expect(!again || written_of(*again) == written, "what was read is written and read again without a change");
    std::ostringstream shown;
    render_text(*report, shown, {});
  }
  const auto figures = read_figures(text);
  if (!figures) {
    const std::string line = to_line(figures.error());
    fuzz::expect(!line.empty() && line.find('\n') == std::string::npos, "an error is one line");
    return 0;
  }
  for (const auto& [key, quantity] : figures->quantities) {
    fuzz::expect(std::isfinite(quantity.value), "a quantity is a number");
    fuzz::expect(quantity.measured() || quantity.value == 0, "what was not measured has no value");
  }
  const Difference difference = diff_reports(*figures, *figures);
  for (const Change& change : difference.changes) {
    fuzz::expect(change.a.value == change.b.value, "a report is no different from itself");
  }
  return 0;
}
