// SPDX-License-Identifier: Apache-2.0
//
// `record --keep`: keeps the last events in memory, and writes them on SIGUSR1, when a trigger fires, and at the end.
//
// The reader's thread calls on_record(), the collector's thread all else. A third thread writes all files but the last,
// so that a slow disk delays neither the observation nor its end.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "account/trigger.h"
#include "base/fd.h"
#include "capture/chunk_queue.h"
#include "cli/caller/atomic_file.h"
#include "cli/options/options.h"
#include "collector/collector.h"
#include "report/recorded/recording.h"
#include "trace/chunk_ring.h"

namespace taskcost {

class FlightRecorder {
 public:
  // Blocks SIGUSR1 in this thread and in those that it creates. REQUIRES: the options have `keep` and a capture.
  // Errors: the file cannot be written, or the signal cannot be waited for.
  static Result<std::unique_ptr<FlightRecorder>> open(const ObserveOptions& options);
  FlightRecorder(const FlightRecorder&) = delete;
  FlightRecorder& operator=(const FlightRecorder&) = delete;
  ~FlightRecorder();

  // Receives the records of the collector's next window. Errors: no source for the trigger; no thread could
  // be started.
  Status begin(Collector& collector, RecordingStart start);
  // Writes the last file. REQUIRES: the collector's finish() was called. Error: the file cannot be written; it is
  // unchanged then.
  Status end(const RecordingEnd& end);
  // What end() has written: "wrote taskcost.tcap: the last 30 s, 12 tasks, 9,000 events, 0 lost".
  [[nodiscard]] const std::string& summary() const { return summary_; }

 private:
  struct Request {
    KeptWhy why = KeptWhy::signal;
    std::optional<double> value;  // of the trigger
  };
  // A reading of the counts of all losses, to take the difference.
  struct Reading {
    ClockAnchor clocks;
    Losses losses;
  };
  // The texts and records of one file.
  struct Content {
    std::string description;
    std::string trailer;
    std::vector<std::byte> end_records;
    KeptRecording kept;
    std::string summary;
  };

  FlightRecorder(const ObserveOptions& options, AtomicFile file, Fd signals);

  void on_record(std::span<const std::byte> record, std::optional<Instant> at);
  void count(const tc_record& header, std::span<const std::byte> record);
  void add_region(std::span<const std::byte> record);
  void read_signals();
  void poll();
  void read_figures();
  void judge(Instant at);
  void dump(const Request& request);
  void wait_for_writer();
  [[nodiscard]] Status check_source() const;
  [[nodiscard]] std::uint64_t count_of(LiveCount count) const;
  [[nodiscard]] Reading reading_before(std::uint64_t at_ns) const;
  // Completes the texts for what is kept; `end` has what all of the recording has.
  Content make_content(KeptRecording kept, const Request& request, RecordingEnd end,
                       std::vector<std::byte> end_records) const;
  [[nodiscard]] std::string summary_of(const KeptRecording& kept, const Request& request) const;

  KeepOptions keep_;
  bool quiet_;
  AtomicFile file_;
  Fd signals_;  // a signalfd
  RecordingStart start_;
  Collector* collector_ = nullptr;
  std::optional<ChunkRing> ring_;
  std::optional<ChunkQueue> queue_;  // after the ring, which it uses
  std::vector<std::byte> end_records_;
  std::uint64_t last_ns_ = 0;  // time of the last record, for records without a time
  std::array<std::atomic<std::uint64_t>, live_counts> counts_{};
  std::mutex regions_mutex_;
  Histogram regions_;  // lengths of marked regions

  std::deque<Reading> readings_;
  std::optional<TriggerMeter> meter_;
  bool fired_ = false;
  Instant next_fire_{};
  std::optional<Request> request_;  // waits until the file before is written
  std::thread writer_;
  std::atomic<bool> writing_ = false;
  bool reader_stopped_ = false;  // no thread could be started for it; poll() tries again
  std::string summary_;
};

}  // namespace taskcost
