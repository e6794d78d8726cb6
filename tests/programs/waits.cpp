// SPDX-License-Identifier: Apache-2.0
//
// waits MILLISECONDS: waits once for each cause that there is, and prints how long that took by its own clock, one
// "cause ns" a line. A process of its own ends each wait after MILLISECONDS, or a thread where only a thread can.
#include <arpa/inet.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include <csignal>
#include <functional>
#include <string>
#include <thread>

#include "program.h"

namespace {

std::int64_t delay_ns = 0;
const program::WaitLog log("/dev/null");

void print(const char* cause, std::int64_t start) {
  std::printf("%s %lld\n", cause, static_cast<long long>(program::now_ns() - start));
}

// Another process runs `end`, which ends `wait`, after the delay.
void between_processes(const char* cause, const std::function<void()>& wait, const std::function<void()>& end) {
  std::fflush(stdout);
  const pid_t child = program::fork_child([&] {
    program::sleep_ns(delay_ns);
    end();
  });
  const std::int64_t start = program::now_ns();
  wait();
  print(cause, start);
  log.wait_for(child);
}

void read_byte(int fd) {
  char byte = 0;
  program::must(static_cast<int>(read(fd, &byte, 1)), "read");
}
void write_byte(int fd) { program::must(static_cast<int>(write(fd, "x", 1)), "write"); }

void on_files() {
  int ends[2];
  program::must(pipe(ends), "pipe");
  between_processes(
      "pipe", [&] { read_byte(ends[0]); }, [&] { write_byte(ends[1]); });
  between_processes(
      "poll",
      [&] {
        pollfd watched{ends[0], POLLIN, 0};
        poll(&watched, 1, -1);
      },
      [&] { write_byte(ends[1]); });
  read_byte(ends[0]);
  const int epoll = program::must(epoll_create1(0), "epoll");
  epoll_event event{EPOLLIN, {}};
  program::must(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event), "epoll_ctl");
  between_processes(
      "epoll", [&] { epoll_wait(epoll, &event, 1, -1); }, [&] { write_byte(ends[1]); });

  int pair[2];
  program::must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
  between_processes(
      "unix_socket", [&] { read_byte(pair[0]); }, [&] { write_byte(pair[1]); });

  const int bell = program::must(eventfd(0, 0), "eventfd");
  std::uint64_t number = 1;
  between_processes(
      "eventfd", [&] { program::must(static_cast<int>(read(bell, &number, sizeof number)), "read"); },
      [&] { program::must(static_cast<int>(write(bell, &number, sizeof number)), "write"); });

  int master = 0;
  int slave = 0;
  program::must(openpty(&master, &slave, nullptr, nullptr, nullptr), "openpty");
  between_processes(
      "terminal", [&] { read_byte(slave); },
      [&] { program::must(static_cast<int>(write(master, "x\n", 2)), "write"); });
}

void on_network() {
  const int listener = program::must(socket(AF_INET, SOCK_STREAM, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  program::must(bind(listener, reinterpret_cast<sockaddr*>(&address), size), "bind");
  program::must(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  program::must(listen(listener, 1), "listen");
  between_processes(
      "inet_socket", [&] { close(program::must(accept(listener, nullptr, nullptr), "accept")); },
      [&] {
        const int client = program::must(socket(AF_INET, SOCK_STREAM, 0), "socket");
        program::must(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), "connect");
      });
}

void on_queue() {
  const std::string name = "/taskcost-waits-" + std::to_string(getpid());
  mq_attr attributes{};
  attributes.mq_maxmsg = 1;
  attributes.mq_msgsize = 8;
  const mqd_t queue = mq_open(name.c_str(), O_CREAT | O_RDWR, 0600, &attributes);
  program::must(queue, "mq_open");
  mq_unlink(name.c_str());
  char message[8];
  between_processes(
      "message_queue", [&] { mq_receive(queue, message, sizeof message, nullptr); },
      [&] { mq_send(queue, "x", 1, 0); });
}

void futex(std::uint32_t* word, int operation, std::uint32_t value) {
  syscall(SYS_futex, word, operation, value, nullptr, nullptr, 0);
}

void on_memory() {
  auto* shared =
      static_cast<std::uint32_t*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  between_processes(
      "futex_shared",
      [&] {
        while (__atomic_load_n(shared, __ATOMIC_ACQUIRE) == 0) {
          futex(shared, FUTEX_WAIT, 0);
        }
      },
      [&] {
        __atomic_store_n(shared, 1, __ATOMIC_RELEASE);
        futex(shared, FUTEX_WAKE, 1);
      });
  std::uint32_t own = 0;
  std::thread thread([&] {
    program::sleep_ns(delay_ns);
    __atomic_store_n(&own, 1, __ATOMIC_RELEASE);
    futex(&own, FUTEX_WAKE_PRIVATE, 1);
  });
  const std::int64_t start = program::now_ns();
  while (__atomic_load_n(&own, __ATOMIC_ACQUIRE) == 0) {
    futex(&own, FUTEX_WAIT_PRIVATE, 0);
  }
  print("futex_private", start);
  program::sleep_ns(delay_ns);  // the thread ends first, since pthread_join() waits on a shared futex too
  thread.join();
}

void on_time_and_signals() {
  const pid_t child = program::fork_child([] { program::sleep_ns(delay_ns); });
  std::int64_t start = program::now_ns();
  log.wait_for(child);
  print("child", start);
  start = program::now_ns();
  program::sleep_ns(delay_ns);
  print("timer", start);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  const pid_t self = getpid();
  between_processes(
      "signal",
      [&] {
        int signal = 0;
        sigwait(&set, &signal);
      },
      [&] { kill(self, SIGUSR1); });
}

}  // namespace

int main(int argc, char** argv) {
  delay_ns = program::number(argc, argv, 1) * 1'000'000;
  on_files();
  on_network();
  on_queue();
  on_memory();
  on_time_and_signals();
}
