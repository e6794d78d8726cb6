// SPDX-License-Identifier: Apache-2.0
//
// The one table of claims: what is said, which variants and which evidence it is judged by, by which rule, and the
// words of the sentence that comes out.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "taskcost/verdict.h"
#include "verdict/claim_words.h"
#include "verdict/measures.h"
#include "verdict/rounds.h"
#include "verdict/structure.h"

namespace taskcost {

// One measure of two variants. The labels are for people.
struct RatioRule {
  std::string left;
  std::string right;
  std::string_view left_label;
  std::string_view right_label;
  MeasureId measure{};
  RatioWords words;
};

// Cases in the rounds of up to eight variants.
struct StructuralRule {
  std::array<std::string_view, 8> variants;
  Cases (*cases)(const Rounds&);
  StructuralWords words;
  bool one_is_enough = false;  // the claim says that something can be: one case confirms it, and none proves nothing
};

// Follows from the claims that its sentence is made of: ids, or their beginnings where they end with a dot.
struct DerivedRule {
  std::span<const std::string_view> parts;
};

bool follows_from(const DerivedRule& rule, std::string_view claim);

struct ClaimRow {
  Claim claim;
  std::string_view evidence;  // key of the Evidence that says whether it can be measured here
  std::variant<RatioRule, StructuralRule, DerivedRule> rule;
};

// A row for each claim and condition.
std::span<const ClaimRow> claim_table();

// The variant of this name in another condition: "create/fork" on one CPU, "create/fork/across" across CPUs.
std::string variant_in(std::string_view variant, Condition condition);

// `claims`: ids that were asked for; empty: all are wanted. The id of a claim stands for all its conditions.
bool is_wanted(const std::vector<std::string>& claims, std::string_view claim);

// Whether the rounds of this variant are looked at for it.
bool needs(const ClaimRow& row, std::string_view variant);

}  // namespace taskcost
