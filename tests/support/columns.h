// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <clocale>
#include <cwchar>
#include <string>

namespace taskcost::test {

// The column count by the C library, which is independent of taskcost. Negative: not printable.
inline int columns_of(const std::string& line) {
  const char* const old = std::setlocale(LC_CTYPE, nullptr);
  const std::string saved = old == nullptr ? "C" : old;
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::wstring wide(line.size() + 1, L'\0');
  const std::size_t size = std::mbstowcs(wide.data(), line.c_str(), wide.size());
  const int columns = size == static_cast<std::size_t>(-1) ? -1 : wcswidth(wide.data(), size);
  std::setlocale(LC_CTYPE, saved.c_str());
  return columns;
}

}  // namespace taskcost::test
