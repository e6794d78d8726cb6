// SPDX-License-Identifier: Apache-2.0
//
// The text report of a real run: it fits 80 columns and passes no terminal escapes of the program on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Finished text_of(const Words& command, const Words& options = {}, const SpawnOptions& spawn = {}) {
  Words words{taskcost_binary(), "run", "--quiet"};
  words.insert(words.end(), options.begin(), options.end());
  words.emplace_back("--");
  words.insert(words.end(), command.begin(), command.end());
  return run(words, spawn);
}

// The number of code points, which are columns unless wide characters are printed; -1 if it is not UTF-8.
int columns_of(const std::string& line) {
  int columns = 0;
  int following = 0;
  for (const char c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (following > 0) {
      if ((byte & 0xc0) != 0x80) {
        return -1;
      }
      --following;
      continue;
    }
    ++columns;
    following = byte < 0x80             ? 0
                : (byte & 0xe0) == 0xc0 ? 1
                : (byte & 0xf0) == 0xe0 ? 2
                : (byte & 0xf8) == 0xf0 ? 3
                                        : -1;
    if (following < 0) {
      return -1;
    }
  }
  return following == 0 ? columns : -1;
}

void expect_fits(const std::string& text) {
  EXPECT_FALSE(text.empty());
  for (const std::string& line : lines_of(text)) {
    const int columns = columns_of(line);
    EXPECT_LE(columns, 80) << line;
    EXPECT_NE(columns, -1) << "no UTF-8: " << line;
    EXPECT_TRUE(std::none_of(line.begin(), line.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }))
        << "control byte: " << line;
  }
}

TEST(Text, FitsEightyColumns) {
  const TemporaryDirectory directory;
  for (const Words& options : {Words{}, Words{"--verbose"}}) {
    const Finished finished = text_of({program("odd_lives"), programs_directory(), directory.file("log")}, options);
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    expect_fits(finished.err);
    EXPECT_THAT(finished.err, HasSubstr("odd_lives"));
  }
}

TEST(Text, LongNamesFitToo) {
  std::string argument(3000, 'x');
  const Finished finished = text_of({"/bin/true", argument, "\xc3\xa4\xc3\xb6\xc3\xbc"});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  expect_fits(finished.err);
}

TEST(Text, HostileNamesAreEscaped) {
  const Finished finished = text_of({program("hostile_comm")}, {"--verbose"});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  expect_fits(finished.err);
  EXPECT_THAT(finished.err, Not(HasSubstr("\x1b")));
}

TEST(Text, HostileNamesAreEscapedInJson) {
  const Observed observed = observe({program("hostile_comm")});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  EXPECT_EQ(observed.report->processes().size(), 2);
  // This parser is strict: it refuses control bytes and broken UTF-8 in strings.
  EXPECT_NO_THROW((void)observed.report->json().dump());
}

TEST(Text, QuietWithoutAReportIsSilent) {
  const Finished finished = text_of({"true"}, {"--format=none"});
  EXPECT_EQ(finished.err, "");
  EXPECT_EQ(finished.out, "");
}

// Standard output is the command's alone: a file to which it is redirected holds what the command wrote.
TEST(Text, StandardOutputIsTheCommands) {
  const Words command{"sh", "-c", "printf '\\000data\\n'"};
  const std::string data("\0data\n", 6);
  const Finished plain = text_of(command);
  EXPECT_EQ(plain.out, data);
  EXPECT_THAT(plain.err, HasSubstr("sh"));
  EXPECT_EQ(text_of(command, {"--verbose", "--format=json"}).out, data);
  EXPECT_EQ(run({taskcost_binary(), "run", "--repeat", "2", "--", "sh", "-c", "echo x"}).out, "x\nx\n");
}

TEST(Text, AFileLeavesStandardErrorToTheCommand) {
  const TemporaryDirectory directory;
  const Finished finished = text_of({"sh", "-c", "echo said >&2"}, {"-o", directory.file("r.txt")});
  EXPECT_EQ(finished.err, "said\n");
  EXPECT_THAT(read_file(directory.file("r.txt")), HasSubstr("sh"));
}

TEST(Text, DashIsStandardOutput) {
  const Finished finished = text_of({"sh", "-c", "echo said"}, {"-o", "-"});
  EXPECT_THAT(finished.out, ::testing::StartsWith("said\n"));
  expect_fits(finished.out);
  EXPECT_GT(lines_of(finished.out).size(), 5U);
  EXPECT_EQ(finished.err, "");
}

// The report follows the command's output, even where both go to the same file.
TEST(Text, TheReportComesAfterTheCommandsOwnOutput) {
  const Finished finished = run({"sh", "-c", "exec \"$@\" 2>&1", "sh", taskcost_binary(), "run", "-q", "--", "sh", "-c",
                                 "echo first; echo second >&2"});
  EXPECT_THAT(finished.out, ::testing::StartsWith("first\nsecond\n"));
  EXPECT_GT(lines_of(finished.out).size(), 5U);
}

// script(1) of util-linux gives the tool a terminal.
std::string on_a_terminal(const std::string& options, const SpawnOptions& spawn) {
  return run({"/usr/bin/script", "-qec", taskcost_binary() + " run " + options + " -- true", "/dev/null"}, spawn).out;
}

TEST(Text, ATerminalGetsTheSummaryBesideAFile) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("r.txt");
  const std::string seen = on_a_terminal("--no-color -o " + file, {});
  EXPECT_THAT(seen, HasSubstr("CPUs utilized"));
  EXPECT_LE(lines_of(seen).size(), 15U) << seen;
  EXPECT_GT(lines_of(read_file(file)).size(), 60U);
  EXPECT_THAT(on_a_terminal("--quiet -o " + file, {}), Not(HasSubstr("CPUs utilized")));
}

TEST(Text, BriefIsTheSummaryAlone) {
  const Finished finished = text_of({"true"}, {"--brief"});
  EXPECT_THAT(finished.err, HasSubstr("CPUs utilized"));
  EXPECT_LE(lines_of(finished.err).size(), 15U) << finished.err;
  EXPECT_LT(lines_of(finished.err).size(), lines_of(text_of({"true"}).err).size() / 2);
}

TEST(Text, ColorsAreForTerminals) {
  SpawnOptions plain;
  plain.environment["TERM"] = "xterm-256color";
  plain.environment["NO_COLOR"] = std::nullopt;
  SpawnOptions no_color = plain;
  no_color.environment["NO_COLOR"] = "1";
  EXPECT_THAT(on_a_terminal("", plain), HasSubstr("\x1b["));
  EXPECT_THAT(on_a_terminal("--no-color", plain), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(on_a_terminal("", no_color), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(text_of({"true"}, {}, plain).err, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace taskcost::test
