// SPDX-License-Identifier: Apache-2.0
//
// Words of the text report that several sections use.
#pragma once

#include <string>
#include <string_view>

#include "taskcost/report.h"

namespace taskcost {

// What a list in abi.h says about an entry, without the explanation in parentheses.
std::string short_text(std::string_view text);
std::string key_words(std::string_view key);     // "unix socket" of unix_socket
std::string signal_text(int signal);             // "SIGKILL"
std::string ended_text(const Process& process);  // "exit 0", "SIGKILL", "lives on", "unknown"
// "1.52 s", with `<` before it when it lived before the window and `>` behind it when it outlived it. Padded, so that
// figures with and without a mark end in the same column.
std::string lifetime_text(Duration lifetime, bool open_at_start, bool open_at_end);
std::string latency_text(std::string_view histogram_key);

inline Duration lifetime_of(const Process& process) { return process.end - process.start; }

}  // namespace taskcost
