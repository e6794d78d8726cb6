// SPDX-License-Identifier: Apache-2.0
//
// An HTML report as a person would see it: in Chromium, without a window.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace taskcost::test {

enum class Scheme { light, dark };

struct SeenPage {
  // What the page's script and style made of it, everything unfolded; the keys are those of tests/page/look.js.
  nlohmann::json facts;
  std::string console;  // its messages, empty when there were none

  // The rows of the table with that label, cells as {"text", "value"}; empty when there is none.
  [[nodiscard]] nlohmann::json rows(const std::string& label) const;
  // The cells of the row of that table that begins with `name`.
  [[nodiscard]] nlohmann::json row(const std::string& label, const std::string& name) const;
};

// `width` is that of the page in CSS pixels, not of the window: a window has a least width. `question` names a
// function of tests/page, FILE.FUNCTION, which is called at the end: facts["answer"].
SeenPage look_at(const std::string& html, int width, Scheme scheme = Scheme::light, const std::string& question = {});

// Expects what every page has to fulfil.
void expect_sound(const SeenPage& seen);

}  // namespace taskcost::test
