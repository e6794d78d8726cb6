// SPDX-License-Identifier: Apache-2.0
//
// taskcost-bench-export [EVENTS [ROUNDS]]: how many events a second each export writes, on one thread. The events are
// those of two tasks that pass a message back and forth through a pipe (a read that sleeps, a write, the switches),
// with a page fault after every fifth message. The output is counted and discarded. Decoding the records is included.
// The time is CPU time, so that other work on the machine does not count.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <ostream>
#include <span>
#include <streambuf>
#include <string>
#include <variant>
#include <vector>

#include "support/script.h"
#include "trace/events/writers.h"
#include "trace/perfetto/export.h"
#include "trace/syscall_classes.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using std::chrono::nanoseconds;
using test::comes;
using test::leaves;
using test::Script;

class Counter : public std::streambuf {
 public:
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 protected:
  std::streamsize xsputn(const char*, std::streamsize count) override {
    bytes_ += static_cast<std::size_t>(count);
    return count;
  }
  int_type overflow(int_type c) override {
    ++bytes_;
    return c;
  }

 private:
  std::size_t bytes_ = 0;
};

constexpr std::uint32_t number_read = 0;
constexpr std::uint32_t number_write = 1;

// Records are kept as bytes, as in a capture: a Record has room for the largest kind, and is made one at a time.
class Recording {
 public:
  void append(const Script& script) {
    for (const Record& record : script.records()) {
      std::visit([this](const auto& event) { append_bytes(std::as_bytes(std::span(&event, 1))); }, record);
    }
  }
  [[nodiscard]] std::size_t events() const { return ends_.size(); }

  template <typename Visit>
  void for_each(Visit visit) const {
    std::size_t begin = 0;
    for (const std::size_t end : ends_) {
      const auto record = decode(std::span(bytes_).subspan(begin, end - begin));
      if (!record) {
        std::abort();  // the events are made here, so they cannot be invalid
      }
      visit(*record);
      begin = end;
    }
  }

 private:
  void append_bytes(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    ends_.push_back(bytes_.size());
  }

  std::vector<std::byte> bytes_;
  std::vector<std::size_t> ends_;
};

// One hop: the task writes and its next read blocks; the other task is switched in and returns from its own read.
Recording ping_pong(std::size_t events) {
  Recording recording;
  Script begin;
  begin.at(1us).adopted(1, "ping").adopted(2, "pong");
  begin.at(2us).switches(0, leaves(2).blocks(TC_WAIT_PIPE, TC_ROW_CALL_PENDING).in_call(number_read, 1500ns), comes(1));
  recording.append(begin);
  nanoseconds now = 10us;
  std::uint64_t self = 1;
  for (int hop = 0; recording.events() < events; ++hop) {
    const std::uint64_t other = 3 - self;
    Script script;
    script.at(now + 900ns).transfers(self, number_write, TC_ACTIVITY_PIPE, now, TC_CHANNEL_PIPE, 0, 64);
    script.at(now + 2us).switches(
        0, leaves(self).blocks(TC_WAIT_PIPE, TC_ROW_CALL_PENDING).in_call(number_read, now + 1us),
        comes(other).woken_by(self, number_write, now + 500ns));
    script.at(now + 3us).transfers(other, number_read, TC_ACTIVITY_PIPE, now - 4us, TC_CHANNEL_PIPE, 64, 0);
    if (hop % 5 == 0) {
      script.at(now + 4us).faults(other, now + 3500ns, TC_FAULT_MINOR, TC_ACTIVITY_USER, {}, TC_FAULT_COW);
    }
    recording.append(script);
    now += 5us;
    self = other;
  }
  return recording;
}

std::string name_of(std::uint32_t number, bool) { return number == number_read ? "read" : "write"; }

struct Measured {
  double seconds = 0;
  std::size_t bytes = 0;
};

class NullExport {
 public:
  NullExport(std::ostream&, const TraceInfo&) {}
  void on_record(const Record&) {}
  void finish(std::uint64_t) {}
};

template <typename Export>
Measured measure(const Recording& recording) {
  Counter counter;
  std::ostream out(&counter);
  TraceInfo info;
  info.kernel = "6.1.0";
  info.syscall_name = name_of;
  info.classes = classes_by_name(name_of);
  const std::clock_t begin = std::clock();
  Export exported(out, info);
  recording.for_each([&exported](const Record& record) { exported.on_record(record); });
  exported.finish(1'000'000'000'000);
  return {static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, counter.bytes()};
}

template <typename Export>
void report(const char* name, const Recording& recording, long rounds) {
  std::vector<double> seconds;
  Measured last;
  for (long i = 0; i < rounds; ++i) {
    last = measure<Export>(recording);
    seconds.push_back(last.seconds);
  }
  std::sort(seconds.begin(), seconds.end());
  const auto count = static_cast<double>(recording.events());
  fmt::print("{:<12} {:6.2f} million events a second (fastest round {:.2f}), {:.0f} bytes an event\n", name,
             count / seconds[seconds.size() / 2] / 1e6, count / seconds.front() / 1e6,
             static_cast<double>(last.bytes) / count);
}

}  // namespace
}  // namespace taskcost

int main(int argc, char** argv) try {
  const long events = argc > 1 ? std::atol(argv[1]) : 300'000;  // NOLINT(cert-err34-c): 0 is refused below
  const long rounds = argc > 2 ? std::atol(argv[2]) : 5;        // NOLINT(cert-err34-c)
  if (events <= 0 || rounds <= 0) {
    fmt::print(stderr, "usage: taskcost-bench-export [EVENTS [ROUNDS]]\n");
    return 2;
  }
  const auto recording = taskcost::ping_pong(static_cast<std::size_t>(events));
  taskcost::report<taskcost::NullExport>("decoding", recording, rounds);
  taskcost::report<taskcost::PerfettoExport>("perfetto", recording, rounds);
  taskcost::report<taskcost::EventCsv>("csv", recording, rounds);
  taskcost::report<taskcost::EventNdjson>("ndjson", recording, rounds);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "taskcost-bench-export: %s\n", error.what());
  return 1;
}
