// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/measure.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>
#include <thread>

#include "base/fd.h"
#include "collector/collector.h"

namespace taskcost::bench {
namespace {

using namespace std::chrono_literals;
using test::Finished;
using test::Subprocess;
using test::TemporaryDirectory;
using test::Words;

constexpr auto glance = 20ms;
constexpr auto patience = 180s;
constexpr auto patience_at_start = 20s;

// The files of one run.
class RunFiles {
 public:
  RunFiles() {
    // The tool has a directory of its own, so that all files left there are the tool's.
    std::filesystem::create_directory(of_tool());
    mkfifo(file("end").c_str(), 0600);
    end_ = Fd(open(file("end").c_str(), O_RDWR | O_CLOEXEC));
  }

  [[nodiscard]] std::string of_tool() const { return file("tool"); }
  [[nodiscard]] std::string script_of_workload() const { return file("workload"); }

  void write_workload(const Workload& workload) const {
    test::write_file(script_of_workload(), fmt::format("exec >{}\n{}\n", file("figures"), workload.script));
  }
  // The command that the tool launches: the workload, or the program that it watches.
  void write_observed(const Workload& workload) const {
    test::write_file(of_tool() + "/observed",
                     workload.bystander ? watched_script() : ". " + script_of_workload() + "\n");
  }
  [[nodiscard]] std::string watched_script() const {
    return fmt::format(": >{}\nread -r _ <{}\n", file("begun"), file("end"));
  }
  [[nodiscard]] bool watched_has_begun() const { return std::filesystem::exists(file("begun")); }
  void end_watched() const { (void)!write(end_.get(), "\n", 1); }

  [[nodiscard]] std::string figures() const { return test::read_file(file("figures")); }
  [[nodiscard]] std::uint64_t bytes_in_files() const {
    std::uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(of_tool())) {
      bytes += entry.is_regular_file() && entry.path().filename() != "observed" ? entry.file_size() : 0;
    }
    return bytes;
  }

 private:
  [[nodiscard]] std::string file(const std::string& name) const { return directory_.file(name); }

  TemporaryDirectory directory_;
  Fd end_;
};

Words expand_words(Words words, const RunFiles& files, pid_t watched) {
  const auto replace = [](std::string& text, std::string_view what, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
      text.replace(at, what.size(), by);
    }
  };
  for (std::string& word : words) {
    replace(word, directory_word, files.of_tool());
    replace(word, pid_word, std::to_string(watched));
  }
  return words;
}

// Why the tool failed: its own message, on one line.
std::string failure_reason(const Tool& tool, const Finished& finished) {
  constexpr std::size_t most = 200;
  constexpr int status_not_found = 127;
  if (finished.exit_code() == status_not_found && !tool.package.empty()) {
    return fmt::format("not installed (package {})", tool.package);
  }
  std::istringstream said(finished.err.empty() ? finished.out : finished.err);
  std::string line;
  for (std::string word; line.size() < most && said >> word;) {
    line += (line.empty() ? "" : " ") + word;
  }
  if (finished.timed_out) {
    return "it did not end in time";
  }
  return line.empty() ? fmt::format("it ended with status {}", finished.exit_code().value_or(-1)) : line;
}

Error impossible(std::string why) { return {"not possible", std::move(why), ""}; }

class RunningTool {
 public:
  explicit RunningTool(const Words& command) : process_(command) {}

  // Waits until `is_done`, or until the tool has ended. Returns false if the tool ended first, or on a timeout.
  template <typename Condition>
  bool await(Condition is_done) {
    const auto limit = std::chrono::steady_clock::now() + patience_at_start;
    while (!is_done()) {
      if (process_.ended(2ms) || std::chrono::steady_clock::now() > limit) {
        return is_done();
      }
    }
    return true;
  }
  [[nodiscard]] bool says(std::string_view text) const { return process_.out().find(text) != std::string::npos; }
  // Descriptors, or the process, may disappear while they are read.
  [[nodiscard]] bool has_link() const {
    std::error_code gone;
    std::filesystem::directory_iterator entry(fmt::format("/proc/{}/fdinfo", process_.pid()), gone);
    for (; !gone && entry != std::filesystem::directory_iterator(); entry.increment(gone)) {
      std::ifstream info(entry->path());
      for (std::string word; info >> word;) {
        if (word == "link_type:") {
          return true;
        }
      }
    }
    return false;
  }

  void look_at_memory() {
    std::error_code gone;
    if (std::filesystem::equivalent(fmt::format("/proc/{}/exe", process_.pid()), "/proc/self/exe", gone)) {
      return;  // the child has not called exec yet
    }
    constexpr std::string_view key = "VmHWM:";
    std::ifstream status(fmt::format("/proc/{}/status", process_.pid()));
    for (std::string word; status >> word;) {
      if (std::uint64_t kib = 0; word == key && status >> kib) {
        constexpr std::uint64_t bytes_per_kib = 1024;
        peak_bytes_ = std::max(peak_bytes_.value_or(0), kib * bytes_per_kib);
        return;
      }
    }
  }
  void interrupt() const { process_.send(SIGINT); }
  Finished wait() {
    const auto limit = std::chrono::steady_clock::now() + patience;
    do {
      look_at_memory();
    } while (!process_.ended(glance) && std::chrono::steady_clock::now() < limit);
    return process_.wait(0ms);
  }
  [[nodiscard]] std::optional<std::uint64_t> peak_bytes() const { return peak_bytes_; }

 private:
  Subprocess process_;
  std::optional<std::uint64_t> peak_bytes_;
};

// Runs the workload by itself, with `tool` beside it.
Finished run_workload(const RunFiles& files, RunningTool* tool) {
  Subprocess workload({"/bin/sh", files.script_of_workload()});
  const auto limit = std::chrono::steady_clock::now() + patience;
  while (!workload.ended(glance) && std::chrono::steady_clock::now() < limit) {
    if (tool != nullptr) {
      tool->look_at_memory();
    }
  }
  return workload.wait(0ms);
}

Result<double> figure_of(const Tool& tool, const Workload& workload, const RunFiles& files, const Finished& ran) {
  if (const auto ns = workload.figure(files.figures()); ns && *ns > 0) {
    return *ns;
  }
  return impossible(failure_reason(tool, ran));
}

Measurement measurement_of(double ns, const Tool& tool, const RunFiles& files, const RunningTool& running,
                           const Finished& finished) {
  Measurement measurement{ns, std::nullopt, running.peak_bytes(),
                          files.bytes_in_files() + finished.out.size() + finished.err.size()};
  if (tool.lost) {
    measurement.lost = tool.lost(files.of_tool(), finished);
  }
  return measurement;
}

Result<Measurement> measure_launching(const Tool& tool, const Workload& workload, const RunFiles& files) {
  files.write_observed(workload);
  RunningTool running(expand_words(workload.bystander ? tool.one_program : tool.command, files, 0));
  if (workload.bystander) {
    if (running.await([&] { return files.watched_has_begun(); })) {
      run_workload(files, &running);
    }
    files.end_watched();
  }
  const Finished finished = running.wait();
  if (finished.exit_code() != 0) {
    return impossible(failure_reason(tool, finished));
  }
  const auto ns = figure_of(tool, workload, files, finished);
  return ns ? Result(measurement_of(*ns, tool, files, running, finished)) : ns.error();
}

Result<Measurement> measure_attaching(const Tool& tool, const Workload& workload, const RunFiles& files) {
  std::optional<Subprocess> watched;
  if (workload.bystander) {
    watched.emplace(Words{"/bin/sh", "-c", files.watched_script()});
    while (!files.watched_has_begun() && !watched->ended(2ms)) {
    }
  }
  RunningTool running(expand_words(watched ? tool.one_program : tool.command, files, watched ? watched->pid() : 0));
  if (!running.await([&] { return tool.ready.empty() ? running.has_link() : running.says(tool.ready); })) {
    running.interrupt();
    return impossible(failure_reason(tool, running.wait()));
  }
  const Finished of_workload = run_workload(files, &running);
  running.interrupt();
  const Finished finished = running.wait();
  const auto ns = figure_of(tool, workload, files, of_workload);
  return ns ? Result(measurement_of(*ns, tool, files, running, finished)) : ns.error();
}

Result<Measurement> measure_collecting(const Tool& tool, const Workload& workload, const RunFiles& files) {
  files.write_observed(workload);
  const auto opened = Collector::open(tool.options);
  if (!opened) {
    return impossible(to_line(opened.error()));
  }
  Collector& collector = **opened;
  Command command;
  command.arguments = {"/bin/sh", files.of_tool() + "/observed"};
  const auto pid = collector.launch(command);
  if (!pid) {
    return impossible(to_line(pid.error()));
  }
  const Fd exit_fd(static_cast<int>(syscall(SYS_pidfd_open, *pid, 0)));
  if (workload.bystander) {
    const auto limit = std::chrono::steady_clock::now() + patience_at_start;
    while (!files.watched_has_begun() && std::chrono::steady_clock::now() < limit) {
      std::this_thread::sleep_for(2ms);
    }
    run_workload(files, nullptr);
    files.end_watched();
  }
  const auto ended = collector.wait({.duration = patience, .stop_fd = -1, .exit_fd = exit_fd.get()});
  kill(*pid, SIGKILL);  // only if the time was over
  waitpid(*pid, nullptr, 0);
  const Losses losses = collector.finish().session.losses;
  const auto ns = ended ? figure_of(tool, workload, files, {}) : impossible(to_line(ended.error()));
  if (!ns) {
    return ns.error();
  }
  return Measurement{*ns, std::accumulate(losses.counts.begin(), losses.counts.end(), losses.skipped_probes), {}, {}};
}

}  // namespace

Result<Measurement> measure_untraced(const Workload& workload) {
  const RunFiles files;
  files.write_workload(workload);
  const auto ns = figure_of({}, workload, files, run_workload(files, nullptr));
  return ns ? Result(Measurement{*ns, {}, {}, {}}) : ns.error();
}

Result<Measurement> measure(const Tool& tool, const Workload& workload) {
  if (tool.start == Start::nothing) {
    return measure_untraced(workload);
  }
  if (tool.start == Start::small_probes) {
    const auto small = SmallProbes::attach(tool.detail, tool.content);
    return small ? measure_untraced(workload) : impossible(to_line(small.error()));
  }
  if (tool.start == Start::collects) {
    const RunFiles files;
    files.write_workload(workload);
    return measure_collecting(tool, workload, files);
  }
  const Words& command = workload.bystander ? tool.one_program : tool.command;
  if (command.empty()) {
    return impossible("it watches the whole machine");
  }
  const RunFiles files;
  files.write_workload(workload);
  return tool.start == Start::launches ? measure_launching(tool, workload, files)
                                       : measure_attaching(tool, workload, files);
}

}  // namespace taskcost::bench
