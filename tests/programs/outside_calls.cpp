// SPDX-License-Identifier: Apache-2.0
//
// outside_calls MODE [ARGUMENT]: makes the kernel work for a task before sys_enter, after sys_exit, or between two
// system calls. Prints what happened, one "key value" a line.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include <atomic>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "program.h"

namespace {

constexpr int kTimes = 20;
constexpr std::int64_t kPause = 3'000'000;

void print(const char* key, long long value) {
  std::printf("%s %lld\n", key, value);
  std::fflush(stdout);
}

void reap(pid_t child) {
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// Waits until the task sleeps in its next call. A pause alone is too short on a slow machine.
void wait_for_sleeping_parent() {
  const std::string path = "/proc/" + std::to_string(getppid()) + "/stat";
  std::string state;
  while (state != "S") {
    program::sleep_ns(kPause);
    std::ifstream(path) >> state >> state >> state;  // skips the pid and a name without spaces
  }
}

// The parent reads from a pipe until its only writer, a child, closes it in some way: task work does so behind the
// call.
void closes(const std::function<void(int reader, int writer)>& close_in_child) {
  for (int i = 0; i < kTimes; ++i) {
    int ends[2];
    program::must(pipe2(ends, O_CLOEXEC), "pipe2");
    const pid_t child = program::fork_child([&] {
      prctl(PR_SET_NAME, "closer");
      wait_for_sleeping_parent();
      close_in_child(ends[0], ends[1]);
      program::sleep_ns(kPause);
    });
    close(ends[1]);
    char byte = 0;
    if (read(ends[0], &byte, 1) != 0) {
      program::die("read");
    }
    close(ends[0]);
    reap(child);
  }
  print("times", kTimes);
}

void stops() {
  for (int i = 0; i < kTimes; ++i) {
    const pid_t child = program::fork_child([] {
      prctl(PR_SET_NAME, "stopper");
      wait_for_sleeping_parent();
      raise(SIGSTOP);
    });
    int status = 0;
    program::must(waitpid(child, &status, WUNTRACED), "waitpid");
    if (!WIFSTOPPED(status)) {
      program::die("no stop");
    }
    program::sleep_ns(kPause);
    kill(child, SIGCONT);
    reap(child);
  }
  print("times", kTimes);
}

int install(unsigned flags, std::uint32_t action) {
  const auto number = static_cast<std::uint32_t>(SYS_getppid);
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program{static_cast<unsigned short>(sizeof(code) / sizeof(code[0])), code};
  program::must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
  return static_cast<int>(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
}

void refused(std::int64_t calls) {
  program::must(install(0, SECCOMP_RET_ERRNO | EPERM), "seccomp");
  long long refusals = 0;
  for (std::int64_t i = 0; i < calls; ++i) {
    refusals += syscall(SYS_getppid) == -1 ? 1 : 0;
  }
  print("refused", refusals);
}

// One thread asks, and the other one answers after a while.
void notified() {
  std::atomic<int> listener{-1};
  std::thread asking([&] {
    prctl(PR_SET_NAME, "asking");
    listener = install(SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_RET_USER_NOTIF);
    program::must(listener, "seccomp");
    const std::int64_t start = program::now_ns();
    syscall(SYS_getppid);
    print("asked_ns", program::now_ns() - start);
  });
  while (listener == -1) {
    program::sleep_ns(kPause);
  }
  seccomp_notif request{};
  program::must(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request), "receive");
  program::sleep_ns(50 * kPause);
  seccomp_notif_resp answer{};
  answer.id = request.id;
  answer.val = 4711;
  program::must(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer), "send");
  asking.join();
}

// It ends by a fatal exception and dumps its core to a helper that takes its time.
void dumps() {
  const pid_t child = program::fork_child([] {
    prctl(PR_SET_NAME, "dumping");
    std::thread([] {
      prctl(PR_SET_NAME, "idle");
      pause();
    }).detach();
    program::sleep_ns(10 * kPause);
    rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &unlimited);
    const volatile std::uintptr_t nowhere = 8;
    *reinterpret_cast<volatile int*>(nowhere) = 1;
  });
  program::sleep_ns(9 * kPause);
  const std::int64_t start = program::now_ns();
  int status = 0;
  rusage usage{};
  program::must(wait4(child, &status, 0, &usage), "wait4");
  print("death_ns", program::now_ns() - start);
  print("dumped", WCOREDUMP(status) ? 1 : 0);
}

// It uses more than its group's quota, alone on its CPU. ARGUMENT is the file cgroup.procs of the group, in which it
// puts itself.
void spins(const char* procs, std::int64_t ns) {
  std::ofstream(procs) << getpid() << std::endl;
  const std::int64_t start = program::now_ns();
  program::spin_ns(ns);
  print("spun_ns", program::now_ns() - start);
}

// Two tasks on one CPU yield it to each other.
void yields(std::int64_t times) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  program::must(sched_setaffinity(0, sizeof(one), &one), "sched_setaffinity");
  const pid_t child = program::fork_child([&] {
    for (std::int64_t i = 0; i < times; ++i) {
      sched_yield();
    }
  });
  for (std::int64_t i = 0; i < times; ++i) {
    sched_yield();
  }
  reap(child);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  print("involuntary", usage.ru_nivcsw);
}

// Three tasks are frozen: in a call, in user code and in one of many short sleeps. ARGUMENT is the directory of a
// cgroup of version 2, or of the freezer of version 1.
void freezes(const std::string& cgroup) {
  int ends[2];
  program::must(pipe(ends), "pipe");
  const bool first_version = access((cgroup + "/freezer.state").c_str(), F_OK) == 0;
  const auto write_to = [&](const char* file, const std::string& text) {
    std::ofstream out(cgroup + "/" + file);
    out << text << std::endl;
    if (!out) {
      program::die(file);
    }
  };
  const pid_t poller = program::fork_child([&] {
    prctl(PR_SET_NAME, "poller");
    pollfd watched{ends[0], POLLIN, 0};
    const std::int64_t start = program::now_ns();
    while (poll(&watched, 1, -1) < 0) {
    }
    print("polled_ns", program::now_ns() - start);
  });
  const pid_t spinner = program::fork_child([&] {
    prctl(PR_SET_NAME, "spinner");
    volatile unsigned loops = 0;
    while (true) {
      loops = loops + 1;
    }
  });
  const pid_t napper = program::fork_child([&] {
    prctl(PR_SET_NAME, "napper");
    while (true) {
      program::sleep_ns(kPause);
    }
  });
  program::sleep_ns(20 * kPause);
  for (const pid_t child : {poller, spinner, napper}) {
    write_to("cgroup.procs", std::to_string(child));
  }
  const std::int64_t start = program::now_ns();
  first_version ? write_to("freezer.state", "FROZEN") : write_to("cgroup.freeze", "1");
  program::sleep_ns(100 * kPause);
  first_version ? write_to("freezer.state", "THAWED") : write_to("cgroup.freeze", "0");
  print("frozen_ns", program::now_ns() - start);
  program::sleep_ns(20 * kPause);
  program::must(static_cast<int>(write(ends[1], "x", 1)), "write");
  reap(poller);
  for (const pid_t child : {spinner, napper}) {
    kill(child, SIGKILL);
    reap(child);
  }
}

// A thread faults for a second on memory that userfaultfd does not fill, so that the tool can adopt it meanwhile.
void faults() {
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const int handler =
      program::must(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY)), "userfaultfd");
  uffdio_api api{};
  api.api = UFFD_API;
  program::must(ioctl(handler, UFFDIO_API, &api), "UFFDIO_API");
  auto* page = static_cast<char*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  uffdio_register range{};
  range.range = {reinterpret_cast<std::uintptr_t>(page), size};
  range.mode = UFFDIO_REGISTER_MODE_MISSING;
  program::must(ioctl(handler, UFFDIO_REGISTER, &range), "UFFDIO_REGISTER");
  std::thread faulting([&] {
    prctl(PR_SET_NAME, "faulting");
    *static_cast<volatile char*>(page) = 1;
    pause();
  });
  program::sleep_ns(50 * kPause);
  std::puts("ready");
  std::fflush(stdout);
  pause();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = program::word(argc, argv, 1);
  if (mode == "exec") {
    closes([](int, int) { execl("/bin/true", "true", nullptr); });
  } else if (mode == "dup2") {
    closes([](int reader, int writer) { dup3(reader, writer, 0); });
  } else if (mode == "close_range") {
    closes([](int, int writer) { syscall(SYS_close_range, writer, writer, 0); });
  } else if (mode == "close") {
    closes([](int, int writer) { close(writer); });
  } else if (mode == "stop") {
    stops();
  } else if (mode == "refused") {
    refused(program::number(argc, argv, 2));
  } else if (mode == "notified") {
    notified();
  } else if (mode == "dump") {
    dumps();
  } else if (mode == "spin") {
    spins(program::word(argc, argv, 2), program::number(argc, argv, 3));
  } else if (mode == "yield") {
    yields(program::number(argc, argv, 2));
  } else if (mode == "freeze") {
    freezes(program::word(argc, argv, 2));
  } else if (mode == "fault") {
    faults();
  } else {
    std::fprintf(stderr, "unknown mode\n");
    return program::kBroken;
  }
  return 0;
}
