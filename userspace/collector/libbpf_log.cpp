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

std::string format_text(const char* format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  const int size = std::vsnprintf(nullptr, 0, format, again);
  va_end(again);
  std::string text(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
  std::vsnprintf(text.data(), text.size() + 1, format, arguments);
  return text;
}

// The verifier's error is the last line of its log that is not a statistic. Empty if `text` has no such log.
std::string find_verifier_error(const std::string& text) {
  std::istringstream lines(text);
  std::string verifier_error;
  bool in_log = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with("-- BEGIN PROG LOAD LOG --")) {
      in_log = true;
    } else if (line.starts_with("-- END PROG LOAD LOG --") || line.starts_with("processed ")) {
      break;
    } else if (in_log && !line.empty()) {
      verifier_error = line;
    }
  }
  return verifier_error;
}

// Keeps the warning that names a refused program: the following warnings repeat it for the whole object.
int keep_warning(const char* format, va_list arguments) {
  const std::string text = format_text(format, arguments);
  const int size = static_cast<int>(text.size());
  if (const std::string verifier_error = find_verifier_error(text); !verifier_error.empty()) {
    warning += ": " + verifier_error;
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

// An exception must not unwind through libbpf, which is C.
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
