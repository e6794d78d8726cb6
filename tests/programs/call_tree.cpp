// SPDX-License-Identifier: Apache-2.0
//
// call_tree ROUNDS: spins below each path of a tree of calls, for the same CPU time: left() and right() call both of
// them, and at the bottom left() calls grind() and right() sift(). Prints each path once, as "main;left;...;grind".
#include <string>

#include "program.h"

namespace {

constexpr int depth = 4;
constexpr std::int64_t spin_ns = 4'000'000;

// Keeps a call from being a tail call.
void stay() { asm volatile("" ::: "memory"); }

void spin(const std::string& path, bool tells) {
  if (tells) {
    std::printf("%s\n", path.c_str());
  }
  program::spin_ns(spin_ns);
}

}  // namespace

// Names that are not mangled are the same in the reports of all tools.
extern "C" {

void left(int below, const std::string& path, bool tells);
void right(int below, const std::string& path, bool tells);
void grind(const std::string& path, bool tells);
void sift(const std::string& path, bool tells);

[[gnu::noinline]] void grind(const std::string& path, bool tells) {
  spin(path + ";grind", tells);
  stay();
}

[[gnu::noinline]] void sift(const std::string& path, bool tells) {
  spin(path + ";sift", tells);
  stay();
}

[[gnu::noinline]] void left(int below, const std::string& path, bool tells) {
  if (below == 0) {
    grind(path + ";left", tells);
  } else {
    left(below - 1, path + ";left", tells);
    right(below - 1, path + ";left", tells);
  }
  stay();
}

[[gnu::noinline]] void right(int below, const std::string& path, bool tells) {
  if (below == 0) {
    sift(path + ";right", tells);
  } else {
    left(below - 1, path + ";right", tells);
    right(below - 1, path + ";right", tells);
  }
  stay();
}

}  // extern "C"

int main(int argc, char** argv) {
  const std::int64_t rounds = program::number(argc, argv, 1);
  for (std::int64_t i = 0; i < rounds; ++i) {
    left(depth - 1, "main", i == 0);
    right(depth - 1, "main", i == 0);
  }
  return 0;
}
