// SPDX-License-Identifier: Apache-2.0
#include "support/strace.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <set>
#include <stdexcept>

namespace taskcost::test {

namespace {

constexpr std::string_view unfinished = " <unfinished ...>";
constexpr std::string_view resumed = " resumed>";

bool takes(std::string_view& text, std::string_view prefix) {
  const bool has = text.starts_with(prefix);
  text.remove_prefix(has ? prefix.size() : 0);
  return has;
}

template <typename Number>
Number number_in(std::string_view text, int base = 10) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

// Results that programs never see: a signal arrived.
const std::map<std::string, std::int64_t, std::less<>> restarts{
    {"ERESTARTSYS", -512}, {"ERESTARTNOINTR", -513}, {"ERESTARTNOHAND", -514}, {"ERESTART_RESTARTBLOCK", -516}};

std::int64_t errno_of(std::string_view name) {
  constexpr int most = 4095;
  for (int number = 1; number < most; ++number) {
    const char* known = strerrorname_np(number);
    if (known != nullptr && name == known) {
      return -number;
    }
  }
  throw std::runtime_error("strace: error " + std::string(name));
}

std::string_view first_word(std::string_view text) { return text.substr(0, text.find(' ')); }

// "3</dev/null>", "0x7f5d8000", "-1 ENOENT (No such file or directory)", "-1 (errno 524)", "? ERESTARTSYS (To be
// restarted ...)"; "?" for calls that do not return.
std::optional<std::int64_t> result_of(std::string_view text) {
  if (text == "?" || text == "? <unavailable>") {
    return std::nullopt;
  }
  if (takes(text, "? ")) {
    const auto restart = restarts.find(first_word(text));
    if (restart == restarts.end()) {
      throw std::runtime_error("strace: result " + std::string(text));
    }
    return restart->second;
  }
  // An error that strace has no name for: the kernel's own ones above 511 can reach a program.
  if (takes(text, "-1 (errno ")) {
    return -number_in<std::int64_t>(text);
  }
  if (takes(text, "-1 ")) {
    return errno_of(first_word(text));
  }
  if (takes(text, "0x")) {
    return static_cast<std::int64_t>(number_in<std::uint64_t>(text, 16));
  }
  return number_in<std::int64_t>(text);
}

// The text from `<` after a descriptor to its `>`: "pipe:[17]", "TCP:[1.2.3.4:5->1.2.3.4:6]".
std::string file_behind(std::string_view text) {
  const std::size_t begin = text.find('<');
  if (begin == std::string_view::npos) {
    return "";
  }
  std::size_t end = text.find('>', begin);
  while (end != std::string_view::npos && end > 0 && text[end - 1] == '-') {
    end = text.find('>', end + 1);
  }
  return std::string(text.substr(begin + 1, end - begin - 1));
}

StraceCall parse_call(std::string_view line) {
  const std::size_t open = line.find('(');
  const std::size_t equals = line.rfind(" = ");
  if (open == std::string_view::npos || equals == std::string_view::npos || equals < open) {
    throw std::runtime_error("strace: " + std::string(line));
  }
  const std::string_view result = line.substr(equals + 3);
  const std::size_t close = line.rfind(')', equals);
  return {std::string(line.substr(0, open)), std::string(line.substr(open + 1, close - open - 1)), result_of(result),
          file_behind(result)};
}

// "+++ exited with 0 +++", "+++ killed by SIGKILL +++"
void parse_end(std::string_view text, StraceTask& task) {
  if (takes(text, "+++ exited with ")) {
    task.exit_code = number_in<int>(text);
  } else if (takes(text, "+++ killed by SIG")) {
    const std::string name(first_word(text));
    for (int signal = 1; signal < NSIG; ++signal) {
      const char* known = sigabbrev_np(signal);
      if (known != nullptr && name == known) {
        task.signal = signal;
      }
    }
  } else {
    throw std::runtime_error("strace: " + std::string(text));
  }
}

// strace names both ends at each end, its own end first.
std::string connection(std::string_view text) {
  const std::size_t arrow = text.find("->");
  if (arrow == std::string_view::npos) {
    return std::string(text);
  }
  std::string one(text.substr(0, arrow));
  std::string other(text.substr(arrow + 2));
  return std::min(one, other) + " " + std::max(one, other);
}

// `name` is the text in <> after a descriptor. The call tells whether a path is a queue or a FIFO: the test programs
// use the same names for both.
StraceFile file_named(std::string_view name, bool is_queue_call) {
  if (name.starts_with("pipe:[")) {
    return {"pipe", std::string(name)};
  }
  for (const auto& [prefix, channel] : std::map<std::string_view, std::string>{{"UNIX:[", "unix_socket"},
                                                                               {"UNIX-STREAM:[", "unix_socket"},
                                                                               {"UNIX-SEQPACKET:[", "unix_socket"},
                                                                               {"UNIX-DGRAM:[", "unix_socket"},
                                                                               {"TCP:[", "inet_socket"},
                                                                               {"UDP:[", "inet_socket"}}) {
    if (std::string_view rest = name; takes(rest, prefix) && rest.ends_with("]")) {
      return {channel, channel + connection(rest.substr(0, rest.size() - 1))};
    }
  }
  if (name.find("/rl-") != std::string_view::npos) {
    return {is_queue_call ? "message_queue" : "pipe", std::string(name)};
  }
  return {};
}

// Splits at the top level: commas in strings, lists and structures are no separators.
std::vector<std::string_view> split_arguments(std::string_view text) {
  std::vector<std::string_view> arguments;
  int depth = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        i += text[i] == '\\' ? 1 : 0;
      }
      continue;
    }
    const bool arrow = c == '>' && i > 0 && (text[i - 1] == '-' || text[i - 1] == '=');
    if (c == '{' || c == '[' || c == '(' || (c == '<' && text.substr(i, 2) != "<<")) {
      ++depth;
    } else if ((c == '}' || c == ']' || c == ')' || c == '>') && !arrow) {
      --depth;
    } else if (c == ',' && depth == 0) {
      arguments.push_back(text.substr(begin, i - begin));
      begin = i + 2;
    }
  }
  arguments.push_back(text.substr(std::min(begin, text.size())));
  return arguments;
}

// "[{msg_hdr={...}, msg_len=5}]"
std::uint64_t bytes_of_messages(std::string_view text) {
  constexpr std::string_view key = "msg_len=";
  std::uint64_t sum = 0;
  for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    sum += number_in<std::uint64_t>(text.substr(at + key.size()));
  }
  return sum;
}

const std::set<std::string, std::less<>> receivers{"read",     "readv",   "recvfrom",       "recvmsg",
                                                   "recvmmsg", "preadv2", "mq_timedreceive"};
const std::set<std::string, std::less<>> senders{"write",    "writev",   "sendto",       "sendmsg",
                                                 "sendmmsg", "pwritev2", "mq_timedsend", "sendfile"};

// strace shows only a UDP socket's own address; its connect() shows the peer's.
class UdpPeers {
 public:
  void complete(StraceCall& call) {
    constexpr std::string_view key = "<UDP:[";
    const std::size_t begin = call.arguments.find(key);
    const std::size_t end = call.arguments.find("]>", begin);
    if (begin == std::string::npos || end == std::string::npos) {
      return;
    }
    const std::string own = call.arguments.substr(begin + key.size(), end - begin - key.size());
    if (call.name == "connect") {
      peers_[own] = between(call.arguments, "inet_addr(\"", "\")") + ":" + between(call.arguments, "htons(", ")");
    } else if (const auto peer = peers_.find(own); peer != peers_.end()) {
      call.arguments.insert(end, "->" + peer->second);
    }
  }

 private:
  static std::string between(const std::string& text, std::string_view before, std::string_view behind) {
    const std::size_t at = text.find(before);
    if (at == std::string::npos) {
      return "";
    }
    const std::size_t begin = at + before.size();
    return text.substr(begin, text.find(behind, begin) - begin);
  }

  std::map<std::string, std::string> peers_;  // by own address
};

}  // namespace

Words strace_command(const std::string& file, const Words& command) {
  Words words{"strace", "-f", "-yy", "-s", "1", "-o", file};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

StraceTasks parse_strace(const std::string& text) {
  StraceTasks tasks;
  std::map<pid_t, std::string> begun;
  UdpPeers udp;
  for (const std::string& whole : lines_of(text)) {
    std::string_view line = whole;
    const auto pid = number_in<pid_t>(line);
    StraceTask& task = tasks[pid];
    line.remove_prefix(std::min(line.find(' '), line.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    if (line.starts_with("---")) {
      continue;  // a signal
    }
    if (line.starts_with("+++")) {
      parse_end(line, task);
      continue;
    }
    std::string call(line);
    if (line.ends_with(unfinished)) {
      begun[pid] = call.substr(0, call.size() - unfinished.size());
      continue;
    }
    if (line.starts_with("<... ")) {
      call = begun[pid] + call.substr(call.find(resumed) + resumed.size());
    }
    task.calls.push_back(parse_call(call));
    udp.complete(task.calls.back());
  }
  return tasks;
}

std::vector<StraceTransfer> transfers_of(const StraceCall& call) {
  if (!call.result || *call.result < 0) {
    return {};
  }
  const auto arguments = split_arguments(call.arguments);
  const bool is_queue_call = call.name.starts_with("mq_");
  const auto file = [&](std::size_t index) { return file_named(file_behind(arguments.at(index)), is_queue_call); };
  auto bytes = static_cast<std::uint64_t>(*call.result);
  if (call.name == "splice") {
    return {{file(0), bytes, 0}, {file(2), 0, bytes}};
  }
  if (call.name == "tee") {
    return {{file(1), 0, bytes}};  // tee leaves the bytes in the first pipe
  }
  if (call.name == "vmsplice") {
    return {{file(0), 0, bytes}};
  }
  if (call.name == "msgsnd") {
    return {{{"sysv_queue", "sysv " + std::string(arguments.at(0))}, 0, number_in<std::uint64_t>(arguments.at(2))}};
  }
  if (call.name == "msgrcv") {
    return {{{"sysv_queue", "sysv " + std::string(arguments.at(0))}, bytes, 0}};
  }
  if (call.name == "sendmmsg" || call.name == "recvmmsg") {
    bytes = bytes_of_messages(call.arguments);
  } else if (call.name == "mq_timedsend") {
    bytes = number_in<std::uint64_t>(arguments.at(2));
  }
  if (receivers.contains(call.name)) {
    return {{file(0), bytes, 0}};
  }
  if (senders.contains(call.name)) {
    return {{file(0), 0, bytes}};
  }
  return {};
}

std::string creation_of(const StraceCall& call) {
  if (!call.result || *call.result <= 0) {
    return "";
  }
  const auto has = [&call](std::string_view flag) { return call.arguments.find(flag) != std::string::npos; };
  if (call.name == "fork") {
    return "fork";
  }
  if (call.name == "vfork") {
    return "vfork";
  }
  if (call.name != "clone" && call.name != "clone3") {
    return "";
  }
  if (has("CLONE_THREAD")) {
    return "thread";
  }
  if (has("CLONE_VFORK")) {
    return "spawn";
  }
  return has("CLONE_VM") ? "clone_vm" : "fork";
}

}  // namespace taskcost::test
