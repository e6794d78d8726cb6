// SPDX-License-Identifier: Apache-2.0
//
// JSON as it is written: nothing is kept but a buffer, so a report of 20,000 tasks costs no tree of values. Objects and
// arrays are written by a function that fills them, which closes them for sure.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>

#include "report/escape.h"

namespace taskcost {

class JsonWriter {
 public:
  // A row stands on one line; lines are indented by two.
  enum class Layout { lines, row };

  // `out` must outlive the writer.
  explicit JsonWriter(std::ostream& out) : out_(out) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;
  ~JsonWriter() { flush(); }

  // The document itself, or an element of an array.
  template <typename Fill>
  void object(Fill&& fill, Layout layout = Layout::lines) {
    separate();
    enclose('{', '}', layout, fill);
  }
  template <typename Fill>
  void object(std::string_view key, Fill&& fill, Layout layout = Layout::lines) {
    name(key);
    enclose('{', '}', layout, fill);
  }
  template <typename Fill>
  void array(std::string_view key, Fill&& fill, Layout layout = Layout::lines) {
    name(key);
    enclose('[', ']', layout, fill);
  }
  template <typename Fill>
  void array(Fill&& fill, Layout layout = Layout::lines) {
    separate();
    enclose('[', ']', layout, fill);
  }
  // A missing optional is null; so is a number that JSON does not know (infinity, NaN).
  template <typename T>
  void field(std::string_view key, const T& value) {
    name(key);
    write(value);
  }

  // Of an array.
  template <typename T>
  void element(const T& value) {
    separate();
    write(value);
  }

  void end_document() {
    buffer_ += '\n';
    flush();
  }

 private:
  static constexpr std::size_t flush_at = 64 * 1024;

  template <typename Fill>
  void enclose(char open, char close, Layout layout, Fill& fill) {
    const bool outer_row = row_;
    const bool outer_empty = empty_;
    buffer_ += open;
    row_ = row_ || layout == Layout::row;
    ++depth_;
    empty_ = true;
    fill();
    --depth_;
    if (!empty_ && !row_) {
      new_line();
    }
    row_ = outer_row;
    empty_ = outer_empty;
    buffer_ += close;
    if (buffer_.size() >= flush_at) {
      flush();
    }
  }

  // Before each member or element.
  void separate() {
    if (depth_ == 0) {
      return;
    }
    if (!empty_) {
      buffer_ += row_ ? ", " : ",";
    }
    if (!row_) {
      new_line();
    }
    empty_ = false;
  }

  void name(std::string_view key) {
    separate();
    append_json_string(buffer_, key);
    buffer_ += ": ";
  }

  void new_line() {
    buffer_ += '\n';
    buffer_.append(2 * depth_, ' ');
  }

  void flush() {
    out_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    buffer_.clear();
  }

  void write(std::nullptr_t /*null*/) { buffer_ += "null"; }
  void write(std::string_view text) { append_json_string(buffer_, text); }
  void write(std::chrono::nanoseconds duration) { append_number(duration.count()); }
  template <typename T>
  void write(const std::optional<T>& value) {
    if (value) {
      write(*value);
    } else {
      write(nullptr);
    }
  }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void write(T value) {
    if constexpr (std::same_as<T, bool>) {
      buffer_ += value ? "true" : "false";
    } else if constexpr (std::floating_point<T>) {
      std::isfinite(value) ? append_number(value) : write(nullptr);
    } else {
      append_number(value);
    }
  }

  template <typename T>
  void append_number(T value) {
    std::array<char, 32> digits{};
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    buffer_.append(digits.data(), result.ptr);
  }

  std::ostream& out_;
  std::string buffer_;
  std::size_t depth_ = 0;
  bool row_ = false;
  bool empty_ = true;  // nothing yet in the innermost object or array
};

}  // namespace taskcost
