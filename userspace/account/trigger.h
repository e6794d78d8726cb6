// SPDX-License-Identifier: Apache-2.0
//
// A condition such as `--when 'run_queue_p99 > 10ms'`, judged on the last interval, never on the whole window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/account.h"
#include "taskcost/histogram.h"

namespace taskcost {

// Recorded events that are counted as they arrive.
enum class LiveCount { switches, syscalls, faults, creations, execs, exits, lost_events };
constexpr std::size_t live_counts = std::size_t{static_cast<std::size_t>(LiveCount::lost_events)} + 1;

// A figure that a trigger can be about. Another kind of figure is another Source, and a case in TriggerMeter::update().
struct TriggerKey {
  enum class Source {
    latency,  // a quantile of a histogram, in ns
    region,   // a quantile of the lengths of marked regions that ended, in ns
    rate,     // a LiveCount per second
    count     // a LiveCount
  };
  std::string name;
  Source source = Source::latency;
  tc_histogram_id histogram = TC_HISTOGRAM_RUN_QUEUE;  // of Source::latency
  double quantile = 0;                                 // 1: the longest
  LiveCount count = LiveCount::switches;               // of Source::rate and Source::count

  [[nodiscard]] bool is_duration() const { return source == Source::latency || source == Source::region; }
};
// Every key that --when takes.
const std::vector<TriggerKey>& trigger_keys();

struct Trigger {
  enum class Comparison { above, at_least, below, at_most };

  TriggerKey key;
  Comparison comparison = Comparison::above;
  double limit = 0;  // in ns, per second, or a number
  std::string text;  // as given

  [[nodiscard]] bool holds(double value) const;
  [[nodiscard]] bool wants_large() const {
    return comparison == Comparison::above || comparison == Comparison::at_least;
  }
};

// "12.3 ms", "12,345/s", "3"
std::string trigger_value_text(const TriggerKey& key, double value);

class TriggerMeter {
 public:
  explicit TriggerMeter(Trigger trigger) : trigger_(std::move(trigger)) {}

  // The figures since the start of the window. update() reads only the field of the key's source.
  struct Sample {
    Instant at{};
    tc_histogram histogram{};
    std::uint64_t count = 0;
  };
  // Returns the figure since the sample before; nullopt: it is the first one, or there was nothing to measure.
  std::optional<double> update(const Sample& sample);

  [[nodiscard]] const Trigger& trigger() const { return trigger_; }
  // The figure that came closest to the limit; nullopt: there was none.
  [[nodiscard]] std::optional<double> closest() const { return closest_; }

 private:
  Trigger trigger_;
  std::optional<Sample> last_;
  std::optional<double> closest_;
};

}  // namespace taskcost
