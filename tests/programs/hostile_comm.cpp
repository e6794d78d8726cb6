// SPDX-License-Identifier: Apache-2.0
//
// hostile_comm: sets a name with terminal escapes, a line break, a quote and bytes that are not UTF-8. Its child has
// another such name, and arguments of the same kind.
#include <sys/prctl.h>

#include "program.h"

int main(int argc, char** argv) {
  prctl(PR_SET_NAME, "\x1b[31m\"<\n\xff\xfe\\&");
  if (argc > 1) {
    program::sleep_ns(1'000'000);
    return 0;
  }
  const pid_t child = program::fork_child([&] {
    char argument[] = "\x1b]0;owned\a\r\n\xc3\x28<script>";
    char* arguments[] = {argv[0], argument, nullptr};
    execv("/proc/self/exe", arguments);
    program::die("exec");
  });
  return program::exit_status(program::WaitLog("/dev/null").wait_for(child));
}
