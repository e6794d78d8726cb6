// SPDX-License-Identifier: Apache-2.0
//
// waits_in_calls MILLISECONDS: waits in one way after the other, each in a process of its own and for one cause alone,
// and prints which process waited for what, and for how long by its own clock: "SITUATION PID CAUSE NS" a line. Each
// wait ends MILLISECONDS later.
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>

#include "program.h"
#include "short_call.h"

// Older headers lack them.
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SYS_futex_wake
#define SYS_futex_wake 454
#endif
#ifndef SYS_futex_wait
#define SYS_futex_wait 455
#endif

namespace {

using program::must;

constexpr unsigned kFutex2Size32 = 2;
constexpr unsigned kFutex2Private = 128;

std::int64_t delay_ns = 0;
const program::WaitLog log_of_children("/dev/null");

// All processes map it.
struct Shared {
  std::uint32_t word;
  std::int64_t began_ns;
  std::int64_t ended_ns;
};
Shared* const shared =
    static_cast<Shared*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));

using Work = std::function<void()>;

// A process of its own runs `wait`; this one runs `end` MILLISECONDS later, and `interrupt` before that.
void waits(const char* situation, const char* cause, const Work& wait, const Work& end, bool interrupted = false) {
  *shared = {};
  std::fflush(stdout);
  const pid_t waiter = program::fork_child([&] {
    shared->began_ns = program::now_ns();
    wait();
    shared->ended_ns = program::now_ns();
  });
  program::sleep_ns(delay_ns);
  std::int64_t stopped = 0;
  if (interrupted) {
    const std::int64_t from = program::now_ns();
    kill(waiter, SIGSTOP);
    program::sleep_ns(delay_ns / 4);
    kill(waiter, SIGCONT);
    stopped = program::now_ns() - from;
    program::sleep_ns(2 * delay_ns);
  }
  end();
  log_of_children.wait_for(waiter);
  std::printf("%s %d %s %lld\n", situation, waiter, cause,
              static_cast<long long>(shared->ended_ns - shared->began_ns - stopped));
}

bool has(long number) { return syscall(number, nullptr, 0, 0, 0, 0, 0) >= 0 || errno != ENOSYS; }

void write_byte(int fd) { must(static_cast<int>(write(fd, "x", 1)), "write"); }

void set_word() { __atomic_store_n(&shared->word, 1, __ATOMIC_RELEASE); }
bool word_is_set() { return __atomic_load_n(&shared->word, __ATOMIC_ACQUIRE) != 0; }
void wake_word() {
  set_word();
  syscall(SYS_futex, &shared->word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

void on_paths(const std::string& directory) {
  const std::string fifo = directory + "/fifo";
  must(mkfifo(fifo.c_str(), 0600), "mkfifo");
  const auto open_to_read = [&] { close(must(open(fifo.c_str(), O_RDONLY), "open")); };
  const auto open_to_write = [&] { close(must(open(fifo.c_str(), O_WRONLY), "open")); };
  waits("fifo_to_read", "pipe", open_to_read, open_to_write);
  waits("fifo_to_write", "pipe", open_to_write, open_to_read);

  // The address of the path ends in the bits of a descriptor that is a socket: the tool must not take it for one.
  waits(
      "fifo_low", "pipe",
      [&] {
        int pair[2];
        must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
        char* page = static_cast<char*>(mmap(reinterpret_cast<void*>(0x700000000000), 4096, PROT_READ | PROT_WRITE,
                                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0));
        char* path = page + pair[0];
        fifo.copy(path, fifo.size());
#ifdef SYS_open
        close(must(static_cast<int>(syscall(SYS_open, path, O_RDONLY, 0)), "open"));
#else
        close(must(static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0)), "openat"));
#endif
      },
      open_to_write);

  const std::string leased = directory + "/leased";
  const int file = must(open(leased.c_str(), O_RDWR | O_CREAT, 0600), "open");
  signal(SIGIO, SIG_IGN);
  must(fcntl(file, F_SETLEASE, F_WRLCK), "F_SETLEASE");
  waits(
      "lease", "file_lock",
      [&] {
        close(file);
        close(must(open(leased.c_str(), O_RDONLY), "open"));
      },
      [&] { must(fcntl(file, F_SETLEASE, F_UNLCK), "F_SETLEASE"); });
}

void on_locks(const std::string& directory) {
  const std::string path = directory + "/locked";
  const int file = must(open(path.c_str(), O_RDWR | O_CREAT, 0600), "open");
  // Not opened by those who wait: the file system may make them wait for something else.
  const int other = must(open(path.c_str(), O_RDWR), "open");
  must(flock(file, LOCK_EX), "flock");
  waits(
      "flock", "file_lock", [&] { must(flock(other, LOCK_EX), "flock"); }, [&] { flock(file, LOCK_UN); });

  struct flock lock {};
  lock.l_type = F_WRLCK;
  struct flock unlock = lock;
  unlock.l_type = F_UNLCK;
  must(fcntl(file, F_SETLK, &lock), "F_SETLK");
  waits(
      "record_lock", "file_lock", [&] { must(fcntl(other, F_SETLKW, &lock), "F_SETLKW"); },
      [&] { must(fcntl(file, F_SETLK, &unlock), "F_SETLK"); });
  must(fcntl(file, F_OFD_SETLK, &lock), "F_OFD_SETLK");
  waits(
      "file_description_lock", "file_lock", [&] { must(fcntl(other, F_OFD_SETLKW, &lock), "F_OFD_SETLKW"); },
      [&] { must(fcntl(file, F_OFD_SETLK, &unlock), "F_OFD_SETLK"); });
}

void fill(int fd) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  static char piece[4096];
  while (write(fd, piece, sizeof(piece)) > 0) {
  }
  fcntl(fd, F_SETFL, 0);
}

void empty(int fd) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  static char piece[4096];
  while (read(fd, piece, sizeof(piece)) > 0) {
  }
}

void on_two_files() {
  int ends[2];
  int pair[2];
  must(pipe(ends), "pipe");
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
  const int file = must(static_cast<int>(syscall(SYS_memfd_create, "waits", 0)), "memfd_create");
  must(ftruncate(file, 4096), "ftruncate");
  const auto splice_byte = [](int from, int to) {
    must(static_cast<int>(splice(from, nullptr, to, nullptr, 1, 0)), "splice");
  };
  waits(
      "splice_from_empty_pipe", "pipe", [&] { splice_byte(ends[0], pair[0]); }, [&] { write_byte(ends[1]); });
  waits(
      "splice_from_empty_socket", "unix_socket", [&] { splice_byte(pair[0], ends[1]); }, [&] { write_byte(pair[1]); });
  fill(pair[0]);
  write_byte(ends[1]);
  waits(
      "splice_to_full_socket", "unix_socket", [&] { splice_byte(ends[0], pair[0]); }, [&] { empty(pair[1]); });
  fill(ends[1]);
  waits(
      "splice_to_full_pipe", "pipe", [&] { splice_byte(file, ends[1]); }, [&] { empty(ends[0]); });
}

void on_sysv() {
  const int semaphore = must(semget(IPC_PRIVATE, 1, 0600), "semget");
  waits(
      "semaphore", "sysv_semaphore",
      [&] {
        sembuf down{0, -1, 0};
        must(semop(semaphore, &down, 1), "semop");
      },
      [&] {
        sembuf up{0, 1, 0};
        must(semop(semaphore, &up, 1), "semop");
      });
  must(semctl(semaphore, 0, IPC_RMID), "semctl");

  const int queue = must(msgget(IPC_PRIVATE, 0600), "msgget");
  struct {
    long type = 1;
    char text[1024] = {};
  } message;
  waits(
      "queue_empty", "sysv_queue",
      [&] { must(static_cast<int>(msgrcv(queue, &message, sizeof(message.text), 0, 0)), "msgrcv"); },
      [&] { must(msgsnd(queue, &message, 1, 0), "msgsnd"); });
  while (msgsnd(queue, &message, sizeof(message.text), IPC_NOWAIT) == 0) {
  }
  waits(
      "queue_full", "sysv_queue", [&] { must(msgsnd(queue, &message, sizeof(message.text), 0), "msgsnd"); },
      [&] { must(static_cast<int>(msgrcv(queue, &message, sizeof(message.text), 0, 0)), "msgrcv"); });
  must(msgctl(queue, IPC_RMID, nullptr), "msgctl");
}

struct Waiter {  // struct futex_waitv
  std::uint64_t value = 0;
  std::uint64_t address = 0;
  std::uint32_t flags = kFutex2Size32;
  std::uint32_t reserved = 0;
};

// Both tasks are threads of one process.
std::uint32_t own_word = 0;

void* set_own_word(void*) {
  program::sleep_ns(delay_ns);
  __atomic_store_n(&own_word, 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, &own_word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  return nullptr;
}

void* sleep_on(void*) {
  program::sleep_ns(delay_ns);
  return nullptr;
}

void on_futexes() {
  waits(
      "join", "futex_private",
      [] {
        pthread_t thread{};
        pthread_create(&thread, nullptr, sleep_on, nullptr);
        pthread_join(thread, nullptr);
      },
      [] {});
  waits(
      "own_word_without_flag", "futex_private",
      [] {
        own_word = 0;
        pthread_t thread{};
        pthread_create(&thread, nullptr, set_own_word, nullptr);
        while (__atomic_load_n(&own_word, __ATOMIC_ACQUIRE) == 0) {
          syscall(SYS_futex, &own_word, FUTEX_WAIT, 0, nullptr, nullptr, 0);
        }
      },
      [] {});
  waits(
      "shared_word", "futex_shared",
      [] {
        while (!word_is_set()) {
          syscall(SYS_futex, &shared->word, FUTEX_WAIT_BITSET, 0, nullptr, nullptr, FUTEX_BITSET_MATCH_ANY);
        }
      },
      wake_word);
  if (has(SYS_futex_waitv)) {
    waits(
        "futex_waitv", "futex_shared",
        [] {
          Waiter waiter;
          waiter.address = reinterpret_cast<std::uintptr_t>(&shared->word);
          while (!word_is_set()) {
            syscall(SYS_futex_waitv, &waiter, 1, 0, nullptr, CLOCK_MONOTONIC);
          }
        },
        wake_word);
  }
  if (has(SYS_futex_wait)) {
    waits(
        "futex_wait", "futex_shared",
        [] {
          while (!word_is_set()) {
            syscall(SYS_futex_wait, &shared->word, 0UL, ~0U, kFutex2Size32, nullptr, CLOCK_MONOTONIC);
          }
        },
        wake_word);
    waits(
        "futex_wait_private", "futex_private",
        [] {
          own_word = 0;
          timespec until{};
          clock_gettime(CLOCK_MONOTONIC, &until);
          until.tv_nsec += delay_ns;
          until.tv_sec += until.tv_nsec / 1'000'000'000;
          until.tv_nsec %= 1'000'000'000;
          syscall(SYS_futex_wait, &own_word, 0UL, ~0U, kFutex2Size32 | kFutex2Private, &until, CLOCK_MONOTONIC);
        },
        [] {});
  }
}

// A signal that stops the process interrupts the call; the same call goes on after SIGCONT.
void on_restarts() {
  int ends[2];
  must(pipe(ends), "pipe");
  waits(
      "poll_restarted", "poll",
      [&] {
        pollfd watched{ends[0], POLLIN, 0};
        must(poll(&watched, 1, 60'000), "poll");
      },
      [&] { write_byte(ends[1]); }, true);
  waits(
      "futex_restarted", "futex_shared",
      [] {
        const timespec limit{60, 0};
        while (!word_is_set()) {
          syscall(SYS_futex, &shared->word, FUTEX_WAIT, 0, &limit, nullptr, 0);
        }
      },
      wake_word, true);
  waits(
      "sleep_restarted", "timer", [] { program::sleep_ns(4 * delay_ns); }, [] {}, true);
}

void on_short_calls() {
  constexpr long kRead = 3;
  constexpr long kSocketcall = 102;
  constexpr long kReceive = 10;
  constexpr long kEpollWait = 256;
  constexpr long kFutex = 240;
  if (!program::has_short_calls()) {
    return;
  }
  auto* low = reinterpret_cast<std::uint32_t*>(program::short_memory(4096));
  const auto at = [](const void* address) { return program::address_of(address); };
  int pair[2];
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
  waits(
      "short_read", "unix_socket",
      [&] { must(static_cast<int>(program::short_call(kRead, pair[0], at(low), 1, 0)), "read"); },
      [&] { write_byte(pair[1]); });
  waits(
      "short_receive", "unix_socket",
      [&] {
        std::uint32_t* arguments = low + 64;
        arguments[0] = static_cast<std::uint32_t>(pair[0]);
        arguments[1] = static_cast<std::uint32_t>(at(low));
        arguments[2] = 1;
        arguments[3] = 0;
        must(static_cast<int>(program::short_call(kSocketcall, kReceive, at(arguments), 0, 0)), "recv");
      },
      [&] { write_byte(pair[1]); });
  const int epoll = must(epoll_create1(0), "epoll");
  waits(
      "short_epoll", "epoll",
      [&] { program::short_call(kEpollWait, epoll, at(low), 1, static_cast<long>(delay_ns / 1'000'000)); }, [] {});
  waits(
      "short_futex", "futex_shared",
      [&] {
        *low = 0;
        while (__atomic_load_n(low, __ATOMIC_ACQUIRE) == 0) {
          program::short_call(kFutex, at(low), FUTEX_WAIT, 0, 0);
        }
      },
      [&] {
        __atomic_store_n(low, 1, __ATOMIC_RELEASE);
        syscall(SYS_futex, low, FUTEX_WAKE, 1, nullptr, nullptr, 0);
      });
}

}  // namespace

int main(int argc, char** argv) {
  delay_ns = program::number(argc, argv, 1) * 1'000'000;
  char directory[] = "/tmp/waits.XXXXXX";
  if (mkdtemp(directory) == nullptr) {
    program::die("mkdtemp");
  }
  on_paths(directory);
  on_locks(directory);
  for (const char* file : {"/fifo", "/leased", "/locked"}) {
    unlink((std::string(directory) + file).c_str());
  }
  rmdir(directory);
  on_two_files();
  on_sysv();
  on_futexes();
  on_restarts();
  on_short_calls();
}
