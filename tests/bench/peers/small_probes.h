// SPDX-License-Identifier: Apache-2.0
//
// Nearly empty programs on the hooks that taskcost uses on this kernel: no observer on those hooks can cost less. Every
// transition needs a time stamp, so programs that read the clock once are the lower bound of an exact account with the
// machine's clock source.
#pragma once

#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "collector/observe.h"

namespace taskcost::bench {

enum class Content { nothing, clock };

class SmallProbes {
 public:
  // The programs stay attached until destruction. Error: a hook cannot be attached.
  static Result<SmallProbes> attach(Detail detail, Content content);

 private:
  SmallProbes() = default;

  std::vector<Fd> programs_;
  std::vector<Fd> links_;
};

}  // namespace taskcost::bench
