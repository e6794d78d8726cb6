// SPDX-License-Identifier: Apache-2.0
#include "cli/manual_page.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace taskcost {
namespace {

// man prints the path of a page that it has, and an error otherwise.
bool has_page(std::string name) {
  std::string man = "man";
  std::string where = "-w";
  const std::array<char*, 4> arguments{man.data(), where.data(), name.data(), nullptr};
  posix_spawn_file_actions_t silence;
  posix_spawn_file_actions_init(&silence);
  posix_spawn_file_actions_addopen(&silence, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&silence, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = -1;
  const int failure = posix_spawnp(&pid, man.c_str(), &silence, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&silence);
  int status = 0;
  return failure == 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

}  // namespace

void show_manual_page(const std::string& name) {
  if (isatty(STDOUT_FILENO) == 1 && has_page(name)) {
    execlp("man", "man", name.c_str(), nullptr);
  }
}

}  // namespace taskcost
