// SPDX-License-Identifier: Apache-2.0
#include "trace/timeline.h"

namespace taskcost {

const char* to_string(Timeline::MarkKind kind) {
  switch (kind) {
    case Timeline::MarkKind::new_task:
      return "new task";
    case Timeline::MarkKind::exec:
      return "exec";
    case Timeline::MarkKind::exit:
      return "exit";
  }
  return "unknown";
}

}  // namespace taskcost
