// SPDX-License-Identifier: Apache-2.0
//
// The names of code that a process made while it ran, from the map that its just-in-time compiler writes to
// /tmp/perf-PID.map: lines "START SIZE NAME", the numbers in hexadecimal. Any text is taken, since the process wrote
// it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace taskcost {

class PerfMap {
 public:
  static constexpr std::size_t max_bytes = std::size_t{64} << 20;  // of a map: what is read is its end
  static constexpr std::size_t max_entries = std::size_t{1} << 20;
  static constexpr std::size_t max_name = 1024;  // bytes; longer names are cut

  // Takes the last max_entries lines. A last line without its newline is being written, and not taken.
  static PerfMap parse(std::string text);

  // Where entries overlap, the later line is right: the compiler has used the memory again. Empty if there is none.
  [[nodiscard]] std::string_view find(std::uint64_t address) const;
  [[nodiscard]] bool empty() const { return segments_.empty(); }

 private:
  struct Entry;
  // Each reaches to the next one.
  struct Segment {
    std::uint64_t start = 0;
    std::uint32_t name_at = 0;  // in text_
    std::uint32_t name_size = 0;
  };

  void flatten(const std::vector<Entry>& entries);

  std::string text_;
  std::vector<Segment> segments_;  // sorted by start
};

}  // namespace taskcost
