// SPDX-License-Identifier: Apache-2.0
//
// Reports as strings from their renderers.
#pragma once

#include <sstream>
#include <string>

#include "report/render.h"

namespace taskcost::test {

inline std::string html_of(const Report& report) {
  std::ostringstream out;
  render_html(report, out);
  return out.str();
}

inline std::string json_of(const Report& report) {
  std::ostringstream out;
  render_json(report, out);
  return out.str();
}

}  // namespace taskcost::test
