// SPDX-License-Identifier: Apache-2.0
//
// Functions with C++ names that the tests of symbols look for.
namespace bakery {

class Oven {
 public:
  __attribute__((noinline)) int heat(int degrees, const char* fuel) const { return degrees + *fuel; }
};

template <typename T>
__attribute__((noinline)) T twice(T value) {
  return value + value;
}

}  // namespace bakery

int main(int argc, char** argv) { return bakery::twice(bakery::Oven().heat(argc, argv[0])) & 1; }
