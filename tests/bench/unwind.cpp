// SPDX-License-Identifier: Apache-2.0
//
// taskcost-bench-unwind FILE...: the unwind table of each file: its rows, its pages, how long it takes to make (the
// shortest of some times), and the share of the code that has no rule. It measures and asserts nothing.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "base/fd.h"
#include "symbols/unwind_table.h"

namespace taskcost {
namespace {

constexpr int times = 5;

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

void measure(const char* path) {
  const Fd file(open(path, O_RDONLY | O_CLOEXEC));
  double shortest_ms = 1e9;
  Result<UnwindTable> table = Error{};
  for (int i = 0; i < times; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    table = make_unwind_table(file.get());
    shortest_ms = std::min(shortest_ms,
                           std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  if (!table) {
    fmt::print("{}: {}\n", path, to_line(table.error()));
    return;
  }
  std::uint64_t without_rule = 0;
  for (const auto& counted : table->counts.no_rule) {
    without_rule += counted.bytes;
  }
  const auto rows = table->rows.size();
  const auto& counts = table->counts;
  fmt::print("{:9} {:9} {:8.2f} {:9.1f} {:10} {:8.4f} {:8.3f}  {}\n", rows,
             to_pages(table->rows).size() * sizeof(tc_unwind_page), shortest_ms,
             shortest_ms * 1e5 / static_cast<double>(rows), counts.text_bytes, share(without_rule, counts.text_bytes),
             share(counts.gap_bytes, counts.text_bytes), path);
}

}  // namespace
}  // namespace taskcost

int main(int argc, char** argv) try {
  fmt::print("     rows     bytes       ms   ms/100k code bytes no rule%   gaps%  file\n");
  for (int i = 1; i < argc; ++i) {
    taskcost::measure(argv[i]);
  }
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::fputs(error.what(), stderr);
  return EXIT_FAILURE;
}
