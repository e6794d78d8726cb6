// SPDX-License-Identifier: Apache-2.0
// Tests what was behind waits, from the sums of the kernel side to the section.
#include "account/wait_object_table.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "account/groups.h"
#include "report/sections/sections.h"
#include "support/report_builder.h"
#include "support/section_queries.h"

namespace taskcost::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::string_view_literals;

constexpr std::uint32_t device_8_1 = 8U << 20U | 1U;

tc_wait_object file(std::uint16_t format = TC_FILE_REGULAR) {
  tc_wait_object object{};
  object.file = format;
  object.device = device_8_1;
  object.inode = 42;
  return object;
}

tc_wait_object_sums named(std::string_view name, std::uint32_t bits = 0) {
  tc_wait_object_sums sums{};
  name.copy(sums.name, sizeof sums.name);
  sums.name_size = static_cast<std::uint32_t>(name.size());
  sums.name_bits = bits;
  return sums;
}

std::string name_of(const tc_wait_object& object, const tc_wait_object_sums& sums = {}) {
  return object_of(object, sums).object;
}

TEST(WaitObject, OfAFileIsItsPath) {
  EXPECT_EQ(name_of(file(), named("bread\0oven\0\0"sv.substr(0, 11))), "/oven/bread");
  EXPECT_EQ(name_of(file(), named("bread\0oven\0"sv, TC_NAME_CUT)), ".../oven/bread");
  EXPECT_EQ(name_of(file(), named("bread\0"sv, TC_NAME_DELETED)), "/bread (deleted)");
  EXPECT_EQ(name_of(file(), named("memfd:dough\0"sv, TC_NAME_NO_PATH)), "memfd:dough");
  EXPECT_EQ(name_of(file(0040000)), "/") << "the root directory has no parts";
  EXPECT_EQ(name_of(file(), named("", TC_NAME_CUT)), "inode 42 of device 8:1");
  EXPECT_EQ(name_of(file(TC_FILE_FIFO), named("\0"sv, TC_NAME_NO_PATH)), "pipe:[42]");
  EXPECT_EQ(name_of(file(TC_FILE_FIFO), named("fifo\0tmp\0"sv)), "/tmp/fifo");
}

TEST(WaitObject, OfAFileHasItsDisk) {
  tc_wait_object object = file();
  tc_wait_object_sums sums = named("bread\0"sv);
  EXPECT_TRUE(object_of(object, sums).disk.empty()) << "tmpfs has none";
  object.disk = device_8_1;
  EXPECT_EQ(object_of(object, sums).disk, std::string("8:1"));
  std::strcpy(sums.disk, "sda");
  const ObjectWaits waits = object_of(object, sums);
  EXPECT_EQ(waits.disk, "sda");
  EXPECT_EQ(waits.device, "8:1");
  EXPECT_EQ(waits.inode, 42U);
  EXPECT_EQ(waits.kind, WaitObjectKind::file);
}

tc_wait_object inet_socket(std::uint16_t protocol, const char* own, std::uint16_t port, const char* peer,
                           std::uint16_t peer_port) {
  tc_wait_object object{};
  const bool six = std::string_view(own).find(':') != std::string_view::npos;
  object.file = static_cast<std::uint16_t>(TC_FILE_SOCKET | (six ? AF_INET6 : AF_INET));
  object.protocol = protocol;
  object.port = port;
  object.peer_port = peer_port;
  for (auto [text, address] : {std::pair(own, object.address), std::pair(peer, object.peer)}) {
    if (six) {
      inet_pton(AF_INET6, text, address);
    } else {
      address[2] = htonl(0xffff);
      inet_pton(AF_INET, text, &address[3]);
    }
  }
  return object;
}

TEST(WaitObject, OfAConnectionIsThePeer) {
  EXPECT_EQ(name_of(inet_socket(IPPROTO_TCP, "10.0.0.2", 0, "10.0.0.1", 5432)), "tcp 10.0.0.1:5432");
  EXPECT_EQ(name_of(inet_socket(IPPROTO_TCP, "10.0.0.1", 80, "10.0.0.9", 0)), "tcp port 80 from 10.0.0.9");
  EXPECT_EQ(name_of(inet_socket(IPPROTO_TCP, "::1", 0, "::1", 443)), "tcp [::1]:443");
  EXPECT_EQ(name_of(inet_socket(IPPROTO_UDP, "0.0.0.0", 53, "0.0.0.0", 0)), "udp port 53");
  EXPECT_EQ(name_of(inet_socket(IPPROTO_UDP, "::", 53, "::", 0)), "udp port 53");
  EXPECT_EQ(name_of(inet_socket(IPPROTO_ICMP, "0.0.0.0", 0, "10.0.0.1", 7)), "IP protocol 1 10.0.0.1:7");
  tc_wait_object listening = inet_socket(IPPROTO_TCP, "::", 80, "::", 0);
  listening.listens = 1;
  EXPECT_EQ(name_of(listening), "tcp [::]:80 (listening)");
}

TEST(WaitObject, OfAnotherSocketIsItsAddressOrFamily) {
  tc_wait_object object = file(static_cast<std::uint16_t>(TC_FILE_SOCKET | AF_UNIX));
  EXPECT_EQ(name_of(object, named("/run/oven\0"sv)), "/run/oven");
  EXPECT_EQ(name_of(object, named("\0oven"sv)), "@oven");
  EXPECT_EQ(name_of(object), "socket:[42]");
  object.file = static_cast<std::uint16_t>(TC_FILE_SOCKET | AF_NETLINK);
  EXPECT_EQ(name_of(object), "netlink");
  object.file = TC_FILE_SOCKET | 44;
  EXPECT_EQ(name_of(object), "socket of family 44");
  EXPECT_EQ(object_of({}, {}).kind, WaitObjectKind::unknown);
  EXPECT_EQ(object_of({}, named("x")).object, "");
}

tc_wait_object_key key(std::uint64_t task, tc_wait wait, const tc_wait_object& object) {
  return {task, static_cast<std::uint32_t>(wait), 0, object};
}

tc_wait_object_sums sums(std::string_view name, std::uint64_t count, std::uint64_t ns, std::uint64_t max_ns) {
  tc_wait_object_sums made = named(name);
  made.count = count;
  made.ns = ns;
  made.max_ns = max_ns;
  return made;
}

// Ledgers 101 and 102 are of the tasks 1 and 2; no other is kept.
std::uint64_t number_of_task(std::uint64_t ledger) { return ledger == 101 || ledger == 102 ? ledger - 100 : 0; }

TEST(WaitObjectTable, IsNotMeasuredUntilTheKernelSideSaysSo) {
  WaitObjectTable table(100);
  EXPECT_EQ(table.take(number_of_task), std::nullopt);
  table.add({}, {});
  EXPECT_THAT(*table.take(number_of_task), IsEmpty());
}

TEST(WaitObjectTable, AddsUpTasksThatAreNotKept) {
  WaitObjectTable table(100);
  table.add(key(101, TC_WAIT_DISK, file()), sums("a\0"sv, 2, 5'000, 4'000));
  table.add(key(7, TC_WAIT_DISK, file()), sums("a\0"sv, 1, 1'000, 1'000));
  table.add(key(8, TC_WAIT_DISK, file()), sums("a\0"sv, 1, 3'000, 3'000));
  table.add(key(8, TC_WAIT_FILE_LOCK, file()), sums("a\0"sv, 1, 100, 100));
  const auto rows = *table.take(number_of_task);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].task, 1U);
  EXPECT_EQ(rows[0].waits, 2U);
  EXPECT_EQ(rows[1].task, 0U);
  EXPECT_EQ(rows[1].waits, 2U);
  EXPECT_EQ(rows[1].time, Duration(4'000));
  EXPECT_EQ(rows[1].longest, Duration(3'000));
  EXPECT_EQ(rows[2].cause, TC_WAIT_FILE_LOCK);
}

TEST(WaitObjectTable, SumsUpByCauseBeyondItsLimit) {
  WaitObjectTable table(1);
  table.add(key(101, TC_WAIT_DISK, file()), sums("a\0"sv, 1, 100, 100));
  table.add(key(101, TC_WAIT_DISK, file()), sums("b\0"sv, 1, 20, 20));
  table.add(key(102, TC_WAIT_DISK, file()), sums("c\0"sv, 1, 30, 30));
  const auto rows = *table.take(number_of_task);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].kind, WaitObjectKind::unknown);
  EXPECT_EQ(rows[1].time, Duration(50));
}

Report waiting() {
  ReportBuilder builder;
  builder.process(10, "server", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  builder.process(20, "server", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  Report report = builder.build();
  const auto waits = [](std::uint64_t task, WaitObjectKind kind, const char* object, const char* disk, Duration time) {
    ObjectWaits made;
    made.task = task;
    made.cause = TC_WAIT_DISK;
    made.kind = kind;
    made.object = object;
    made.disk = disk;
    made.waits = 1;
    made.time = made.longest = time;
    return made;
  };
  report.session.wait_objects = {
      {waits(report.session.processes[0].tasks[0].id, WaitObjectKind::file, "/a", "sda", 4ms),
       waits(report.session.processes[1].tasks[0].id, WaitObjectKind::file, "/a", "sda", 2ms),
       waits(0, WaitObjectKind::unknown, "", "", 1ms)}};
  return report;
}

TEST(WaitObjectsSection, HasARowForEachGroupAndObject) {
  const auto tables = items_of<sections::Table>(sections::wait_objects(waiting(), true));
  ASSERT_EQ(tables.size(), 1U);
  const auto row = [&](std::size_t at) { return texts_of(tables[0].rows.at(at).cells); };
  EXPECT_THAT(row(0), ElementsAre("server", "disk", "/a, sda", "2", "6.00 ms", "4.00 ms"));
  EXPECT_THAT(row(1), ElementsAre("others", "disk", "not known", "1", "1.00 ms", "1.00 ms"));
  EXPECT_THAT(sections::wait_objects(Report(), true).blocks, IsEmpty());
}

}  // namespace
}  // namespace taskcost::test
