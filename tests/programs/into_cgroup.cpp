// SPDX-License-Identifier: Apache-2.0
//
// into_cgroup OWN OTHER GO: moves to the cgroup OWN and prints "ready". When the file GO exists, it creates children in
// OTHER (CLONE_INTO_CGROUP) and in its own cgroup, and prints "INTO_OTHER INTO_OWN", their pids.
#include <linux/sched.h>
#include <sys/syscall.h>

#include <string>

#include "program.h"

namespace {

pid_t make_in(const char* cgroup) {
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<__u64>(program::must(open(cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC), cgroup));
  const auto child =
      static_cast<pid_t>(program::must(static_cast<int>(syscall(SYS_clone3, &arguments, sizeof arguments)), "clone3"));
  if (child == 0) {
    program::spin_ns(2'000'000);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  return child;
}

}  // namespace

int main(int argc, char** argv) {
  const char* own = program::word(argc, argv, 1);
  const char* other = program::word(argc, argv, 2);
  const char* go = program::word(argc, argv, 3);
  const int procs = program::must(open((std::string(own) + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC), own);
  program::must(static_cast<int>(write(procs, "0", 1)), "cgroup.procs");
  std::puts("ready");
  std::fflush(stdout);
  while (access(go, F_OK) != 0) {
    program::sleep_ns(1'000'000);
  }
  const pid_t into_other = make_in(other);
  const pid_t into_own = make_in(own);
  std::printf("%d %d\n", into_other, into_own);
  return 0;
}
