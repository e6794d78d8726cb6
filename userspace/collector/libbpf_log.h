// SPDX-License-Identifier: Apache-2.0
//
// Keeps libbpf's messages instead of printing them, so that an Error can quote the cause.
#pragma once

#include <string>

namespace taskcost {

// Starts keeping messages, for each thread separately. Call it once, before the first use of libbpf.
void keep_libbpf_messages();

// Returns this thread's last warning since the last call, without libbpf's prefix; empty if there was none. For a
// refused program, this is its name and the verifier's error.
std::string take_libbpf_warning();

}  // namespace taskcost
