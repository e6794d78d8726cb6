// SPDX-License-Identifier: Apache-2.0
//
// random_life LOG FIRST COUNT: the programs of the seeds FIRST to FIRST + COUNT - 1, one after the other, each a
// process of its own that is named "rl<seed>". A program is a plan, drawn from its seed alone: workers (processes or
// threads), channels between two of them, and a list of steps that each worker takes in its order. What must be told of
// it is written to LOG, one JSON object a line: of each task that lived, and of each pair that exchanged bytes.
//
// Each channel has room for all that its plan sends through it, and a reader takes only what was sent before by the
// list: so no plan comes to a standstill.
#include <arpa/inet.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/prctl.h>
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

enum class Kind { pipe, fifo, unix_stream, unix_packets, tcp, queue };
constexpr std::array kinds{Kind::pipe, Kind::fifo, Kind::unix_stream, Kind::unix_packets, Kind::tcp, Kind::queue};
constexpr std::array<std::string_view, kinds.size()> channel_names{"pipe",        "pipe",        "unix_socket",
                                                                   "unix_socket", "inet_socket", "message_queue"};

// How the bytes go; those that a channel does not know stand for a plain write and read.
enum class Way { plain, vectors, message, several, splice };

struct Channel {
  Kind kind = Kind::pipe;
  std::size_t writer = 0;  // workers
  std::size_t reader = 0;
  int in = -1;  // to read from
  int out = -1;
};

struct Step {
  enum class What { send, receive, sleep, yield, fork, thread, program, fail, stop, lock, fault };
  What what = What::sleep;
  std::size_t worker = 0;
  std::size_t channel = 0;
  std::size_t bytes = 0;
  Way way = Way::plain;
};

struct Plan {
  std::size_t workers = 1;        // the first one is the program's own main thread
  std::vector<bool> are_threads;  // of the main thread's process, or processes of their own
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
  plan.steps.push_back({Step::What::receive, plan.channels[channel].reader, channel, bytes, way()});
}

Plan plan_of(std::uint64_t seed) {
  std::mt19937_64 dice(seed);
  Plan plan;
  plan.workers = 1 + below(dice, 4);
  for (std::size_t i = 0; i < plan.workers; ++i) {
    plan.are_threads.push_back(i != 0 && below(dice, 2) == 0);
  }
  plan_channels(plan, dice);
  constexpr std::array others{Step::What::sleep,  Step::What::yield,   Step::What::fork,
                              Step::What::thread, Step::What::program, Step::What::fail,
                              Step::What::stop,   Step::What::lock,    Step::What::fault};
  const std::size_t steps = 3 + below(dice, 10);
  for (std::size_t i = 0; i < steps; ++i) {
    if (!plan.channels.empty() && below(dice, 3) != 0) {
      plan_exchange(plan, dice);
    } else {
      plan.steps.push_back({others[below(dice, others.size())], below(dice, plan.workers), 0, 0, Way::plain});
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
  std::array<std::uint64_t, kinds.size()> in{};
  std::array<std::uint64_t, kinds.size()> out{};
};

// Shared by all workers of a program: what each did, and how far the list is.
struct Board {
  std::array<Deeds, 8> deeds;
  std::atomic<int> lock;
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
    tell();
  }

 private:
  Deeds& mine(std::size_t worker) { return board_->deeds[worker]; }

  void open_channels() {
    for (std::size_t i = 0; i < plan_.channels.size(); ++i) {
      Channel& channel = plan_.channels[i];
      const std::string name = "/rl-" + std::to_string(getpid()) + "-" + std::to_string(i);
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
        case Kind::tcp:
          connect_tcp(ends);
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

  static void connect_tcp(int (&ends)[2]) {
    const int listener = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    must(bind(listener, reinterpret_cast<sockaddr*>(&address), size), "bind");
    must(listen(listener, 1), "listen");
    must(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    ends[1] = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
    must(connect(ends[1], reinterpret_cast<sockaddr*>(&address), size), "connect");
    ends[0] = must(accept4(listener, reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC), "accept4");
    close(listener);
  }

  // Ends that belong to others are theirs alone: a process keeps what its worker reads and writes.
  void own_only(std::size_t worker) {
    for (const Channel& channel : plan_.channels) {
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
        receive_bytes(plan_.channels[step.channel], step, deeds);
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

  static bool is_socket(Kind kind) {
    return kind == Kind::unix_stream || kind == Kind::unix_packets || kind == Kind::tcp;
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
    } else if (step.way == Way::vectors) {
      all(writev(channel.out, parts, 2), step.bytes, "writev");
    } else if (step.way == Way::message && is_socket(channel.kind)) {
      all(sendmsg(channel.out, &message, 0), step.bytes, "sendmsg");
    } else if (step.way == Way::several && is_socket(channel.kind)) {
      mmsghdr messages[1] = {{message, 0}};
      all(sendmmsg(channel.out, messages, 1, 0), 1, "sendmmsg");
      all(messages[0].msg_len, step.bytes, "sendmmsg");
    } else if (step.way == Way::splice && channel.kind != Kind::unix_packets) {
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

  static ssize_t receive_some(const Channel& channel, Way way, char* buffer, std::size_t bytes) {
    iovec parts[2] = {{buffer, bytes / 2}, {buffer + bytes / 2, bytes - bytes / 2}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    if (channel.kind == Kind::queue) {
      return mq_receive(channel.in, buffer, 2048, nullptr);
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
      const ssize_t got = receive_some(channel, step.way, buffer.data(), left);
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
      std::string line = "{\"seed\":" + std::to_string(seed_) + ",\"tid\":" + std::to_string(deeds.tid) +
                         ",\"process\":" + std::to_string(deeds.process) + ",\"forks\":" + std::to_string(deeds.forks) +
                         ",\"threads\":" + std::to_string(deeds.threads);
      for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
        if (deeds.in[kind] + deeds.out[kind] != 0) {
          line += ",\"" + std::to_string(kind) + "\":{\"channel\":\"" + std::string(channel_names[kind]) +
                  "\",\"in\":" + std::to_string(deeds.in[kind]) + ",\"out\":" + std::to_string(deeds.out[kind]) + "}";
        }
      }
      write_line(line + "}\n");
    }
    for (std::size_t i = 0; i < plan_.channels.size(); ++i) {
      const Channel& channel = plan_.channels[i];
      std::size_t bytes = 0;
      for (const Step& step : plan_.steps) {
        bytes += step.what == Step::What::send && step.channel == i ? step.bytes : 0;
      }
      if (bytes != 0) {
        write_line("{\"seed\":" + std::to_string(seed_) + ",\"from\":" + std::to_string(mine(channel.writer).tid) +
                   ",\"to\":" + std::to_string(mine(channel.reader).tid) + ",\"channel\":\"" +
                   std::string(channel_names[static_cast<std::size_t>(channel.kind)]) +
                   "\",\"bytes\":" + std::to_string(bytes) + "}\n");
      }
    }
  }

  std::uint64_t seed_;
  int log_;
  std::string directory_;
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
