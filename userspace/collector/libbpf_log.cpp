// SPDX-License-Identifier: Apache-2.0
#include "collector/libbpf_log.h"

#include <bpf/libbpf.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <utility>

namespace taskcost {
namespace {

thread_local std::string last_warning;

int keep(libbpf_print_level level, const char* format, va_list arguments) {
  std::array<char, 1024> line{};
  if (level != LIBBPF_WARN) {
    return 0;
  }
  const int size = std::vsnprintf(line.data(), line.size(), format, arguments);
  last_warning = line.data();
  while (!last_warning.empty() && last_warning.back() == '\n') {
    last_warning.pop_back();
  }
  if (last_warning.starts_with("libbpf: ")) {
    last_warning.erase(0, 8);
  }
  return size;
}

}  // namespace

void keep_libbpf_messages() { libbpf_set_print(keep); }

std::string take_libbpf_warning() { return std::exchange(last_warning, {}); }

}  // namespace taskcost
