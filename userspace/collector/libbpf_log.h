// SPDX-License-Identifier: Apache-2.0
//
// What libbpf has to say. It is kept instead of printed, so that an Error can quote the cause.
#pragma once

#include <string>

namespace taskcost {

// From now on this thread's messages of libbpf are kept. Call once, before the first use of libbpf.
void keep_libbpf_messages();

// The last warning since the last call, without libbpf's prefix; empty when there was none. Of a program that the
// kernel refused, its name and what the verifier objected to.
std::string take_libbpf_warning();

}  // namespace taskcost
