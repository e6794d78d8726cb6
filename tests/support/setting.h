// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "support/subprocess.h"

namespace taskcost::test {

// Changes a file of /proc or /sys. Its content is restored with the object, and even if the test dies: a separate
// process waits for that.
class Setting {
 public:
  explicit Setting(std::string path) : path_(std::move(path)), before_(read_file(path_)) {
    EXPECT_FALSE(before_.empty()) << path_;
    EXPECT_EQ(pipe2(lifeline_, O_CLOEXEC), 0);
    keeper_ = fork();
    if (keeper_ == 0) {
      setpgid(0, 0);
      close(lifeline_[1]);
      char byte = 0;
      (void)!read(lifeline_[0], &byte, 1);
      _exit(put(before_) ? 0 : 1);
    }
    close(lifeline_[0]);
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;
  ~Setting() {
    close(lifeline_[1]);
    int status = 0;
    waitpid(keeper_, &status, 0);
    EXPECT_EQ(status, 0) << path_ << " could not be restored";
    EXPECT_EQ(read_file(path_), before_);
  }
  [[nodiscard]] bool put(const std::string& value) const {
    const int fd = open(path_.c_str(), O_WRONLY | O_CLOEXEC);
    const bool done = fd >= 0 && write(fd, value.data(), value.size()) == static_cast<ssize_t>(value.size());
    close(fd);
    return done;
  }
  [[nodiscard]] const std::string& before() const { return before_; }

 private:
  std::string path_;
  std::string before_;
  int lifeline_[2] = {-1, -1};
  pid_t keeper_ = -1;
};

}  // namespace taskcost::test
