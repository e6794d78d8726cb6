// SPDX-License-Identifier: Apache-2.0
//
// Files that the observed can hold up for ever: on a file system whose daemon has stopped or whose server is gone, or
// files of /proc that wait for the memory map of a process. A process of its own opens and reads them, one at a time.
// What does not answer in time is given up, and its opener with it: a thread that hangs in the kernel would keep this
// process from ending.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "taskcost/fd.h"

namespace taskcost {

struct FetchedFile {
  Fd file{};              // closed when there is none
  int error = 0;          // why not, as errno; ETIMEDOUT: it did not answer, ECANCELED: somebody wanted to stop
  struct stat status {};  // of the file itself
  bool is_copy = false;   // `file` is a copy in memory: the original is on a file system that may stop to answer
};

// Whether the open file lies on a file system whose files another process or machine has. Safe after a fork.
bool may_stop_to_answer(int file);

class Fetcher {
 public:
  struct Limits {
    std::chrono::milliseconds each{1000};      // for one file
    std::chrono::milliseconds in_all{10'000};  // over all, beyond the first few milliseconds of each
    std::uint64_t copied_bytes = std::uint64_t{256} << 20U;
    int stop_fd = -1;  // readable: no file is waited for any more
  };

  // The one of this process.
  static Fetcher& instance();

  Fetcher() = default;
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;
  ~Fetcher();

  // A new budget for what follows.
  void begin(const Limits& limits);

  // A regular file, opened for reading; nothing else is opened. Of a file system of another machine or process, a copy.
  FetchedFile open(const std::string& path);
  // What could be read, of any file; at most `most` bytes. nullopt: nothing could, or not in time.
  std::optional<std::string> read_text(const std::string& path, std::size_t most);

  // Files that were given up because they did not answer.
  [[nodiscard]] unsigned given_up() const { return given_up_; }

 private:
  struct Answer;

  bool start();
  void give_up();
  void reap();
  // False: `answer.error` says why.
  bool ask(std::uint32_t kind, const std::string& path, std::uint64_t limit, Answer& answer);
  bool await(Answer& answer);

  std::mutex mutex_;
  Limits limits_;
  std::chrono::nanoseconds spent_{};
  unsigned given_up_ = 0;
  pid_t opener_ = -1;
  Fd socket_;
  std::vector<pid_t> ended_;  // to be reaped
};

}  // namespace taskcost
