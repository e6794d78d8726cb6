// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "report/render.h"
#include "support/golden.h"
#include "support/priced_program.h"
#include "support/rendered.h"
#include "support/schema.h"
#include "support/section_queries.h"

namespace taskcost {
namespace {

using nlohmann::json;
using test::exact_prices;
using test::forking_report;
using test::threaded_report;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

Estimate estimated(const Report& report, const PriceList& prices, std::optional<Model> to = std::nullopt) {
  auto program = program_counts(report);
  if (!program) {
    ADD_FAILURE() << to_line(program.error());
    return {};
  }
  program->name = "report.json";
  auto result = estimate(*program, prices, to);
  if (!result) {
    ADD_FAILURE() << to_line(result.error());
    return {};
  }
  return *std::move(result);
}

std::string text_of(const Estimate& estimate, const TextOptions& options = {}) {
  std::ostringstream out;
  render_estimate_text(estimate, out, options);
  return out.str();
}

std::string json_of(const Estimate& estimate) {
  std::ostringstream out;
  render_estimate_json(estimate, out);
  return out.str();
}

std::string estimate_complaints(const std::string& document) {
  return test::schema_complaints(estimate_schema(), json::parse(document));
}

PriceList few_prices() {
  PriceList prices = exact_prices();
  prices.prices.resize(4);
  prices.measured_on.kernel = "6.12.9-amd64";
  return prices;
}

TEST(EstimateText, IsWrittenAsBefore) {
  TextOptions verbose;
  verbose.verbose = true;
  test::expect_golden("estimate.txt", text_of(estimated(forking_report(), exact_prices())) + "\n" +
                                          text_of(estimated(threaded_report(), exact_prices()), verbose) + "\n" +
                                          text_of(estimated(forking_report(), few_prices())));
}

test::Texts decide_answer(const Estimate& estimate) { return test::said(sections::of(estimate, false).front()); }

TEST(EstimateSections, TheAnswerComesFirstAndSaysWhatItIs) {
  const std::string answer = decide_answer(estimated(forking_report(), exact_prices())).front();
  EXPECT_THAT(answer, StartsWith("As threads, these 16 workers and their program would have cost "));
  EXPECT_THAT(answer, testing::EndsWith(": an estimate."));
}

TEST(EstimateSections, WhatIsNotPricedIsSaidBesideTheAnswer) {
  EXPECT_THAT(decide_answer(estimated(forking_report(), few_prices())),
              testing::IsSupersetOf({HasSubstr("lines that are not priced"), HasSubstr("different machines")}));
}

TEST(EstimateJson, IsAsItsSchemaSays) {
  for (const PriceList& prices : {exact_prices(), few_prices(), PriceList{}}) {
    EXPECT_THAT(estimate_complaints(json_of(estimated(forking_report(), prices))), IsEmpty());
    EXPECT_THAT(estimate_complaints(json_of(estimated(threaded_report(), prices))), IsEmpty());
  }
}

TEST(EstimateJson, TheSchemaIsStrict) {
  const json document = json::parse(json_of(estimated(forking_report(), exact_prices())));
  for (const char* const place : {"/cpu/low_ns", "/lines/0/there_ns", "/lines/0/state", "/facts/0/state", "/as"}) {
    json wrong = document;
    wrong[json::json_pointer(place)] = "x";
    EXPECT_THAT(test::schema_complaints(estimate_schema(), wrong), Not(IsEmpty())) << place;
  }
  for (const char* const place : {"", "/lines/0", "/facts/0", "/report", "/prices/host", "/cpu"}) {
    json more = document;
    more[json::json_pointer(std::string(place) + "/surprise")] = 1;
    EXPECT_THAT(test::schema_complaints(estimate_schema(), more), Not(IsEmpty())) << place;
  }
}

TEST(EstimateJson, HasTheFiguresOfTheText) {
  const Estimate estimate = estimated(forking_report(), few_prices());
  const json document = json::parse(json_of(estimate));
  EXPECT_EQ(document.at("as"), "threads");
  EXPECT_EQ(document.at("workers"), 16);
  EXPECT_EQ(document.at("cpu").at("there_ns"), estimate.cpu.estimated.value);
  EXPECT_EQ(document.at("lines_without_price"), estimate.without_price());
  EXPECT_EQ(document.at("lines").size(), estimate.lines.size());
  EXPECT_EQ(document.at("prices").at("host").at("kernel"), "6.12.9-amd64");
  EXPECT_EQ(document.at("warnings").size(), 1);
}

}  // namespace
}  // namespace taskcost
