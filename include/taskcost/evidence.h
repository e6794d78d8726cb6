// SPDX-License-Identifier: Apache-2.0
//
// Where a figure comes from, and what more rights would give. The collector fills these lists once, at start, from what
// it could attach.
#pragma once

#include <string>
#include <vector>

namespace taskcost {

enum class EvidenceKind {
  exact,        // both ends of the figure are seen in the kernel
  bound,        // the figure includes a little more than its name says, or less; the reason tells what
  counts,       // how often, not how long
  unavailable,  // this kernel or these privileges deny it
};

struct Evidence {
  std::string figure;  // stable key: "page_fault_latency"
  std::string source;  // the hooks in use: "exceptions:page_fault_* with PAGE_FAULTS_MIN/MAJ"; empty if unavailable
  EvidenceKind kind = EvidenceKind::unavailable;
  std::string why;   // why not a better source; empty when this is the best there is
  std::string hint;  // what would make it better; may be empty
};

using EvidenceList = std::vector<Evidence>;

// What works only with more rights than probes take, or on another kernel.
struct Extra {
  std::string name;  // stable key: "kernel_names"
  std::string what;
  bool works = false;
  std::string needs;  // "CAP_SYSLOG"
};

const char* to_string(EvidenceKind kind);

}  // namespace taskcost
