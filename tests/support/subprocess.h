// SPDX-License-Identifier: Apache-2.0
//
// Runs a command for a test with a time limit, and keeps its output, status and resource usage from wait4.
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
  bool timed_out = false;  // killed after the limit
  rusage usage{};
  std::string out;
  std::string err;

  // nullopt if a signal ended it.
  [[nodiscard]] std::optional<int> exit_code() const;
  [[nodiscard]] std::optional<int> signal() const;
  // A description for messages of failed expectations.
  [[nodiscard]] std::string describe() const;
};

struct SpawnOptions {
  // Variables to add to the environment; nullopt removes one.
  std::map<std::string, std::optional<std::string>> environment;
  std::string input;      // for its standard input
  std::string directory;  // empty: that of the tests
};

// A running child. The destructor kills it, and only it, if it was not waited for.
class Subprocess {
 public:
  explicit Subprocess(const Words& command, const SpawnOptions& options = {});
  ~Subprocess();
  Subprocess(const Subprocess&) = delete;
  Subprocess& operator=(const Subprocess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // The output so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;
  void send(int signal) const;
  // True if it has ended. It is not reaped.
  [[nodiscard]] bool ended(std::chrono::milliseconds within = std::chrono::milliseconds(0)) const;
  // Returns false if `text` does not appear on standard output in time, or before the child ends.
  [[nodiscard]] bool wait_for_output(const std::string& text,
                                     std::chrono::milliseconds limit = std::chrono::seconds(20)) const;
  // Waits, and kills the child after `limit`.
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

// A temporary directory that every user may read and write. It is removed with the object.
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
