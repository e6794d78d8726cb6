// SPDX-License-Identifier: Apache-2.0
//
// taskcost-bench-replay [EVENTS [PAIRS]]: how fast a capture is replayed. Pairs of tasks hand a byte to and fro through
// pipes, with two calls and two switches a hop; the events are made as they are needed. It measures and asserts
// nothing.
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <utility>
#include <vector>

#include "trace/replay.h"

namespace taskcost {
namespace {

constexpr std::uint64_t hop_ns = 5000;

class PingPong {
 public:
  PingPong(Replay& replay, std::uint64_t pairs) : replay_(replay), pairs_(pairs) {
    tc_task_new new_task{};
    new_task.record = {TC_RECORD_TASK_NEW, sizeof(new_task)};
    new_task.flags = TC_LEDGER_OPEN_AT_START;
    new_task.at_ns = new_task.start_ns = now_;
    for (std::uint64_t id = 1; id <= 2 * pairs; ++id) {
      new_task.id = id;
      new_task.tid = static_cast<__u32>(id);
      replay_.on_record(new_task);
    }
    switch_.record = {TC_RECORD_SWITCH, sizeof(tc_switch)};
    switch_.context = TC_IN_CALL;
    switch_.file = TC_FILE_FIFO;
    switch_.prev_state = 1;
    switch_.flags = TC_SWITCH_PREV_MM | TC_SWITCH_NEXT_MM;
    call_.call.record = {TC_RECORD_TRANSFER, sizeof(tc_transfer)};
    call_.call.file = TC_FILE_FIFO;
    call_.object = call_.link = 1;
  }

  // Task `to` of a pair is switched in, returns from its read, writes, and reads again: three events.
  void hop(std::uint64_t pair, std::uint64_t to) {
    const std::uint64_t id = 2 * pair + to + 1;
    const std::uint64_t other = 2 * pair + (1 - to) + 1;
    now_ += hop_ns;
    switch_.at_ns = now_;
    switch_.prev = other;
    switch_.prev_tid = static_cast<__u32>(other);
    switch_.next = id;
    switch_.next_tid = static_cast<__u32>(id);
    switch_.entered_ns = now_ - 500;
    switch_.woken_ns = now_ - 1500;
    switch_.waker = other;
    switch_.waker_from = 1;
    switch_.cpu = static_cast<__u32>(pair);
    emit(switch_);
    transfer(id, now_ + 300, last_entry_[id % 4096], TC_CALL_IN);
    transfer(id, now_ + 3000, now_ + 800, TC_CALL_OUT);
    last_entry_[id % 4096] = now_ + hop_ns - 500;
  }

  [[nodiscard]] std::uint64_t pairs() const { return pairs_; }
  [[nodiscard]] std::uint64_t now() const { return now_; }

 private:
  template <typename T>
  void emit(const T& event) {
    record_ = event;
    replay_.on_record(record_);
  }
  void transfer(std::uint64_t id, std::uint64_t at, std::uint64_t entered, std::uint8_t bits) {
    call_.call.id = id;
    call_.call.at_ns = at;
    call_.call.entered_ns = entered;
    call_.bits = bits;
    call_.bytes_in = bits == TC_CALL_IN ? 1 : 0;
    call_.bytes_out = bits == TC_CALL_OUT ? 1 : 0;
    emit(call_);
  }

  Replay& replay_;
  std::uint64_t pairs_;
  std::uint64_t now_ = 1'000'000;
  tc_switch switch_{};
  tc_transfer call_{};
  Record record_;
  std::vector<std::uint64_t> last_entry_ = std::vector<std::uint64_t>(4096);
};

int run(std::uint64_t events, std::uint64_t pairs) {
  Replay::Options options;
  options.classes.native = {std::uint32_t{TC_ACTIVITY_FILE} | TC_CALL_BY_FD};  // read
  Replay replay(std::move(options));
  PingPong ping_pong(replay, pairs);
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t hop = 0; replay.integrity().events < events; ++hop) {
    ping_pong.hop(hop / 64 % pairs, hop % 2);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  const std::uint64_t fed = replay.integrity().events;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  // An invalid event would make the figure meaningless. The first switches of the pairs have no origin.
  const ReplayIntegrity& integrity = replay.integrity();
  const std::uint64_t contradictions = integrity.broken_switches + integrity.backward_times;
  const std::size_t tasks = replay.living(Instant(std::chrono::nanoseconds(ping_pong.now()))).size();
  fmt::print("{} events of {} tasks in {:.2f} s: {:.1f} million events/s, {} MiB at most, {} contradictions\n", fed,
             tasks, took.count(), static_cast<double>(fed) / took.count() / 1e6, usage.ru_maxrss / 1024,
             contradictions);
  return 0;
}

}  // namespace
}  // namespace taskcost

int main(int argc, char** argv) {
  const auto number = [&](int i, std::uint64_t otherwise) {
    const std::uint64_t value = argc > i ? std::strtoull(argv[i], nullptr, 10) : 0;
    return value != 0 ? value : otherwise;
  };
  return taskcost::run(number(1, 10'000'000), number(2, 1));
}
