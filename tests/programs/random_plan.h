// SPDX-License-Identifier: Apache-2.0
//
// The plan of one program of random_life, drawn from its seed alone: workers (processes or threads), channels between
// two of them, and a list of steps that each worker takes in order.
//
// Each channel has room for all bytes that the plan sends through it, and a reader takes only what an earlier step has
// sent, so no plan can deadlock.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

namespace random_life {

enum class Kind { pipe, fifo, unix_stream, unix_packets, tcp, queue, unix_datagrams, udp, sysv_queue };
constexpr std::array kinds{Kind::pipe,  Kind::fifo,           Kind::unix_stream, Kind::unix_packets, Kind::tcp,
                           Kind::queue, Kind::unix_datagrams, Kind::udp,         Kind::sysv_queue};
constexpr std::array<std::string_view, kinds.size()> channel_names{"pipe",        "pipe",        "unix_socket",
                                                                   "unix_socket", "inet_socket", "message_queue",
                                                                   "unix_socket", "inet_socket", "sysv_queue"};

// The calls that move the bytes. A channel that lacks them uses write() and read(). For pipes `several` is vmsplice()
// to write, and tee() before the read.
enum class Way { plain, vectors, message, several, splice };
// The call that a reader makes before it reads.
enum class Look { none, poll, epoll };
// What a worker sleeps on until another one has come so far.
enum class Sync { futex, semaphore, flock, ofd_lock };

struct Channel {
  Kind kind = Kind::pipe;
  std::size_t writer = 0;  // the numbers of two workers
  std::size_t reader = 0;
  int in = -1;  // the end that is read from
  int out = -1;
};

struct Step {
  enum class What {
    send,
    receive,
    signal,  // lets a worker in `await` go on
    await,
    hold,  // takes a lock; a worker in `want` has to wait for it
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
  std::size_t channel = 0;  // or the index of the word that two workers share
  std::size_t bytes = 0;
  Way way = Way::plain;
  Look look = Look::none;
  Sync sync = Sync::futex;
  std::size_t other = 0;  // the peer of `worker` in a meeting
};

struct Plan {
  std::size_t workers = 1;        // the first one is the program's own main thread
  std::vector<bool> are_threads;  // else they are processes
  std::vector<bool> exec;         // they exec /bin/true at their end
  std::vector<Channel> channels;
  std::vector<Step> steps;
};

inline std::size_t below(std::mt19937_64& dice, std::size_t bound) { return static_cast<std::size_t>(dice() % bound); }

inline void plan_channels(Plan& plan, std::mt19937_64& dice) {
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

inline void plan_exchange(Plan& plan, std::mt19937_64& dice) {
  const std::size_t channel = below(dice, plan.channels.size());
  const std::size_t bytes = 1 + below(dice, 2000);
  const auto way = [&dice] { return static_cast<Way>(below(dice, 5)); };
  plan.steps.push_back({Step::What::send, plan.channels[channel].writer, channel, bytes, way()});
  Step receive{Step::What::receive, plan.channels[channel].reader, channel, bytes, way()};
  receive.look = below(dice, 2) == 0 ? static_cast<Look>(below(dice, 3)) : Look::none;
  plan.steps.push_back(receive);
}

// Two steps by which one worker waits for another one.
inline void plan_meeting(Plan& plan, std::mt19937_64& dice, std::size_t word) {
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

inline Plan plan_of(std::uint64_t seed) {
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

}  // namespace random_life
