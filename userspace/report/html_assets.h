// SPDX-License-Identifier: Apache-2.0
//
// The files of html/ and the chart library, embedded at build time.
#pragma once

#include <string_view>

namespace taskcost {

std::string_view html_style();
std::string_view html_script();
std::string_view html_compare_script();
std::string_view html_charts();

}  // namespace taskcost
