// SPDX-License-Identifier: Apache-2.0
//
// Renders an HTML report in headless Chromium, as a person would see it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace taskcost::test {

enum class Scheme { light, dark };

struct SeenPage {
  // The state of the page with everything unfolded; the keys are those of tests/page/look.js.
  nlohmann::json facts;
  std::string console;  // console messages; empty if there were none

  // Returns the rows of the table with that label, cells as {"text", "value"}; empty if there is none.
  [[nodiscard]] nlohmann::json rows(const std::string& label) const;
  // Returns the cells of the row of that table that begins with `name`.
  [[nodiscard]] nlohmann::json row(const std::string& label, const std::string& name) const;
};

// `width` is that of the page in CSS pixels, not of the window, which has a minimum width. `question` names a function
// of tests/page as FILE.FUNCTION; it is called at the end, and facts["answer"] is its result.
SeenPage render_page(const std::string& html, int width, Scheme scheme = Scheme::light,
                     const std::string& question = {});

// Opens the page in real time, as a document of its own, and returns what the promise of a function of tests/page
// (FILE.FUNCTION) becomes.
nlohmann::json measure_page(const std::string& html, const std::string& question);

// Checks what holds for every page: an empty console, nothing cut off or blank, no sideways scrolling, and no markup
// from names.
void expect_well_rendered(const SeenPage& seen);

}  // namespace taskcost::test
