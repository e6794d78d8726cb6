// SPDX-License-Identifier: Apache-2.0
//
// signal_death NUMBER: kills itself with that signal while a second thread lives.
#include <sys/prctl.h>

#include <csignal>
#include <thread>

#include "program.h"

int main(int argc, char** argv) {
  const auto signal_number = static_cast<int>(program::number(argc, argv, 1));
  prctl(PR_SET_DUMPABLE, 0);  // no core file
  std::thread([] { pause(); }).detach();
  program::sleep_ns(5'000'000);
  std::raise(signal_number);
  pause();
}
