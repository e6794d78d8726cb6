// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options/options.h"
#include "support/parsed_options.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

ExportCommand parsed(const std::vector<std::string>& options) {
  return test::parsed_as<ExportCommand>(test::after("export", options));
}

std::string export_refused_with(const std::vector<std::string>& options) {
  return test::refusal_of(test::after("export", options));
}

TEST(ExportOptions, DefaultsServeTheWholeMachineOnLoopback) {
  const ExportCommand command = parsed({});
  EXPECT_EQ(command.target.kind, Target::Kind::machine);
  EXPECT_EQ(command.listen.text(command.listen.port), "127.0.0.1:9437");
  EXPECT_FALSE(command.textfile);
  EXPECT_EQ(command.by, GroupBy::cgroup);
  EXPECT_EQ(command.max_groups, 100U);
  EXPECT_EQ(command.detail, Detail::switches);
}

TEST(ExportOptions, AddressesAreNumbers) {
  EXPECT_EQ(parsed({"--listen", "0.0.0.0:80"}).listen.port, 80);
  const ListenAddress six = parsed({"--listen", "[::1]:0"}).listen;
  EXPECT_TRUE(six.version6);
  EXPECT_EQ(six.text(9437), "[::1]:9437");
  for (const char* const bad : {"", "9437", ":9437", "localhost:9437", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                                "127.0.0.1:-1", "127.0.0.1:1x", "::1:9437", "[127.0.0.1]:1", "[::1]", "256.0.0.1:1"}) {
    EXPECT_THAT(export_refused_with({"--listen", bad}), HasSubstr("--listen")) << bad;
  }
}

TEST(ExportOptions, AFileOrAnAddress) {
  const ExportCommand command = parsed({"--textfile", "/x/y.prom", "--interval", "2"});
  EXPECT_EQ(command.textfile, "/x/y.prom");
  EXPECT_EQ(command.interval, 2s);
  EXPECT_THAT(export_refused_with({"--textfile", "a", "--listen", "127.0.0.1:1"}), HasSubstr("excludes"));
  EXPECT_THAT(export_refused_with({"--interval", "2"}), HasSubstr("--textfile"));
}

TEST(ExportOptions, Misuse) {
  EXPECT_THAT(export_refused_with({"--max-groups", "0"}), HasSubstr("--max-groups"));
  EXPECT_THAT(export_refused_with({"--by", "cmdline"}), HasSubstr("cgroup or comm"));
  EXPECT_THAT(export_refused_with({"4711"}), HasSubstr("4711"));
}

}  // namespace
}  // namespace taskcost
