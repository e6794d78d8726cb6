// SPDX-License-Identifier: Apache-2.0
//
// Mappings as this kernel records them, compared with /proc (needs root).
#include "collector/mapping_events.h"

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "support/subprocess.h"
#include "symbols/mapped_files.h"
#include "symbols/symbolizer.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

std::vector<Mapping> maps_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/maps");
  return parse_maps(std::string(std::istreambuf_iterator<char>(file), {}));
}

class Recorded : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = MappingEvents::open();
    ASSERT_TRUE(opened) << to_line(opened.error());
    events_ = std::move(*opened);
  }
  void read_rest() {
    events_->read_rest([this](const MappingEvent& event) {
      seen_.push_back(event);
      apply(event, spaces_);
    });
  }

  std::unique_ptr<MappingEvents> events_;
  AddressSpaces spaces_;
  std::vector<MappingEvent> seen_;
};

TEST_F(Recorded, AProgramHasTheMappingsThatProcSays) {
  const Subprocess sleeper({"/bin/sleep", "60"});
  std::this_thread::sleep_for(300ms);
  read_rest();
  const auto truth = maps_of(sleeper.pid());
  ASSERT_GE(truth.size(), 3U) << "the program, the C library and the vDSO";
  for (const Mapping& expected : truth) {
    const Mapping* found = spaces_.find(static_cast<std::uint32_t>(sleeper.pid()), expected.start);
    ASSERT_NE(found, nullptr) << expected.path;
    EXPECT_EQ(found->path, expected.path);
    EXPECT_EQ(found->start, expected.start) << expected.path;
    EXPECT_EQ(found->end, expected.end) << expected.path;
    if (expected.path != "[vdso]") {
      // The kernel reports a build id, or the device and inode of a file that has none.
      EXPECT_TRUE(is_mapping_of(*found, RegularFile(expected.path))) << expected.path;
      EXPECT_TRUE(!found->build_id.empty() || found->inode == expected.inode) << expected.path;
      EXPECT_EQ(found->file_offset, expected.file_offset) << expected.path;
    }
  }
  EXPECT_EQ(events_->lost(), 0U);
}

TEST_F(Recorded, AForkHasThoseOfItsParent) {
  const auto own = static_cast<std::uint32_t>(getpid());
  spaces_.on_snapshot(own, maps_of(getpid()), std::uint64_t{1} << 62U);  // newer than the file
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  std::this_thread::sleep_for(100ms);
  read_rest();
  const auto address = reinterpret_cast<std::uint64_t>(&maps_of);
  const Mapping* found = spaces_.find(static_cast<std::uint32_t>(child), address);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->path, spaces_.find(own, address)->path);
  Symbolizer symbolizer;
  EXPECT_THAT(symbolizer.name(found, address).function, ::testing::HasSubstr("maps_of"));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(Recorded, AThreadIsNoFork) {
  std::thread([] {}).join();
  read_rest();
  for (const MappingEvent& event : seen_) {
    EXPECT_FALSE(event.kind == MappingEvent::Kind::fork && event.parent == static_cast<std::uint32_t>(getpid()));
  }
}

TEST_F(Recorded, OrderIsThatOfTimeOverManyCpusAndReads) {
  std::vector<MappingEvent> seen;
  const auto keep = [&seen](const MappingEvent& event) { seen.push_back(event); };
  std::vector<pid_t> pids;
  for (int i = 0; i < 50; ++i) {
    const Finished finished = run({"/bin/true"});
    EXPECT_EQ(finished.exit_code(), 0);
    pids.push_back(finished.pid);
    events_->read_new(keep);
  }
  events_->read_rest(keep);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end(),
                             [](const MappingEvent& a, const MappingEvent& b) { return a.time_ns < b.time_ns; }));
  std::map<std::uint32_t, std::string> kinds;
  for (const MappingEvent& event : seen) {
    kinds[event.pid] += event.kind == MappingEvent::Kind::fork   ? 'f'
                        : event.kind == MappingEvent::Kind::exec ? 'x'
                                                                 : 'm';
  }
  for (const pid_t pid : pids) {
    EXPECT_THAT(kinds[static_cast<std::uint32_t>(pid)], ::testing::MatchesRegex("fm*xmm+")) << pid;
  }
}

// The test does not read in between: records that find no room are counted, and later ones are recorded again.
TEST_F(Recorded, AFullRingIsCounted) {
  for (int i = 0; i < 20'000; ++i) {
    void* at = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(at, 4096);
  }
  read_rest();
  void* last = mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  read_rest();
  EXPECT_GT(events_->lost(), 0U);
  const Mapping* found = spaces_.find(static_cast<std::uint32_t>(getpid()), reinterpret_cast<std::uint64_t>(last));
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->path, "//anon");
  munmap(last, 4096);
}

}  // namespace
}  // namespace taskcost::test
