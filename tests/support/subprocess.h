// SPDX-License-Identifier: Apache-2.0
//
// Runs a command for a test: with a time limit, its output kept, its status and resource usage as wait4 gives them.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace taskcost::test {

using Words = std::vector<std::string>;

struct Finished {
  pid_t pid = 0;
  int wait_status = 0;
  bool timed_out = false;  // killed by us
  rusage usage{};
  std::string out;
  std::string err;

  // nullopt when a signal ended it.
  [[nodiscard]] std::optional<int> exit_code() const;
  [[nodiscard]] std::optional<int> signal() const;
  // For messages of failed expectations.
  [[nodiscard]] std::string describe() const;
};

struct SpawnOptions {
  // Added to the environment; nullopt removes a variable.
  std::map<std::string, std::optional<std::string>> environment;
  std::string input;      // of its standard input
  std::string directory;  // empty: ours
};

// A running child. Kills it, and nothing else, when it is destroyed before it was waited for.
class Subprocess {
 public:
  explicit Subprocess(const Words& command, const SpawnOptions& options = {});
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // What it has written so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;
  void send(int signal) const;
  // Has it ended? Does not reap it.
  [[nodiscard]] bool ended(std::chrono::milliseconds within = std::chrono::milliseconds(0)) const;
  // False when `text` has not appeared on standard output in time, or it ended without.
  [[nodiscard]] bool wait_for_output(const std::string& text,
                                     std::chrono::milliseconds limit = std::chrono::seconds(20)) const;
  // Kills it after `limit`.
  Finished wait(std::chrono::milliseconds limit = std::chrono::seconds(120));

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  int out_ = -1;
  int err_ = -1;
  bool reaped_ = false;
};

Finished run(const Words& command, const SpawnOptions& options = {},
             std::chrono::milliseconds limit = std::chrono::seconds(120));

// A directory of its own that everybody may read and write, gone with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& content);
std::vector<std::string> lines_of(const std::string& text);

}  // namespace taskcost::test
