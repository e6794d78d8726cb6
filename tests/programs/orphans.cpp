// SPDX-License-Identifier: Apache-2.0
//
// orphans HOW: makes a child that stays a zombie for a while before it is reaped:
//
//   clone_parent  its creator is not its parent
//   subreaper     its parent ends before it
//   waitid        waitid() reaps it, after a waitid(WNOWAIT) that leaves it a zombie; neither returns its pid
//   traced        another process traces it and is notified first
//
// Prints "CHILD PARENT ZOMBIE_NS": its pid, its parent when it exited, and how long it was a zombie.
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <string>

#include "program.h"

namespace {

using program::must;

constexpr std::int64_t kPause = 60'000'000;

struct Child {
  std::int64_t ended_ns;
  pid_t parent;
};

[[noreturn]] void run_child(volatile Child& child) {
  program::sleep_ns(kPause);
  child.parent = getppid();
  child.ended_ns = program::now_ns();
  _exit(7);
}

pid_t reap_by_waitid() {
  siginfo_t info{};
  must(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), "waitid");
  program::sleep_ns(kPause);
  must(waitid(P_ALL, 0, &info, WEXITED), "waitid");
  return info.si_pid;
}

// The tracer is notified of the end and has to detach; then the zombie goes back to its parent.
void trace(pid_t child) {
  must(static_cast<int>(ptrace(PTRACE_SEIZE, child, nullptr, nullptr)), "ptrace");
  must(waitpid(child, nullptr, __WALL), "waitpid");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string how = program::word(argc, argv, 1);
  auto* child = static_cast<volatile Child*>(
      mmap(nullptr, sizeof(Child), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  pid_t pid = 0;
  pid_t other = 0;
  if (how == "clone_parent") {
    other = program::fork_child([&] {
      if (must(static_cast<int>(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, nullptr, nullptr, nullptr, 0)), "clone") ==
          0) {
        run_child(*child);
      }
      program::sleep_ns(4 * kPause);
    });
  } else if (how == "subreaper") {
    must(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl");
    waitpid(program::fork_child([&] { program::fork_child([&] { run_child(*child); }); }), nullptr, 0);
  } else {
    pid = program::fork_child([&] { run_child(*child); });
  }
  if (how == "traced") {
    other = program::fork_child([&] { trace(pid); });
  }
  program::sleep_ns(2 * kPause);
  if (how == "waitid") {
    pid = reap_by_waitid();
  } else if (how == "traced") {
    waitpid(other, nullptr, 0);
    program::sleep_ns(kPause);
    pid = must(waitpid(pid, nullptr, 0), "waitpid");
  } else {
    do {
      pid = must(wait(nullptr), "wait");
    } while (pid == other);
  }
  const std::int64_t zombie_ns = program::now_ns() - child->ended_ns;
  if (other != 0) {
    waitpid(other, nullptr, 0);
  }
  std::printf("%d %d %lld\n", pid, child->parent, static_cast<long long>(zombie_ns));
  return 0;
}
