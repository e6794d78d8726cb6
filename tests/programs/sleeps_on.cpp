// SPDX-License-Identifier: Apache-2.0
//
// sleeps_on CALL: prints "ready" and sleeps in that call, for at most a minute.
#include <linux/futex.h>
#include <poll.h>
#include <sys/syscall.h>

#include <string_view>

#include "program.h"

int main(int argc, char** argv) {
  const std::string_view call = program::word(argc, argv, 1);
  const timespec limit{60, 0};
  std::printf("ready\n");
  std::fflush(stdout);
  if (call == "poll") {
    poll(nullptr, 0, 60'000);
  } else if (call == "futex") {
    std::uint32_t word = 0;
    syscall(SYS_futex, &word, FUTEX_WAIT, 0, &limit, nullptr, 0);
  } else {
    nanosleep(&limit, nullptr);
  }
}
