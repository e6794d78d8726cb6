// SPDX-License-Identifier: Apache-2.0
#include "collector/record_tap.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/monotonic_clock.h"
#include "capture/record.h"

namespace taskcost {

// The time of an event follows its header.
void RecordTap::send(std::span<const std::byte> bytes) const {
  const tc_record header = header_of(bytes);
  const bool is_transition = header.type >= TC_RECORD_TASK_NEW && header.type <= TC_RECORD_GAP;
  if (!is_transition && header.type != TC_RECORD_RENAME && header.type != TC_RECORD_REGION) {
    sink_(bytes, std::nullopt);
    return;
  }
  std::uint64_t at_ns = 0;
  std::memcpy(&at_ns, bytes.data() + sizeof header, sizeof at_ns);
  sink_(bytes, instant(at_ns));
}

void RecordTap::send_gaps(const Probes& probes) const {
  for (unsigned cpu = 0; cpu < std::min<unsigned>(possible_cpus(), TC_MAX_CPUS); ++cpu) {
    tc_cpu_state& cpu_state = probes.shared().cpu_states[cpu];
    if (cpu_state.lost_events != 0) {
      send_as(TC_RECORD_GAP,
              tc_gap{{}, cpu_state.lost_first_ns, cpu_state.lost_last_ns, cpu_state.lost_events, cpu, 0});
      cpu_state.lost_events = 0;
    }
  }
}

void RecordTap::send_batches(const Probes& probes) const {
  for (tc_event_batch& batch : probes.batches()) {
    const auto events = std::as_bytes(std::span(batch.events));
    for_each_record(events.first(std::min<std::size_t>(batch.used, events.size())),
                    [this](std::span<const std::byte> event) { send(event); });
    batch.used = 0;
    batch.count = 0;
  }
}

void RecordTap::for_each_command(const std::function<void(const tc_command&)>& visit) const {
  for (const auto& [process, text] : commands_) {
    tc_command command{{TC_RECORD_COMMAND, sizeof(tc_command)},
                       process,
                       static_cast<std::uint32_t>(std::min<std::size_t>(text.size(), TC_COMMAND_LEN)),
                       0,
                       {}};
    std::copy_n(text.begin(), command.size, command.text);
    visit(command);
  }
}

}  // namespace taskcost
