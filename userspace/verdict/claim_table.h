// SPDX-License-Identifier: Apache-2.0
//
// The table of claims: the statement, the variants and the evidence, the rule, and the words of the verdict's sentence.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "verdict/claim_words.h"
#include "verdict/measures.h"
#include "verdict/rounds.h"
#include "verdict/structure.h"
#include "verdict/verdict.h"

namespace taskcost {

// Compares one measure of two variants.
struct RatioRule {
  std::string left;
  std::string right;
  std::string_view left_label;
  std::string_view right_label;
  MeasureId measure{};
  RatioWords words;
};

// Counts cases in the rounds of up to eight variants.
struct StructuralRule {
  std::array<std::string_view, 8> variants;
  Cases (*cases)(const Rounds&);
  StructuralWords words;
  bool one_is_enough = false;  // the claim says that something is possible: one case confirms it, none is inconclusive
};

// Follows from other claims: their ids, or prefixes of ids that end with a dot.
struct DerivedRule {
  std::span<const std::string_view> parts;
};

bool follows_from(const DerivedRule& rule, std::string_view claim);

struct ClaimRow {
  Claim claim;
  std::string_view evidence;  // key of the Evidence that it needs
  std::variant<RatioRule, StructuralRule, DerivedRule> rule;
};

// Has one row per claim and condition.
std::span<const ClaimRow> claim_table();

// The name of a variant in a condition: "create/fork" on one CPU, "create/fork/across" across CPUs.
std::string variant_in(std::string_view variant, Condition condition);

// `claims` are the requested ids; empty: all. An id selects the claim in all its conditions.
bool is_wanted(const std::vector<std::string>& claims, std::string_view claim);

// Returns whether the claim is judged by rounds of this variant.
bool needs(const ClaimRow& row, std::string_view variant);

}  // namespace taskcost
