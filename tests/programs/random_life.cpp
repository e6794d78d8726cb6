// SPDX-License-Identifier: Apache-2.0
//
// random_life LOG FIRST COUNT: the programs of the seeds FIRST to FIRST + COUNT - 1, one after the other, each a
// process of its own that is named "rl<seed>". A program is a plan, drawn from its seed alone: workers (processes or
// threads), channels between two of them, and a list of steps that each worker takes in its order. What must be told of
// it is written to LOG, one JSON object a line: of each task that lived, of each pair that exchanged bytes, of each
// pair one of which waited for the other, and of each process that a signal ended.
//
// Each channel has room for all that its plan sends through it, and a reader takes only what was sent before by the
// list: so no plan comes to a standstill.
#include <arpa/inet.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "program.h"

namespace {

using program::must;

enum class Kind { pipe, fifo, unix_stream, unix_packets, tcp, queue, unix_datagrams, udp, sysv_queue };
constexpr std::array kinds{Kind::pipe,  Kind::fifo,           Kind::unix_stream, Kind::unix_packets, Kind::tcp,
                           Kind::queue, Kind::unix_datagrams, Kind::udp,         Kind::sysv_queue};
constexpr std::array<std::string_view, kinds.size()> channel_names{"pipe",        "pipe",        "unix_socket",
                                                                   "unix_socket", "inet_socket", "message_queue",
                                                                   "unix_socket", "inet_socket", "sysv_queue"};

// How the bytes go; those that a channel does not know stand for a plain write and read. `several` is what a pipe knows
// for pages: vmsplice to write, tee and then read.
enum class Way { plain, vectors, message, several, splice };
// What a reader does before it reads.
enum class Look { none, poll, epoll };
// How a worker waits for another one.
enum class Sync { futex, semaphore, flock, ofd_lock };

struct Channel {
  Kind kind = Kind::pipe;
  std::size_t writer = 0;  // workers
  std::size_t reader = 0;
  int in = -1;  // to read from
  int out = -1;
};

struct Step {
  enum class What {
    send,
    receive,
    signal,  // and await: one worker goes on when another one has come so far
    await,
    hold,  // and want: a lock that the other one has
    want,
    sleep,
    yield,
    fork,
    thread,
    program,
    spawn,
    vfork,
    kill,
    fail,
    stop,
    lock,
    fault
  };
  What what = What::sleep;
  std::size_t worker = 0;
  std::size_t channel = 0;  // or the number of the word that two workers share
  std::size_t bytes = 0;
  Way way = Way::plain;
  Look look = Look::none;
  Sync sync = Sync::futex;
  std::size_t other = 0;  // the worker that is waited for, or that waits
};

struct Plan {
  std::size_t workers = 1;        // the first one is the program's own main thread
  std::vector<bool> are_threads;  // of the main thread's process, or processes of their own
  std::vector<bool> exec;         // at their end
  std::vector<Channel> channels;
  std::vector<Step> steps;
};

std::size_t below(std::mt19937_64& dice, std::size_t bound) { return static_cast<std::size_t>(dice() % bound); }

void plan_channels(Plan& plan, std::mt19937_64& dice) {
  if (plan.workers == 1) {
    return;
  }
  const std::size_t count = 1 + below(dice, 4);
  for (std::size_t i = 0; i < count; ++i) {
    Channel channel;
    channel.kind = kinds[below(dice, kinds.size())];
    channel.writer = below(dice, plan.workers);
    channel.reader = (channel.writer + 1 + below(dice, plan.workers - 1)) % plan.workers;
    plan.channels.push_back(channel);
  }
}

void plan_exchange(Plan& plan, std::mt19937_64& dice) {
  const std::size_t channel = below(dice, plan.channels.size());
  const std::size_t bytes = 1 + below(dice, 2000);
  const auto way = [&dice] { return static_cast<Way>(below(dice, 5)); };
  plan.steps.push_back({Step::What::send, plan.channels[channel].writer, channel, bytes, way()});
  Step receive{Step::What::receive, plan.channels[channel].reader, channel, bytes, way()};
  receive.look = below(dice, 2) == 0 ? static_cast<Look>(below(dice, 3)) : Look::none;
  plan.steps.push_back(receive);
}

// One worker waits for another one.
void plan_meeting(Plan& plan, std::mt19937_64& dice, std::size_t word) {
  Step first;
  first.worker = below(dice, plan.workers);
  first.other = (first.worker + 1 + below(dice, plan.workers - 1)) % plan.workers;
  first.channel = word;
  first.sync = static_cast<Sync>(below(dice, 4));
  const bool is_lock = first.sync == Sync::flock || first.sync == Sync::ofd_lock;
  first.what = is_lock ? Step::What::hold : Step::What::signal;
  Step second = first;
  std::swap(second.worker, second.other);
  second.what = is_lock ? Step::What::want : Step::What::await;
  plan.steps.push_back(first);
  plan.steps.push_back(second);
}

Plan plan_of(std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  Plan plan;
  plan.workers = 1 + below(dice, 4);
  for (std::size_t i = 0; i < plan.workers; ++i) {
    plan.are_threads.push_back(i != 0 && below(dice, 2) == 0);
    plan.exec.push_back(i != 0 && !plan.are_threads.back() && below(dice, 4) == 0);
  }
  plan_channels(plan, dice);
  constexpr std::array others{Step::What::sleep,   Step::What::yield, Step::What::fork,  Step::What::thread,
                              Step::What::program, Step::What::spawn, Step::What::vfork, Step::What::kill,
                              Step::What::fail,    Step::What::stop,  Step::What::lock,  Step::What::fault};
  const std::size_t steps = 3 + below(dice, 10);
  for (std::size_t i = 0; i < steps; ++i) {
    const std::size_t turn = below(dice, 6);
    if (!plan.channels.empty() && turn < 3) {
      plan_exchange(plan, dice);
    } else if (plan.workers > 1 && turn == 3) {
      plan_meeting(plan, dice, i);
    } else {
      plan.steps.push_back({others[below(dice, others.size())], below(dice, plan.workers)});
    }
  }
  return plan;
}

// What a task did, by its own count.
struct Deeds {
  pid_t tid = 0;
  pid_t process = 0;
  int forks = 0;
  int threads = 0;
  int spawns = 0;
  int vforks = 0;
  int execs = 0;
  pid_t killed = 0;  // the last one
  // Through pipes of its own, which nobody else sees.
  std::uint64_t own_pipe = 0;
  std::array<std::uint64_t, kinds.size()> in{};
  std::array<std::uint64_t, kinds.size()> out{};
};

// Shared by all workers of a program: what each did, and the words by which they meet.
struct Board {
  std::array<Deeds, 8> deeds;
  std::array<std::atomic<std::uint32_t>, 16> words;
};

class Life {
 public:
  Life(std::uint64_t seed, int log, std::string directory)
      : seed_(seed), log_(log), directory_(std::move(directory)), plan_(plan_of(seed)) {
    void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      program::die("mmap");
    }
    board_ = new (memory) Board{};
  }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;
  ~Life() { munmap(board_, sizeof(Board)); }

  void live() {
    prctl(PR_SET_NAME, ("rl" + std::to_string(seed_)).c_str());
    name_ = "/rl-" + std::to_string(getpid()) + "-";
    open_channels();
    std::vector<std::thread> threads;
    std::vector<pid_t> processes;
    for (std::size_t worker = 1; worker < plan_.workers; ++worker) {
      if (plan_.are_threads[worker]) {
        continue;
      }
      ++mine(0).forks;
      processes.push_back(program::fork_child([this, worker] {
        own_only(worker);
        work(worker);
        if (plan_.exec[worker]) {
          ++mine(worker).execs;
          execl("/bin/true", "true", nullptr);
          program::die("/bin/true");
        }
      }));
    }
    for (std::size_t worker = 1; worker < plan_.workers; ++worker) {
      if (plan_.are_threads[worker]) {
        ++mine(0).threads;
        threads.emplace_back([this, worker] { work(worker); });
      }
    }
    work(0);
    for (std::thread& thread : threads) {
      thread.join();
    }
    for (const pid_t process : processes) {
      if (waitpid(process, nullptr, 0) != process) {
        program::die("waitpid");
      }
    }
    close_channels();
    tell();
  }

 private:
  Deeds& mine(std::size_t worker) { return board_->deeds[worker]; }

  void open_channels() {
    if (needs_semaphores()) {
      semaphores_ = must(semget(IPC_PRIVATE, static_cast<int>(board_->words.size()), 0600), "semget");
    }
    for (std::size_t i = 0; i < plan_.channels.size(); ++i) {
      Channel& channel = plan_.channels[i];
      const std::string name = name_ + std::to_string(i);
      int ends[2] = {-1, -1};
      switch (channel.kind) {
        case Kind::pipe:
          must(pipe2(ends, O_CLOEXEC), "pipe2");
          break;
        case Kind::fifo:
          must(mkfifo((directory_ + name).c_str(), 0600), "mkfifo");
          ends[0] = must(open((directory_ + name).c_str(), O_RDWR | O_CLOEXEC), "open");
          ends[1] = must(open((directory_ + name).c_str(), O_WRONLY | O_CLOEXEC), "open");
          unlink((directory_ + name).c_str());
          break;
        case Kind::unix_stream:
          must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
          break;
        case Kind::unix_packets:
          must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
          break;
        case Kind::unix_datagrams:
          must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), "socketpair");
          break;
        case Kind::tcp:
          connect_tcp(ends);
          break;
        case Kind::udp:
          connect_udp(ends);
          break;
        case Kind::sysv_queue:
          ends[0] = ends[1] = must(msgget(IPC_PRIVATE, 0600), "msgget");
          break;
        case Kind::queue: {
          mq_attr attributes{};
          attributes.mq_maxmsg = 10;
          attributes.mq_msgsize = 2048;
          ends[0] = must(mq_open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600, &attributes), "mq_open");
          ends[1] = must(mq_open(name.c_str(), O_RDWR | O_CLOEXEC), "mq_open");
          mq_unlink(name.c_str());
          break;
        }
      }
      channel.in = ends[0];
      channel.out = ends[1];
    }
  }

  // Those that do not end with their last process.
  void close_channels() {
    for (const Channel& channel : plan_.channels) {
      if (channel.kind == Kind::sysv_queue) {
        msgctl(channel.in, IPC_RMID, nullptr);
      }
    }
    if (semaphores_ >= 0) {
      semctl(semaphores_, 0, IPC_RMID);
    }
  }

  [[nodiscard]] bool needs_semaphores() const {
    return std::any_of(plan_.steps.begin(), plan_.steps.end(),
                       [](const Step& step) { return step.what == Step::What::await && step.sync == Sync::semaphore; });
  }

  static sockaddr_in bind_anywhere(int socket) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    must(bind(socket, reinterpret_cast<sockaddr*>(&address), size), "bind");
    must(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    return address;
  }

  static void connect_udp(int (&ends)[2]) {
    sockaddr_in addresses[2];
    for (int i = 0; i < 2; ++i) {
      ends[i] = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
      addresses[i] = bind_anywhere(ends[i]);
    }
    for (int i = 0; i < 2; ++i) {
      must(connect(ends[i], reinterpret_cast<sockaddr*>(&addresses[1 - i]), sizeof(addresses[0])), "connect");
    }
  }

  static void connect_tcp(int (&ends)[2]) {
    const int listener = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address = bind_anywhere(listener);
    socklen_t size = sizeof(address);
    must(listen(listener, 1), "listen");
    ends[1] = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    must(connect(ends[1], reinterpret_cast<sockaddr*>(&address), size), "connect");
    ends[0] = must(accept4(listener, reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC), "accept4");
    close(listener);
  }

  // Ends that belong to others are theirs alone: a process keeps what its worker reads and writes.
  void own_only(std::size_t worker) {
    for (const Channel& channel : plan_.channels) {
      if (channel.kind == Kind::sysv_queue) {
        continue;
      }
      if (channel.reader != worker) {
        close(channel.in);
      }
      if (channel.writer != worker) {
        close(channel.out);
      }
    }
  }

  void work(std::size_t worker) {
    Deeds& deeds = mine(worker);
    deeds.tid = static_cast<pid_t>(syscall(SYS_gettid));
    deeds.process = getpid();
    for (const Step& step : plan_.steps) {
      if (step.worker == worker) {
        take(step, deeds);
      }
    }
  }

  void take(const Step& step, Deeds& deeds) {
    switch (step.what) {
      case Step::What::send:
        send_bytes(plan_.channels[step.channel], step, deeds);
        break;
      case Step::What::receive:
        look_first(plan_.channels[step.channel], step.look);
        receive_bytes(plan_.channels[step.channel], step, deeds);
        break;
      case Step::What::signal:
        signal_other(step);
        break;
      case Step::What::await:
        await_other(step);
        break;
      case Step::What::hold:
      case Step::What::want:
        share_lock(step);
        break;
      case Step::What::sleep:
        program::sleep_ns(300'000);
        break;
      case Step::What::yield:
        sched_yield();
        break;
      case Step::What::fork: {
        ++deeds.forks;
        const pid_t child = program::fork_child([] {});
        waitpid(child, nullptr, 0);
        break;
      }
      case Step::What::thread:
        ++deeds.threads;
        std::thread([] {}).join();
        break;
      case Step::What::program: {
        ++deeds.forks;
        const pid_t child = program::fork_child([] { execl("/bin/true", "true", nullptr); });
        waitpid(child, nullptr, 0);
        break;
      }
      case Step::What::spawn: {
        ++deeds.spawns;
        pid_t child = 0;
        char name[] = "true";
        char* const arguments[] = {name, nullptr};
        if (posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, environ) != 0) {
          program::die("posix_spawn");
        }
        waitpid(child, nullptr, 0);
        break;
      }
      case Step::What::vfork: {
        ++deeds.vforks;
        const pid_t child = vfork();
        if (child == 0) {
          execl("/bin/true", "true", nullptr);
          _exit(program::kBroken);
        }
        waitpid(child, nullptr, 0);
        break;
      }
      case Step::What::kill: {
        ++deeds.forks;
        const pid_t child = program::fork_child([] { pause(); });
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        deeds.killed = child;
        break;
      }
      case Step::What::fail:
        (void)!rmdir("/nowhere");
        (void)!access("/nowhere", R_OK);
        break;
      case Step::What::stop: {
        ++deeds.forks;
        const pid_t child = program::fork_child([] { raise(SIGSTOP); });
        waitpid(child, nullptr, WUNTRACED);
        kill(child, SIGCONT);
        waitpid(child, nullptr, 0);
        break;
      }
      case Step::What::lock: {
        const int file = must(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "open");
        flock(file, LOCK_SH);
        flock(file, LOCK_UN);
        close(file);
        break;
      }
      case Step::What::fault: {
        const std::size_t size = 16 * 4096;
        void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        std::memset(memory, 1, size);
        munmap(memory, size);
        break;
      }
    }
  }

  void signal_other(const Step& step) {
    if (step.sync == Sync::semaphore) {
      sembuf up{static_cast<unsigned short>(step.channel), 1, 0};
      must(semop(semaphores_, &up, 1), "semop");
      return;
    }
    std::atomic<std::uint32_t>& word = board_->words[step.channel];
    word = 1;
    syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  }

  void await_other(const Step& step) {
    if (step.sync == Sync::semaphore) {
      sembuf down{static_cast<unsigned short>(step.channel), -1, 0};
      while (semop(semaphores_, &down, 1) != 0) {
        if (errno != EINTR) {
          program::die("semop");
        }
      }
      return;
    }
    std::atomic<std::uint32_t>& word = board_->words[step.channel];
    while (word == 0) {
      syscall(SYS_futex, &word, FUTEX_WAIT, 0, nullptr, nullptr, 0);
    }
  }

  static void set_lock(int file, Sync sync, bool held) {
    if (sync == Sync::flock) {
      must(flock(file, held ? LOCK_EX : LOCK_UN), "flock");
      return;
    }
    struct flock range {};
    range.l_type = static_cast<short>(held ? F_WRLCK : F_UNLCK);
    must(fcntl(file, F_OFD_SETLKW, &range), "fcntl");
  }

  // Each opens the file for itself. One has the lock while the other one comes to want it.
  void share_lock(const Step& step) {
    const std::string path = directory_ + name_ + "lock" + std::to_string(step.channel);
    if (step.what == Step::What::want) {
      await_other(step);
    }
    const int file = must(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open");
    set_lock(file, step.sync, true);
    if (step.what == Step::What::hold) {
      signal_other(step);
      program::sleep_ns(300'000);
    } else {
      unlink(path.c_str());
    }
    set_lock(file, step.sync, false);
    close(file);
  }

  static void look_first(const Channel& channel, Look look) {
    if (look == Look::none || channel.kind == Kind::sysv_queue) {
      return;
    }
    if (look == Look::poll) {
      pollfd one{channel.in, POLLIN, 0};
      while (poll(&one, 1, -1) < 0 && errno == EINTR) {
      }
      return;
    }
    const int set = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    epoll_event event{};
    event.events = EPOLLIN;
    must(epoll_ctl(set, EPOLL_CTL_ADD, channel.in, &event), "epoll_ctl");
    while (epoll_wait(set, &event, 1, -1) < 0 && errno == EINTR) {
    }
    close(set);
  }

  static bool is_pipe(Kind kind) { return kind == Kind::pipe || kind == Kind::fifo; }
  static bool is_stream(Kind kind) { return kind == Kind::unix_stream || kind == Kind::tcp; }
  static bool is_socket(Kind kind) {
    return is_stream(kind) || kind == Kind::unix_packets || kind == Kind::unix_datagrams || kind == Kind::udp;
  }

  static void all(ssize_t done, std::size_t bytes, const char* what) {
    if (done != static_cast<ssize_t>(bytes)) {
      program::die(what);
    }
  }

  static void send_bytes(const Channel& channel, const Step& step, Deeds& deeds) {
    std::array<char, 2048> buffer{};
    const auto kind = static_cast<std::size_t>(channel.kind);
    iovec parts[2] = {{buffer.data(), step.bytes / 2}, {buffer.data(), step.bytes - step.bytes / 2}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    if (channel.kind == Kind::queue) {
      must(mq_send(channel.out, buffer.data(), step.bytes, 0), "mq_send");
    } else if (channel.kind == Kind::sysv_queue) {
      SysvMessage sysv{};
      must(msgsnd(channel.out, &sysv, step.bytes, 0), "msgsnd");
    } else if (step.way == Way::vectors) {
      all(writev(channel.out, parts, 2), step.bytes, "writev");
    } else if (step.way == Way::message && is_socket(channel.kind)) {
      all(sendmsg(channel.out, &message, 0), step.bytes, "sendmsg");
    } else if (step.way == Way::several && is_socket(channel.kind)) {
      mmsghdr messages[1] = {{message, 0}};
      all(sendmmsg(channel.out, messages, 1, 0), 1, "sendmmsg");
      all(messages[0].msg_len, step.bytes, "sendmmsg");
    } else if (step.way == Way::several && is_pipe(channel.kind)) {
      for (iovec left{buffer.data(), step.bytes}; left.iov_len > 0;) {
        left.iov_len -=
            static_cast<std::size_t>(must(static_cast<int>(vmsplice(channel.out, &left, 1, 0)), "vmsplice"));
      }
    } else if (step.way == Way::splice && (is_pipe(channel.kind) || is_stream(channel.kind))) {
      const int file = must(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "open");
      if (is_socket(channel.kind)) {
        all(sendfile(channel.out, file, nullptr, step.bytes), step.bytes, "sendfile");
      } else {
        all(splice(file, nullptr, channel.out, nullptr, step.bytes, 0), step.bytes, "splice");
      }
      close(file);
    } else {
      all(write(channel.out, buffer.data(), step.bytes), step.bytes, "write");
    }
    deeds.out[kind] += step.bytes;
  }

  struct SysvMessage {
    long type = 1;
    std::array<char, 2048> text{};
  };

  // A pipe of its own, from which it reads what `fill` put there.
  template <typename Fill>
  static ssize_t through_own_pipe(char* buffer, Deeds& deeds, Fill fill) {
    int own[2];
    must(pipe2(own, O_CLOEXEC), "pipe2");
    const ssize_t size = fill(own[1]);
    if (size > 0) {
      all(read(own[0], buffer, static_cast<std::size_t>(size)), static_cast<std::size_t>(size), "read");
      deeds.own_pipe += static_cast<std::uint64_t>(size);
    }
    close(own[0]);
    close(own[1]);
    return size;
  }

  static ssize_t receive_some(const Channel& channel, Way way, char* buffer, std::size_t bytes, Deeds& deeds) {
    iovec parts[2] = {{buffer, bytes / 2}, {buffer + bytes / 2, bytes - bytes / 2}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    if (channel.kind == Kind::queue) {
      return mq_receive(channel.in, buffer, 2048, nullptr);
    }
    if (channel.kind == Kind::sysv_queue) {
      SysvMessage sysv;
      return msgrcv(channel.in, &sysv, sysv.text.size(), 0, 0);
    }
    if (way == Way::splice && is_pipe(channel.kind)) {
      const int nowhere = must(open("/dev/null", O_WRONLY | O_CLOEXEC), "open");
      const ssize_t size = splice(channel.in, nullptr, nowhere, nullptr, bytes, 0);
      close(nowhere);
      return size;
    }
    if (way == Way::splice && is_stream(channel.kind)) {
      return through_own_pipe(buffer, deeds,
                              [&](int pipe) { return splice(channel.in, nullptr, pipe, nullptr, bytes, 0); });
    }
    if (way == Way::several && is_pipe(channel.kind)) {
      const ssize_t copied = through_own_pipe(buffer, deeds, [&](int pipe) { return tee(channel.in, pipe, bytes, 0); });
      return copied <= 0 ? copied : read(channel.in, buffer, static_cast<std::size_t>(copied));
    }
    if (way == Way::vectors) {
      return readv(channel.in, parts, 2);
    }
    if (way == Way::message && is_socket(channel.kind)) {
      return recvmsg(channel.in, &message, 0);
    }
    if (way == Way::several && is_socket(channel.kind)) {
      mmsghdr messages[1] = {{message, 0}};
      return recvmmsg(channel.in, messages, 1, 0, nullptr) == 1 ? static_cast<ssize_t>(messages[0].msg_len) : -1;
    }
    return read(channel.in, buffer, bytes);
  }

  static void receive_bytes(const Channel& channel, const Step& step, Deeds& deeds) {
    std::array<char, 2048> buffer{};
    for (std::size_t left = step.bytes; left > 0;) {
      const ssize_t got = receive_some(channel, step.way, buffer.data(), left, deeds);
      if (got <= 0) {
        program::die("receive");
      }
      left -= static_cast<std::size_t>(got);
    }
    deeds.in[static_cast<std::size_t>(channel.kind)] += step.bytes;
  }

  void write_line(const std::string& line) const {
    if (write(log_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      program::die("the log");
    }
  }

  void tell() {
    for (std::size_t worker = 0; worker < plan_.workers; ++worker) {
      const Deeds& deeds = mine(worker);
      std::string line = begin_line() + ",\"tid\":" + std::to_string(deeds.tid) +
                         ",\"process\":" + std::to_string(deeds.process) + ",\"forks\":" + std::to_string(deeds.forks) +
                         ",\"threads\":" + std::to_string(deeds.threads) +
                         ",\"spawns\":" + std::to_string(deeds.spawns) + ",\"vforks\":" + std::to_string(deeds.vforks) +
                         ",\"execs\":" + std::to_string(deeds.execs);
      if (deeds.own_pipe != 0) {
        const std::string bytes = std::to_string(deeds.own_pipe);
        line += ",\"own\":{\"channel\":\"pipe\",\"in\":" + bytes + ",\"out\":" + bytes + "}";
      }
      for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
        if (deeds.in[kind] + deeds.out[kind] != 0) {
          line += ",\"" + std::to_string(kind) + "\":{\"channel\":\"" + std::string(channel_names[kind]) +
                  "\",\"in\":" + std::to_string(deeds.in[kind]) + ",\"out\":" + std::to_string(deeds.out[kind]) + "}";
        }
      }
      write_line(line + "}\n");
      if (deeds.killed != 0) {
        write_line(begin_line() + ",\"killed\":" + std::to_string(deeds.killed) + "}\n");
      }
    }
    tell_bytes();
    tell_meetings();
  }

  [[nodiscard]] std::string begin_line() const { return "{\"seed\":" + std::to_string(seed_); }

  void tell_bytes() {
    for (std::size_t i = 0; i < plan_.channels.size(); ++i) {
      const Channel& channel = plan_.channels[i];
      std::size_t bytes = 0;
      for (const Step& step : plan_.steps) {
        bytes += step.what == Step::What::send && step.channel == i ? step.bytes : 0;
      }
      if (bytes != 0) {
        write_line(begin_line() + ",\"from\":" + std::to_string(mine(channel.writer).tid) +
                   ",\"to\":" + std::to_string(mine(channel.reader).tid) + ",\"channel\":\"" +
                   std::string(channel_names[static_cast<std::size_t>(channel.kind)]) +
                   "\",\"bytes\":" + std::to_string(bytes) + "}\n");
      }
    }
  }

  // Who may wake whom, and by what.
  void tell_meetings() {
    for (const Step& step : plan_.steps) {
      if (step.what != Step::What::await && step.what != Step::What::want) {
        continue;
      }
      const bool is_lock = step.what == Step::What::want;
      const std::string pair = begin_line() + ",\"waker\":" + std::to_string(mine(step.other).tid) +
                               ",\"sleeper\":" + std::to_string(mine(step.worker).tid) + ",\"cause\":\"";
      write_line(pair + (step.sync == Sync::semaphore ? "sysv_semaphore" : "futex_shared") + "\"}\n");
      if (is_lock) {
        write_line(pair + "file_lock\"}\n");
      }
    }
  }

  std::uint64_t seed_;
  int log_;
  std::string directory_;
  std::string name_;  // of what has one
  int semaphores_ = -1;
  Plan plan_;
  Board* board_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string log_path = program::word(argc, argv, 1);
  const int log = must(open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666), "the log");
  const std::int64_t first = program::number(argc, argv, 2);
  const std::int64_t count = program::number(argc, argv, 3);
  const std::string directory = log_path.substr(0, log_path.rfind('/'));
  for (std::int64_t seed = first; seed < first + count; ++seed) {
    const pid_t life = program::fork_child([&] { Life(static_cast<std::uint64_t>(seed), log, directory).live(); });
    int status = 0;
    if (waitpid(life, &status, 0) != life || status != 0) {
      std::fprintf(stderr, "seed %lld failed\n", static_cast<long long>(seed));
      return program::kBroken;
    }
  }
  return 0;
}
