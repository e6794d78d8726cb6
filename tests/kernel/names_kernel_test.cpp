// SPDX-License-Identifier: Apache-2.0
//
// The names in stacks: of files that moved, of other mount namespaces, of compiled code, and of paths that languages
// make. The programs' own functions, nm and perf script say what is right.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/expect.h"
#include "support/servers.h"

namespace taskcost::test {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

std::string text_of(const Json& value) { return value.is_string() ? value.get<std::string>() : ""; }

// The name without its parameters, an unnamed namespace and what the compiler adds: "main.cold" is "main".
std::string short_name(std::string function) {
  const std::string unnamed = "(anonymous namespace)::";
  for (std::size_t at = function.find(unnamed); at != std::string::npos; at = function.find(unnamed)) {
    function.erase(at, unnamed.size());
  }
  return function.substr(0, function.find_first_of("(."));
}

// The user functions of each stack of sleeps, outermost first, as "main;nap": those between main and the C library.
// A frame without a name is its mark.
std::set<std::string> sleeps_of(const Report& report) {
  std::set<std::string> paths;
  for (const Json& stack : report["stacks"].at("stacks")) {
    std::string path;
    for (const Json& frame : stack.at("frames")) {
      const std::string function = short_name(text_of(frame.at("function")));
      const bool is_library = text_of(frame.at("module")).find("/libc.so") != std::string::npos;
      if (!frame.at("kernel").get<bool>() && !is_library && (!path.empty() || function == "main")) {
        path += (path.empty() ? "" : ";") + (function.empty() ? "(" + text_of(frame.at("mark")) + ")" : function);
      }
    }
    if (stack.at("wait") == "timer" && !path.empty()) {
      paths.insert(path);
    }
  }
  return paths;
}

bool has_tables(const Report& report) { return !report["stacks"].at("unwind_tables").is_null(); }

std::set<std::string> functions_of(const Report& report) {
  std::set<std::string> functions;
  for (const Json& stack : report["stacks"].at("stacks")) {
    for (const Json& frame : stack.at("frames")) {
      if (!frame.at("kernel").get<bool>()) {
        functions.insert(short_name(text_of(frame.at("function"))));
      }
    }
  }
  return functions;
}

// Observes what runs below a process for a while.
std::optional<Report> attach_to(pid_t pid, const std::string& seconds = "1") {
  const TemporaryDirectory directory;
  const Finished finished =
      run(attach_command({"-p", std::to_string(pid), "-d", seconds, "--stacks"}, directory.file("r.json")));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  return read_report(directory.file("r.json"));
}

// ---- Files ----------------------------------------------------------------------------------------------------------

struct Fate {
  const char* name;
  const char* then;  // happens to the file "tool" while it runs

  friend void PrintTo(const Fate& fate, std::ostream* out) { *out << fate.name; }
};
class StacksOfMovedFiles : public ::testing::TestWithParam<Fate> {};

TEST_P(StacksOfMovedFiles, HaveTheirNames) {
  const TemporaryDirectory directory;
  struct stat root {};
  struct stat here {};
  ASSERT_EQ(stat("/", &root) + stat(directory.path().c_str(), &here), 0);
  if (root.st_dev != here.st_dev) {
    GTEST_SKIP() << "files of other mounts than the root are not kept open";
  }
  const std::string script = "cd " + directory.path() + "; cp " + program("naps_here") + " tool; cp " +
                             program("naps_there") + " twin; ./tool 100 & sleep 0.1; " + GetParam().then + "; wait";
  const Observed observed = observe({"sh", "-c", script}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  EXPECT_THAT(functions_of(*observed.report), IsSupersetOf({"nap_here", "nap_here_inner"}));
  EXPECT_THAT(functions_of(*observed.report), Not(Contains("nap_there")));
  EXPECT_GT((*observed.report)["stacks"].at("files").at("kept"), 0);
}

INSTANTIATE_TEST_SUITE_P(File, StacksOfMovedFiles,
                         ::testing::Values(Fate{"unlinked", "rm tool"}, Fate{"replaced", "mv twin tool"},
                                           Fate{"renamed", "mv tool other"}, Fate{"by_a_fifo", "rm tool; mkfifo tool"}),
                         [](const auto& fate) { return std::string(fate.param.name); });

// Programs in a mount namespace whose parent lives there, too: they end before they are looked at.
TEST(StacksOfContainers, ShortProgramsHaveNames) {
  const TemporaryDirectory directory;
  Subprocess container({"unshare", "-m", "sh", "-c",
                        "mount -t tmpfs none " + directory.path() + " && cp " + program("naps_here") + " " +
                            directory.file("naps") + " && echo ready && while :; do " + directory.file("naps") +
                            " 1; done"});
  ASSERT_TRUE(container.wait_for_output("ready"));
  const auto report = attach_to(container.pid());
  ASSERT_TRUE(report);
  std::int64_t named = 0;
  std::int64_t all = 0;
  for (const Json& stack : (*report)["stacks"].at("stacks")) {
    for (const Json& frame : stack.at("frames")) {
      if (text_of(frame.at("module")).starts_with(directory.file("naps"))) {
        ++all;
        named += frame.at("function").is_string() ? 1 : 0;
      }
    }
  }
  EXPECT_GT(named, 0);
  EXPECT_GE(named, all * 9 / 10);
}

// The debug file lies beside the program, where only the container sees it.
TEST(StacksOfContainers, DebugFilesThereGiveNames) {
  const TemporaryDirectory directory;
  Subprocess container({"unshare", "-m", "sh", "-c",
                        "mount -t tmpfs none " + directory.path() + " && cp " + elf_directory() + "/paths_stripped " +
                            elf_directory() + "/paths_stripped.debug " + directory.path() +
                            " && echo ready && while :; do " + directory.file("paths_stripped") +
                            " > /dev/null; done"});
  ASSERT_TRUE(container.wait_for_output("ready"));
  const auto report = attach_to(container.pid());
  ASSERT_TRUE(report);
  EXPECT_THAT(functions_of(*report), IsSupersetOf({"bakery::Oven::bake", "bakery::knead", "rest"}));
}

// ---- Compiled code --------------------------------------------------------------------------------------------------

struct MapKind {
  const char* name;
  bool gives_names;

  friend void PrintTo(const MapKind& kind, std::ostream* out) { *out << kind.name; }
};
class CompiledCode : public ::testing::TestWithParam<MapKind> {};

TEST_P(CompiledCode, HasNamesIfItsMapIsRight) {
  const auto [kind, gives_names] = GetParam();
  const Observed observed = observe({program("compiles"), kind, "20"}, {"--stacks"});
  expect_ran(observed);
  const std::string pid = observed.finished.out.substr(0, observed.finished.out.find('\n'));
  std::filesystem::remove("/tmp/perf-" + pid + ".map");
  std::filesystem::remove("/tmp/perf-" + pid + ".map.other");
  ASSERT_TRUE(observed.report);
  const Report& report = *observed.report;
  const std::set<std::string> sleeps = sleeps_of(report);
  if (gives_names) {
    EXPECT_THAT(sleeps, Contains("main;jit_outer;between;jit_inner;nap"));
    EXPECT_THAT(sleeps, Each(Not(HasSubstr("(unknown)"))));
  } else {
    EXPECT_THAT(sleeps, Contains("main;(unknown);between;(unknown);nap"));
    EXPECT_THAT(sleeps, Each(Not(HasSubstr("jit_"))));
  }
  EXPECT_EQ(report["stacks"].at("files").at("jit_maps"), gives_names ? 1 : 0);
  EXPECT_EQ(report["stacks"].at("files").at("jit_maps_refused"), gives_names ? 0 : 1);
}

INSTANTIATE_TEST_SUITE_P(Map, CompiledCode,
                         ::testing::Values(MapKind{"right", true}, MapKind{"binary", true}, MapKind{"forks", true},
                                           MapKind{"absent", false}, MapKind{"link", false}, MapKind{"fifo", false},
                                           MapKind{"device", false}, MapKind{"foreign", false}, MapKind{"huge", false}),
                         [](const auto& map) { return std::string(map.param.name); });

// The map is named by a pid that is 1 there, in a /tmp of its own.
TEST(CompiledCodeOfContainers, HasNamesWhileItRuns) {
  Subprocess container({"unshare", "-m", "-p", "-f", "sh", "-c",
                        "mount -t tmpfs none /tmp && exec " + program("compiles") + " right 5000"});
  ASSERT_TRUE(container.wait_for_output("1\n"));
  const std::vector<pid_t> children = children_of(container.pid());
  ASSERT_EQ(children.size(), 1U);
  const auto report = attach_to(children.front(), "0.5");
  kill(children.front(), SIGKILL);
  ASSERT_TRUE(report);
  EXPECT_THAT(functions_of(*report), IsSupersetOf({"jit_outer", "between", "jit_inner"}));
}

// ---- Paths of languages ---------------------------------------------------------------------------------------------

Observed observe_calls(const std::string& other) {
  return observe({program("calls"), elf_directory() + "/nap_in_one.so", elf_directory() + "/" + other, "50"},
                 {"--stacks"});
}

TEST(PathsOfLanguages, HaveTheirNames) {
  const Observed observed = observe_calls("nap_in_one.so");
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  if (!has_tables(*observed.report)) {
    GTEST_SKIP() << "no unwind tables here";
  }
  const std::set<std::string> sleeps = sleeps_of(*observed.report);
  for (const char* path :
       {"main;handles;nap", "main;catches;unwinds;Cleanup::~Cleanup;nap", "main;called_last;nap",
        "main;resumes;routine;nap", "main;does_not_return;ends;nap", "main;loads;nap_in_library;nap_in_one"}) {
    EXPECT_THAT(sleeps, Contains(path));
  }
}

// Both have the same addresses, and a stack has no time: none of the two names would be right for all.
TEST(PathsOfLanguages, LibrariesInTurnGiveNoWrongName) {
  const Observed observed = observe_calls("nap_in_other.so");
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  for (const std::string& function : functions_of(*observed.report)) {
    EXPECT_THAT(function, Not(HasSubstr("nap_in_")));
  }
}

TEST(PathsOfLanguages, InterpretersAreNativeCode) {
  const Observed observed = observe({"perl", "-e", "select(undef, undef, undef, 0.01) for 1 .. 200"}, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  if (!has_tables(*observed.report)) {
    GTEST_SKIP() << "no unwind tables here";
  }
  EXPECT_THAT(functions_of(*observed.report), IsSupersetOf({"perl_run", "Perl_runops_standard"}));
}

// ---- Other sources --------------------------------------------------------------------------------------------------

// Names of one address, by each of them: {"nanosleep", "__nanosleep"}.
std::map<std::string, std::set<std::string>> aliases_in(const std::string& file) {
  std::map<std::string, std::set<std::string>> by_address;
  for (const char* option : {"-D", "-a"}) {
    std::istringstream lines(run({"nm", option, "--defined-only", file}).out);
    for (std::string address, type, name; lines >> address >> type >> name;) {
      by_address[address].insert(name.substr(0, name.find('@')));
    }
  }
  std::map<std::string, std::set<std::string>> aliases;
  for (const auto& [address, names] : by_address) {
    for (const std::string& name : names) {
      aliases[name].insert(names.begin(), names.end());
    }
  }
  return aliases;
}

using NamedFrame = std::pair<std::string, std::string>;  // function, file

// The user frames, outermost first, of the first sleep that perf records in this program.
std::vector<std::vector<NamedFrame>> perf_stacks(const Words& command) {
  const TemporaryDirectory directory;
  Words record{"perf",        "record", "-q", "-e", "sched:sched_switch",        "--call-graph",
               "dwarf,16384", "-m",     "4M", "-o", directory.file("perf.data"), "--"};
  record.insert(record.end(), command.begin(), command.end());
  if (run(record).exit_code() != 0) {
    return {};
  }
  std::istringstream lines(
      run({"perf", "script", "-i", directory.file("perf.data"), "--no-inline", "-F", "ip,sym,dso"}).out);
  std::vector<std::vector<NamedFrame>> stacks(1);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t file = line.rfind(" (/");
    std::istringstream words(line);
    std::string address;
    if (line.empty()) {
      stacks.emplace_back();
    } else if (file != std::string::npos && words >> address) {
      const std::size_t begin = line.find(address) + address.size() + 1;
      stacks.back().emplace(stacks.back().begin(), line.substr(begin, file - begin),
                            line.substr(file + 2, line.size() - file - 3));
    }
  }
  return stacks;
}

class NamesOfPerf : public ::testing::TestWithParam<const char*> {};

// perf unwinds by copies of the stack, and reads symbols with libelf itself.
TEST_P(NamesOfPerf, AreOurs) {
  const Words command =
      std::string(GetParam()) == "own" ? Words{elf_directory() + "/paths_no_pie"} : Words{"/bin/sleep", "0.05"};
  const auto expected = perf_stacks(command);
  if (expected.empty()) {
    GTEST_SKIP() << "perf cannot record here";
  }
  const Observed observed = observe(command, {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  if (!has_tables(*observed.report)) {
    GTEST_SKIP() << "no unwind tables here";
  }
  std::map<std::string, std::map<std::string, std::set<std::string>>> aliases;
  int compared = 0;
  for (const Json& stack : (*observed.report)["stacks"].at("stacks")) {
    if (stack.at("wait") != "timer") {
      continue;
    }
    std::vector<NamedFrame> ours;
    for (const Json& frame : stack.at("frames")) {
      if (!frame.at("kernel").get<bool>()) {
        ours.emplace_back(text_of(frame.at("function")), text_of(frame.at("module")));
      }
    }
    const auto is_same = [&](const std::vector<NamedFrame>& perfs) {
      return std::ranges::equal(ours, perfs, [&](const NamedFrame& a, const NamedFrame& b) {
        if (a.second != b.second) {
          return false;
        }
        if (!aliases.contains(a.second)) {
          aliases[a.second] = aliases_in(a.second);
        }
        const std::string name = short_name(a.first);
        const std::string theirs = short_name(b.first.substr(0, b.first.find('@')));
        return name.empty() ? theirs == "[unknown]" : name == theirs || aliases[a.second][theirs].contains(name);
      });
    };
    EXPECT_TRUE(std::ranges::any_of(expected, is_same)) << stack.dump(1) << ::testing::PrintToString(expected);
    ++compared;
  }
  EXPECT_GT(compared, 0);
}

INSTANTIATE_TEST_SUITE_P(Program, NamesOfPerf, ::testing::Values("own", "debian"),
                         [](const auto& name) { return std::string(name.param); });

// V8 writes the map while it compiles; the option gives interpreted functions frames of their own.
TEST(NodeJs, FunctionsHaveNames) {
  if (run({"node", "--version"}).exit_code() != 0) {
    GTEST_SKIP() << "node is not installed";
  }
  const TemporaryDirectory directory;
  const std::string script = directory.file("oven.js");
  std::ofstream(script) << "const wait = new Int32Array(new SharedArrayBuffer(4));\n"
                           "function knead() { Atomics.wait(wait, 0, 0, 2); }\n"
                           "function bake() { for (let i = 0; i < 100; ++i) knead(); }\n"
                           "bake();\n";
  const Observed observed = observe({"node", "--perf-basic-prof", "--interpreted-frames-native-stack",
                                     "--no-logfile-per-isolate", "--logfile=" + directory.file("v8.log"), script},
                                    {"--stacks"});
  expect_ran(observed);
  ASSERT_TRUE(observed.report);
  for (const Json& process : observed.report->processes()) {
    std::filesystem::remove("/tmp/perf-" + process.at("tgid").dump() + ".map");
  }
  bool found = false;
  for (const Json& stack : (*observed.report)["stacks"].at("stacks")) {
    std::string path;
    for (const Json& frame : stack.at("frames")) {
      path += frame.at("module") == "[JIT]" ? text_of(frame.at("function")) + ";" : "";
    }
    const std::size_t bake = path.find("bake " + script);
    found = found || (bake != std::string::npos && path.find("knead " + script, bake) != std::string::npos);
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace taskcost::test
