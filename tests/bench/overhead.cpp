// SPDX-License-Identifier: Apache-2.0
//
// What observing costs a pinned pipe ping-pong: no probes, empty programs on the hooks that the ledger uses on this
// kernel, the same programs with nothing in them but one look at the clock, and the full ledger. Rounds of the four in
// turn; medians, and the ratios with their intervals. Every transition needs its instant, so the programs that look at
// the clock bound from below what any exact ledger can cost on the machine's clock source.
//
//   sudo build/taskcost-bench-overhead [ROUNDS [HOPS]]
#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/handles.h"
#include "collector/libbpf_log.h"
#include "collector/probes.h"
#include "collector/sources.h"
#include "taskcost/collector.h"
#include "taskcost/verdict.h"

namespace taskcost {
namespace {

[[noreturn]] void fail(const std::string& line) {
  fmt::print(stderr, "taskcost-bench-overhead: {}\n", line);
  std::exit(1);
}

template <typename T>
T take(Result<T> result) {
  if (!result) {
    fail(to_line(result.error()));
  }
  return *std::move(result);
}

CollectorOptions small_pool() {
  CollectorOptions options;
  options.max_tasks = 64;
  return options;
}

enum class Content { nothing, clock };

Fd load_small(Content content, bpf_prog_type type, const bpf_prog_load_opts* options) {
  const std::array<bpf_insn, 3> instructions{{{BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ktime_get_ns},
                                              {BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
                                              {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
  const std::size_t skipped = content == Content::clock ? 0 : 1;
  return Fd(bpf_prog_load(type, "small", "GPL", instructions.data() + skipped, instructions.size() - skipped, options));
}

// Small programs on every hook that `probes` loaded a program for.
class SmallProbes {
 public:
  SmallProbes(const Probes& probes, Content content) : content_(content) {
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, probes.object().obj) {
      if (bpf_program__fd(program) >= 0) {
        copy_hook(program);
      }
    }
  }
  [[nodiscard]] std::size_t count() const { return links_.size(); }

 private:
  void copy_hook(const bpf_program* program) {
    if (bpf_program__type(program) == BPF_PROG_TYPE_PERF_EVENT) {
      for (unsigned cpu = 0; cpu < possible_cpus(); ++cpu) {
        copy_event(std::string_view(bpf_program__name(program)).ends_with("major"), static_cast<int>(cpu));
      }
      return;
    }
    bpf_prog_info info{};
    __u32 size = sizeof(info);
    if (bpf_program__type(program) != BPF_PROG_TYPE_TRACING ||
        bpf_program__expected_attach_type(program) == BPF_TRACE_ITER ||
        bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) != 0) {
      return;
    }
    LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = bpf_program__expected_attach_type(program),
                .attach_btf_id = info.attach_btf_id);
    programs_.push_back(load_small(content_, BPF_PROG_TYPE_TRACING, &options));
    links_.emplace_back(bpf_raw_tracepoint_open(nullptr, programs_.back().get()));
    if (!links_.back()) {
      fail(fmt::format("no program on the hook of {}", bpf_program__name(program)));
    }
  }

  void copy_event(bool major, int cpu) {
    Fd event(open_fault_event(major, cpu));
    if (!event) {
      return;  // not online
    }
    programs_.push_back(load_small(content_, BPF_PROG_TYPE_PERF_EVENT, nullptr));
    if (ioctl(event.get(), PERF_EVENT_IOC_SET_BPF, programs_.back().get()) != 0) {
      fail("no program on a fault event");
    }
    links_.push_back(std::move(event));
  }

  Content content_;
  std::vector<Fd> programs_;
  std::vector<Fd> links_;
};

std::string workload_program() {
  std::array<char, 4096> path{};
  const ssize_t size = readlink("/proc/self/exe", path.data(), path.size());
  const std::string self(path.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return self.substr(0, self.rfind('/')) + "/taskcost-workload";
}

// The workload with its standard output in a pipe; `start` launches it.
template <typename Start>
double ns_per_hop(unsigned hops, Start start) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) {
    fail("no pipe");
  }
  const int own_output = dup(STDOUT_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  close(ends[1]);
  const Command command{{workload_program(), "switch", "--model", "process", "--json", "--warm-up", "2000", "--hops",
                         std::to_string(hops)},
                        std::nullopt};
  const pid_t pid = start(command);
  dup2(own_output, STDOUT_FILENO);
  close(own_output);
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t size = 0; (size = read(ends[0], part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(size));
  }
  close(ends[0]);
  waitpid(pid, nullptr, 0);
  const auto outcome = nlohmann::json::parse(text, nullptr, false);
  if (!outcome.is_object()) {
    fail("the workload failed");
  }
  return outcome["ns_per_operation"].get<double>();
}

pid_t start_plainly(const Command& command) {
  std::vector<char*> arguments;
  for (const std::string& argument : command.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  }
  arguments.push_back(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  return pid;
}

double untraced(unsigned hops) { return ns_per_hop(hops, start_plainly); }

double with_small_probes(unsigned hops, const Probes& probes, Content content) {
  const SmallProbes small(probes, content);
  return ns_per_hop(hops, start_plainly);
}

double with_ledger(unsigned hops) {
  auto collector = take(Collector::open({}));
  const double time = ns_per_hop(hops, [&](const Command& command) { return take(collector.launch(command)); });
  const auto observation = collector.finish();
  if (observation.session.losses.any()) {
    fmt::print("  this round lost something\n");
  }
  return time;
}

void print_ratio(const char* name, const std::vector<double>& left, const std::vector<double>& right) {
  if (const auto ratio = compare(left, right)) {
    fmt::print("{:<40} {:6.3f}  [{:.3f}, {:.3f}]\n", name, ratio->ratio, ratio->interval.low, ratio->interval.high);
  }
}

int run(unsigned rounds, unsigned hops) {
  keep_libbpf_messages();
  // Loaded to know the hooks, never attached.
  const auto probes = std::make_unique<Probes>(take(Probes::load(choose_sources(small_pool()), small_pool())));
  std::vector<double> none;
  std::vector<double> empty;
  std::vector<double> clock;
  std::vector<double> ledger;
  for (unsigned round = 0; round < rounds; ++round) {
    none.push_back(untraced(hops));
    empty.push_back(with_small_probes(hops, *probes, Content::nothing));
    clock.push_back(with_small_probes(hops, *probes, Content::clock));
    ledger.push_back(with_ledger(hops));
    fmt::print("round {:2}: {:7.0f} {:7.0f} {:7.0f} {:7.0f} ns a hop (none, empty, clock, ledger)\n", round + 1,
               none.back(), empty.back(), clock.back(), ledger.back());
  }
  const double base = median(none);
  fmt::print("\n{} rounds of {} hops; medians: none {:.0f}, empty {:.0f}, clock {:.0f}, ledger {:.0f} ns a hop\n",
             rounds, hops, base, median(empty), median(clock), median(ledger));
  print_ratio("empty probes / no probes", empty, none);
  print_ratio("ledger / no probes", ledger, none);
  std::vector<double> added_by_empty;
  std::vector<double> added_by_clock;
  std::vector<double> added_by_ledger;
  for (unsigned round = 0; round < rounds; ++round) {
    added_by_empty.push_back(empty[round] - none[round]);
    added_by_clock.push_back(clock[round] - none[round]);
    added_by_ledger.push_back(ledger[round] - none[round]);
  }
  print_ratio("added by looking at the clock / by empty", added_by_clock, added_by_empty);
  print_ratio("added by the ledger / by empty probes", added_by_ledger, added_by_empty);
  print_ratio("added by the ledger / by the clock", added_by_ledger, added_by_clock);
  return 0;
}

}  // namespace
}  // namespace taskcost

int main(int argc, char** argv) {
  constexpr unsigned long default_rounds = 15;
  constexpr unsigned long default_hops = 100'000;
  const auto rounds = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : default_rounds;
  const auto hops = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : default_hops;
  if (rounds == 0 || hops == 0) {
    fmt::print(stderr, "usage: taskcost-bench-overhead [ROUNDS [HOPS]], both at least 1\n");
    return 2;
  }
  return taskcost::run(static_cast<unsigned>(rounds), static_cast<unsigned>(hops));
}
