// SPDX-License-Identifier: Apache-2.0
#include "base/escape.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace taskcost {
namespace {

std::string terminal(std::string_view bytes) { return TerminalText(bytes).text(); }

std::string json(std::string_view bytes) {
  std::string out;
  append_json_string(out, bytes);
  return out;
}

// Each byte value alone and after a lead byte.
std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    bytes += '\xe2';
    bytes += static_cast<char>(i);
  }
  return bytes;
}

TEST(TerminalText, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(terminal("sh -c 'a\\nb'"), "sh -c 'a\\nb'");
  EXPECT_EQ(terminal("Bäckerei"), "Bäckerei");
  EXPECT_EQ(terminal("面包"), "面包");
  EXPECT_EQ(terminal(""), "");
}

TEST(TerminalText, DisarmsControlSequences) {
  EXPECT_EQ(terminal("\033[31mred\033[0m"), "\\x1b[31mred\\x1b[0m");
  EXPECT_EQ(terminal("a\nb\tc\rd\x7f"), "a\\nb\\tc\\x0dd\\x7f");
  EXPECT_EQ(terminal(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(terminal("\xc2\x9b"
                     "31m"),
            "\\u009b31m");  // CSI as a single character
}

TEST(TerminalText, DisarmsWhatReordersOrHides) {
  EXPECT_EQ(terminal("\u202egnp.exe"), "\\u202egnp.exe");
  EXPECT_EQ(terminal("\u2066a\u2069"), "\\u2066a\\u2069");
  EXPECT_EQ(terminal("a\u200bb"), "a\\u200bb");
  EXPECT_EQ(terminal("\ufeff"), "\\ufeff");
  EXPECT_EQ(terminal("\u2028"), "\\u2028");
  EXPECT_EQ(terminal("\U000e0041"), "\\U000e0041");
}

TEST(TerminalText, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(terminal("a\xff"), "a\\xff");
  EXPECT_EQ(terminal("\xc3"), "\\xc3");                             // truncated
  EXPECT_EQ(terminal("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(terminal("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");           // overlong
  EXPECT_EQ(terminal("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(terminal("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // above U+10FFFF
  EXPECT_EQ(terminal("\xe2\x82"
                     "A"),
            "\\xe2\\x82"
            "A");
}

TEST(TerminalText, ChangesNothingTheSecondTime) {
  const std::string once = terminal(all_bytes());
  EXPECT_EQ(terminal(once), once);
  for (const char c : once) {
    EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
}

TEST(TerminalText, CountsColumns) {
  EXPECT_EQ(TerminalText("abc").width(), 3U);
  EXPECT_EQ(TerminalText("1 µs").width(), 4U);
  EXPECT_EQ(TerminalText("面包").width(), 4U);
  EXPECT_EQ(TerminalText("e\u0301").width(), 1U);
  EXPECT_EQ(TerminalText("🍞").width(), 2U);
  EXPECT_EQ(TerminalText("\033").width(), 4U);
}

TEST(TerminalText, IsCutAtWholeCharacters) {
  EXPECT_EQ(TerminalText("abcdef").cut(6).text(), "abcdef");
  EXPECT_EQ(TerminalText("abcdef").cut(4).text(), "abc…");
  EXPECT_EQ(TerminalText("面包面包").cut(4).text(), "面…");
  EXPECT_EQ(TerminalText("面包").cut(1).text(), "…");
  EXPECT_EQ(TerminalText("abc").cut(0).text(), "");
}

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  std::vector<std::string> lines;
  for (const TerminalText& line : TerminalText(text).wrap(columns)) {
    lines.push_back(line.text());
  }
  return lines;
}

TEST(TerminalText, WrapsAtSpacesAndBreaksLongWords) {
  using Lines = std::vector<std::string>;
  EXPECT_EQ(wrapped("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrapped("one two", 80), (Lines{"one two"}));
  EXPECT_EQ(wrapped("abcdefgh ij", 3), (Lines{"abc", "def", "gh", "ij"}));
  EXPECT_EQ(wrapped("面包面", 4), (Lines{"面包", "面"}));
  EXPECT_EQ(wrapped("", 10), (Lines{""}));
  EXPECT_EQ(wrapped("面", 0), (Lines{"面"}));
}

TEST(JsonText, IsPlainAsciiThatReadsBack) {
  const std::string name = "a\"b\\c\n\t\033[0m\x7fä面🍞\u202e";
  const std::string written = json(name);
  for (const char c : written) {
    EXPECT_TRUE(c >= 0x20 && c < 0x7f) << static_cast<int>(c);
  }
  EXPECT_EQ(nlohmann::json::parse(written).get<std::string>(), name);
}

TEST(JsonText, ReplacesEachByteThatIsNotUtf8) {
  EXPECT_EQ(json("a\xff\xfe"), "\"a\\ufffd\\ufffd\"");
  EXPECT_TRUE(nlohmann::json::accept(json(all_bytes())));
}

}  // namespace
}  // namespace taskcost
