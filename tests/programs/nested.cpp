// SPDX-License-Identifier: Apache-2.0
//
// nested DEPTH LOG: forks a chain of DEPTH processes; each waits for its own child.
#include "program.h"

namespace {

void nest(std::int64_t depth, const program::WaitLog& log) {
  if (depth > 0) {
    log.wait_for(program::fork_child([&] { nest(depth - 1, log); }));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const program::WaitLog log(program::word(argc, argv, 2));
  nest(program::number(argc, argv, 1), log);
}
