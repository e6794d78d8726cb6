// SPDX-License-Identifier: Apache-2.0
//
// The table of the live view at one width: selects the columns that fit, and formats them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "top/lines.h"
#include "top/rows.h"

namespace taskcost {

// At most five characters each.
std::string percent_text(double share);                      // "0", "99.9", "1234"
std::string rate_text(const std::optional<double>& amount);  // "0", "0.02", "532", "12k"; "?": not measured

// Blocked time by cause, largest first, as many causes as fit: "futex 72.1  pipe 12.0". If not even the first share
// fits, only its name.
std::string causes_text(const Figures& figures, const Changes& changes, std::size_t columns);

enum class Field {
  pid,
  process,  // PID of a thread's process; number of processes in a group
  name,
  state,
  threads,
  cpu,
  user,
  kernel,
  queue,
  blocked,
  switches,
  involuntary_switches,
  faults,
  faults_major,
  creations,
  causes,
};

class TopTable {
 public:
  // The arguments must outlive the table.
  TopTable(const Changes& changes, const Rows& rows, const View& view, std::size_t width);

  [[nodiscard]] Line titles() const;
  [[nodiscard]] Line row(const Row& row) const;

 private:
  struct Column {
    Field field;
    std::size_t width;
  };
  [[nodiscard]] std::string text_of(const Row& row, const Column& column) const;

  const Changes& changes_;
  const View& view_;
  std::size_t width_;
  std::vector<Column> columns_;
};

}  // namespace taskcost
