// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/tools.h"

#include <array>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>

namespace taskcost::bench {
namespace {

using test::Finished;
using test::Words;

// The tracepoints that taskcost uses, as perf, trace-cmd and ftrace name them.
constexpr std::array<std::string_view, 10> tracepoints = {
    "sched:sched_switch",         "sched:sched_waking",          "sched:sched_wakeup_new", "sched:sched_process_exec",
    "sched:sched_process_exit",   "task:task_newtask",           "raw_syscalls:sys_enter", "raw_syscalls:sys_exit",
    "exceptions:page_fault_user", "exceptions:page_fault_kernel"};

// Run-queue latency and time on a CPU as histograms, put together from the one-liners of bpftrace's tutorial.
constexpr const char* bpftrace_scheduling =
    "tracepoint:sched:sched_waking, tracepoint:sched:sched_wakeup_new { @woken[args->pid] = nsecs; } "
    "tracepoint:sched:sched_switch { "
    "if (@on[args->prev_pid]) { @on_us = hist((nsecs - @on[args->prev_pid]) / 1000); delete(@on[args->prev_pid]); } "
    "if (@woken[args->next_pid]) { "
    "@queue_us = hist((nsecs - @woken[args->next_pid]) / 1000); delete(@woken[args->next_pid]); } "
    "@on[args->next_pid] = nsecs; }";
constexpr const char* bpftrace_syscalls = "tracepoint:raw_syscalls:sys_enter { @[comm, args->id] = count(); }";

// The kernel's own ring buffer, which trace-cmd reads; here it is read at the end.
constexpr const char* ftrace_script = R"(
instance=/sys/kernel/tracing/instances/taskcost-bench
mkdir "$instance" || exit
echo 65536 >"$instance/buffer_size_kb"
directory=$1
shift
for tracepoint in "$@"; do
	echo 1 >"$instance/events/$(echo "$tracepoint" | tr : /)/enable" || status=1
done
/bin/sh "$directory/observed"
echo 0 >"$instance/tracing_on"
for cpu in "$instance"/per_cpu/cpu*; do
	dd if="$cpu/trace_pipe_raw" of="$directory/${cpu##*/}" bs=64k iflag=nonblock 2>/dev/null
done
cat "$instance"/per_cpu/cpu*/stats
rmdir "$instance"
exit ${status:-0}
)";

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

const Words observed = {"/bin/sh", std::string(observed_word)};

Words perf_record() {
  Words words = {"perf", "record", "-o", "@DIR/perf.data"};
  for (const std::string_view tracepoint : tracepoints) {
    words.insert(words.end(), {"-e", std::string(tracepoint)});
  }
  return words + Words{"--"} + observed;
}

Words trace_cmd(const Words& options) {
  Words words = Words{"trace-cmd", "record", "-o", "@DIR/trace.dat"} + options;
  for (const std::string_view tracepoint : tracepoints) {
    words.insert(words.end(), {"-e", std::string(tracepoint)});
  }
  return words + observed;
}

Words ftrace() {
  return Words{"/bin/sh", "-c", ftrace_script, "sh", "@DIR"} + Words(tracepoints.begin(), tracepoints.end());
}

// Sums up what the only group of `pattern` matched, line by line. std::regex recurses for each character, so a whole
// output at once could overflow the stack.
std::uint64_t sum_of_matches(const std::string& text, const std::regex& pattern) {
  std::uint64_t sum = 0;
  std::istringstream lines(text);
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    for (; std::regex_search(line, match, pattern); line = match.suffix()) {
      sum += std::stoull(match[1]);
    }
  }
  return sum;
}

std::optional<std::uint64_t> lost_by_taskcost(const std::string& directory, const Finished& /*finished*/) {
  const auto report = nlohmann::json::parse(test::read_file(directory + "/report.json"), nullptr, false);
  if (!report.is_object() || !report.contains("losses")) {
    return std::nullopt;
  }
  std::uint64_t lost = 0;
  for (const auto& loss : report["losses"]) {
    lost += loss.is_number() ? loss.get<std::uint64_t>() : 0;
  }
  return lost;
}

// These are the counts of single events; the total also counts records of lost events.
std::optional<std::uint64_t> lost_by_perf(const std::string& directory, const Finished& /*finished*/) {
  constexpr std::string_view aggregated = "Aggregated stats:\n";
  const Finished stats = test::run({"perf", "report", "--stats", "-i", directory + "/perf.data"});
  const std::size_t begin = stats.out.find(aggregated);
  if (stats.exit_code() != 0 || begin == std::string::npos) {
    return std::nullopt;
  }
  const std::size_t single = stats.out.find(" stats:\n", begin + aggregated.size());
  return single == std::string::npos
             ? 0
             : sum_of_matches(stats.out.substr(single), std::regex("LOST_SAMPLES events: *([0-9]+)"));
}

auto lost_by_output(const char* pattern) {
  return [pattern](const std::string& /*directory*/, const Finished& finished) {
    return std::optional(sum_of_matches(finished.out + finished.err, std::regex(pattern)));
  };
}

}  // namespace

std::vector<Tool> all_tools(const std::string& directory) {
  const std::string taskcost = directory + "/taskcost";
  const auto empty_beside = [](Detail detail) { return detail == Detail::full ? "empty" : "empty-switches"; };
  const auto small = [&](std::string_view name, std::string_view what, Detail detail, Content content) {
    return Tool{.name = name,
                .what = what,
                .start = Start::small_probes,
                .detail = detail,
                .content = content,
                .empty = content == Content::nothing ? "" : empty_beside(detail)};
  };
  const auto ours = [&](std::string_view name, std::string_view what, Words command, Detail detail) {
    command = Words{taskcost} + command + Words{"-o", "@DIR/report.json", "--"} + observed;
    return Tool{.name = name,
                .what = what,
                .start = Start::launches,
                .command = command,
                .one_program = command,
                .lost = lost_by_taskcost,
                .detail = detail,
                .empty = empty_beside(detail)};
  };
  // `run` has no options to leave these parts out.
  const auto collected = [](std::string_view name, std::string_view what, bool syscalls) {
    CollectorOptions options;
    options.syscalls = syscalls;
    return Tool{.name = name, .what = what, .start = Start::collects, .options = options};
  };
  // Without a terminal they buffer their standard output.
  const auto libbpf_tool = [](std::string_view name, std::string_view what, std::string_view ready) {
    const Words command = {"stdbuf", "-oL", std::string(name)};
    return Tool{.name = name,
                .what = what,
                .start = Start::attaches,
                .command = command,
                .one_program = command + Words{"-p", std::string(pid_word)},
                .ready = ready,
                .package = "libbpf-tools"};
  };
  const auto bpftrace = [](std::string_view name, std::string_view what, const char* program) {
    return Tool{.name = name,
                .what = what,
                .start = Start::launches,
                .command = {"bpftrace", "-e", program, "-c", "/bin/sh @DIR/observed"},
                .package = "bpftrace",
                .lost = lost_by_output("Lost ([0-9]+) events")};
  };
  const Words perf_stacks =
      Words{"perf", "record", "--call-graph", "dwarf", "-e", "sched:sched_switch", "-o", "@DIR/perf.data", "--"} +
      observed;
  const Words perf_trace = Words{"perf", "trace", "-s", "-o", "@DIR/summary", "--"} + observed;
  const Words strace = Words{"strace", "-f", "-c", "-o", "@DIR/summary"} + observed;
  return {
      {.name = "none", .what = "nothing, once more: how much rounds differ by themselves"},
      small("empty-switches", "empty programs on the hooks of --detail switches", Detail::switches, Content::nothing),
      small("empty", "empty programs on the hooks of --detail full", Detail::full, Content::nothing),
      small("clock-switches", "programs that look at the clock, on the same hooks as empty-switches", Detail::switches,
            Content::clock),
      small("clock", "programs that look at the clock, on the same hooks as empty", Detail::full, Content::clock),
      ours("switches", "taskcost run --detail switches", {"run", "-q", "--format", "none", "--detail", "switches"},
           Detail::switches),
      collected("ledgers", "`full` without what `calls` and `full` add", false),
      collected("calls", "the same, with system calls by name", true),
      ours("full", "taskcost run: it adds interrupts, locks, turns on CPUs and objects of waits",
           {"run", "-q", "--format", "none"}, Detail::full),
      ours("stacks", "taskcost run --stacks --sample 0", {"run", "-q", "--format", "none", "--stacks", "--sample", "0"},
           Detail::full),
      ours("samples", "stacks, with 99 samples a second", {"run", "-q", "--format", "none", "--stacks"}, Detail::full),
      ours("record-switches", "taskcost record --detail switches",
           {"record", "-q", "--detail", "switches", "-o", "@DIR/capture.tcap"}, Detail::switches),
      ours("record", "taskcost record", {"record", "-q", "-o", "@DIR/capture.tcap"}, Detail::full),
      {.name = "perf-sched",
       .what = "perf sched record",
       .start = Start::launches,
       .command = Words{"perf", "sched", "record", "-o", "@DIR/perf.data"} + observed,
       .package = "linux-perf",
       .lost = lost_by_perf},
      {.name = "perf-record",
       .what = "perf record, the tracepoints that taskcost is on",
       .start = Start::launches,
       .command = perf_record(),
       .one_program = perf_record(),
       .package = "linux-perf",
       .lost = lost_by_perf},
      {.name = "perf-stacks",
       .what = "perf record, switches with the stacks of programs without frame pointers",
       .start = Start::launches,
       .command = perf_stacks,
       .one_program = perf_stacks,
       .package = "linux-perf",
       .lost = lost_by_perf},
      {.name = "perf-trace",
       .what = "perf trace -s",
       .start = Start::launches,
       .command = perf_trace,
       .one_program = perf_trace,
       .package = "linux-perf",
       .lost =
           [](const std::string& place, const Finished&) {
             return std::optional(
                 sum_of_matches(test::read_file(place + "/summary"), std::regex("LOST ([0-9]+) events")));
           }},
      {.name = "trace-cmd",
       .what = "trace-cmd record, the same tracepoints",
       .start = Start::launches,
       .command = trace_cmd({}),
       .one_program = trace_cmd({"-F"}),
       .package = "trace-cmd",
       .lost = lost_by_output("(?:overrun|dropped events): ([0-9]+)")},
      {.name = "ftrace",
       .what = "the kernel's trace buffer, the same tracepoints, read at the end",
       .start = Start::launches,
       .command = ftrace(),
       .lost = lost_by_output("(?:overrun|dropped events): ([0-9]+)")},
      bpftrace("bpftrace-sched", "bpftrace: run-queue wait and time on CPUs", bpftrace_scheduling),
      bpftrace("bpftrace-calls", "bpftrace: system calls counted by name", bpftrace_syscalls),
      libbpf_tool("runqlat", "runqlat of libbpf-tools", "Tracing run queue latency"),
      libbpf_tool("cpudist", "cpudist of libbpf-tools", "Tracing on-CPU time"),
      libbpf_tool("offcputime", "offcputime of libbpf-tools", ""),
      libbpf_tool("syscount", "syscount of libbpf-tools", "Tracing syscalls"),
      {.name = "strace",
       .what = "strace -f -c",
       .start = Start::launches,
       .command = strace,
       .one_program = strace,
       .package = "strace"},
  };
}

}  // namespace taskcost::bench
