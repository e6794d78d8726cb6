// SPDX-License-Identifier: Apache-2.0
//
// A function that can fail returns Result<T>; its caller tests for the error before it takes the value.
//
//   Result<Fd> open_log();                       // fail:    return Error{"cannot open log", "no space", "free some"};
//   auto log = open_log();                       // forward: if (!log) return log.error();
//   use(*log);                                   // take
//
// Exceptions mean bugs. `main` prints an Error as one line and picks the exit status.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace taskcost {

// Exit statuses of the command line.
enum class ErrorKind { runtime = 1, usage = 2 };

struct Error {
  std::string what;  // what failed: "cannot observe process 4711"
  std::string why;   // the cause: "no such process"
  std::string hint;  // what to do; may be empty
  ErrorKind kind = ErrorKind::runtime;
  // If set, the exit status instead of the kind's. A command that cannot be run has a shell's: 126 or 127.
  std::optional<int> status = std::nullopt;
};

// Returns "what: why (hint)".
inline std::string to_line(const Error& error) {
  std::string line = error.what;
  if (!error.why.empty()) {
    line += ": " + error.why;
  }
  if (!error.hint.empty()) {
    line += " (" + error.hint + ")";
  }
  // A cause that another library reports may contain line breaks.
  std::ranges::replace_if(
      line, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return line;
}

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;

}  // namespace taskcost
