// SPDX-License-Identifier: Apache-2.0
//
// Writes JSON through a small buffer: no tree of values is built, even for a report of 20,000 tasks. A function fills
// an object or array, so that it is always closed; or the caller calls begin(), then key() or next() before each value,
// and end().
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
#include <vector>

#include "base/escape.h"

namespace taskcost {

class JsonWriter {
 public:
  // A row is on one line; other objects and arrays have a line per element, indented by two.
  enum class Layout { lines, row };

  // `out` must outlive the writer. The layout is that of the document itself.
  explicit JsonWriter(std::ostream& out, Layout layout = Layout::lines) : out_(out), layout_(layout) {}
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;
  ~JsonWriter() { flush(); }

  // Writes the document itself, or an element of an array.
  template <typename Fill>
  void object(Fill&& fill, Layout layout = Layout::lines) {
    next();
    enclose('{', layout, fill);
  }
  template <typename Fill>
  void object(std::string_view name, Fill&& fill, Layout layout = Layout::lines) {
    key(name);
    enclose('{', layout, fill);
  }
  template <typename Fill>
  void array(std::string_view name, Fill&& fill, Layout layout = Layout::lines) {
    key(name);
    enclose('[', layout, fill);
  }
  template <typename Fill>
  void array(Fill&& fill, Layout layout = Layout::lines) {
    next();
    enclose('[', layout, fill);
  }
  // Writes null for an empty optional, and for infinity and NaN, which JSON lacks.
  template <typename T>
  void field(std::string_view name, const T& value) {
    key(name);
    write(value);
  }

  // Writes an element of an array.
  template <typename T>
  void element(const T& value) {
    next();
    write(value);
  }

  // `open` is '{' or '['.
  void begin(char open, Layout layout) {
    buffer_ += open;
    levels_.push_back({open == '{' ? '}' : ']', is_row() || layout == Layout::row, true});
  }
  void end() {
    const Level level = levels_.back();
    levels_.pop_back();
    if (!level.empty && !level.row) {
      new_line();
    }
    buffer_ += level.close;
    if (buffer_.size() >= flush_at) {
      flush();
    }
  }
  // Called before each member of an object.
  void key(std::string_view name) {
    next();
    append_json_string(buffer_, name);
    buffer_ += ": ";
  }
  // Called before each element of an array.
  void next() {
    if (levels_.empty()) {
      return;
    }
    Level& level = levels_.back();
    if (!level.empty) {
      buffer_ += level.row ? ", " : ",";
    }
    if (!level.row) {
      new_line();
    }
    level.empty = false;
  }
  template <typename T>
  void value(const T& value) {
    write(value);
  }

  void end_document() {
    buffer_ += '\n';
    flush();
  }

 private:
  static constexpr std::size_t flush_at = 64 * 1024;

  struct Level {
    char close;
    bool row;
    bool empty;  // no member or element was written yet
  };

  template <typename Fill>
  void enclose(char open, Layout layout, Fill& fill) {
    begin(open, layout);
    fill();
    end();
  }

  [[nodiscard]] bool is_row() const { return levels_.empty() ? layout_ == Layout::row : levels_.back().row; }

  void new_line() {
    buffer_ += '\n';
    buffer_.append(2 * levels_.size(), ' ');
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
  Layout layout_;
  std::string buffer_;
  std::vector<Level> levels_;
};

}  // namespace taskcost
