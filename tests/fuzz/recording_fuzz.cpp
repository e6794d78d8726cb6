// SPDX-License-Identifier: Apache-2.0
//
// Takes any bytes as the texts of a capture. A text that is accepted must survive being written and read again.
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/expect.h"
#include "report/recorded/recording.h"

namespace {

using namespace taskcost;  // NOLINT(google-build-using-namespace): a program of one file
using fuzz::expect;

template <typename T>
void check(const Result<T>& value, Result<T> (*read)(std::string_view)) {
  if (!value) {
    expect(!to_line(value.error()).empty(), "an error has words");
    return;
  }
  const std::string text = text_of(*value);
  const auto again = read(text);
  expect(again && text_of(*again) == text, "what was read can be written and read again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto start = read_start(text);
  check(start, read_start);
  if (start) {
    (void)call_name(*start, 0, size % 2 == 0);
  }
  check(read_end(text), read_end);
  return 0;
}
