// SPDX-License-Identifier: Apache-2.0
//
// timeouts N: N poll() calls time out after 2 ms, while a bystander on each CPU is in system calls most of the time.
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>

#include <array>
#include <csignal>
#include <vector>

#include "program.h"

namespace {

void be_busy(int cpu) {
  prctl(PR_SET_NAME, "bystander");
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(cpu, &cpus);
  sched_setaffinity(0, sizeof cpus, &cpus);
  std::array<char, 65536> bytes{};
  while (getrandom(bytes.data(), bytes.size(), 0) > 0) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto count = program::number(argc, argv, 1);
  cpu_set_t cpus;
  program::must(sched_getaffinity(0, sizeof cpus, &cpus), "sched_getaffinity");
  std::vector<pid_t> bystanders;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &cpus)) {
      bystanders.push_back(program::fork_child([cpu] { be_busy(cpu); }));
    }
  }
  for (int i = 0; i < count; ++i) {
    poll(nullptr, 0, 2);
  }
  for (const pid_t bystander : bystanders) {
    kill(bystander, SIGKILL);
    program::WaitLog("/dev/null").wait_for(bystander);
  }
  return 0;
}
