// SPDX-License-Identifier: Apache-2.0
//
// Functions that the tests of symbols look for.
__attribute__((noinline)) int knead(int dough) { return dough * 3 + 1; }

static __attribute__((noinline)) int rest(int dough) { return knead(dough) - 7; }

__attribute__((noinline)) int bake(int dough) { return rest(dough) ^ 5; }

int main(int argc, char** argv) {
  (void)argv;
  return bake(argc) & 1;
}
