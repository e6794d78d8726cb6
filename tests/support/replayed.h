// SPDX-License-Identifier: Apache-2.0
//
// The result of replaying a script.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "account/account.h"
#include "support/script.h"

namespace taskcost::test {

// Ids of the tasks in scripts.
inline constexpr std::uint64_t a = 1;
inline constexpr std::uint64_t b = 2;
inline constexpr std::uint64_t c = 3;

// The rebuilt tasks of a script, by id.
struct Replayed {
  std::map<std::uint64_t, RebuiltTask> tasks;
  ReplayIntegrity integrity;
  std::map<tc_histogram_id, std::uint64_t> latencies;  // counts of the recorded ones

  const RebuiltTask& operator[](std::uint64_t id) const { return tasks.at(id); }
};

inline RebuiltTask copy_of(const RebuiltTask& task) {
  RebuiltTask copy;
  copy.ledger = task.ledger;
  copy.edges = task.edges;
  copy.flows = task.flows;
  copy.kernel = task.kernel ? std::make_unique<tc_ledger>(*task.kernel) : nullptr;
  copy.ended = task.ended;
  copy.in_span = task.in_span;
  copy.unknown = task.unknown;
  copy.affecting_gaps = task.affecting_gaps;
  copy.beginning_unknown = task.beginning_unknown;
  copy.position_unknown = task.position_unknown;
  copy.touched_afterwards = task.touched_afterwards;
  copy.gaps_in_life = task.gaps_in_life;
  copy.unseen_switch_ins = task.unseen_switch_ins;
  copy.impossible_switches = task.impossible_switches;
  return copy;
}

inline Replayed replay(const Script& script, nanoseconds end, bool calls = true, std::vector<ReplayGap> gaps = {}) {
  Replayed result;
  Replay::Options options;
  options.calls = calls;
  options.classes = test_classes();
  options.gaps = std::move(gaps);
  options.on_ended = [&](const RebuiltTask& task) { result.tasks.emplace(task.ledger.id, copy_of(task)); };
  Replay replayer(std::move(options));
  for (const Record& record : script.records()) {
    replayer.on_record(record);
  }
  for (RebuiltTask& task : replayer.living(Instant(end))) {
    result.tasks.emplace(task.ledger.id, std::move(task));
  }
  result.integrity = replayer.integrity();
  for (int id = 0; id < TC_NR_HISTOGRAMS; ++id) {
    if (const auto histogram = replayer.histogram(static_cast<tc_histogram_id>(id))) {
      result.latencies[static_cast<tc_histogram_id>(id)] = histogram->count();
    }
  }
  return result;
}

// The cells, counts and waits that are not zero, under their names in the report.
using Times = std::map<std::string, nanoseconds>;
using Counts = std::map<std::string, std::uint64_t>;

inline Times cells_of(const tc_ledger& ledger) {
  Times cells;
  for (std::size_t row = 0; row < TC_NR_ROWS; ++row) {
    for (std::size_t condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
      const std::uint64_t ns = ledger.cells[row * TC_NR_CONDITIONS + condition];
      if (ns != 0) {
        const std::string name = row == TC_ROW_FAULT_PENDING  ? "fault pending"
                                 : row == TC_ROW_CALL_PENDING ? "call pending"
                                                              : key_of(static_cast<tc_activity>(row));
        cells[name + " " + key_of(static_cast<tc_condition>(condition))] = nanoseconds(static_cast<std::int64_t>(ns));
      }
    }
  }
  return cells;
}

template <typename Name, std::size_t N>
Counts counts_by(const __u64 (&values)[N]) {
  Counts counts;
  for (std::size_t i = 0; i < N; ++i) {
    if (values[i] != 0) {
      counts[key_of(static_cast<Name>(i))] = values[i];
    }
  }
  return counts;
}

inline Counts entries_of(const tc_ledger& ledger) { return counts_by<tc_activity>(ledger.entries); }
inline Counts counters_of(const tc_ledger& ledger) { return counts_by<tc_counter>(ledger.counters); }

inline Times waits_of(const tc_ledger& ledger) {
  Times waits;
  for (std::size_t i = 0; i < TC_NR_WAITS; ++i) {
    if (ledger.waits[i].count != 0 || ledger.waits[i].blocked_ns != 0) {
      waits[key_of(static_cast<tc_wait>(i))] = nanoseconds(static_cast<std::int64_t>(ledger.waits[i].blocked_ns));
    }
  }
  return waits;
}

inline nanoseconds total_of(const Times& times) {
  nanoseconds sum{};
  for (const auto& [name, time] : times) {
    sum += time;
  }
  return sum;
}

// The account closes: no time is counted twice, none is missing.
inline void expect_closed(const RebuiltTask& task) {
  const auto life = nanoseconds(static_cast<std::int64_t>(task.ledger.end_ns - task.ledger.start_ns));
  EXPECT_EQ(total_of(cells_of(task.ledger)) + task.unknown, life);
}

}  // namespace taskcost::test
