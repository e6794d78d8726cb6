// SPDX-License-Identifier: Apache-2.0
#include "account/wakeup_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "support/ledger_builder.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The id of a ledger is also the id of its task in the session; ledgers from 100 on are not kept.
WakeupGraph::Taken taken(WakeupGraph& wakeup_graph) {
  return wakeup_graph.take({[](std::uint64_t ledger) { return ledger < 100 ? ledger : 0; },
                            [](std::uint32_t from) { return "call " + std::to_string(from); }});
}

WakeupGraph of(std::initializer_list<LedgerBuilder> ledgers) {
  WakeupGraph wakeup_graph(1000);
  for (const tc_ledger& ledger : ledgers) {
    wakeup_graph.add(ledger);
  }
  return wakeup_graph;
}

TEST(WakeupGraph, WakeUpsOfAPairAreOneEdgeWithTheirPlaces) {
  auto wakeup_graph =
      of({LedgerBuilder(1).woken_by(0, 2, TC_WAIT_PIPE, 1, 3, 30us).woken_by(1, 2, TC_WAIT_PIPE, 20, 1, 5us),
          LedgerBuilder(2)});
  const auto edges = taken(wakeup_graph).edges;
  ASSERT_THAT(edges, SizeIs(1));
  EXPECT_EQ(edges[0].from.kind, Waker::Kind::task);
  EXPECT_EQ(edges[0].from.task, 2U);
  EXPECT_EQ(edges[0].from.tid, 1002U);
  EXPECT_EQ(edges[0].to, 1U);
  EXPECT_EQ(edges[0].wakeups, 4U);
  EXPECT_EQ(edges[0].waited, 35us);
  EXPECT_EQ(edges[0].longest, 30us);
  EXPECT_EQ(edges[0].call_sites.at("call 1"), 3U);
  EXPECT_FALSE(edges[0].bytes);
}

TEST(WakeupGraph, WakersThatAreNoObservedTasks) {
  auto wakeup_graph = of({LedgerBuilder(1)
                              .woken_by(0, TC_WAKER_INTERRUPT, TC_WAIT_TIMER, TC_FROM_INTERRUPT, 1, 3us)
                              .woken_by(1, TC_WAKER_UNOBSERVED | 77, TC_WAIT_PIPE, TC_FROM_NOWHERE, 1, 2us)
                              .woken_by(2, 0, TC_WAIT_OTHER, TC_FROM_NOWHERE, 1, 1us)});
  const auto edges = taken(wakeup_graph).edges;
  ASSERT_THAT(edges, SizeIs(3));
  EXPECT_EQ(edges[0].from.kind, Waker::Kind::interrupt);
  EXPECT_EQ(edges[1].from.kind, Waker::Kind::unobserved);
  EXPECT_EQ(edges[1].from.tid, 77U);
  EXPECT_EQ(edges[2].from.kind, Waker::Kind::unknown);
  EXPECT_THAT(edges[0].call_sites, IsEmpty());
}

TEST(WakeupGraph, WakersWithoutRoomAreSeveral) {
  LedgerBuilder crowded(1);
  tc_ledger ledger = crowded;
  ledger.other_edges[0] = {{1, TC_WAKER_SEVERAL, TC_WAIT_CHILD, TC_FROM_NOWHERE}, {500, 70, 9}};
  WakeupGraph wakeup_graph(1000);
  wakeup_graph.add(ledger);
  const auto edges = taken(wakeup_graph).edges;
  ASSERT_THAT(edges, SizeIs(1));
  EXPECT_EQ(edges[0].from.kind, Waker::Kind::several);
  EXPECT_EQ(edges[0].wakeups, 500U);
  EXPECT_EQ(edges[0].cause, TC_WAIT_CHILD);
}

TEST(WakeupGraph, AWaitThatHasNotEndedIsNoEdge) {
  auto wakeup_graph = of({LedgerBuilder(1).woken_by(0, 2, TC_WAIT_PIPE, 1, 0, 0us)});
  EXPECT_THAT(taken(wakeup_graph).edges, IsEmpty());
}

TEST(WakeupGraph, EdgesOfAggregatedTasksAreCounted) {
  auto wakeup_graph = of({LedgerBuilder(100).woken_by(0, 2, TC_WAIT_PIPE, 1, 1, 1us)});
  const auto all = taken(wakeup_graph);
  EXPECT_THAT(all.edges, IsEmpty());
  EXPECT_EQ(all.other_edges, 1U);
}

TEST(WakeupGraph, MemoryIsBounded) {
  WakeupGraph wakeup_graph(2);
  for (std::uint64_t id = 1; id <= 5; ++id) {
    wakeup_graph.add(LedgerBuilder(id).woken_by(0, 9, TC_WAIT_PIPE, 1, 1, 1us));
  }
  const auto all = taken(wakeup_graph);
  EXPECT_THAT(all.edges, SizeIs(2));
  EXPECT_EQ(all.other_edges, 3U);
}

// Returns the bytes of the edge between two tasks; fails if there is none.
std::uint64_t bytes_between(const WakeupGraph::Taken& all, std::uint64_t from, std::uint64_t to) {
  for (const Edge& edge : all.edges) {
    if (edge.from.task == from && edge.to == to && edge.bytes) {
      return *edge.bytes;
    }
  }
  ADD_FAILURE() << "no bytes from " << from << " to " << to;
  return 0;
}

TEST(WakeupGraph, BytesOfAPipeWithOneReader) {
  auto wakeup_graph = of({LedgerBuilder(1).flow(0, TC_CHANNEL_PIPE, 50, 50, 0, 100),
                          LedgerBuilder(2).flow(0, TC_CHANNEL_PIPE, 50, 50, 0, 40),
                          LedgerBuilder(3).flow(0, TC_CHANNEL_PIPE, 50, 50, 140, 0)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 1, 3), 100U);
  EXPECT_EQ(bytes_between(all, 2, 3), 40U);
  EXPECT_THAT(all.edges, SizeIs(2));
}

TEST(WakeupGraph, UnknownBytesAreNotReported) {
  auto wakeup_graph = of({LedgerBuilder(1).flow(0, TC_CHANNEL_PIPE, 50, 50, 0, TC_BYTES_UNKNOWN),
                          LedgerBuilder(2).flow(0, TC_CHANNEL_PIPE, 50, 50, TC_BYTES_UNKNOWN, 0),
                          LedgerBuilder(3).flow(0, TC_CHANNEL_PIPE, 60, 60, 0, 40),
                          LedgerBuilder(4).flow(0, TC_CHANNEL_PIPE, 60, 60, 40, 0)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 3, 4), 40U);
  for (const Edge& edge : all.edges) {
    EXPECT_EQ(edge.bytes.has_value(), edge.to == 4U);
  }
}

TEST(WakeupGraph, TerminalsHaveTwoEnds) {
  auto wakeup_graph = of({LedgerBuilder(1).flow(0, TC_CHANNEL_PTY, 8, 99, 10, 200),
                          LedgerBuilder(2).flow(0, TC_CHANNEL_PTY, 9, 99, 200, 10)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 1, 2), 200U);
  EXPECT_EQ(bytes_between(all, 2, 1), 10U);
}

TEST(WakeupGraph, BytesOfAPipeWithOneWriter) {
  auto wakeup_graph = of({LedgerBuilder(1).flow(0, TC_CHANNEL_PIPE, 50, 50, 0, 100),
                          LedgerBuilder(2).flow(0, TC_CHANNEL_PIPE, 50, 50, 70, 0),
                          LedgerBuilder(3).flow(0, TC_CHANNEL_PIPE, 50, 50, 30, 0)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 1, 2), 70U);
  EXPECT_EQ(bytes_between(all, 1, 3), 30U);
}

TEST(WakeupGraph, BytesAmongSeveralOfBothHaveNoPair) {
  auto wakeup_graph = of({LedgerBuilder(1).flow(0, TC_CHANNEL_PIPE, 50, 50, 0, 100),
                          LedgerBuilder(2).flow(0, TC_CHANNEL_PIPE, 50, 50, 0, 60),
                          LedgerBuilder(3).flow(0, TC_CHANNEL_PIPE, 50, 50, 80, 0),
                          LedgerBuilder(4).flow(0, TC_CHANNEL_PIPE, 50, 50, 80, 0)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 1, 0), 100U);
  EXPECT_EQ(bytes_between(all, 2, 0), 60U);
  EXPECT_THAT(all.edges, SizeIs(2));
}

TEST(WakeupGraph, BytesOfAConnectionGoToItsOtherEnd) {
  auto wakeup_graph = of({LedgerBuilder(1).flow(0, TC_CHANNEL_UNIX_SOCKET, 7, 99, 10, 200),
                          LedgerBuilder(2).flow(0, TC_CHANNEL_UNIX_SOCKET, 8, 99, 200, 10)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 1, 2), 200U);
  EXPECT_EQ(bytes_between(all, 2, 1), 10U);
}

TEST(WakeupGraph, TheOtherEndMayBeUnobserved) {
  auto wakeup_graph = of({LedgerBuilder(1).flow(0, TC_CHANNEL_INET_SOCKET, 7, 99, 10, 200)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 1, 0), 200U);
  EXPECT_EQ(bytes_between(all, 0, 1), 10U);
}

// The upper half of an inet socket's link identifies its own end, the lower half its peer.
constexpr std::uint64_t link_between(std::uint32_t own, std::uint32_t peer) { return std::uint64_t{own} << 32U | peer; }

TEST(WakeupGraph, TheEndThatConnectsIsOneBehind) {
  auto wakeup_graph = of({LedgerBuilder(1).flow(0, TC_CHANNEL_INET_SOCKET, 7, link_between(4000, 90'001), 10, 200),
                          LedgerBuilder(2).flow(0, TC_CHANNEL_INET_SOCKET, 8, link_between(90'001, 4001), 200, 10)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 1, 2), 200U);
  EXPECT_EQ(bytes_between(all, 2, 1), 10U);
  EXPECT_THAT(all.edges, SizeIs(2));
}

// Two workers of a server had connections from the same port of an unobserved client, one after the other.
TEST(WakeupGraph, TwoEndsOnOneSideAreNoPair) {
  auto wakeup_graph = of({LedgerBuilder(1).flow(0, TC_CHANNEL_INET_SOCKET, 7, link_between(500, 90'001), 10, 200),
                          LedgerBuilder(2).flow(0, TC_CHANNEL_INET_SOCKET, 8, link_between(500, 90'001), 11, 300)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 1, 0), 200U);
  EXPECT_EQ(bytes_between(all, 2, 0), 300U);
  EXPECT_EQ(bytes_between(all, 0, 1), 10U);
  EXPECT_EQ(bytes_between(all, 0, 2), 11U);
}

// The client is observed: each of its connections belongs to one worker.
TEST(WakeupGraph, ALaterConnectionIsAnotherOne) {
  auto wakeup_graph = of({LedgerBuilder(1)
                              .flow(0, TC_CHANNEL_INET_SOCKET, 7, link_between(500, 90'001), 10, 200)
                              .flow(1, TC_CHANNEL_INET_SOCKET, 9, link_between(7500, 70'001), 1, 20),
                          LedgerBuilder(2).flow(0, TC_CHANNEL_INET_SOCKET, 8, link_between(90'001, 501), 200, 10),
                          LedgerBuilder(3).flow(0, TC_CHANNEL_INET_SOCKET, 8, link_between(70'001, 7501), 20, 1)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 1, 2), 200U);
  EXPECT_EQ(bytes_between(all, 1, 3), 20U);
  EXPECT_THAT(all.edges, SizeIs(4));
}

TEST(WakeupGraph, SocketsWithoutAKnownOtherEndDoNotMeet) {
  auto wakeup_graph = of({LedgerBuilder(1).flow(0, TC_CHANNEL_UNIX_SOCKET, 7, 0, 0, 20),
                          LedgerBuilder(2).flow(0, TC_CHANNEL_UNIX_SOCKET, 8, 0, 20, 0)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 1, 0), 20U);
  EXPECT_EQ(bytes_between(all, 0, 2), 20U);
}

// As a netlink socket that one thread sends requests through while another reads the answers of the kernel.
TEST(WakeupGraph, UsersOfOneSocketDoNotMeet) {
  auto wakeup_graph = of({LedgerBuilder(1).flow(0, TC_CHANNEL_OTHER_SOCKET, 7, 0, 0, 20),
                          LedgerBuilder(2).flow(0, TC_CHANNEL_OTHER_SOCKET, 7, 0, 5968, 0)});
  const auto all = taken(wakeup_graph);
  EXPECT_EQ(bytes_between(all, 1, 0), 20U);
  EXPECT_EQ(bytes_between(all, 0, 2), 5968U);
  EXPECT_THAT(all.edges, SizeIs(2));
}

tc_link link_of(std::uint64_t sleeper, std::uint64_t waker, std::chrono::nanoseconds blocked, tc_wait wait) {
  return {sleeper, waker, count_of(blocked), wait, 1};
}

TEST(WakeupGraph, ChainsAreSortedAndTailsLeftOut) {
  const tc_link a = link_of(1, 2, 41ms, TC_WAIT_PIPE);
  const tc_link b = link_of(2, 3, 38ms, TC_WAIT_FUTEX_PRIVATE);
  const tc_link c = link_of(3, TC_WAKER_INTERRUPT, 30ms, TC_WAIT_TIMER);
  auto wakeup_graph =
      of({LedgerBuilder(2).chain(0, {b, c}), LedgerBuilder(1).chain(0, {a, b, c}),
          LedgerBuilder(4).chain(0, {link_of(4, 1, 90ms, TC_WAIT_CHILD), link_of(1, 9, 80ms, TC_WAIT_DISK)})});
  const auto chains = taken(wakeup_graph).chains;
  ASSERT_THAT(chains, SizeIs(2));
  EXPECT_EQ(chains[0][0].waited, 90ms);
  ASSERT_THAT(chains[1], SizeIs(3));
  EXPECT_EQ(chains[1][0].task, 1U);
  EXPECT_EQ(chains[1][0].cause, TC_WAIT_PIPE);
  EXPECT_EQ(chains[1][1].task, 2U);
  EXPECT_EQ(chains[1][2].waker.kind, Waker::Kind::interrupt);
}

TEST(Waits, EveryChannelHasOneAndBack) {
  for (int channel = 0; channel < TC_NR_CHANNELS; ++channel) {
    EXPECT_EQ(channel_of(wait_of(static_cast<tc_channel>(channel))), channel);
  }
  EXPECT_EQ(channel_of(TC_WAIT_TIMER), TC_CHANNEL_NONE);
}

}  // namespace
}  // namespace taskcost::test
