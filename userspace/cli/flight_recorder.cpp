// SPDX-License-Identifier: Apache-2.0
#include "cli/flight_recorder.h"

#include <fmt/format.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <new>
#include <utility>

#include "base/start_thread.h"
#include "base/units.h"
#include "capture/record.h"
#include "cli/log.h"
#include "cli/signals.h"
#include "collector/clocks.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;

// How often we read losses and judge the trigger.
constexpr Duration reading_interval = 1s;

// Events arrive later than they happen, by no more than a tick and a poll of the ring.
constexpr Duration arrival_time = 30ms;

// Without a size, --keep SECONDS takes no more memory than this.
constexpr std::uint64_t default_bytes = std::uint64_t{1} << 30U;

// 4096 readings: over an hour at one a second.
constexpr std::size_t most_readings = 4096;

KeepLimits limits_of(const KeepOptions& keep) {
  KeepLimits limits;
  if (keep.time) {
    limits.time_ns = static_cast<std::uint64_t>(keep.time->count());
  }
  limits.bytes = keep.bytes.value_or(default_bytes);
  return limits;
}

std::string keep_text(const KeepOptions& keep) {
  std::string bytes = keep.bytes ? bytes_text(static_cast<double>(*keep.bytes)) : "";
  if (!keep.time) {
    return bytes;
  }
  return duration_text(*keep.time) + (keep.bytes ? ", at most " + bytes : "");
}

template <typename T>
T field_at(std::span<const std::byte> record, std::size_t offset) {
  T value{};
  std::memcpy(&value, record.data() + offset, sizeof value);
  return value;
}

// Sent after the window closed: snapshots, command lines, sums.
bool follows_events(const tc_record& header, std::span<const std::byte> record) {
  const bool snapshot =
      header.type == TC_RECORD_LEDGER && field_at<std::uint64_t>(record, offsetof(tc_ledger, end_ns)) == 0;
  return snapshot || header.type == TC_RECORD_COMMAND || is_sum(header.type);
}

std::vector<std::byte> without_sums(std::span<const std::byte> records) {
  std::vector<std::byte> left;
  for_each_record(records, [&left](std::span<const std::byte> record) {
    if (!is_sum(header_of(record).type)) {
      left.insert(left.end(), record.begin(), record.end());
    }
  });
  return left;
}

ClockAnchor advanced(const ClockAnchor& anchor, std::uint64_t to_ns) {
  const std::uint64_t by = to_ns - std::min(to_ns, anchor.monotonic_ns);
  return {anchor.monotonic_ns + by, anchor.realtime_ns + by, anchor.boottime_ns + by};
}

Losses difference(const Losses& now, const Losses& before) {
  Losses between = now;
  for (std::size_t loss = 0; loss < TC_NR_LOSSES; ++loss) {
    between.counts[loss] -= std::min(between.counts[loss], before.counts[loss]);
  }
  between.skipped_probes -= std::min(between.skipped_probes, before.skipped_probes);
  return between;
}

}  // namespace

Result<std::unique_ptr<FlightRecorder>> FlightRecorder::open(const ObserveOptions& options) {
  auto file = AtomicFile::open(*options.capture);
  if (!file) {
    return file.error();
  }
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR1);
  Fd signals(signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals) {
    return Error{"cannot wait for SIGUSR1", std::strerror(errno), ""};
  }
  pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  return std::unique_ptr<FlightRecorder>(new FlightRecorder(options, *std::move(file), std::move(signals)));
}

FlightRecorder::FlightRecorder(const ObserveOptions& options, AtomicFile file, Fd signals)
    : keep_(*options.keep), quiet_(options.quiet), file_(std::move(file)), signals_(std::move(signals)) {
  if (options.when) {
    meter_.emplace(*options.when);
  }
}

FlightRecorder::~FlightRecorder() { wait_for_writer(); }

Status FlightRecorder::begin(Collector& collector, RecordingStart start) {
  collector_ = &collector;
  start_ = std::move(start);
  if (auto status = check_source(); !status) {
    return status;
  }
  last_ns_ = start_.monotonic_ns;
  const KeepLimits limits = limits_of(keep_);
  ring_.emplace(limits, start_.monotonic_ns, start_.calls, call_classes(start_));
  queue_.emplace(*ring_, chunk_options(limits));
  if (auto status = queue_->start(); !status) {
    return status;
  }
  collector.record_to([this](std::span<const std::byte> record, std::optional<Instant> at) { on_record(record, at); });
  collector.on_poll([this] { poll(); });
  if (!quiet_) {
    log_line("keeping the last {}; 'kill -USR1 {}' writes a file", keep_text(keep_), getpid());
  }
  return Done{};
}

Status FlightRecorder::check_source() const {
  if (!meter_) {
    return Done{};
  }
  const TriggerKey& key = meter_->trigger().key;
  const SessionBuilder::Options& model = collector_->model();
  const auto is_one_of = [&key](std::initializer_list<tc_histogram_id> ids) {
    return key.source == TriggerKey::Source::latency && std::ranges::find(ids, key.histogram) != ids.end();
  };
  const bool of_calls =
      key.source == TriggerKey::Source::region || is_one_of({TC_HISTOGRAM_EXEC}) ||
      (key.source == TriggerKey::Source::rate && (key.count == LiveCount::syscalls || key.count == LiveCount::faults));
  const bool missing =
      (of_calls && !model.calls) ||
      (is_one_of({TC_HISTOGRAM_SWITCH_SAME, TC_HISTOGRAM_SWITCH_OTHER}) && !model.switch_latency) ||
      (is_one_of({TC_HISTOGRAM_FAULT_MINOR, TC_HISTOGRAM_FAULT_MAJOR, TC_HISTOGRAM_FAULT_COW}) && !model.fault_latency);
  return missing
             ? Status(Error{fmt::format("cannot watch {}", key.name),
                            model.calls ? "this kernel has no source for it" : "--detail switches does not probe it",
                            model.calls ? "see 'taskcost doctor'" : "leave out --detail"})
             : Status(Done{});
}

// -- records -------------------------------------------------------------------------------------------------------

void FlightRecorder::on_record(std::span<const std::byte> record, std::optional<Instant> at) {
  const tc_record header = header_of(record);
  if (follows_events(header, record)) {
    end_records_.insert(end_records_.end(), record.begin(), record.end());
    return;
  }
  if (at) {
    last_ns_ = static_cast<std::uint64_t>(at->time_since_epoch().count());
  }
  count(header, record);
  queue_->append(record, last_ns_);
}

// Counts like a ledger, but a call when it returns.
void FlightRecorder::count(const tc_record& header, std::span<const std::byte> record) {
  const auto add = [this](LiveCount count) {
    auto& counter = counts_[static_cast<std::size_t>(count)];
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  };
  switch (header.type) {
    case TC_RECORD_SWITCH:
      if (field_at<std::uint64_t>(record, offsetof(tc_switch, prev)) != 0) {
        add(LiveCount::switches);
      }
      break;
    case TC_RECORD_CALL:
    case TC_RECORD_TRANSFER:
      add(LiveCount::syscalls);
      break;
    case TC_RECORD_FAULT:
      if (field_at<std::uint8_t>(record, offsetof(tc_fault, outcome)) != TC_FAULT_BEGUN) {
        add(LiveCount::faults);
      }
      break;
    case TC_RECORD_TASK_NEW:
      if ((field_at<std::uint32_t>(record, offsetof(tc_task_new, flags)) & TC_LEDGER_OPEN_AT_START) == 0) {
        add(LiveCount::creations);
      }
      break;
    case TC_RECORD_EXEC:
      add(LiveCount::execs);
      break;
    case TC_RECORD_LEDGER:
      add(LiveCount::exits);
      break;
    case TC_RECORD_REGION:
      add_region(record);
      break;
    default:
      break;
  }
}

void FlightRecorder::add_region(std::span<const std::byte> record) {
  if (field_at<std::uint8_t>(record, offsetof(tc_region, how)) != TC_REGION_ENDED) {
    return;
  }
  const auto end_ns = field_at<std::uint64_t>(record, offsetof(tc_region, at_ns));
  const auto begun_ns = field_at<std::uint64_t>(record, offsetof(tc_region, begun_ns));
  const std::lock_guard lock(regions_mutex_);
  regions_.add(nanoseconds(end_ns - std::min(end_ns, begun_ns)));
}

// -- figures -------------------------------------------------------------------------------------------------------

std::uint64_t FlightRecorder::count_of(LiveCount count) const {
  if (count == LiveCount::lost_events) {
    return collector_->losses().counts[TC_LOSS_DROPPED_TRANSITIONS] + queue_->statistics().dropped.records;
  }
  return counts_[static_cast<std::size_t>(count)].load(std::memory_order_relaxed);
}

void FlightRecorder::read_signals() {
  signalfd_siginfo info{};
  while (read(signals_.get(), &info, sizeof info) == sizeof info) {
    request_ = request_.value_or(Request{});
  }
}

void FlightRecorder::poll() {
  read_signals();
  if (reader_stopped_) {
    reader_stopped_ = !collector_->pause_reader([] {});
  }
  if (readings_.empty() || now() - to_instant(readings_.back().clocks) >= reading_interval) {
    read_figures();
  }
  if (request_ && !writing_.load()) {
    dump(*std::exchange(request_, std::nullopt));
  }
}

void FlightRecorder::read_figures() {
  readings_.push_back({read_clocks(), collector_->losses()});
  if (readings_.size() > most_readings) {
    // Drops every other reading of the older half.
    std::deque<Reading> fewer;
    for (std::size_t i = 0; i < readings_.size(); ++i) {
      if (i % 2 == 0 || i > most_readings / 2) {
        fewer.push_back(readings_[i]);
      }
    }
    readings_ = std::move(fewer);
  }
  if (meter_) {
    judge(to_instant(readings_.back().clocks));
  }
}

void FlightRecorder::judge(Instant at) {
  const TriggerKey& key = meter_->trigger().key;
  TriggerMeter::Sample sample{at, {}, 0};
  switch (key.source) {
    case TriggerKey::Source::latency:
      sample.histogram = collector_->latency(key.histogram);
      break;
    case TriggerKey::Source::region: {
      const std::lock_guard lock(regions_mutex_);
      sample.histogram = regions_.raw();
      break;
    }
    case TriggerKey::Source::rate:
    case TriggerKey::Source::count:
      sample.count = count_of(key.count);
      break;
  }
  const auto value = meter_->update(sample);
  if (value && meter_->trigger().holds(*value)) {
    fired_ = true;
    if (at >= next_fire_) {
      next_fire_ = at + keep_.time.value_or(Duration::zero());
      request_ = Request{KeptWhy::trigger, value};
    }
  }
}

// A reading can be older than `at_ns`: losses since it count too.
FlightRecorder::Reading FlightRecorder::reading_before(std::uint64_t at_ns) const {
  Reading before{{start_.monotonic_ns, start_.realtime_ns, start_.boottime_ns}, {}};
  for (const Reading& reading : readings_) {
    if (reading.clocks.monotonic_ns > at_ns) {
      break;
    }
    before = reading;
  }
  before.clocks = advanced(before.clocks, at_ns);
  return before;
}

// -- files ---------------------------------------------------------------------------------------------------------

std::string FlightRecorder::summary_of(const KeptRecording& kept, const Request& request) const {
  std::string why;
  if (request.why == KeptWhy::trigger) {
    why = fmt::format(" ({}: {})", meter_->trigger().text, trigger_value_text(meter_->trigger().key, *request.value));
  } else if (request.why == KeptWhy::signal) {
    why = " (SIGUSR1)";
  }
  return fmt::format(
      "the last {}, {}, {}, {} lost{}{}", duration_text(nanoseconds(kept.to_ns - kept.from_ns)),
      counted(kept.tasks, "task", "tasks"), counted(kept.events, "event", "events"), kept.lost,
      kept.full ? fmt::format("; {} holds no more", bytes_text(static_cast<double>(limits_of(keep_).bytes))) : "", why);
}

FlightRecorder::Content FlightRecorder::make_content(KeptRecording kept, const Request& request, RecordingEnd end,
                                                     std::vector<std::byte> end_records) const {
  Content content;
  content.summary = summary_of(kept, request);
  RecordingStart start = start_;
  if (!kept.is_whole || request.why != KeptWhy::end) {
    const Reading before = reading_before(kept.from_ns);
    start.monotonic_ns = before.clocks.monotonic_ns;
    start.realtime_ns = before.clocks.realtime_ns;
    start.boottime_ns = before.clocks.boottime_ns;
    KeptPart& part = start.kept.emplace();
    part.why = request.why;
    part.recording_start = instant(start_.monotonic_ns);
    part.from = instant(kept.from_ns);
    part.to = instant(kept.to_ns);
    if (request.value) {
      part.trigger = meter_->trigger().text;
      part.value = request.value;
      part.value_text = trigger_value_text(meter_->trigger().key, *request.value);
    }
    const Losses lost = difference({end.losses, end.skipped_probes, 0}, before.losses);
    end.losses = lost.counts;
    end.skipped_probes = lost.skipped_probes;
    end.start = part.from;
    end.end = part.to;
    end.clocks.start = before.clocks;
    end.stacks.reset();
    end_records = without_sums(end_records);
  }
  content.description = text_of(start);
  content.trailer = text_of(end);
  content.end_records = std::move(end_records);
  content.kept = std::move(kept);
  return content;
}

void FlightRecorder::wait_for_writer() {
  if (writer_.joinable()) {
    writer_.join();
  }
}

// Ledgers are read first; events up to then still arrive. Where a task has a later event, the event wins.
void FlightRecorder::dump(const Request& request) {
  wait_for_writer();
  Collector::Moment moment = collector_->moment();
  std::this_thread::sleep_for(arrival_time);
  KeptRecording kept;
  if (const auto status = collector_->pause_reader([&] {
        queue_->flush();
        kept = ring_->take(moment.clocks.monotonic_ns);
      });
      !status) {
    log_line("{}; events are lost until it starts again", to_line(status.error()));
    reader_stopped_ = true;
  }
  if (request.why == KeptWhy::trigger && !keep_.time) {
    next_fire_ = instant(kept.to_ns) + nanoseconds(kept.to_ns - kept.from_ns);
  }
  const Losses losses = collector_->losses();
  RecordingEnd end;
  end.window_end = WindowEnd::went_on;
  end.losses = losses.counts;
  end.skipped_probes = losses.skipped_probes;
  end.target.mode = start_.mode;
  end.target.command = start_.command;
  end.observer = std::move(moment.calibration);
  end.clocks.end = moment.clocks;
  end.names = std::move(moment.names);
  auto shared =
      std::make_shared<Content>(make_content(std::move(kept), request, std::move(end), std::move(moment.records)));
  writing_ = true;
  auto writer = start_thread([this, shared] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    const auto failed = [](const std::string& why) { log_line("{}; still recording; nothing kept is lost", why); };
    try {
      const auto path = file_.add_numbered([&shared](Fd file) {
        return write_kept(std::move(file), shared->description, shared->kept, shared->end_records, shared->trailer);
      });
      if (!path) {
        failed(to_line(path.error()));
      } else if (!quiet_) {
        log_line("wrote {}: {}", *path, shared->summary);
      }
    } catch (const std::bad_alloc&) {
      failed("cannot write what is kept: out of memory");
    }
    writing_ = false;
  });
  if (!writer) {
    writing_ = false;
    log_line("{}", to_line(writer.error()));
    return;
  }
  writer_ = *std::move(writer);
}

Status FlightRecorder::end(const RecordingEnd& end) {
  wait_for_writer();
  queue_->end();
  const Content last = make_content(ring_->take(static_cast<std::uint64_t>(end.end.time_since_epoch().count())),
                                    Request{KeptWhy::end, std::nullopt}, end, std::move(end_records_));
  if (meter_ && !fired_ && !quiet_) {
    const auto closest = meter_->closest();
    log_line("'{}' never fired; {}", meter_->trigger().text,
             closest ? fmt::format("the {} value in a second was {}",
                                   meter_->trigger().wants_large() ? "largest" : "smallest",
                                   trigger_value_text(meter_->trigger().key, *closest))
                     : "there was nothing to measure");
  }
  block_file_size_signal();
  const auto status = file_.replace([&last](Fd file) {
    return write_kept(std::move(file), last.description, last.kept, last.end_records, last.trailer);
  });
  if (!status) {
    Error error = status.error();
    error.hint = "free some space, or name another file with -o";
    return error;
  }
  read_signals();
  if (request_ && !quiet_) {
    log_line("what was to be written last is in {} too, and has no file of its own", file_.path());
  }
  summary_ = fmt::format("wrote {}: {}", file_.path(), last.summary);
  return Done{};
}

}  // namespace taskcost
