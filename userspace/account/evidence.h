// SPDX-License-Identifier: Apache-2.0
//
// The source of each figure, and what more privileges would add. The collector fills these lists once at start, from
// what it can attach.
#pragma once

#include <string>
#include <vector>

namespace taskcost {

enum class EvidenceKind {
  exact,        // the kernel is probed at both ends of the figure
  bound,        // the figure includes a little more or less than its name says; see `why`
  counts,       // only how often, not how long
  unavailable,  // not possible on this kernel or with these privileges
};

struct Evidence {
  std::string figure;  // stable key: "page_fault_latency"
  std::string source;  // the hooks in use: "exceptions:page_fault_* with PAGE_FAULTS_MIN/MAJ"; empty if unavailable
  EvidenceKind kind = EvidenceKind::unavailable;
  std::string why;        // why it is not exact, or a better source is not used; empty for the best source
  std::string hint;       // how to get a better one; may be empty
  bool left_out = false;  // by the options of the run: no fault of the machine
};

using EvidenceList = std::vector<Evidence>;

// A feature that needs more privileges than the probes, or another kernel.
struct Extra {
  std::string name;  // stable key: "kernel_names"
  std::string what;
  bool works = false;
  std::string needs;  // "CAP_SYSLOG"
};

const char* to_string(EvidenceKind kind);

}  // namespace taskcost
