// SPDX-License-Identifier: Apache-2.0
//
// Errors are one clear line that says what to do, and a status that scripts can tell from others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <map>
#include <string>

#include "report/render.h"
#include "support/expect.h"
#include "support/schema.h"

namespace taskcost::test {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Finished expect_one_line(const Words& command, int status) {
  Finished finished = run(command);
  EXPECT_EQ(finished.exit_code(), status) << finished.describe();
  EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.describe();
  EXPECT_THAT(finished.out, IsEmpty());
  return finished;
}

TEST(Errors, WrongUsageIsStatusTwo) {
  EXPECT_THAT(expect_one_line(tool({}), 2).err, HasSubstr("taskcost --help"));
  EXPECT_THAT(expect_one_line(tool({"dance"}), 2).err, HasSubstr("'dance'"));
  EXPECT_THAT(expect_one_line(tool({"run", "--ouptut", "x.json", "--", "true"}), 2).err, HasSubstr("'--output'"));
  EXPECT_THAT(expect_one_line(tool({"attach", "-p", "1", "-d", "x"}), 2).err, HasSubstr("'x'"));
  EXPECT_THAT(expect_one_line(tool({"attach", "-p", "x"}), 2).err, HasSubstr("'x'"));
  EXPECT_THAT(expect_one_line(tool({"attach"}), 2).err, HasSubstr("-p"));
  EXPECT_THAT(expect_one_line(tool({"run"}), 2).err, HasSubstr("command"));
  EXPECT_THAT(expect_one_line(tool({"run", "-o", "r.pdf", "--", "true"}), 2).err, HasSubstr(".json"));
}

TEST(Errors, AnOutputThatCannotBeWrittenStopsBeforeTheCommandRuns) {
  const TemporaryDirectory directory;
  const std::string proof = directory.file("the-command-ran");
  for (const std::string& output : {std::string("/no/such/directory/r.json"), directory.path() + "/sub.json/r.json"}) {
    const Finished finished =
        expect_one_line(tool({"run", "-o", directory.file("good.json"), "-o", output, "--", "touch", proof}), 1);
    EXPECT_THAT(finished.err, HasSubstr(output));
    EXPECT_FALSE(std::filesystem::exists(proof));
  }
  std::filesystem::create_directory(directory.file("directory.json"));
  expect_one_line(tool({"run", "-o", directory.file("directory.json"), "--", "touch", proof}), 1);
  EXPECT_FALSE(std::filesystem::exists(proof));
}

// A shell's * or a script may pass hostile names.
TEST(Errors, AreHarmlessOnATerminal) {
  const std::string bad = "x\x1b[31m\r\xc2\x9b\xe2\x80\xae";
  const Words commands[] = {
      {"report", bad + ".tcap"},
      {"diff", bad + "a", "b"},
      {"diff", "/dev/null", bad},
      {"estimate", bad},
      {"run", "-q", "--", "./" + bad},
      {"run", "-q", "-o", "/nodir" + bad + "/x.json", "--", "true"},
      {"run", "-q", "-o", bad, "--", "true"},
      {"run", "--user", bad, "--", "true"},
      {"run", "--detail", bad, "--", "true"},
      {"run", "--format", bad, "--", "true"},
      {"record", "-o", "/nodir" + bad + "/x.tcap", "--", "true"},
      {"attach", "-d", "0.1", "--cgroup", "/" + bad},
      {"attach", "-d", "0.1", "--comm", bad + "["},
      {"attach", "-d", "0.1", "--comm", bad},
      {"attach", "-d", bad, "-p", "1"},
      {"attach", "-p", "1" + bad},
      {"compare", "--input", bad, "true"},
      {"compare", "--shell", bad, "true"},
      {"top", "--sort", bad},
      {"top", "--format", bad},
      {"verify", "--claim", bad},
      {"verify", "--against-itself", bad},
      {"workload", bad},
      {bad},
      {"--" + bad},
      {"run", "--" + bad},
  };
  for (const Words& arguments : commands) {
    const Finished finished = run(tool(arguments));
    const std::string said = ::testing::PrintToString(arguments) + "\n" + finished.err;
    EXPECT_NE(finished.exit_code(), 0) << said;
    EXPECT_THAT(finished.out, IsEmpty()) << said;
    EXPECT_EQ(lines_of(finished.err).size(), 1U) << said;
    EXPECT_TRUE(std::ranges::none_of(finished.err, [](char c) {
      return (c >= 0 && c < 0x20 && c != '\n') || c == 0x7f;
    })) << said;
    EXPECT_THAT(finished.err, Not(AnyOf(HasSubstr("\xc2\x9b"), HasSubstr("\xe2\x80\xae")))) << said;
  }
}

// A user with the necessary capabilities alone, and without. The tool is copied to where every user may run it.
class Unprivileged : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::copy_file(taskcost_binary(), directory_.file("taskcost"));
    std::filesystem::permissions(directory_.file("taskcost"), std::filesystem::perms(0755));
  }
  [[nodiscard]] Words as_nobody(const Words& setpriv_options, const Words& arguments) const {
    Words words{"/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"};
    words.insert(words.end(), setpriv_options.begin(), setpriv_options.end());
    words.push_back(directory_.file("taskcost"));
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
  }

  TemporaryDirectory directory_;
  const Words capabilities_{"--inh-caps=+bpf,+perfmon", "--ambient-caps=+bpf,+perfmon"};
};

TEST_F(Unprivileged, RunSaysWhatIsMissing) {
  const std::string proof = directory_.file("the-command-ran");
  const Finished finished = expect_one_line(as_nobody({}, {"run", "--", "touch", proof}), 1);
  EXPECT_THAT(finished.err, AllOf(HasSubstr("CAP_BPF"), HasSubstr("CAP_PERFMON")));
  EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST_F(Unprivileged, AttachSaysWhatIsMissing) {
  EXPECT_THAT(expect_one_line(as_nobody({}, {"attach", "-p", "1"}), 1).err, HasSubstr("CAP_BPF"));
}

TEST_F(Unprivileged, OneCapabilityIsNotEnough) {
  const Finished finished =
      expect_one_line(as_nobody({"--inh-caps=+bpf", "--ambient-caps=+bpf"}, {"run", "--", "true"}), 1);
  EXPECT_THAT(finished.err, HasSubstr("CAP_PERFMON"));
}

TEST_F(Unprivileged, TwoCapabilitiesSuffice) {
  const std::string file = directory_.file("r.json");
  const Finished finished = run(as_nobody(capabilities_, {"run", "--format=none", "-o", file, "--", "sh", "-c",
                                                          "id -un; grep CapEff /proc/self/status; /bin/true"}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_EQ(finished.out, "nobody\nCapEff:\t0000000000000000\n") << "the command inherits no capabilities";
  const auto report = read_report(file);
  ASSERT_TRUE(report);
  expect_sound(*report);
  EXPECT_GE(report->processes().size(), 4);
}

TEST_F(Unprivileged, OnlyRootRunsACommandAsAnotherUser) {
  const std::string proof = directory_.file("r.json");
  const Words run_as_daemon{"run", "--user", "daemon", "-o", proof, "--", "true"};
  EXPECT_THAT(expect_one_line(as_nobody(capabilities_, run_as_daemon), 1).err, HasSubstr("'daemon': only root"));
  EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST_F(Unprivileged, DoctorStillAnswers) {
  const Finished finished = run(as_nobody({}, {"doctor"}));
  EXPECT_THAT(finished.out + finished.err, HasSubstr("CAP_BPF")) << finished.describe();
  EXPECT_THAT(finished.exit_code(), AnyOf(0, 1));
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

// doctor's answer on an optional feature holds with the capability that it names, and without.
TEST_F(Unprivileged, DoctorNamesWhatMoreRightsGive) {
  const auto extras_with = [&](const std::string& more) {
    const std::string given = "+bpf,+perfmon" + more;
    const Finished finished = run(as_nobody({"--inh-caps=" + given, "--ambient-caps=" + given}, {"doctor", "--json"}));
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    std::map<std::string, Json> extras;
    const Json report = Json::parse(finished.out);
    for (const Json& extra : report.at("extras")) {
      extras[extra.at("name")] = extra;
    }
    return extras;
  };
  const auto few = extras_with("");
  ASSERT_EQ(few.size(), 5);
  for (const auto& [name, extra] : few) {
    EXPECT_EQ(extra.at("works"), false) << name;
  }
  const std::map<std::string, std::string> capabilities = {{"kernel_names", "SYSLOG"},
                                                           {"user_names", "SYS_PTRACE"},
                                                           {"reader_priority", "SYS_NICE"},
                                                           {"probe_stats", "SYS_ADMIN"}};
  for (const auto& [name, capability] : capabilities) {
    EXPECT_THAT(few.at(name).at("needs").get<std::string>(), HasSubstr("CAP_" + capability));
    EXPECT_EQ(extras_with(",+" + lower(capability)).at(name).at("works"), true) << capability;
  }
}

// A figure that cannot be measured has a reason in the report, and is not 0.
TEST_F(Unprivileged, AReportNamesWhatItLacks) {
  const std::string file = directory_.file("r.json");
  const Finished finished =
      run(as_nobody(capabilities_, {"run", "--format=none", "--stacks", "--probe-stats", "-o", file, "--", "true"}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(file);
  ASSERT_TRUE(report);
  std::map<std::string, std::string> hints;
  for (const Json& evidence : (*report)["evidence"]) {
    hints[evidence.at("figure")] = evidence.at("hint");
    EXPECT_EQ(evidence.at("left_out"), evidence.at("figure") == "kernel_memory") << evidence;
  }
  EXPECT_THAT(hints["kernel_names"], HasSubstr("CAP_SYSLOG"));
  EXPECT_THAT(hints["probe_stats"], HasSubstr("CAP_SYS_ADMIN"));
  for (const Json& probe : (*report)["observer"].at("probes")) {
    EXPECT_TRUE(probe.at("runs").is_null()) << probe;
  }
}

TEST(Targets, WhatIsNoneGetsOneLine) {
  EXPECT_THAT(expect_one_line(tool({"attach", "--cgroup", "/no/such/cgroup"}), 1).err, HasSubstr("no such directory"));
  EXPECT_THAT(expect_one_line(tool({"attach", "--cgroup", "/tmp"}), 1).err, HasSubstr("no such directory"));
  EXPECT_THAT(expect_one_line(tool({"attach", "--comm", "[a"}), 1).err, HasSubstr("no ']'"));
  EXPECT_THAT(expect_one_line(tool({"attach", "--comm", "a-name-that-is-much-too-long-for-one"}), 1).err,
              HasSubstr("too long"));
}

TEST(Doctor, ReportsTheSourceOfEveryFigure) {
  const Finished text = run(tool({"doctor"}));
  EXPECT_EQ(text.exit_code(), 0) << text.describe();
  EXPECT_THAT(text.out, HasSubstr("page"));
  const Finished finished = run(tool({"doctor", "--json"}));
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const Json json = Json::parse(finished.out, nullptr, false);
  ASSERT_FALSE(json.is_discarded()) << finished.out.substr(0, 400);
  ASSERT_TRUE(json.contains("evidence")) << finished.out.substr(0, 400);
  EXPECT_EQ(schema_complaints(checkup_schema(), json), "");
  EXPECT_FALSE(json.at("evidence").empty());
  for (const Json& figure : json.at("evidence")) {
    EXPECT_THAT(figure.at("kind").get<std::string>(), AnyOf("exact", "bound", "counts", "unavailable"));
    EXPECT_THAT(figure.at("figure").get<std::string>(), Not(IsEmpty()));
  }
}

TEST(Schema, IsPrintedWithoutPrivileges) {
  const Finished finished = run(tool({"--json-schema"}));
  EXPECT_EQ(finished.exit_code(), 0);
  EXPECT_THAT(finished.err, IsEmpty());
  const Json schema = Json::parse(finished.out, nullptr, false);
  ASSERT_FALSE(schema.is_discarded());
  EXPECT_TRUE(schema.contains("$schema"));
  EXPECT_TRUE(schema.contains("properties"));
}

TEST(Schema, EveryDocumentHasOne) {
  for (const char* name : {"report", "diff", "compare", "estimate", "audit", "top", "doctor", "events"}) {
    const Finished finished = run(tool({"--json-schema", name}));
    const Json schema = Json::parse(finished.out, nullptr, false);
    ASSERT_FALSE(schema.is_discarded()) << name;
    EXPECT_FALSE(schema.at("properties").empty()) << name;
  }
  const Finished finished = run(tool({"--json-schema", "nothing"}));
  EXPECT_EQ(finished.exit_code(), 2);
  EXPECT_THAT(finished.err, HasSubstr("'nothing'"));
}

TEST(Help, GoesToStandardOutput) {
  for (const Words& arguments : {Words{"--help"}, Words{"run", "--help"}, Words{"attach", "-h"}, Words{"--version"}}) {
    const Finished finished = run(tool(arguments));
    EXPECT_EQ(finished.exit_code(), 0);
    EXPECT_THAT(finished.out, HasSubstr("taskcost"));
    EXPECT_THAT(finished.err, IsEmpty());
  }
}

}  // namespace
}  // namespace taskcost::test
