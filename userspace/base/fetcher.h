// SPDX-License-Identifier: Apache-2.0
//
// Opens and reads files that may block for ever: files on a file system whose daemon has stopped or whose server is
// gone, and files of /proc that wait for the mmap_lock of a process. A separate process, the opener, opens and reads
// them one at a time. A file that does not answer in time is given up, and the opener is killed: a thread of this
// process that hangs in the kernel would keep this process from exiting.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"

namespace taskcost {

struct FetchedFile {
  Fd file{};              // empty if it could not be opened
  int error = 0;          // an errno; ETIMEDOUT: the file did not answer, EAGAIN: no time was left to ask,
                          // ECANCELED: Limits::stop_fd became readable
  struct stat status {};  // of the original, also if `file` is a copy
  bool is_copy = false;   // `file` is a memfd: the original is on a file system that may block
};

// How Fetcher::open() looks for a file.
struct FileLook {
  int root = -1;           // an open directory that neither the path nor its symbolic links lead out of; -1: our root
  bool quick = false;      // refuses a file system that may block, with EOPNOTSUPP, instead of copying from it
  bool no_follow = false;  // refuses a symbolic link at the end of the path
};

class Fetcher {
 public:
  struct Limits {
    std::chrono::milliseconds each{1000};     // for one file
    std::chrono::milliseconds total{10'000};  // for all files together; the first 10 ms of each are free
    std::uint64_t copied_bytes = std::uint64_t{256} << 20U;
    int stop_fd = -1;  // once this is readable, all files fail with ECANCELED
  };

  // The instance of this process.
  static Fetcher& instance();

  Fetcher() = default;
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;
  ~Fetcher();

  // Starts a new budget of time.
  void begin(const Limits& limits);
  // Starts it anew with the same limits.
  void refill();

  // Opens a regular file for reading; other files get EINVAL. A file of a file system that may block is copied to a
  // memfd.
  FetchedFile open(const std::string& path, const FileLook& look = {});
  // Opens a directory (O_PATH), to be FileLook::root. Empty, with errno set, if that fails.
  Fd open_directory(const std::string& path);
  // Reads any file up to an error, its end, or `most` bytes. nullopt: no byte could be read, or not in time.
  std::optional<std::string> read_text(const std::string& path, std::size_t most);

  // Ends the opener. The next file starts another one.
  void stop();

  // The number of files that were given up because they did not answer.
  [[nodiscard]] unsigned given_up() const { return given_up_; }

 private:
  struct Answer;

  bool start();
  void give_up();
  void end_opener();
  void reap();
  // Returns false if it fails; `answer.head.error` says why.
  bool ask(std::uint32_t kind, const std::string& path, std::uint64_t limit, const FileLook& look, Answer& answer);
  bool await(Answer& answer);

  std::mutex mutex_;
  Limits limits_;
  std::chrono::nanoseconds spent_{};
  unsigned given_up_ = 0;
  pid_t opener_ = -1;
  Fd socket_;
  std::vector<pid_t> ended_;  // killed openers that are not reaped yet
};

}  // namespace taskcost
