// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <string>

#include "account/syscall_table.h"

namespace taskcost {
namespace {

constexpr std::uint32_t openat_number = 257;

tc_syscall_key key(const char* comm, std::uint32_t syscall, std::uint32_t error = 0) {
  tc_syscall_key made{};
  std::memcpy(made.comm, comm, std::min(std::strlen(comm), sizeof made.comm));
  made.syscall = syscall;
  made.error = error;
  return made;
}

tc_syscall_sums timed(std::initializer_list<std::uint64_t> times) {
  tc_syscall_sums sums{};
  for (const std::uint64_t ns : times) {
    ++sums.count;
    ++sums.timed;
    sums.total_ns += ns;
    sums.running_ns += ns / 2;
    sums.max_ns = std::max<std::uint64_t>(sums.max_ns, ns);
    ++sums.buckets[tc_bucket_of(ns) / TC_SYSCALL_BUCKET_WIDTH];
  }
  return sums;
}

tc_syscall_sums counted(std::uint64_t count) {
  tc_syscall_sums sums{};
  sums.count = count;
  return sums;
}

std::string name(std::uint32_t number, bool compat) {
  return (number == openat_number ? "openat" : "call_" + std::to_string(number)) + (compat ? " (32-bit)" : "");
}

TEST(SyscallTable, AddsUpCallsOfOneProgramAndNumber) {
  SyscallTable table;
  table.add(key("git", openat_number), timed({1'000, 3'000}));
  table.add(key("git", openat_number), timed({2'000}));
  table.add(key("git", openat_number | TC_FROM_COMPAT), timed({100}));
  table.add(key("make", openat_number), timed({8'000}));
  const auto rows = table.take(name);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].program, "make");
  EXPECT_EQ(rows[1].program, "git");
  EXPECT_EQ(rows[1].name, "openat");
  EXPECT_EQ(rows[1].count, 3U);
  EXPECT_EQ(rows[1].total, Duration(6'000));
  EXPECT_EQ(rows[1].running, Duration(3'000));
  EXPECT_EQ(rows[1].longest, Duration(3'000));
  EXPECT_EQ(rows[2].name, "openat (32-bit)");
}

TEST(SyscallTable, NamesErrorsAndDoesNotCountThemTwice) {
  SyscallTable table;
  table.add(key("git", openat_number), timed({1'000, 1'000, 1'000}));
  table.add(key("git", openat_number, ENOENT), counted(2));
  table.add(key("git", openat_number, 512), counted(1));
  table.add(key("git", openat_number, 4000), counted(1));
  const auto rows = table.take(name);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].count, 3U);
  EXPECT_EQ(rows[0].failed(), 4U);
  EXPECT_EQ(rows[0].errors.at("ENOENT"), 2U);
  EXPECT_EQ(rows[0].errors.at("ERESTARTSYS"), 1U);
  EXPECT_EQ(rows[0].errors.at("errno 4000"), 1U);
}

TEST(SyscallTable, MarksOfRegionsHaveARowOfTheirOwn) {
  SyscallTable table;
  table.add(key("git", openat_number), timed({1'000}));
  table.add(key("git", openat_number | 1U << TC_CALL_SELECTOR_SHIFT), timed({100, 100}));
  const auto rows = table.take(name);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name, "openat");
  EXPECT_EQ(rows[1].name, "openat (mark)");
  EXPECT_EQ(rows[1].count, 2U);
}

TEST(SyscallTable, QuantilesAreWithinAnEighth) {
  tc_syscall_sums sums{};
  for (std::uint64_t ns = 1; ns <= 100'000; ++ns) {
    add(sums, timed({ns}));
  }
  SyscallTable table;
  table.add(key("loop", 0), sums);
  const auto rows = table.take({});
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].name, "0");
  EXPECT_NEAR(static_cast<double>(rows[0].p50.value().count()), 50'000, 50'000 / 8);
  EXPECT_NEAR(static_cast<double>(rows[0].p99.value().count()), 99'000, 99'000 / 8);
}

// seccomp refuses calls before their entry is traced.
TEST(SyscallTable, HasNoTimesOfCallsWhoseEntryWasNotSeen) {
  SyscallTable table;
  table.add(key("jail", 39), counted(7));
  const auto rows = table.take(name);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].count, 7U);
  EXPECT_EQ(rows[0].timed, 0U);
  EXPECT_EQ(rows[0].total, std::nullopt);
  EXPECT_EQ(rows[0].running, std::nullopt);
  EXPECT_EQ(rows[0].p50, std::nullopt);
  EXPECT_EQ(rows[0].longest, std::nullopt);
  EXPECT_EQ(rows[0].bytes, std::nullopt);
}

TEST(SyscallTable, HasBytesWhereTheResultIsANumberOfBytes) {
  tc_syscall_sums reads = timed({10});
  reads.with_bytes = 1;
  SyscallTable table;
  table.add(key("cat", 0), reads);
  EXPECT_EQ(table.take(name).at(0).bytes, 0U) << "a read at the end of a file";
}

TEST(SyscallTable, KeepsHostileNames) {
  SyscallTable table;
  table.add(key("\x1b[31m\n\xff", 1), counted(1));
  table.add(key("", 1), counted(1));
  table.add(key("sixteen letters!", 1), counted(1));
  EXPECT_EQ(table.take(name).size(), 3U);
}

TEST(SyscallTable, KeepsOperationsOfIoUringApart) {
  SyscallTable table;
  const std::uint32_t read = TC_FROM_RING | 1;
  tc_syscall_sums reads = timed({5'000, 7'000});
  reads.bytes = 4'096;
  reads.with_bytes = 2;
  table.add(key("fio", read), reads);
  table.add(key("fio", read, EAGAIN), counted(1));
  table.add(key("fio", TC_FROM_RING | 7), timed({100}));
  table.add(key("fio", TC_FROM_RING | TC_RING_UNKNOWN), counted(3));
  table.add(key("fio", openat_number), timed({1'000}));
  ASSERT_EQ(table.take(name).size(), 1U);
  EXPECT_EQ(table.take(name)[0].name, "openat");
  const auto rows = table.take_operations({"IORING_OP_NOP", "IORING_OP_READ"});
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].name, "IORING_OP_READ");
  EXPECT_EQ(rows[0].total, Duration(12'000));
  EXPECT_EQ(rows[0].running, std::nullopt);
  EXPECT_EQ(rows[0].bytes, 4'096U);
  EXPECT_EQ(rows[0].failed(), 1U);
  EXPECT_EQ(rows[1].name, "operation 7");
  EXPECT_EQ(rows[1].bytes, std::nullopt);
  EXPECT_EQ(rows[2].name, "") << "without a request";
  EXPECT_EQ(rows[2].total, std::nullopt);
}

}  // namespace
}  // namespace taskcost
