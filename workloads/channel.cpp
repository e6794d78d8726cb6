// SPDX-License-Identifier: Apache-2.0
//
// channel: two tasks exchange messages of one size by one means. Only the means differs, and whether the two are
// threads or processes.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "laps.h"
#include "placement.h"
#include "ring.h"

namespace taskcost::workload::channel {
namespace {

constexpr std::uint64_t max_messages = 1'000'000'000;
constexpr std::uint64_t max_size = 1 << 20;
// The default limits of the kernel for a datagram and for a message of a queue.
constexpr std::size_t datagram_bytes = 65'536;
constexpr std::size_t queue_message_bytes = 8192;
// By default all queues of a user together may take 800 KiB, and many of these programs may run at once.
constexpr long queue_messages = 4;
constexpr std::uint64_t least_lap = 20;  // messages

struct Options {
  std::string model = "process";
  std::string through = "pipe";
  std::string pattern = "ping-pong";
  std::string cpus = "same";
  std::uint64_t size = 1;
  std::uint64_t messages = 2000;
  std::uint64_t warm_up = 10;
};

// Carries messages in both directions between side 0 and side 1.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link() = default;
  virtual void send(std::size_t side, const std::byte* bytes, std::size_t size) = 0;
  // Returns where the message lies: in `buffer`, or in the sender's memory where that is handed over.
  virtual const std::byte* receive(std::size_t side, std::byte* buffer, std::size_t size) = 0;
};

// Descriptors of byte streams, which have no message boundaries.
class StreamLink : public Link {
 public:
  using Ends = std::array<int, 2>;
  // The descriptors from which side i reads and to which it writes.
  StreamLink(Ends readers, Ends writers) : readers_(readers), writers_(writers) {}

  void send(std::size_t side, const std::byte* bytes, std::size_t size) override {
    write_all(writers_[side], bytes, size);
  }
  const std::byte* receive(std::size_t side, std::byte* buffer, std::size_t size) override {
    read_all(readers_[side], buffer, size);
    return buffer;
  }

 private:
  Ends readers_;
  Ends writers_;
};

std::unique_ptr<Link> pipe_link() {
  std::array<int, 2> there{};
  std::array<int, 2> back{};
  must(pipe(there.data()), "make a pipe");
  must(pipe(back.data()), "make a pipe");
  return std::make_unique<StreamLink>(StreamLink::Ends{back[0], there[0]}, StreamLink::Ends{there[1], back[1]});
}

std::unique_ptr<Link> socket_link() {
  std::array<int, 2> ends{};
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), "make a pair of sockets");
  return std::make_unique<StreamLink>(ends, ends);
}

std::unique_ptr<Link> tcp_link() {
  const int listener = must(socket(AF_INET, SOCK_STREAM, 0), "make a socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  must(bind(listener, plain, size), "bind a socket");
  must(listen(listener, 1), "listen on a socket");
  must(getsockname(listener, plain, &size), "ask for the port of a socket");
  const int client = must(socket(AF_INET, SOCK_STREAM, 0), "make a socket");
  must(connect(client, plain, size), "connect over the loopback");
  const int server = must(accept(listener, nullptr, nullptr), "accept a connection");
  close(listener);
  const int on = 1;
  for (const int end : {client, server}) {
    must(setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "turn delays off");
  }
  return std::make_unique<StreamLink>(StreamLink::Ends{client, server}, StreamLink::Ends{client, server});
}

// Datagrams have boundaries: longer messages are sent in parts.
class DatagramLink : public Link {
 public:
  DatagramLink() { must(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends_.data()), "make a pair of sockets"); }

  void send(std::size_t side, const std::byte* bytes, std::size_t size) override {
    for (std::size_t at = 0; at < size; at += datagram_bytes) {
      must(static_cast<int>(::send(ends_[side], bytes + at, std::min(datagram_bytes, size - at), 0)),
           "send a datagram");
    }
  }
  const std::byte* receive(std::size_t side, std::byte* buffer, std::size_t size) override {
    for (std::size_t at = 0; at < size; at += datagram_bytes) {
      must(static_cast<int>(recv(ends_[side], buffer + at, datagram_bytes, 0)), "receive a datagram");
    }
    return buffer;
  }

 private:
  std::array<int, 2> ends_{};
};

class QueueLink : public Link {
 public:
  QueueLink() {
    for (mqd_t& queue : queues_) {
      const std::string name = fmt::format("/taskcost-{}-{}", getpid(), &queue - queues_.data());
      mq_attr attributes{};
      attributes.mq_maxmsg = queue_messages;
      attributes.mq_msgsize = queue_message_bytes;
      constexpr mode_t owner_only = 0600;
      queue = must(mq_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR, owner_only, &attributes), "make a message queue");
      mq_unlink(name.c_str());
    }
  }

  void send(std::size_t side, const std::byte* bytes, std::size_t size) override {
    for (std::size_t at = 0; at < size; at += queue_message_bytes) {
      must(mq_send(queues_[side], reinterpret_cast<const char*>(bytes + at), std::min(queue_message_bytes, size - at),
                   0),
           "send to a message queue");
    }
  }
  const std::byte* receive(std::size_t side, std::byte* buffer, std::size_t size) override {
    // mq_receive() wants room for the largest message, whatever size arrives.
    std::array<char, queue_message_bytes> part{};
    for (std::size_t at = 0; at < size; at += queue_message_bytes) {
      const auto got = must(static_cast<int>(mq_receive(queues_[1 - side], part.data(), part.size(), nullptr)),
                            "receive from a message queue");
      std::memcpy(buffer + at, part.data(), std::min(static_cast<std::size_t>(got), size - at));
    }
    return buffer;
  }

 private:
  std::array<mqd_t, 2> queues_{};  // indexed by the sending side
};

// A slot for one message in each direction, and a futex word that says whether it is full.
struct Place {
  std::atomic<std::uint32_t> full{0};
  std::atomic<std::uint32_t> sleepers{0};
  const std::byte* handed_over = nullptr;
};

class MemoryLink : public Link {
 public:
  // With `copy` the bytes go through memory that both map. Without it the receiver reads the sender's own bytes: only
  // threads can do that.
  MemoryLink(std::size_t size, bool copy, bool one_process)
      : one_process_(one_process), places_(new (map_memory(2 * sizeof(Place), MAP_SHARED)) Place[2]) {
    for (std::size_t side = 0; copy && side < buffers_.size(); ++side) {
      buffers_[side] = map_memory(size, MAP_SHARED);
    }
  }

  void send(std::size_t side, const std::byte* bytes, std::size_t size) override {
    Place& place = places_[side];
    await(place, 0);
    place.handed_over = bytes;
    if (buffers_[side] != nullptr) {
      std::memcpy(buffers_[side], bytes, size);
      place.handed_over = buffers_[side];
    }
    set(place, 1);
  }
  const std::byte* receive(std::size_t side, std::byte* buffer, std::size_t size) override {
    Place& place = places_[1 - side];
    await(place, 1);
    const std::byte* message = place.handed_over;
    if (buffers_[1 - side] != nullptr) {
      std::memcpy(buffer, message, size);
      message = buffer;
    }
    set(place, 0);
    return message;
  }

 private:
  void await(Place& place, std::uint32_t full) const {
    while (place.full.load() != full) {
      ++place.sleepers;
      if (place.full.load() != full) {
        Futex::wait(place.full, 1 - full, one_process_);
      }
      --place.sleepers;
    }
  }
  void set(Place& place, std::uint32_t full) const {
    place.full.store(full);
    if (place.sleepers.load() > 0) {
      Futex::wake(place.full, one_process_);
    }
  }

  bool one_process_;
  Place* places_;
  std::array<std::byte*, 2> buffers_{};
};

std::unique_ptr<Link> make_link(const Options& options) {
  const bool threads = options.model == "thread";
  if (options.through == "unix-stream") {
    return socket_link();
  }
  if (options.through == "unix-dgram") {
    return std::make_unique<DatagramLink>();
  }
  if (options.through == "tcp") {
    return tcp_link();
  }
  if (options.through == "message-queue") {
    return std::make_unique<QueueLink>();
  }
  if (options.through == "shared-memory") {
    return std::make_unique<MemoryLink>(options.size, true /*copy*/, threads);
  }
  if (options.through == "memory") {
    return std::make_unique<MemoryLink>(options.size, false /*copy*/, threads);
  }
  return pipe_link();
}

struct Talk {
  std::uint64_t messages = 0;  // messages that one side sends or receives
  bool over = false;
  bool received_ok = true;
  std::chrono::nanoseconds end{};
  Laps laps;  // measured by the first side
};

enum Listener : std::size_t { first_side, second_side, main_task, listeners };

// The life of one of the two tasks. The first side speaks first.
class Side {
 public:
  Side(std::size_t side, Link& link, Bells& bells, Talk& talk, const Options& options)
      : side_(side),
        link_(link),
        bells_(bells),
        talk_(talk),
        stream_(options.pattern == "stream"),
        // The receiver uses a message that is handed over until it has answered, so two buffers take turns.
        out_{map_memory(options.size, MAP_PRIVATE), map_memory(options.size, MAP_PRIVATE)},
        in_(map_memory(options.size, MAP_PRIVATE)),
        size_(options.size) {}

  void live() {
    while (true) {
      bells_.await(side_);
      if (talk_.over) {
        return;
      }
      // The main task may set up the next region while this side is still on its way back to its bell.
      const std::uint64_t messages = talk_.messages;
      for (std::uint64_t i = 0; i < messages; ++i) {
        exchange(i);
        if (side_ == first_side) {
          talk_.laps.after((i + 1) * (stream_ ? 1 : 2));
        }
      }
      finish();
    }
  }

 private:
  void exchange(std::uint64_t i) {
    if (side_ == first_side) {
      send(i);
    } else {
      receive(i);
    }
    if (!stream_) {
      side_ == first_side ? receive(i) : send(i);
    }
  }
  // A stream ends for its sender only when everything has arrived.
  void finish() {
    if (side_ == second_side) {
      if (stream_) {
        link_.send(side_, out_[0], 1);
      }
      return;
    }
    if (stream_) {
      link_.receive(side_, in_, 1);
    }
    talk_.end = now();
    bells_.ring(main_task);
  }
  void send(std::uint64_t i) {
    std::byte* message = out_[i % 2];
    message[0] = message[size_ - 1] = static_cast<std::byte>(i);
    link_.send(side_, message, size_);
  }
  void receive(std::uint64_t i) {
    const std::byte* message = link_.receive(side_, in_, size_);
    if (message[0] != static_cast<std::byte>(i) || message[size_ - 1] != static_cast<std::byte>(i)) {
      talk_.received_ok = false;
    }
  }

  std::size_t side_;
  Link& link_;
  Bells& bells_;
  Talk& talk_;
  bool stream_;
  std::array<std::byte*, 2> out_;
  std::byte* in_;
  std::size_t size_;
};

// Runs `exchanges` exchanges of `messages` messages each, and returns how long they took.
std::chrono::nanoseconds talk_once(Talk& talk, Bells& bells, std::uint64_t exchanges, std::uint64_t messages) {
  talk.messages = exchanges;
  talk.laps.begin(exchanges * messages, least_lap);
  const auto start = now();
  bells.ring(second_side);
  bells.ring(first_side);
  bells.await(main_task);
  return talk.end - start;
}

void run(const Options& options, Regions& regions) {
  const Placement placement(options.cpus);
  const bool threads = options.model == "thread";
  const bool stream = options.pattern == "stream";
  const auto link = make_link(options);
  const auto bells = make_bells("futex", listeners, threads);
  auto& talk = in_shared_memory<Talk>();
  Tasks tasks(threads, 2, [&](std::size_t side) {
    placement.pin(side);
    Side(side, *link, *bells, talk, options).live();
  });
  const std::uint64_t messages_of_exchange = stream ? 1 : 2;
  talk_once(talk, *bells, options.warm_up + 1, messages_of_exchange);
  const std::uint64_t exchanges = (options.messages + messages_of_exchange - 1) / messages_of_exchange;
  const std::uint64_t messages = exchanges * messages_of_exchange;
  while (regions.next()) {
    const auto wall = talk_once(talk, *bells, exchanges, messages_of_exchange);
    regions.done({"channel",
                  options.model,
                  messages,
                  wall,
                  talk.laps.typical_ns(),
                  fmt::format("{} messages of {} bytes between {} through {}", messages, options.size,
                              threads ? "threads" : "processes", options.through),
                  {{"through", options.through},
                   {"pattern", options.pattern},
                   {"size", options.size},
                   {"messages", messages},
                   {"bytes", messages * options.size + (stream ? 1 : 0)},
                   {"received_ok", talk.received_ok ? std::uint64_t{1} : 0},
                   {"cpus", options.cpus}}});
  }
  talk.over = true;
  bells->ring(first_side);
  bells->ring(second_side);
  tasks.join();
}

void refuse_what_cannot_be(const Options& options) {
  if (options.through == "memory" && options.model != "thread") {
    throw CLI::ValidationError("--through", "only threads can use it without a copy: use shared-memory");
  }
  if (options.through == "memory" && options.pattern == "stream") {
    throw CLI::ValidationError("--pattern", "without a copy each message needs an answer: use ping-pong");
  }
}

}  // namespace

Workload add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("channel", "Exchange messages between two tasks");
  add_choice(*command, "--model", "MODEL", options->model, {"thread", "process"},
             "What the two are: thread or process\n(default process)");
  add_choice(*command, "--through", "MEANS", options->through,
             {"pipe", "unix-stream", "unix-dgram", "tcp", "message-queue", "shared-memory", "memory"},
             "pipe, unix-stream, unix-dgram, tcp (loopback),\nmessage-queue (POSIX), shared-memory (copied in and\n"
             "out), or memory (between threads, not copied)\n(default pipe)");
  add_choice(*command, "--pattern", "PATTERN", options->pattern, {"ping-pong", "stream"},
             "ping-pong: each message is answered by one of the\nsame size; stream: one way (default ping-pong)");
  add_number(*command, "--size", options->size, 1, max_size, "Bytes of a message (default 1)");
  add_number(*command, "--messages", options->messages, 1, max_messages, "How many, answers included (default 2000)");
  add_cpus_option(
      *command, options->cpus,
      "same: both on one CPU; apart: on different CPUs;\nany: wherever the kernel puts them (default same)");
  add_number(*command, "--warm-up", options->warm_up, 0, max_messages,
             "Exchanges before the measured ones (default 10)");
  command->final_callback([options] { refuse_what_cannot_be(*options); });
  return {command, [options](Regions& regions) { run(*options, regions); }};
}

}  // namespace taskcost::workload::channel
