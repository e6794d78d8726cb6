// SPDX-License-Identifier: Apache-2.0
//
// How failures travel. A function that can fail returns Result<T>; the caller looks before it takes.
//
//   Result<Fd> open_log();                       // make:    return Error{"cannot open log", "no space", "free some"};
//   auto log = open_log();                       // forward: if (!log) return log.error();
//   use(*log);                                   // take
//
// Exceptions are for bugs. `main` prints an Error as one line and picks the exit status.
#pragma once

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
  // When set, the exit status instead of the kind's: what a shell would give (126, 127).
  std::optional<int> status = std::nullopt;
};

// "what: why (hint)", on one line.
std::string to_line(const Error& error);

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
