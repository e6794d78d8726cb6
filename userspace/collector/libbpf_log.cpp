// SPDX-License-Identifier: Apache-2.0
#include "collector/libbpf_log.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <new>
#include <sstream>
#include <string>
#include <utility>

namespace taskcost {
namespace {

thread_local std::string warning;
thread_local bool names_program = false;

std::string text_of(const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const int size = std::vsnprintf(nullptr, 0, format, again);
  va_end(again);
  std::string text(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
  std::vsnprintf(text.data(), text.size() + 1, format, arguments);
  return text;
}

// What the verifier objected to: the last line of its log that is no statistic. Empty when `text` has no such log.
std::string objection_in(const std::string& text) {
  std::istringstream lines(text);
  std::string objection;
  bool in_log = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with("-- BEGIN PROG LOAD LOG --")) {
      in_log = true;
    } else if (line.starts_with("-- END PROG LOAD LOG --") || line.starts_with("processed ")) {
      break;
    } else if (in_log && !line.empty()) {
      objection = line;
    }
  }
  return objection;
}

// Of a program that was refused, the warning that names it: what follows repeats for the object what was said of it.
int keep_warning(const char* format, va_list arguments) {
  const std::string text = text_of(format, arguments);
  const int size = static_cast<int>(text.size());
  if (const std::string objection = objection_in(text); !objection.empty()) {
    warning += ": " + objection;
    names_program = true;
  } else if (!names_program) {
    warning = text.substr(0, text.find_last_not_of('\n') + 1);
    if (warning.starts_with("libbpf: ")) {
      warning.erase(0, 8);
    }
    names_program = warning.find("BPF program load failed") != std::string::npos;
  }
  return size;
}

// An exception must not pass through libbpf.
int keep(libbpf_print_level level, const char* format, va_list arguments) {
  try {
    return level == LIBBPF_WARN ? keep_warning(format, arguments) : 0;
  } catch (const std::bad_alloc&) {
    return 0;
  }
}

}  // namespace

void keep_libbpf_messages() { libbpf_set_print(keep); }

std::string take_libbpf_warning() {
  names_program = false;
  return std::exchange(warning, {});
}

}  // namespace taskcost
