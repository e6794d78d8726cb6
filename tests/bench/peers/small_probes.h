// SPDX-License-Identifier: Apache-2.0
//
// Programs with next to nothing in them, on the hooks that the ledger uses on this kernel. What they cost no observer
// on those hooks can avoid. Every transition needs its instant: programs that look at the clock once bound from below
// what an exact account can cost on the machine's clock source.
#pragma once

#include <vector>

#include "taskcost/collector.h"
#include "taskcost/fd.h"
#include "taskcost/result.h"

namespace taskcost::bench {

enum class Content { nothing, clock };

class SmallProbes {
 public:
  // Attached until destroyed. Errors: a hook cannot be had.
  static Result<SmallProbes> attach(Detail detail, Content content);

 private:
  SmallProbes() = default;

  std::vector<Fd> programs_;
  std::vector<Fd> links_;
};

}  // namespace taskcost::bench
