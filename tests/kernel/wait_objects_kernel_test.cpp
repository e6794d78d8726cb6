// SPDX-License-Identifier: Apache-2.0
//
// What was behind waits, compared with a program that waits for objects whose names it knows, by its own clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "support/expect.h"

namespace taskcost::test {
namespace {

struct Sums {
  std::int64_t waits = 0;
  std::int64_t time_ns = 0;
};

using Said = std::map<std::string, std::int64_t>;

Said said_by(const Observed& observed) {
  Said said;
  std::istringstream lines(observed.finished.out);
  std::string key;
  for (std::int64_t value = 0; lines >> key >> value;) {
    said[key] = value;
  }
  return said;
}

Sums waits_for(const Report& report, const std::string& object, const std::string& cause) {
  Sums sums;
  for (const Json& row : report["wait_objects"]) {
    if (row.at("object") == object && row.at("cause") == cause) {
      sums.waits += row.at("waits").get<std::int64_t>();
      sums.time_ns += row.at("time_ns").get<std::int64_t>();
    }
  }
  return sums;
}

Observed observe_waits(const std::string& kind, const std::string& path = "") {
  Words command{program("objects"), kind};
  if (!path.empty()) {
    command.push_back(path);
  }
  Observed observed = observe(command);
  expect_ran(observed);
  if (observed.report) {
    expect_valid(*observed.report);
    EXPECT_EQ((*observed.report)["losses"].at("missed_wait_objects"), 0);
  }
  return observed;
}

// Blocked time is a part of what the program measured: before it slept and after it was woken, it ran or queued.
void expect_as_measured(const Sums& sums, std::int64_t waits, std::int64_t waited_ns) {
  EXPECT_EQ(sums.waits, waits);
  EXPECT_LE(sums.time_ns, waited_ns);
  EXPECT_GE(sums.time_ns, waited_ns / 2);
}

TEST(WaitObjects, OfAFifoIsItsPathInOpenAndRead) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("fifo");
  const Observed observed = observe_waits("fifo", path);
  ASSERT_TRUE(observed.report);
  Said said = said_by(observed);
  expect_as_measured(waits_for(*observed.report, path, "pipe"), said["waits"], said["waited_ns"]);
}

TEST(WaitObjects, OfAFileLockIsThePathOfTheFile) {
  const TemporaryDirectory directory;
  for (const std::string kind : {"lock", "deleted", "memfd"}) {
    SCOPED_TRACE(kind);
    const std::string path = directory.file(kind);
    const Observed observed = observe_waits(kind, path);
    ASSERT_TRUE(observed.report);
    Said said = said_by(observed);
    const std::string name = kind == "lock" ? path : kind == "deleted" ? path + " (deleted)" : "memfd:dough";
    expect_as_measured(waits_for(*observed.report, name, "file_lock"), said["waits"], said["waited_ns"]);
  }
}

TEST(WaitObjects, OfAUnixSocketIsThePathAtBothEnds) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("socket");
  for (const auto& [kind, address, name] : {std::tuple("unix", path, path), {"abstract", path, "@" + path}}) {
    SCOPED_TRACE(kind);
    const Observed observed = observe_waits(kind, address);
    ASSERT_TRUE(observed.report);
    Said said = said_by(observed);
    // The other end waits as often. A connection can be waited for, too, and on a busy machine, an answer.
    const Sums sums = waits_for(*observed.report, name, "unix_socket");
    EXPECT_GE(sums.waits, 2 * said["waits"]);
    EXPECT_LE(sums.waits, 4 * said["waits"] + 2);
    EXPECT_GE(sums.time_ns, (said["waited_ns"] + said["peer_waited_ns"]) / 2);
  }
}

TEST(WaitObjects, OfATcpConnectionIsThePeer) {
  for (const auto& [kind, address] : {std::pair("tcp", "127.0.0.1"), {"tcp6", "[::1]"}}) {
    SCOPED_TRACE(kind);
    const Observed observed = observe_waits(kind);
    ASSERT_TRUE(observed.report);
    Said said = said_by(observed);
    const std::string port = std::to_string(said["port"]);
    const std::string accepted = "tcp port " + port + " from " + address;
    const std::string connecting = std::string("tcp ") + address + ":" + port;
    expect_as_measured(waits_for(*observed.report, accepted, "inet_socket"), said["waits"], said["waited_ns"]);
    expect_as_measured(waits_for(*observed.report, connecting, "inet_socket"), said["waits"], said["peer_waited_ns"]);
  }
}

TEST(WaitObjects, OfAServerIsItsPort) {
  for (const std::string kind : {"accept", "udp"}) {
    SCOPED_TRACE(kind);
    const Observed observed = observe_waits(kind);
    ASSERT_TRUE(observed.report);
    Said said = said_by(observed);
    const std::string port = std::to_string(said["port"]);
    const std::string name = kind == "udp" ? "udp port " + port : "tcp 127.0.0.1:" + port + " (listening)";
    expect_as_measured(waits_for(*observed.report, name, "inet_socket"), said["waits"], said["waited_ns"]);
  }
}

// The name of the whole disk that holds the file, by sysfs; nullopt: the file is on none.
std::optional<std::string> disk_of(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    return std::nullopt;
  }
  std::filesystem::path device =
      "/sys/dev/block/" + std::to_string(major(status.st_dev)) + ":" + std::to_string(minor(status.st_dev));
  std::error_code error;
  device = std::filesystem::canonical(device, error);
  if (error) {
    return std::nullopt;
  }
  return exists(device / "partition") ? device.parent_path().filename() : device.filename();
}

TEST(WaitObjects, OfReadsAndFaultsAreTheFileAndItsDisk) {
  const TemporaryDirectory directory;
  for (const std::string kind : {"read", "map"}) {
    SCOPED_TRACE(kind);
    const std::string path = directory.file(kind);
    const Observed observed = observe_waits(kind, path);
    ASSERT_TRUE(observed.report);
    const auto disk = disk_of(path);
    if (!disk) {
      GTEST_SKIP() << "temporary files are on no disk";
    }
    Said said = said_by(observed);
    Sums sums;
    for (const Json& row : (*observed.report)["wait_objects"]) {
      if (row.at("object") == path && (row.at("cause") == "disk" || row.at("cause") == "page_fault")) {
        EXPECT_EQ(row.at("disk"), *disk);
        sums.waits += row.at("waits").get<std::int64_t>();
        sums.time_ns += row.at("time_ns").get<std::int64_t>();
      }
    }
    // Reads that the disk answers at once are below the bound; writing the file waits for the disk as well.
    EXPECT_GT(sums.waits, 0);
    EXPECT_LE(sums.time_ns, said["waited_ns"] + time_in_condition((*observed.report)["totals"], "blocked_ns"));
  }
}

TEST(WaitObjects, WithHostileNamesAreEscaped) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("a\n\x1b[31mb");
  const Finished finished = run(tool({"run", "-v", "-o", "-", "--", program("objects"), "fifo", path}));
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  EXPECT_THAT(finished.out, testing::HasSubstr("a\\n\\x1b[31mb"));
  EXPECT_THAT(finished.out, testing::Not(testing::HasSubstr("\x1b[31mb")));
}

TEST(WaitObjects, OfACaptureAreThoseOfTheRun) {
  const TemporaryDirectory directory;
  const std::string capture = directory.file("r.tcap");
  const Finished recorded =
      run(tool({"record", "-q", "--format", "none", "-o", capture, "-o", directory.file("live.json"), "--",
                program("objects"), "fifo", directory.file("fifo")}));
  ASSERT_EQ(recorded.exit_code(), 0) << recorded.describe();
  const Finished reported = run(tool({"report", capture, "-o", directory.file("later.json")}));
  ASSERT_EQ(reported.exit_code(), 0) << reported.describe();
  const auto live = read_report(directory.file("live.json"));
  const auto later = read_report(directory.file("later.json"));
  ASSERT_TRUE(live && later);
  EXPECT_FALSE((*live)["wait_objects"].empty());
  EXPECT_EQ((*live)["wait_objects"], (*later)["wait_objects"]);
}

}  // namespace
}  // namespace taskcost::test
