// SPDX-License-Identifier: Apache-2.0
#include "collector/targets/ids.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <sstream>

#include "base/fd.h"
#include "base/read_text.h"

namespace taskcost {
namespace {

// The state letter in the text of /proc/ID/status; '?' if there is none.
char parse_state(const std::string& status) {
  const std::size_t at = status.find("\nState:\t");
  constexpr std::size_t key = 8;
  return at == std::string::npos || at + key >= status.size() ? '?' : status[at + key];
}

std::optional<pid_t> parse_tgid(const std::string& status) {
  const std::size_t at = status.find("\nTgid:");
  constexpr std::size_t key = 6;
  pid_t tgid = 0;
  if (at == std::string::npos || !(std::istringstream(status.substr(at + key)) >> tgid)) {
    return std::nullopt;
  }
  return tgid;
}

// A pidfd becomes readable when all threads of its process have ended.
bool is_readable(int fd) {
  pollfd watched{fd, POLLIN, 0};
  return poll(&watched, 1, 0) == 1;
}

bool has_ended(char state) { return state == 'Z' || state == 'X'; }

bool another_thread_lives(pid_t tgid) {
  std::error_code error;
  for (std::filesystem::directory_iterator thread(fmt::format("/proc/{}/task", tgid), error), end;
       !error && thread != end; thread.increment(error)) {
    const std::string name = thread->path().filename().native();
    const std::string status = read_text(fmt::format("/proc/{}/task/{}/status", tgid, name));
    if (name != std::to_string(tgid) && !status.empty() && !has_ended(parse_state(status))) {
      return true;
    }
  }
  return false;
}

}  // namespace

IdState inspect_id(pid_t id) {
  IdState state;
  // For the id of a thread that is not a leader, pidfd_open fails with EINVAL before v6.9, with ENOENT since.
  const Fd process(static_cast<int>(syscall(SYS_pidfd_open, id, 0)));
  state.leads = process || (errno != EINVAL && errno != ENOENT);
  state.ended = process && is_readable(process.get());
  state.exists = process || kill(id, 0) == 0 || errno != ESRCH;
  const std::string status = read_text(fmt::format("/proc/{}/status", id));
  state.thread_group = parse_tgid(status);
  state.shown = state.thread_group.has_value();
  state.exists = state.exists || state.shown;
  if (state.shown) {
    state.leads = *state.thread_group == id;
    state.ended = has_ended(parse_state(status));
    state.others_live = state.leads && state.ended && another_thread_lives(id);
  }
  return state;
}

std::optional<Error> wrong_id(pid_t id, IdKind kind, const IdState& state) {
  if (!state.exists || state.leads || kind == IdKind::task) {
    return std::nullopt;
  }
  const std::string what = fmt::format("cannot observe process {}", id);
  if (state.thread_group) {
    return Error{what, fmt::format("it is a thread of process {}", *state.thread_group),
                 fmt::format("use -p {} for the whole process, -t {} for this thread", *state.thread_group, id)};
  }
  return Error{what, "it is a thread of another process, which /proc hides (hidepid)",
               fmt::format("use -p with the id of its process, -t {} for this thread", id)};
}

std::string why_ended(IdKind kind, const IdState& state) {
  if (!state.exists) {
    return "it does not exist";
  }
  if (!state.ended) {
    return {};
  }
  if (kind == IdKind::task && state.others_live) {
    return "it has exited, but other threads of its process are still running (observe them with -p)";
  }
  return state.others_live ? "" : "it is a zombie: it has exited, and its parent has not waited for it yet";
}

std::string why_unseen(IdKind kind, const IdState& before, const IdState& after) {
  if (!after.exists || !why_ended(kind, after).empty()) {
    return "it exited while taskcost attached to it";
  }
  if (!before.shown && !after.shown) {
    return "it exists, but neither /proc (hidepid) nor the kernel's task iterator for BPF programs shows it";
  }
  return "it exists, but the kernel's task iterator for BPF programs does not show it";
}

}  // namespace taskcost
