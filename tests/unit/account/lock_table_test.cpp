// SPDX-License-Identifier: Apache-2.0
// Tests waits for locks of the kernel, from the sums of the kernel side to the sections.
#include "account/lock_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "account/groups.h"
#include "report/sections/sections.h"
#include "support/fixture_waits.h"
#include "support/report_builder.h"
#include "support/section_queries.h"
#include "symbols/kernel_objects.h"

namespace taskcost::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

tc_lock_key lock_key(std::uint64_t task, std::uint64_t owner, tc_lock_type type, tc_lock_name name) {
  return {task, owner, static_cast<std::uint32_t>(type), static_cast<std::uint32_t>(name)};
}

// Ledgers 101 and 102 are of the tasks 1 and 2; no other is kept.
std::uint64_t number_of_task(std::uint64_t ledger) { return ledger == 101 || ledger == 102 ? ledger - 100 : 0; }

TEST(LockTable, IsNotMeasuredUntilTheKernelSideSaysSo) {
  LockTable table(100);
  EXPECT_EQ(table.take(number_of_task), std::nullopt);
  table.add({}, {}, "");
  EXPECT_THAT(*table.take(number_of_task), IsEmpty());
}

TEST(LockTable, NamesLocksAndOwners) {
  LockTable table(100);
  table.add(lock_key(101, 102, TC_LOCK_RWSEM_WRITE, TC_LOCK_NAME_MMAP_LOCK), {3, 3'000, 2'000, 0}, "");
  table.add(lock_key(101, 0, TC_LOCK_SPINLOCK, TC_LOCK_NAME_UNKNOWN), {1, 2'000, 2'000, 0}, "tasklist_lock");
  table.add(lock_key(101, TC_RAN_KERNEL, TC_LOCK_MUTEX, TC_LOCK_NAME_UNKNOWN), {1, 1'000, 1'000, 900}, "");
  table.add(lock_key(7, 8, TC_LOCK_MUTEX, TC_LOCK_NAME_PIPE_MUTEX), {1, 100, 100, 0}, "");
  table.add(lock_key(9, 10, TC_LOCK_MUTEX, TC_LOCK_NAME_PIPE_MUTEX), {1, 300, 300, 0}, "");
  const auto rows = *table.take(number_of_task);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].lock, "mmap_lock");
  EXPECT_EQ(rows[0].type, TC_LOCK_RWSEM_WRITE);
  EXPECT_EQ(rows[0].owner, RanInstead::Kind::task);
  EXPECT_EQ(rows[0].owner_task, 2U);
  EXPECT_EQ(rows[0].waits, 3U);
  EXPECT_EQ(rows[0].longest, Duration(2'000));
  EXPECT_EQ(rows[1].lock, "tasklist_lock");
  EXPECT_EQ(rows[1].owner, std::nullopt);
  EXPECT_EQ(rows[2].lock, "");
  EXPECT_EQ(rows[2].owner, RanInstead::Kind::kernel_thread);
  EXPECT_EQ(rows[2].other, Duration(900));
  EXPECT_EQ(rows[3].task, 0U);
  EXPECT_EQ(rows[3].waits, 2U);
  EXPECT_EQ(rows[3].longest, Duration(300));
}

TEST(LockTable, SumsUpByLockBeyondItsLimit) {
  LockTable table(1);
  table.add(lock_key(101, 102, TC_LOCK_MUTEX, TC_LOCK_NAME_PIPE_MUTEX), {1, 100, 100, 0}, "");
  table.add(lock_key(102, 101, TC_LOCK_MUTEX, TC_LOCK_NAME_PIPE_MUTEX), {1, 20, 20, 0}, "");
  table.add(lock_key(102, 0, TC_LOCK_MUTEX, TC_LOCK_NAME_PIPE_MUTEX), {1, 30, 30, 0}, "");
  const auto rows = *table.take(number_of_task);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].task, 1U);
  EXPECT_EQ(rows[1].task, 0U);
  EXPECT_EQ(rows[1].waits, 2U);
  EXPECT_EQ(rows[1].time, Duration(50));
  EXPECT_EQ(rows[1].longest, Duration(30));
}

Report contended() {
  ReportBuilder builder;
  builder.process(10, "server", TaskOrigin::fork, 0ms,
                  AccountBuilder().runs(TC_ACTIVITY_USER, 1ms).blocks(TC_ACTIVITY_FILE, 50ms, TC_WAIT_OTHER));
  builder.process(20, "client", TaskOrigin::fork, 0ms, AccountBuilder().runs(TC_ACTIVITY_USER, 1ms));
  Report report = builder.build();
  const std::uint64_t server = task_with(report.session, 10).id;
  const std::uint64_t client = task_with(report.session, 20).id;
  using Kind = RanInstead::Kind;
  report.session.locks = {{{server, "i_rwsem", TC_LOCK_RWSEM_WRITE, Kind::task, client, 4, 40ms, 15ms, 40ms},
                           {server, "i_rwsem", TC_LOCK_RWSEM_WRITE, Kind::kernel_thread, 0, 1, 9ms, 9ms, 0ms},
                           {server, "", TC_LOCK_MUTEX, std::nullopt, 0, 2, 3ms, 2ms, 3ms},
                           {server, "cgroup_mutex", TC_LOCK_MUTEX, Kind::unobserved, 0, 1, 1ms, 1ms, 0ms}}};
  return report;
}

TEST(LockTable, IsGroupedWithTheLargestOwner) {
  const auto rows = lock_waits_by_group(contended().session, GroupBy::comm);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].group, "server");
  EXPECT_EQ(rows[0].waits, 5U);
  EXPECT_EQ(rows[0].time, 49ms);
  EXPECT_EQ(rows[0].longest, 15ms);
  EXPECT_EQ(rows[0].owner_group, "client");
  EXPECT_THAT(lock_waits_by_group(Session(), GroupBy::comm), IsEmpty());
}

TEST(LocksSection, HasARowForEachLock) {
  const auto tables = items_of<sections::Table>(sections::locks(contended(), true));
  ASSERT_EQ(tables.size(), 1U);
  const auto row = [&](std::size_t at) { return texts_of(tables[0].rows.at(at).cells); };
  EXPECT_THAT(row(0), ElementsAre("server", "i_rwsem (rwsem, write)", "5", "49.0 ms", "15.0 ms", "client"));
  EXPECT_THAT(row(1), ElementsAre("server", "a mutex without a name", "2", "3.00 ms", "2.00 ms", "-"));
  EXPECT_THAT(row(2), ElementsAre("server", "cgroup_mutex (mutex)", "1", "1.00 ms", "1.00 ms", "not observed"));
  EXPECT_THAT(sections::locks(Report(), true).blocks, IsEmpty());
}

TEST(LocksSection, WaitsForSomethingElseNameTheLock) {
  EXPECT_THAT(said(sections::waits(contended(), false)),
              Contains("something else in the kernel: 43.0 ms of it for locks of the kernel, most for i_rwsem "
                       "(40.0 ms)"));
  Report report = contended();
  report.session.locks.reset();
  EXPECT_THAT(said(sections::waits(report, false)), Not(Contains(HasSubstr("locks of the kernel"))));
}

constexpr const char* kallsyms =
    "ffffffff81000000 T _stext\n"
    "ffffffff82001000 D tasklist_lock\n"
    "ffffffff82001008 t a_function\n"
    "ffffffff82002000 B futex_tables\n"
    "ffffffffc0004000 d a_mutex\t[a_module]\n";

TEST(KernelObjects, AreThoseThatBeginAtTheAddresses) {
  EXPECT_THAT(name_kernel_objects({0xffffffff82001000, 0xffffffff82001010, 0xffffffffc0004000}, kallsyms),
              ElementsAre(Pair(0xffffffff82001000, "tasklist_lock"), Pair(0xffffffffc0004000, "a_mutex")));
}

TEST(KernelObjects, HaveNoNameIfAddressesAreHidden) {
  EXPECT_THAT(name_kernel_objects({0xffffffff82001008}, kallsyms), IsEmpty()) << "a function";
  EXPECT_THAT(name_kernel_objects({0xffffffff82001000}, "0000000000000000 D tasklist_lock\n"), IsEmpty());
  EXPECT_THAT(name_kernel_objects({0xffffffff82001000}, "garbage\nffffffff82001000 D"), IsEmpty());
}

}  // namespace
}  // namespace taskcost::test
