// SPDX-License-Identifier: Apache-2.0
//
// Stacks of programs without frame pointers, which unwind tables lead through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;

constexpr std::int64_t times = 30;  // sleeps on each path of tests/elf/walks.c

bool has_tables(const Report& report) { return !report["stacks"].at("unwind_tables").is_null(); }

// Sleeps by path: the functions of the program itself, outermost first.
struct Sleeps {
  std::int64_t all = 0;
  std::int64_t complete = 0;
};
std::map<std::string, Sleeps> sleeps_of(const Report& report, const std::string& program_name) {
  std::map<std::string, Sleeps> sleeps;
  for (const Json& stack : report["stacks"].at("stacks")) {
    std::string path;
    for (const Json& frame : stack.at("frames")) {
      if (frame.at("module").is_string() && frame.at("function").is_string() &&
          frame.at("module").get<std::string>().ends_with("/" + program_name)) {
        const auto function = frame.at("function").get<std::string>();
        // The static program has the C library inside.
        if (function == "_start" || function == "main" || function == "thread_main" || function == "rest" ||
            function.ends_with("_f") || function.starts_with("plain_") || function == "on_signal" ||
            function == "from_library") {
          path += (path.empty() ? "" : ";") + function;
        }
      }
    }
    if (stack.at("wait") == "timer" && path.ends_with(";rest")) {
      Sleeps& sum = sleeps[path];
      sum.all += stack.at("count").get<std::int64_t>();
      sum.complete += stack.at("end") == "complete" ? stack.at("count").get<std::int64_t>() : 0;
    }
  }
  return sleeps;
}

std::int64_t count_of_ends(const Report& report) {
  std::int64_t sum = 0;
  for (const auto& [end, sums] : report["stacks"].at("ends").items()) {
    sum += sums.at("count").get<std::int64_t>();
  }
  return sum;
}

class Unwind : public ::testing::TestWithParam<const char*> {};

// backtrace() of the program's C library walks by the same .eh_frame, with another reader.
TEST_P(Unwind, PathsAreThoseThatTheProgramSees) {
  const std::string name = GetParam();
  const Observed observed =
      observe({elf_directory() + "/" + name, elf_directory() + "/walks_library.so"}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  expect_closed(report);
  if (!has_tables(report)) {
    GTEST_SKIP() << "no unwind tables here";
  }
  std::map<std::string, Sleeps> sleeps = sleeps_of(report, name);
  std::istringstream expected(observed.finished.out);
  int paths = 0;
  for (std::string path; std::getline(expected, path); ++paths) {
    SCOPED_TRACE(path);
    // The table of a library is made once it is seen.
    const bool is_late = path.find("from_library") != std::string::npos;
    EXPECT_GE(sleeps[path].complete, is_late ? 1 : times);
    EXPECT_LE(sleeps[path].all, times);
  }
  EXPECT_EQ(paths, 9);
  EXPECT_EQ(count_of_ends(report), report["stacks"].at("events"));
}

INSTANTIATE_TEST_SUITE_P(Program, Unwind, ::testing::Values("walks_pie", "walks_static"),
                         [](const auto& name) { return std::string(name.param); });

TEST(UnwindOfRuns, WhatIsTooDeepIsCutAndSaysSo) {
  const Observed observed =
      observe({elf_directory() + "/walks_pie", elf_directory() + "/walks_library.so"}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  if (!has_tables(*observed.report)) {
    GTEST_SKIP() << "no unwind tables here";
  }
  bool found = false;
  for (const Json& stack : (*observed.report)["stacks"].at("stacks")) {
    if (stack.at("end") == "too_deep") {
      const Json& frames = stack.at("frames");
      const auto calls =
          std::ranges::count_if(frames, [](const Json& frame) { return frame.at("function") == "deep_f"; });
      EXPECT_GT(calls, 100);
      EXPECT_TRUE(stack.at("cut").get<bool>());
      found = true;
    }
  }
  EXPECT_TRUE(found);
}

TEST(UnwindOfRuns, FramePointersAloneDoNotLeadThere) {
  const Observed observed = observe({elf_directory() + "/walks_pie", elf_directory() + "/walks_library.so"},
                                    {"--stacks", "--unwind-memory", "0"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  EXPECT_FALSE(has_tables(*observed.report));
  EXPECT_FALSE(sleeps_of(*observed.report, "walks_pie").contains("_start;main;plain_f;plain_g;plain_h;rest"));
  EXPECT_GT((*observed.report)["stacks"].at("cut_events"), 0);
}

// Time of the stacks that end so.
std::int64_t time_of(const Report& report, const std::string& end) {
  const Json& ends = report["stacks"].at("ends");
  return ends.contains(end) ? ends.at(end).at("time_ns").get<std::int64_t>() : 0;
}

// The files without a table, by the end of their path, and why.
std::string why_no_table(const Report& report, const std::string& ending) {
  for (const Json& failure : report["stacks"].at("unwind_tables").at("failures")) {
    if (failure.at("file").get<std::string>().ends_with(ending)) {
      return failure.at("why").get<std::string>();
    }
  }
  return "";
}

// The child runs on the stack of its parent, so vfork keeps its return address in a register.
TEST(UnwindOfRuns, LeadsOutOfVfork) {
  constexpr int children = 50;
  const TemporaryDirectory directory;
  const Observed observed = observe({program("vforks"), std::to_string(children), directory.file("log")}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  if (!has_tables(*observed.report)) {
    GTEST_SKIP() << "no unwind tables here";
  }
  std::int64_t waits = 0;
  for (const Json& stack : (*observed.report)["stacks"].at("stacks")) {
    const Json& frames = stack.at("frames");
    const auto has = [&frames](const std::string& function) {
      return std::ranges::any_of(frames, [&](const Json& frame) {
        return frame.at("function").is_string() &&
               frame.at("function").get<std::string>().find(function) != std::string::npos;
      });
    };
    if (stack.at("wait") == "creation" && has("wait_for_completion") && has("vfork")) {
      EXPECT_EQ(stack.at("end"), "complete");
      EXPECT_TRUE(has("vfork_child"));
      EXPECT_TRUE(has("main"));
      waits += stack.at("count").get<std::int64_t>();
    }
  }
  EXPECT_GT(waits, 0);
  EXPECT_LE(waits, children);
}

// Nothing knows the file before it is executed: its table is made while it runs, and the long wait has a whole stack.
TEST(UnwindOfRuns, AWaitOutlastsTheMakingOfATable) {
  const TemporaryDirectory directory;
  const std::string copy = directory.file("sleep");
  std::filesystem::copy_file("/bin/sleep", copy);
  const Observed observed = observe({"/bin/sh", "-c", copy + " 0.5; true"}, {"--stacks"});
  ASSERT_TRUE(observed.report);
  if (!has_tables(*observed.report)) {
    GTEST_SKIP() << "no unwind tables here";
  }
  int found = 0;
  for (const Json& stack : (*observed.report)["stacks"].at("stacks")) {
    if (stack.at("wait") == "timer") {
      EXPECT_EQ(stack.at("end"), "complete") << stack.at("time_ns");
      ++found;
    }
  }
  EXPECT_GT(found, 0);
  EXPECT_EQ(count_of_ends(*observed.report), (*observed.report)["stacks"].at("events"));
}

// Their tables are made before the window opens, also that of a file that nothing has executed before.
TEST(UnwindOfRuns, ProcessesThatExistHaveTheirTables) {
  const TemporaryDirectory directory;
  const std::string copy = directory.file("naps");
  std::filesystem::copy_file(program("naps_here"), copy);
  Subprocess target({copy, "1000000"});
  Words words = attach_command({"-p", std::to_string(target.pid()), "-d", "0.5"}, directory.file("r.json"));
  words.emplace_back("--stacks");
  const Finished finished = Subprocess(words).wait();
  target.send(SIGKILL);
  target.wait();
  EXPECT_EQ(finished.exit_code(), 0) << finished.err;
  const auto report = read_report(directory.file("r.json"));
  ASSERT_TRUE(report);
  if (!has_tables(*report)) {
    GTEST_SKIP() << "no unwind tables here";
  }
  EXPECT_FALSE((*report)["stacks"].at("ends").contains("pending"));
  EXPECT_GT((*report)["stacks"].at("events"), 0);
}

TEST(UnwindOfRuns, SaysWhichTableFoundNoRoom) {
  // The tables of the tool and its libraries are larger.
  const Observed observed = observe({taskcost_binary(), "--help"}, {"--stacks", "--unwind-memory", "1"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  if (!has_tables(report)) {
    GTEST_SKIP() << "no unwind tables here";
  }
  const Json& tables = report["stacks"].at("unwind_tables");
  EXPECT_GE(tables.at("no_room"), 1);
  EXPECT_LE(tables.at("bytes"), tables.at("limit_bytes"));
  EXPECT_THAT(tables.at("failures").dump(), HasSubstr("no room for its "));
  EXPECT_GT(time_of(report, "no_room"), 0);
  EXPECT_EQ(report["losses"].at("missed_stacks"), 0);
}

TEST(UnwindOfRuns, SaysWhichFileIsMalformed) {
  const TemporaryDirectory directory;
  const std::string copy = directory.file("walks_pie");
  const std::string junk = directory.file("junk");
  std::ofstream(junk) << "this describes no function";
  const Words spoil{"objcopy", "--update-section", ".eh_frame=" + junk, elf_directory() + "/walks_pie", copy};
  ASSERT_EQ(Subprocess(spoil).wait().exit_code(), 0);
  const Observed observed = observe({copy}, {"--stacks"});
  ASSERT_TRUE(observed.report);
  if (!has_tables(*observed.report)) {
    GTEST_SKIP() << "no unwind tables here";
  }
  EXPECT_THAT(why_no_table(*observed.report, "/walks_pie"), HasSubstr("malformed"));
}

// Whatever the registers of a program are, each of its stacks has an end that is told.
TEST(UnwindOfRuns, BrokenStacksHaveAnEnd) {
  const Observed observed = observe({program("broken_stacks")}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  expect_closed(report);
  EXPECT_EQ(report["losses"].at("missed_stacks"), 0);
  EXPECT_EQ(count_of_ends(report), report["stacks"].at("events"));
  const std::int64_t slept = std::stol(observed.finished.out);
  std::int64_t cut = 0;
  for (const Json& stack : report["stacks"].at("stacks")) {
    if (stack.at("kind") == "wait" && stack.at("wait") == "timer") {
      cut += stack.at("cut").get<bool>() ? stack.at("count").get<std::int64_t>() : 0;
    }
  }
  if (has_tables(report)) {
    EXPECT_EQ(cut, slept);
  }
}

}  // namespace
}  // namespace taskcost::test
