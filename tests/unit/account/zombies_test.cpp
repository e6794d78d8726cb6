// SPDX-License-Identifier: Apache-2.0
#include "account/zombies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "support/ledger_builder.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;  // NOLINT(google-build-using-namespace)
using std::chrono::nanoseconds;
using test::ledger;
using test::LedgerBuilder;
using test::reap_of;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A child of process 1 with pid 77 whose exit takes 1 us.
LedgerBuilder death(std::uint64_t id, nanoseconds end) {
  return ledger(id).child_of(1).with_pid(77).born_at(0us).began_exit_at(end - 1us).ended_at(end);
}

class ZombiesTest : public testing::Test {
 protected:
  // Returns the only process that was reaped.
  static Zombies::Reaped only(const std::vector<Zombies::Reaped>& all) {
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? Zombies::Reaped{} : all.front();
  }

  Zombies zombies_{16};
};

TEST_F(ZombiesTest, MeetTheirReapInEitherOrder) {
  EXPECT_THAT(zombies_.on_end(death(2, 10us)), IsEmpty());
  const auto reaped = only(zombies_.on_reap(reap_of(1, 77, 12us)));
  EXPECT_EQ(reaped.process, 2U);
  EXPECT_EQ(reaped.end_ns, 10'000U);
  EXPECT_EQ(reaped.at_ns, 12'000U);
  EXPECT_FALSE(reaped.replaces_earlier);

  EXPECT_THAT(zombies_.on_reap(reap_of(1, 77, 22us)), IsEmpty());
  EXPECT_EQ(only(zombies_.on_end(death(3, 20us).born_at(15us))).process, 3U);
  EXPECT_THAT(zombies_.finish(), IsEmpty());
}

TEST_F(ZombiesTest, AreReapedByWhoeverWaits) {
  zombies_.on_end(death(2, 10us));
  EXPECT_EQ(only(zombies_.on_reap(reap_of(999, 77, 12us))).process, 2U) << "its parent had ended";
}

TEST_F(ZombiesTest, OfAnotherPidNamespaceAreOthers) {
  zombies_.on_end(death(2, 10us));
  tc_reap reap = reap_of(1, 77, 12us);
  reap.pid_namespace = 4026532000;
  EXPECT_THAT(zombies_.on_reap(reap), IsEmpty());
}

// The child is traced: the wait of its tracer returns it first.
TEST_F(ZombiesTest, TheLastReturnIsTheReap) {
  zombies_.on_end(death(2, 10us));
  EXPECT_EQ(only(zombies_.on_reap(reap_of(5, 77, 12us))).at_ns, 12'000U);
  EXPECT_THAT(zombies_.on_reap(reap_of(1, 77, 30us)), IsEmpty()) << "the next one with that pid may have ended";
  const auto reaped = only(zombies_.finish());
  EXPECT_EQ(reaped.process, 2U);
  EXPECT_EQ(reaped.at_ns, 30'000U);
  EXPECT_TRUE(reaped.replaces_earlier);
}

TEST_F(ZombiesTest, TheLastReturnIsThatBeforeThePidIsUsedAgain) {
  zombies_.on_end(death(2, 10us));
  zombies_.on_reap(reap_of(5, 77, 12us));
  zombies_.on_reap(reap_of(1, 77, 30us));
  zombies_.on_reap(reap_of(1, 77, 61us));
  const auto reaped = zombies_.on_end(death(3, 60us).born_at(40us));
  ASSERT_THAT(reaped, SizeIs(2));
  EXPECT_EQ(reaped[0].process, 2U);
  EXPECT_EQ(reaped[0].at_ns, 30'000U);
  EXPECT_EQ(reaped[1].process, 3U);
  EXPECT_EQ(reaped[1].at_ns, 61'000U);
}

TEST_F(ZombiesTest, OfTheSamePidAreDistinguishedByTime) {
  zombies_.on_end(death(2, 10us));
  zombies_.on_end(death(3, 20us).born_at(15us));
  zombies_.on_end(death(4, 30us).born_at(25us));
  EXPECT_EQ(only(zombies_.on_reap(reap_of(1, 77, 24us))).process, 3U);
  EXPECT_EQ(only(zombies_.on_reap(reap_of(1, 77, 34us))).process, 4U);
  EXPECT_EQ(only(zombies_.on_reap(reap_of(1, 77, 14us))).process, 2U);
}

TEST_F(ZombiesTest, AreNotReapedByTheWaitThatSawThemStop) {
  zombies_.on_reap(reap_of(1, 77, 5us));
  EXPECT_THAT(zombies_.on_end(death(2, 10us)), IsEmpty());
  EXPECT_EQ(only(zombies_.on_reap(reap_of(1, 77, 12us))).at_ns, 12'000U);
}

TEST_F(ZombiesTest, MayBeReapedBeforeTheirLastSwitch) {
  zombies_.on_reap(reap_of(1, 77, 9500ns));
  EXPECT_EQ(only(zombies_.on_end(death(2, 10us))).at_ns, 9'500U) << "the parent on another CPU was faster";
}

TEST_F(ZombiesTest, WithoutANumberForTheirParentAreNotKept) {
  zombies_.on_end(ledger(3).child_of(1).with_pid(0).born_at(0us).ended_at(10us));
  EXPECT_EQ(zombies_.size(), 0U);
}

TEST_F(ZombiesTest, AreForgottenRatherThanKeptForever) {
  for (std::uint64_t id = 2; id < 1000; ++id) {
    zombies_.on_end(death(id, 10us).with_pid(static_cast<std::uint32_t>(id)));
    zombies_.on_reap(reap_of(1, static_cast<std::uint32_t>(5000 + id), 12us));
  }
  EXPECT_EQ(zombies_.size(), 32U);
  EXPECT_THAT(zombies_.on_reap(reap_of(1, 999, 12us)), SizeIs(1)) << "the youngest is still known";
}

// One parent forks 100,000 times through 1,000 pids. Reaps come a little late or early, as from another CPU.
TEST(ZombieStorm, EveryChildMeetsItsOwnReap) {
  constexpr std::uint64_t children = 100'000;
  constexpr std::uint64_t pids = 1'000;
  std::mt19937 random(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): repeatable on purpose
  Zombies zombies(4096);
  std::uint64_t matched = 0;
  const auto check = [&matched](const std::vector<Zombies::Reaped>& all) {
    for (const Zombies::Reaped& reaped : all) {
      ++matched;
      EXPECT_EQ(reaped.at_ns, reaped.process * 10'000 + 300) << "the reap of that child and of no other";
    }
  };
  for (std::uint64_t id = 1; id <= children; ++id) {
    const nanoseconds end = id * 10us;
    const auto pid = static_cast<std::uint32_t>(2 + id % pids);
    const LedgerBuilder child =
        ledger(id).child_of(1).with_pid(pid).born_at(end - 5us).began_exit_at(end - 1us).ended_at(end);
    const tc_reap reap = reap_of(1, pid, end + 300ns);
    if (random() % 3 == 0) {
      check(zombies.on_reap(reap));
      check(zombies.on_end(child));
    } else {
      check(zombies.on_end(child));
      check(zombies.on_reap(reap));
    }
  }
  EXPECT_EQ(matched, children);
  EXPECT_EQ(zombies.finish().size(), 0U);
}

}  // namespace
}  // namespace taskcost
