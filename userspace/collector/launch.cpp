// SPDX-License-Identifier: Apache-2.0
#include "collector/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/caller.h"
#include "base/capabilities.h"
#include "collector/handles.h"

namespace taskcost {
namespace {

constexpr int status_not_found = 127;
constexpr int status_not_executable = 126;

Identity make_identity(const passwd& entry) {
  Identity identity;
  identity.uid = entry.pw_uid;
  identity.gid = entry.pw_gid;
  identity.name = entry.pw_name;
  identity.home = entry.pw_dir;
  identity.shell = entry.pw_shell;
  int count = 64;
  identity.groups.resize(static_cast<std::size_t>(count));
  while (getgrouplist(entry.pw_name, entry.pw_gid, identity.groups.data(), &count) < 0) {
    identity.groups.resize(static_cast<std::size_t>(count));
  }
  identity.groups.resize(static_cast<std::size_t>(count));
  return identity;
}

// The child writes this to its parent if it cannot execute the command.
struct Failure {
  enum Step : int { become_user, execute } step;
  int error;
};

// A null-terminated array of strings for exec, allocated before the fork.
class StringVector {
 public:
  explicit StringVector(std::vector<std::string> strings) : strings_(std::move(strings)) {
    for (std::string& string : strings_) {
      pointers_.push_back(string.data());
    }
    pointers_.push_back(nullptr);
  }
  [[nodiscard]] char* const* get() const { return pointers_.data(); }

 private:
  std::vector<std::string> strings_;
  std::vector<char*> pointers_;
};

std::vector<std::string> make_environment(const std::optional<Identity>& identity) {
  std::vector<std::string> result;
  // sudo set these for taskcost, not for the command.
  constexpr std::array replaced_names{"HOME",     "USER",     "LOGNAME",   "SHELL",     "SUDO_COMMAND",
                                      "SUDO_GID", "SUDO_UID", "SUDO_USER", "SUDO_HOME", "SUDO_TTY"};
  const auto replaced = [&](std::string_view variable) {
    return identity && std::ranges::count(replaced_names, variable.substr(0, variable.find('='))) > 0;
  };
  for (char** variable = environ; *variable != nullptr; ++variable) {
    if (!replaced(*variable)) {
      result.emplace_back(*variable);
    }
  }
  if (identity) {
    result.push_back("HOME=" + identity->home);
    result.push_back("USER=" + identity->name);
    result.push_back("LOGNAME=" + identity->name);
    result.push_back("SHELL=" + identity->shell);
  }
  return result;
}

// A range of descriptors, both ends included.
struct Range {
  unsigned first;
  unsigned last;
};

// The descriptors besides the standard streams and `kept`.
std::vector<Range> descriptors_to_close(std::vector<int> kept) {
  std::ranges::sort(kept);
  std::vector<Range> ranges;
  unsigned next = STDERR_FILENO + 1;
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (number > next) {
      ranges.push_back({next, number - 1});
    }
    next = std::max(next, number + 1);
  }
  ranges.push_back({next, UINT_MAX});
  return ranges;
}

// Drops the capabilities that taskcost has from its file, or as ambient or inheritable ones. The command of root keeps
// those of root.
void drop_capabilities() {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (geteuid() != 0) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    syscall(SYS_capset, &header, none.data());
  }
}

bool switch_user(const Identity& identity) {
  return setgroups(identity.groups.size(), identity.groups.data()) == 0 &&
         setresgid(identity.gid, identity.gid, identity.gid) == 0 &&
         setresuid(identity.uid, identity.uid, identity.uid) == 0;
}

// Returns the disposition of SIGCHLD that this process inherited, and resets it to SIG_DFL at the first call. While
// SIGCHLD is ignored, the kernel keeps no exit status of children.
sighandler_t inherited_sigchld() {
  static const sighandler_t inherited = std::signal(SIGCHLD, SIG_DFL);
  return inherited;
}

// Between fork and exec: async-signal-safe calls only.
[[noreturn]] void run_child(const Command& command, const char* program, char* const* arguments,
                            char* const* environment, const std::vector<Range>& closed, int report_fd) {
  Failure failure{Failure::execute, 0};
  if (command.identity && !switch_user(*command.identity)) {
    failure = {Failure::become_user, errno};
  } else {
    drop_capabilities();
    const std::array streams{command.standard_input, command.standard_output, command.standard_error};
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
      if (streams[stream] >= 0) {
        dup2(streams[stream], stream);
      }
    }
    for (const Range& range : closed) {
      close_range(range.first, range.last, CLOSE_RANGE_CLOEXEC);
    }
    if (inherited_sigchld() != SIG_DFL) {
      std::signal(SIGCHLD, inherited_sigchld());
    }
    sigprocmask(SIG_SETMASK, &command.signal_mask, nullptr);
    // `program` has a slash, so PATH is not searched again; but execvpe() runs a script without "#!" by a shell.
    execvpe(program, arguments, environment);
    failure.error = errno;
  }
  (void)!write(report_fd, &failure, sizeof(failure));
  _exit(status_not_found);
}

Error launch_error(const Failure& failure, const Command& command) {
  if (failure.step == Failure::become_user) {
    return {fmt::format("cannot switch to user '{}'", command.identity->name), std::strerror(failure.error),
            "run it as root"};
  }
  const std::string& name = command.arguments.front();
  Error error{fmt::format("cannot run '{}'", name), std::strerror(failure.error), ""};
  error.status = status_not_executable;
  if (failure.error == ENOENT) {
    error.status = status_not_found;
    if (name.find('/') == std::string::npos) {
      error.why = "no such command in PATH";
    }
    error.hint = "check the spelling";
  } else if (failure.error == EACCES) {
    error.hint = "make it executable with chmod +x, or run it by its interpreter";
  }
  return error;
}

}  // namespace

std::optional<std::string> find_program(const std::string& name) {
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe)
  if (path == nullptr || name.find('/') != std::string::npos) {
    return name;
  }
  std::istringstream folders(path);
  std::optional<std::string> found;
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    struct stat file {};
    if (stat(candidate.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) {
      continue;
    }
    if ((file.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0) {
      return candidate;
    }
    found = candidate;
  }
  return found;
}

Result<std::optional<Identity>> identity_for_command(const std::optional<std::string>& user) {
  const passwd* entry = nullptr;
  errno = 0;
  if (user) {
    entry = getpwnam(user->c_str());  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) {
      return Error{fmt::format("cannot run as user '{}'", *user), errno != 0 ? std::strerror(errno) : "no such user",
                   "see: getent passwd", ErrorKind::usage};
    }
  } else {
    const auto caller = caller_of_sudo();
    if (!caller) {
      return std::optional<Identity>();
    }
    entry = getpwuid(caller->uid);  // NOLINT(concurrency-mt-unsafe)
    if (entry == nullptr) {
      return Error{fmt::format("cannot run as uid {}, the user who ran sudo", caller->uid), "no such user",
                   "use --user root"};
    }
  }
  if (entry->pw_uid == geteuid()) {
    return std::optional<Identity>();
  }
  if (!has_capability(CAP_SETUID) || !has_capability(CAP_SETGID)) {
    return Error{fmt::format("cannot run as user '{}'", entry->pw_name), "only root may switch to another user",
                 "run it with sudo, or without --user"};
  }
  return std::optional(make_identity(*entry));
}

Error kill_command(pid_t command, Error reason) {
  kill(command, SIGKILL);
  waitpid(command, nullptr, 0);
  return reason;
}

Result<pid_t> start_command(const Command& command) {
  const auto program = find_program(command.arguments.front());
  if (!program) {
    return launch_error({Failure::execute, ENOENT}, command);
  }
  const StringVector arguments(command.arguments);
  const StringVector environment(make_environment(command.identity));
  const std::vector<Range> closed = descriptors_to_close(command.descriptors);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return Error{"cannot start the command", std::strerror(errno), ""};
  }
  const Fd from_child(ends[0]);
  Fd to_parent(ends[1]);
  inherited_sigchld();

  const pid_t child = fork();
  if (child < 0) {
    return Error{"cannot start the command", std::strerror(errno), ""};
  }
  if (child == 0) {
    run_child(command, program->c_str(), arguments.get(), environment.get(), closed, to_parent.get());
  }
  to_parent = Fd();  // exec closes the child's end
  Failure failure{};
  ssize_t size = 0;
  while ((size = read(from_child.get(), &failure, sizeof(failure))) < 0 && errno == EINTR) {
  }
  if (size < 0) {
    return kill_command(child, {"cannot start the command", std::strerror(errno), ""});
  }
  if (size != sizeof(failure)) {
    return child;
  }
  waitpid(child, nullptr, 0);
  return launch_error(failure, command);
}

}  // namespace taskcost
