// SPDX-License-Identifier: Apache-2.0
#include "trace/checkpoint.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "capture/record.h"

namespace taskcost {
namespace {

constexpr std::size_t most_gaps = 256;
constexpr std::size_t most_execs_beside_tasks = 1024;

std::uint64_t boot_ns(Instant at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

// The replay sums nothing up: its span begins after every event.
Replay::Options followed(bool calls, CallClasses classes) {
  Replay::Options options;
  options.calls = calls;
  options.classes = std::move(classes);
  options.span = TraceSpan{TraceSpan::unbounded, TraceSpan::unbounded};
  return options;
}

template <typename T>
std::span<const std::byte> bytes_of(const T& record) {
  return std::as_bytes(std::span(&record, 1));
}

}  // namespace

Checkpoint::Checkpoint(bool calls, CallClasses classes) : replay_(followed(calls, std::move(classes))) {}

void Checkpoint::add(std::span<const std::byte> records) {
  for_each_record(records, [this](std::span<const std::byte> bytes) {
    const auto record = decode(bytes);
    if (!record) {
      return;
    }
    replay_.on_record(*record);
    if (const auto* exec = std::get_if<tc_exec>(&*record)) {
      tc_exec& kept = execs_[exec->process];
      if (exec->at_ns >= kept.at_ns) {
        kept = *exec;
        kept.id = 0;
      }
    }
  });
  if (replay_.gaps().all().size() > most_gaps) {
    replay_.merge_gaps();
  }
  if (execs_.size() > 2 * replay_.held() + most_execs_beside_tasks) {
    forget_execs();
  }
}

void Checkpoint::add_dropped(const CaptureSpan& span) {
  replay_.on_gap(to_gap(Interruption{Interruption::Why::dropped, span}));
}

void Checkpoint::forget_execs() {
  std::unordered_set<std::uint64_t> living;
  for (const ReplayTask* task : replay_.tasks()) {
    living.insert(task->ledger().process);
  }
  std::erase_if(execs_, [&](const auto& entry) { return !living.contains(entry.first); });
}

// A gap before every open interval touches nothing any more.
template <typename Visit>
void Checkpoint::for_each_open_gap(const Visit& visit) const {
  std::uint64_t since_ns = TraceSpan::unbounded;
  for (const ReplayTask* task : replay_.tasks()) {
    since_ns = task->tracker().ended() ? since_ns : std::min(since_ns, task->tracker().since_ns());
  }
  for (const ReplayGap& gap : replay_.gaps().all()) {
    if (boot_ns(gap.last) > since_ns) {
      visit(gap);
    }
  }
}

std::vector<CaptureSpan> Checkpoint::dropped() const {
  std::vector<CaptureSpan> spans;
  for_each_open_gap([&](const ReplayGap& gap) {
    if (!gap.cpu) {
      spans.push_back({boot_ns(gap.first), boot_ns(gap.last), gap.lost.value_or(0)});
    }
  });
  return spans;
}

void Checkpoint::write(const Write& write) const {
  for_each_open_gap([&](const ReplayGap& gap) {
    if (gap.cpu) {
      write(bytes_of(tc_gap{
          {TC_RECORD_GAP, sizeof(tc_gap)}, boot_ns(gap.first), boot_ns(gap.last), gap.lost.value_or(0), *gap.cpu, 0}));
    }
  });
  std::unordered_set<std::uint64_t> processes;
  for (const ReplayTask* task : replay_.tasks()) {
    tc_task_state state{};
    task->save(state);
    write(bytes_of(state));
    if (const auto exec = execs_.find(task->ledger().process);
        exec != execs_.end() && processes.insert(exec->first).second) {
      write(bytes_of(exec->second));
    }
  }
}

std::unordered_set<std::uint64_t> Checkpoint::living() const {
  std::unordered_set<std::uint64_t> ids;
  for (const ReplayTask* task : replay_.tasks()) {
    if (!task->tracker().ended()) {
      ids.insert(task->tracker().id());
    }
  }
  return ids;
}

}  // namespace taskcost
