// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include <string>
#include <vector>

#include "cli/options/shell_words.h"
#include "support/parsed_options.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CompareCommand compared(const std::vector<std::string>& arguments) {
  return test::parsed_as<CompareCommand>(test::after("compare", arguments));
}

std::string refused(const std::vector<std::string>& arguments, const char* command = "compare") {
  return test::refusal_of(test::after(command, arguments));
}

TEST(CompareOptions, CommandsAreForTheShell) {
  const CompareCommand compare = compared({"sleep 0.1", "sleep 0.2 && true"});
  ASSERT_EQ(compare.commands.size(), 2U);
  EXPECT_THAT(compare.commands[1].arguments, ElementsAre("sh", "-c", "sleep 0.2 && true"));
  EXPECT_EQ(compare.commands[1].name, "sleep 0.2 && true");
  EXPECT_EQ(compare.max_time, 60s);
  EXPECT_FALSE(compare.rounds || compare.ignore_failure || compare.fail_above || compare.user);
  EXPECT_EQ(compare.warmup, 0U);
  EXPECT_EQ(compare.output.kind, CommandOutput::Kind::null);
  EXPECT_THAT(compare.input, IsEmpty());
}

TEST(CompareOptions, AnotherShellOrNone) {
  EXPECT_THAT(compared({"-S", "bash --norc", "x"}).commands[0].arguments, ElementsAre("bash", "--norc", "-c", "x"));
  for (const char* none : {"-N", "--shell=none"}) {
    EXPECT_THAT(compared({none, "grep -r 'a b' ."}).commands[0].arguments, ElementsAre("grep", "-r", "a b", "."));
  }
  EXPECT_THAT(compared({"--shell=default", "x"}).commands[0].arguments, ElementsAre("sh", "-c", "x"));
  EXPECT_THAT(refused({"-N", "grep 'a"}), HasSubstr("a quote is not closed"));
  EXPECT_THAT(refused({"-N", " "}), HasSubstr("nothing to run"));
  EXPECT_THAT(refused({"-S", "", "x"}), HasSubstr("names no shell"));
}

TEST(CompareOptions, AllTogether) {
  const CompareCommand compare =
      compared({"-w",   "3",       "-r",     "20",       "-p",   "sync",   "-c",     "rm a",     "-c",
                "rm b", "-s",      "make",   "-n",       "old",  "-n",     "new",    "-i",       "--fail-above",
                "10",   "--input", "in.txt", "--output", "pipe", "--user", "nobody", "--detail", "switches",
                "-q",   "--color", "always", "a",        "b"});
  EXPECT_EQ(compare.warmup, 3U);
  EXPECT_EQ(compare.rounds, 20U);
  EXPECT_FALSE(compare.max_time);
  EXPECT_EQ(compare.commands[0].name, "old");
  EXPECT_EQ(compare.commands[1].text, "b");
  EXPECT_EQ(compare.commands[1].prepare, "sync");
  EXPECT_EQ(compare.commands[0].cleanup, "rm a");
  EXPECT_EQ(compare.commands[1].cleanup, "rm b");
  EXPECT_EQ(compare.commands[0].setup, "make");
  EXPECT_TRUE(compare.ignore_failure);
  EXPECT_EQ(compare.fail_above, 10);
  EXPECT_EQ(compare.input, "in.txt");
  EXPECT_EQ(compare.output.kind, CommandOutput::Kind::pipe);
  EXPECT_EQ(compare.user, "nobody");
  EXPECT_EQ(compare.observe.detail, Detail::switches);
  EXPECT_TRUE(compare.observe.quiet);
  EXPECT_EQ(compare.observe.color, true);
}

TEST(CompareOptions, TakesTheNamesOfHyperfine) {
  const CompareCommand compare = compared({"--runs", "5", "--command-name", "x", "--show-output", "--export-markdown",
                                           "a.txt", "--export-json", "b", "--export-csv", "-", "true"});
  EXPECT_EQ(compare.rounds, 5U);
  EXPECT_EQ(compare.commands[0].name, "x");
  EXPECT_EQ(compare.output.kind, CommandOutput::Kind::inherit);
  ASSERT_EQ(compare.observe.outputs.size(), 2U);
  EXPECT_EQ(compare.observe.outputs[0].format, OutputFormat::json);
  EXPECT_EQ(compare.observe.outputs[1].format, OutputFormat::markdown);
  EXPECT_EQ(compare.observe.format, OutputFormat::csv);
}

TEST(CompareOptions, OutputsByTheirEnding) {
  const CompareCommand compare =
      compared({"-o", "a.md", "-o", "a.csv", "-o", "a.html", "-o", "a.json", "-o", "a.txt", "true", "false"});
  ASSERT_EQ(compare.observe.outputs.size(), 5U);
  EXPECT_EQ(compare.observe.outputs[0].format, OutputFormat::markdown);
  EXPECT_EQ(compare.observe.outputs[1].format, OutputFormat::csv);
  EXPECT_EQ(compare.observe.format, OutputFormat::text);
  EXPECT_THAT(refused({"-o", "a.tcap", "true"}), HasSubstr(".md"));
}

TEST(CompareOptions, ErrorsNameTheMistake) {
  EXPECT_THAT(refused({}), HasSubstr("no command to run"));
  EXPECT_THAT(refused({"a", "b", "-n", "x", "-n", "x"}), HasSubstr("two commands are named 'x'"));
  EXPECT_THAT(refused({"a", "-n", "x", "-n", "y"}), HasSubstr("more names than commands"));
  EXPECT_THAT(refused({"a", "b", "c", "-p", "x", "-p", "y"}), HasSubstr("one for each"));
  EXPECT_THAT(refused({"-r", "0", "a"}), HasSubstr("--rounds"));
  EXPECT_THAT(refused({"--max-time", "0", "a"}), HasSubstr("--max-time"));
  EXPECT_THAT(refused({"--fail-above", "-1", "a"}), HasSubstr("--fail-above"));
  EXPECT_THAT(refused({"--color", "blue", "a"}), HasSubstr("'blue'"));
  EXPECT_THAT(refused({"--detail", "some", "a"}), HasSubstr("some"));
  EXPECT_THAT(refused({"--rouns", "3", "a"}), HasSubstr("did you mean '--rounds'"));
  EXPECT_THAT(refused({""}), HasSubstr("empty"));
  // The same command twice tests the method.
  EXPECT_EQ(compared({"true", "true"}).commands.size(), 2U);
}

TEST(CompareOptions, RepeatOfRun) {
  const auto run = test::parsed_as<RunCommand>({"run", "--repeat", "20", "-o", "a.md", "--", "ls", "-l"});
  EXPECT_EQ(run.repeat, 20U);
  EXPECT_THAT(run.command, ElementsAre("ls", "-l"));
  ASSERT_EQ(run.observe.outputs.size(), 1U);
  EXPECT_EQ(run.observe.outputs[0].format, OutputFormat::markdown);
  EXPECT_FALSE(test::parsed_as<RunCommand>({"run", "ls"}).repeat);
  EXPECT_THAT(refused({"--repeat", "2", "--stacks", "ls"}, "run"), HasSubstr("--repeat"));
  EXPECT_THAT(refused({"--repeat", "0", "ls"}, "run"), HasSubstr("--repeat"));
  EXPECT_THAT(refused({"--repeat", "2", "-o", "a.tcap", "ls"}, "run"), HasSubstr(".json"));
}

TEST(ShellWords, SplitsLikeAShell) {
  using commandline::split_words;
  const auto words = [](const char* line) {
    const auto split = split_words(line);
    return split ? *split : std::vector<std::string>{"error"};
  };
  EXPECT_THAT(words("  a  b\tc\nd "), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(words("a 'b c' \"d e\"f"), ElementsAre("a", "b c", "d ef"));
  EXPECT_THAT(words(R"(a\ b "c\"d" "e\f" 'g\h' i\\)"), ElementsAre("a b", "c\"d", "e\\f", "g\\h", "i\\"));
  EXPECT_THAT(words("'' \"\" x"), ElementsAre("", "", "x"));
  EXPECT_THAT(words("a # b\nc d#e"), ElementsAre("a", "c", "d#e"));
  EXPECT_THAT(words("a\\\nb \"c\\\nd\""), ElementsAre("ab", "cd"));
  EXPECT_THAT(words("a\\"), ElementsAre("a\\"));
  EXPECT_THAT(words(""), IsEmpty());
  EXPECT_THAT(words("'a"), ElementsAre("error"));
  EXPECT_THAT(words("\"a"), ElementsAre("error"));
}

TEST(CompareOptions, OutputOfTheCommandsGoesToOnePlace) {
  using Kind = CommandOutput::Kind;
  for (const auto& [text, kind, path] :
       {std::tuple("null", Kind::null, ""), std::tuple("pipe", Kind::pipe, ""),
        std::tuple("inherit", Kind::inherit, ""), std::tuple("out.txt", Kind::file, "out.txt")}) {
    const auto compare = test::parsed_as<CompareCommand>({"compare", "--output", text, "a", "b"});
    EXPECT_EQ(compare.output.kind, kind) << text;
    EXPECT_EQ(compare.output.path, path) << text;
  }
  EXPECT_EQ(test::parsed_as<CompareCommand>({"compare", "-o", "-", "a", "b"}).observe.format, OutputFormat::text);
  EXPECT_EQ(test::parsed_as<CompareCommand>({"compare", "--export-json", "-", "a", "b"}).observe.format,
            OutputFormat::json);
}

}  // namespace
}  // namespace taskcost
