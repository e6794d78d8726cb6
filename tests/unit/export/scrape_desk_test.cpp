// SPDX-License-Identifier: Apache-2.0
#include "export/scrape_desk.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace taskcost {
namespace {

using namespace std::chrono_literals;

Families family_named(const std::string& name) { return {{name, "help", prometheus::MetricType::Gauge, {}}}; }

bool is_readable(int fd, std::chrono::milliseconds within = 0ms) {
  pollfd watched{fd, POLLIN, 0};
  return poll(&watched, 1, static_cast<int>(within.count())) == 1;
}

TEST(ScrapeDesk, OneAnswerIsForAllThatWait) {
  const auto desk = ScrapeDesk::make(60s);
  ASSERT_TRUE(desk);
  EXPECT_FALSE(is_readable((*desk)->fd()));
  std::atomic<int> answered = 0;
  std::vector<std::thread> scrapes;
  for (int i = 0; i < 3; ++i) {
    scrapes.emplace_back([&] {
      const Families got = (*desk)->Collect();
      answered += got.size() == 1 && got[0].name == "now" ? 1 : 0;
    });
  }
  // A scrape that begins after an answer waits for the next one.
  std::thread observer([&] {
    while (answered < 3) {
      if (is_readable((*desk)->fd(), 10ms) && (*desk)->is_asked()) {
        (*desk)->answer(family_named("now"));
      }
    }
  });
  for (std::thread& scrape : scrapes) {
    scrape.join();
  }
  observer.join();
  EXPECT_EQ(answered, 3);
  EXPECT_FALSE(is_readable((*desk)->fd()));
  EXPECT_FALSE((*desk)->is_asked());
}

TEST(ScrapeDesk, WithoutAnAnswerAScrapeIsEmpty) {
  const auto desk = ScrapeDesk::make(1ms);
  ASSERT_TRUE(desk);
  (*desk)->answer(family_named("old"));
  EXPECT_TRUE((*desk)->Collect().empty());
  EXPECT_FALSE((*desk)->is_asked());
  EXPECT_FALSE(is_readable((*desk)->fd()));
}

TEST(ScrapeDesk, ClosingEndsScrapes) {
  const auto desk = ScrapeDesk::make(60s);
  ASSERT_TRUE(desk);
  std::thread scrape([&] { EXPECT_TRUE((*desk)->Collect().empty()); });
  EXPECT_TRUE(is_readable((*desk)->fd(), 60s));
  (*desk)->close();
  scrape.join();
  EXPECT_TRUE((*desk)->Collect().empty());
}

}  // namespace
}  // namespace taskcost
