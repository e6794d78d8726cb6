// SPDX-License-Identifier: Apache-2.0
//
// The figures that `diff` reads from a report, and the comparison of two reports.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "report/render.h"
#include "support/rendered.h"
#include "verdict/diff/diff.h"

namespace taskcost::test {

inline ReportFigures figures_of(const Report& report, const std::string& name = "") {
  auto figures = read_figures(json_of(report));
  if (!figures) {
    ADD_FAILURE() << to_line(figures.error());
    return {};
  }
  figures->name = name;
  return *std::move(figures);
}

inline Difference compared(const Report& a, const Report& b) {
  return diff_reports(figures_of(a, "a.json"), figures_of(b, "b.json"));
}

}  // namespace taskcost::test
