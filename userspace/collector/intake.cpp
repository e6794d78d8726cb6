// SPDX-License-Identifier: Apache-2.0
//
// How what a window brings gets into the session: records while it is open, command lines, tables at its end.
#include <bpf/bpf.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <variant>

#include "collector/collector_state.h"
#include "fetch/fetcher.h"

namespace taskcost {
namespace {

// Arguments of a process that runs already, joined by spaces; empty when /proc does not tell, or not in time: its
// memory map may be locked, and the page with the arguments a file's that does not answer.
std::string command_line_of(std::uint32_t tgid) {
  constexpr std::size_t longest = std::size_t{1} << 20;
  std::string text = Fetcher::instance().read_text(fmt::format("/proc/{}/cmdline", tgid), longest).value_or("");
  while (!text.empty() && text.back() == '\0') {
    text.pop_back();
  }
  std::ranges::replace(text, '\0', ' ');
  return text;
}

// Whether that task still has its ledger; the probes write to it meanwhile.
bool lives(const tc_ledger& ledger, std::uint64_t id) {
  return __atomic_load_n(&ledger.live, __ATOMIC_ACQUIRE) != 0 && __atomic_load_n(&ledger.id, __ATOMIC_ACQUIRE) == id;
}

}  // namespace

Status Collector::State::start_reader() {
  auto started =
      Reader::start(bpf_map__fd(probes.object().maps.records), [this](const Record& record) { on_record(record); });
  if (!started) {
    return started.error();
  }
  reader = *std::move(started);
  return Done{};
}

void Collector::State::on_record(const Record& record) {
  const std::lock_guard lock(builder_mutex);
  if (const auto* ledger = std::get_if<tc_ledger>(&record)) {
    if (is_of_window(*ledger)) {
      builder.on_ledger(*ledger);
      if (ended.wanted()) {
        ended.keep(glance_of(*ledger, Instant{}, model));
      }
    }
  } else if (const auto* exec = std::get_if<tc_exec>(&record)) {
    builder.on_exec(*exec);
    if (stacks) {
      stacks->on_exec(exec->address_space, exec->at_ns);
    }
  } else if (const auto* reap = std::get_if<tc_reap>(&record)) {
    builder.on_reap(*reap);
  } else if (const auto* stint = std::get_if<tc_stint>(&record)) {
    builder.on_stint(*stint);
  }
}

std::uint32_t Collector::State::number_in_proc(const tc_ledger& ledger) const {
  const std::uint32_t level = probes.shared().collector_level;
  return proc_above == 0 ? ledger.tgid_seen : proc_above == level ? ledger.tgid : 0;
}

void Collector::State::take_commands() {
  for (const tc_ledger& ledger : probes.slots()) {
    if (ledger.live == 0 || (ledger.flags & TC_LEDGER_OPEN_AT_START) == 0 || commands_of.contains(ledger.process)) {
      continue;
    }
    const std::uint64_t id = ledger.id;
    const std::uint64_t process = ledger.process;
    const std::uint32_t number = number_in_proc(ledger);
    const std::string command = number == 0 ? std::string() : command_line_of(number);
    if (number != 0 && stacks) {
      stacks->remember(ledger.tgid_seen, number);
    }
    if (!lives(ledger, id)) {
      continue;  // what was read may be another process's that has its number now
    }
    commands_of.insert(process);
    {
      const std::lock_guard lock(builder_mutex);
      builder.on_command(process, command);
    }
    if (tap) {
      tap.note_command(process, command);
    }
  }
}

void Collector::State::take_tables() {
  // Without it the ledgers lack the kernel's books of living tasks, which are then reported as not read.
  (void)probes.walk_tasks(probes.object().progs.taskcost_snapshot).has_value();
  if (tap) {
    tap.pass_on_gaps(probes);
    tap.pass_on_gathered(probes);
    tap.pass_on_commands();
  }
  take_living_ledgers();
  losses.set_unread_tables(take_edges_and_flows());
  take_histograms();
}

void Collector::State::take_living_ledgers() {
  for (const tc_ledger& ledger : probes.slots()) {
    if (ledger.live != 0 && is_of_window(ledger)) {
      tc_ledger copy = ledger;
      copy.task = copy.regs = copy.file = copy.other_file = 0;  // captures hold no kernel address
      builder.on_ledger(copy);
      if (tap) {
        tap.pass_on_as(TC_RECORD_LEDGER, copy);
      }
    }
  }
}

// Returns how many of the two tables could not be read to their end.
std::uint64_t Collector::State::take_edges_and_flows() {
  const bool all_edges = probes.visit_edges([this](const tc_edge& edge) {
    builder.on_edge(edge);
    if (tap) {
      tap.pass_on_as(TC_RECORD_EDGE, tc_edge_record{{}, edge});
    }
  });
  const bool all_flows = probes.visit_flows([this](const tc_flow& flow) {
    builder.on_flow(flow);
    if (tap) {
      tap.pass_on_as(TC_RECORD_FLOW, tc_flow_record{{}, flow});
    }
  });
  return (all_edges ? 0U : 1U) + (all_flows ? 0U : 1U);
}

void Collector::State::take_histograms() {
  for (unsigned cpu = 0; cpu < possible_cpus(); ++cpu) {
    for (unsigned id = 0; id < TC_NR_HISTOGRAMS; ++id) {
      const tc_histogram& histogram = probes.histograms()[cpu * TC_NR_HISTOGRAMS + id];
      builder.on_histogram(static_cast<tc_histogram_id>(id), histogram);
      if (tap && (cpu == 0 || histogram.max_ns != 0)) {  // an empty one once
        tap.pass_on_as(TC_RECORD_HISTOGRAM, tc_histogram_record{{}, id, 0, histogram});
      }
    }
  }
}

}  // namespace taskcost
