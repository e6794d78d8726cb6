// SPDX-License-Identifier: Apache-2.0
//
// A launched command inherits everything that the caller gave to the tool for it, and nothing of the tool's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>

#include <filesystem>
#include <string>

#include "support/expect.h"
#include "support/sudo.h"

namespace taskcost::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Runs a command with two descriptors of the caller's.
Words with_descriptors(const Words& command) {
  Words words{"/bin/sh", "-c", "exec 5</dev/zero 9>>/dev/full; exec \"$@\"", "sh"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

// Opens everything that taskcost can have open: outputs, a capture, perf events, statistics.
Words observed(const std::string& directory, const Words& command, const Words& options = {}) {
  Words words{taskcost_binary(),    "record", "--quiet", "--stacks", "--probe-stats", "-o", directory + "/x.tcap", "-o",
              directory + "/x.json"};
  words.insert(words.end(), options.begin(), options.end());
  words.emplace_back("--");
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

const char* const kDescriptors = "ls /proc/self/fd; readlink /proc/self/fd/5 /proc/self/fd/9";
const char* const kRights = "grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs|Seccomp|Sig(Blk|Ign|Cgt))' /proc/self/status";
const char* const kNoCapabilities = "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n";

// Runs the same command alone, in the environment of the tests.
std::string descriptors_of_the_caller() {
  const std::string descriptors = run(with_descriptors({"/bin/sh", "-c", kDescriptors})).out;
  EXPECT_THAT(descriptors, AllOf(HasSubstr("\n5\n"), HasSubstr("\n/dev/zero\n/dev/full\n")));
  return descriptors;
}

class Inherited : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
};

TEST_F(Inherited, DescriptorsAreTheCallers) {
  const Words command{"/bin/sh", "-c", kDescriptors};
  const Finished finished = run(with_descriptors(observed(directory_.path(), command)));
  EXPECT_EQ(finished.out, descriptors_of_the_caller()) << finished.err;
}

TEST_F(Inherited, DescriptorsAreTheCallersForAnotherUserToo) {
  const Words command{"/bin/sh", "-c", kDescriptors};
  const Finished finished = run(with_descriptors(observed(directory_.path(), command, {"--user", "daemon"})));
  EXPECT_EQ(finished.out, descriptors_of_the_caller()) << finished.err;
}

TEST_F(Inherited, StreamsThatTheCallerClosedStayClosed) {
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    const std::string proof = directory_.file("open");
    const Words command{
        "/bin/sh", "-c",
        "exec 7>" + proof + "; for fd in 0 1 2; do [ -e /proc/$$/fd/$fd ] && echo $fd >&7; done; exit 0"};
    const auto run_so = [&closed](const Words& what) {
      Words words{"/bin/sh", "-c", "exec \"$@\" " + closed, "sh"};
      words.insert(words.end(), what.begin(), what.end());
      return run(words).exit_code();
    };
    EXPECT_EQ(run_so(command), 0);
    const std::string expected = read_file(proof);
    EXPECT_EQ(run_so(observed(directory_.path(), command)), 0) << closed;
    EXPECT_EQ(read_file(proof), expected) << closed;
    EXPECT_TRUE(read_report(directory_.file("x.json"))) << closed;
  }
}

TEST_F(Inherited, RightsSignalsAndEnvironmentOfRootAreTheCallers) {
  const Words command{"/bin/sh", "-c", std::string(kRights) + "; env | sort"};
  EXPECT_EQ(run(observed(directory_.path(), command)).out, run(command).out);
}

TEST_F(Inherited, InheritableCapabilitiesAreNotForAnotherUser) {
  Words words{"/usr/bin/setpriv", "--inh-caps=+bpf,+perfmon,+sys_admin"};
  const Words tool = observed(directory_.path(), {"/bin/sh", "-c", kRights}, {"--user", "daemon"});
  words.insert(words.end(), tool.begin(), tool.end());
  const Finished finished = run(words);
  EXPECT_THAT(finished.out, HasSubstr(kNoCapabilities)) << finished.describe();
  EXPECT_THAT(finished.out, HasSubstr("CapAmb:\t0000000000000000\n"));
}

TEST_F(Inherited, UnderSudoTheEnvironmentSaysNothingOfSudo) {
  const passwd* user = getpwnam("daemon");  // NOLINT(concurrency-mt-unsafe)
  ASSERT_NE(user, nullptr);
  SpawnOptions spawn = as_sudo_by(*user);
  spawn.environment["SUDO_EDITOR"] = "of the caller";
  spawn.environment["KEPT"] = "of the caller";
  const Finished finished = run(observed(directory_.path(), {"env"}), spawn);
  EXPECT_THAT(finished.out, HasSubstr("SUDO_EDITOR=of the caller\n"));
  EXPECT_THAT(finished.out, HasSubstr("KEPT=of the caller\n"));
  for (const char* variable : {"SUDO_UID", "SUDO_GID", "SUDO_USER", "SUDO_COMMAND", "TASKCOST"}) {
    EXPECT_THAT(finished.out, Not(HasSubstr(std::string(variable) + "="))) << finished.out;
  }
}

// The tool is copied to where user nobody may run it, with file capabilities.
class InheritedByNobody : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::copy_file(taskcost_binary(), tool_);
    std::filesystem::permissions(tool_, std::filesystem::perms(0755));
  }

  [[nodiscard]] Finished run_as_nobody(const Words& setpriv_options) const {
    Words words{"/usr/bin/setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"};
    words.insert(words.end(), setpriv_options.begin(), setpriv_options.end());
    const Words tool = observed(directory_.path(), {"/bin/sh", "-c", std::string(kRights) + ";" + kDescriptors});
    words.push_back(tool_);
    words.insert(words.end(), tool.begin() + 1, tool.end());
    return run(with_descriptors(words));
  }

  static void expect_nothing_of_the_tool(const Finished& finished) {
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    EXPECT_THAT(finished.out, HasSubstr("Uid:\t65534\t65534\t65534\t65534\n"));
    EXPECT_THAT(finished.out, HasSubstr(kNoCapabilities));
    EXPECT_THAT(finished.out, HasSubstr("CapAmb:\t0000000000000000\n"));
    EXPECT_THAT(finished.out, HasSubstr("\n" + descriptors_of_the_caller()));
  }

  TemporaryDirectory directory_;
  const std::string tool_ = directory_.file("taskcost");
};

TEST_F(InheritedByNobody, NoAmbientCapability) {
  expect_nothing_of_the_tool(run_as_nobody({"--inh-caps=+bpf,+perfmon", "--ambient-caps=+bpf,+perfmon"}));
}

TEST_F(InheritedByNobody, NoCapabilityOfTheFile) {
  const Finished set = run({"/usr/sbin/setcap", "cap_bpf,cap_perfmon,cap_sys_ptrace+ep", tool_});
  ASSERT_EQ(set.exit_code(), 0) << set.describe();
  expect_nothing_of_the_tool(run_as_nobody({"--inh-caps=+net_raw"}));
}

TEST_F(InheritedByNobody, ASetUserIdBitIsRefused) {
  for (const auto bit : {std::filesystem::perms::set_uid, std::filesystem::perms::set_gid}) {
    std::filesystem::permissions(tool_, std::filesystem::perms(0755) | bit);
    const Finished finished = run_as_nobody({});
    EXPECT_EQ(finished.exit_code(), 1);
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_EQ(lines_of(finished.err).size(), 1) << finished.err;
    EXPECT_THAT(finished.err, HasSubstr("set-user-ID"));
  }
}

}  // namespace
}  // namespace taskcost::test
