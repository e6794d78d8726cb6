// SPDX-License-Identifier: Apache-2.0
//
// Parses `strace -f -yy -s 1` into the calls of each task: an account that is independent of tracepoints.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/subprocess.h"

namespace taskcost::test {

struct StraceCall {
  std::string name;
  std::string arguments;
  std::optional<std::int64_t> result;  // as the kernel returns it: -errno; nullopt: the call does not return
  std::string object;                  // the file of a returned descriptor
};

struct StraceTask {
  std::vector<StraceCall> calls;
  std::optional<int> exit_code;
  std::optional<int> signal;
};

// A file behind a descriptor, as far as bytes are counted for it.
struct StraceFile {
  std::string channel;  // "pipe", "unix_socket", "inet_socket", "message_queue", "sysv_queue"; "" for any other
  std::string object;   // the same for both ends of a connection
};

// What one call moved. A splice moves bytes through two files.
struct StraceTransfer {
  StraceFile file;
  std::uint64_t in = 0;
  std::uint64_t out = 0;
};

using StraceTasks = std::map<pid_t, StraceTask>;

// The words of `strace ... COMMAND`, which writes to `file`.
Words strace_command(const std::string& file, const Words& command);

// Throws std::runtime_error for a line that it cannot parse.
StraceTasks parse_strace(const std::string& text);

std::vector<StraceTransfer> transfers_of(const StraceCall& call);

// The kind of creation that a call with these arguments is: "fork", "thread", ...; "" for any other call.
std::string creation_of(const StraceCall& call);

}  // namespace taskcost::test
