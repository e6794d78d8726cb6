// SPDX-License-Identifier: Apache-2.0
//
// The words of a verdict's sentence. The table of claims has them.
#pragma once

#include <string_view>

namespace taskcost {

// "LEFT VERB 4.9 times MEASURE RIGHTWHERE": "Creating a process took 4.9 times as long as creating a thread on one
// CPU".
struct RatioWords {
  std::string_view left;
  std::string_view verb;
  std::string_view measure;
  std::string_view right;
  std::string_view where = {};  // the condition, with a leading space; may be empty
};

// "2000 of 2000 CASES HOLD": "2000 of 2000 new processes had memory of their own".
struct StructuralWords {
  std::string_view cases;
  std::string_view hold;
};

// nullptr if the claim is not in the table or has another rule.
const RatioWords* ratio_words(std::string_view claim);
const StructuralWords* structural_words(std::string_view claim);

}  // namespace taskcost
