// SPDX-License-Identifier: Apache-2.0
//
// Names, paths and arguments that an observed program may choose to attack the reader of a report. Every renderer is
// tested with all of them.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace taskcost::test {

inline const std::vector<std::string> hostile_names = {
    "",
    // Attacks on a terminal: colors, titles, a cleared screen, C1 controls in both forms, overwritten lines.
    "\033[31mred\033[0m",
    "\033]0;owned\a",
    "\033[2J",
    "\u009b31m",
    "\x9b"
    "31m",
    "a\nb\r\tc\b\x7f",
    std::string("a\0b", 3),
    // Characters that reorder or hide text, or are wider or narrower than they look.
    "\u202egnp.exe",
    "a\u200bb",
    "\u115f\u3164\ufe0f",
    "\u2028\ufeff",
    "\U000e0041",
    "e\u0301\u0301\u0301",
    "漢字漢字漢字漢字",
    "a😀😀😀😀😀😀😀",
    "ｆｕｌｌｗｉｄｔｈ　ｎａｍｅ",
    // Bytes that are not UTF-8: stray, cut, overlong, a surrogate, beyond Unicode.
    "\xff\xfe\x80name",
    "\xe6\xbc\xa2\xe5\xad",
    "\xc0\xaf",
    "\xed\xa0\x80",
    "\xf4\x90\x80\x80",
    // Attacks on an HTML page and on JSON.
    "</script><b>",
    "<!--<script>",
    "]]>&amp;",
    "'\"&\\",
    "\"]}\n",
    "\\u0000\\",
    "{{x}}${x}",
    // Attacks on tables and folded stacks: separators, and formulas of a spreadsheet.
    "a,b\"\"c",
    ",",
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "a;b",
    "a 12\nb 34",
    "#comment",
    // Names of the maximum length, without and with room for the terminating zero; and one longer than any line.
    "sixteen bytes!!!",
    "fifteen bytes!!",
    std::string(300, 'x'),
};

// Checks that the text is harmless on a terminal: no controls but line ends, no invisible or reordering characters.
inline bool is_harmless(std::string_view text) {
  const bool controls = std::any_of(text.begin(), text.end(), [](char c) {
    return c != '\n' && (static_cast<unsigned char>(c) < 0x20 || c == '\x7f');
  });
  const std::vector<std::string_view> unseen = {"\u202e",     "\u200b", "\u2028", "\ufeff",
                                                "\U000e0041", "\u009b", "\u3164"};
  return !controls && std::none_of(unseen.begin(), unseen.end(),
                                   [text](std::string_view each) { return text.find(each) != std::string_view::npos; });
}

}  // namespace taskcost::test
