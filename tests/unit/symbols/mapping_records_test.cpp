// SPDX-License-Identifier: Apache-2.0
#include "symbols/mapping_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/perf_event.h>
#include <sys/mman.h>

#include <cstring>
#include <string>
#include <vector>

namespace taskcost::test {
namespace {

using Kind = MappingEvent::Kind;

// Builds the bytes of a record field by field.
class Bytes {
 public:
  Bytes(std::uint32_t type, std::uint16_t misc) { add(type).add(misc).add(std::uint16_t{0}); }
  template <typename T>
  Bytes& add(T value) {
    const auto* raw = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), raw, raw + sizeof value);
    return *this;
  }
  Bytes& add_text(const std::string& text) {
    for (std::size_t i = 0; i < text.size() / 8 * 8 + 8; ++i) {
      add(i < text.size() ? text[i] : '\0');
    }
    return *this;
  }
  [[nodiscard]] std::vector<std::byte> with_time(std::uint64_t time_ns) {
    add(time_ns);
    const auto size = static_cast<std::uint16_t>(bytes_.size());
    std::memcpy(bytes_.data() + 6, &size, sizeof size);
    return bytes_;
  }

 private:
  std::vector<std::byte> bytes_;
};

std::vector<std::byte> mmap_record(std::uint64_t address, std::uint64_t size, std::uint32_t protection,
                                   const std::string& path, std::uint16_t misc = PERF_RECORD_MISC_USER) {
  return Bytes(PERF_RECORD_MMAP2, misc)
      .add(4711U)
      .add(4712U)
      .add(address)
      .add(size)
      .add(std::uint64_t{0x3000})
      .add(8U)
      .add(1U)
      .add(std::uint64_t{99})
      .add(std::uint64_t{7})
      .add(protection)
      .add(std::uint32_t{MAP_PRIVATE})
      .add_text(path)
      .with_time(123'456);
}

std::vector<std::byte> fork_record(std::uint32_t pid, std::uint32_t parent, std::uint32_t tid) {
  return Bytes(PERF_RECORD_FORK, 0).add(pid).add(parent).add(tid).add(parent).add(std::uint64_t{55}).with_time(56);
}

TEST(MappingRecords, Mmap) {
  const auto event = decode_mapping_record(mmap_record(0x7f0000, 0x2000, PROT_READ | PROT_EXEC, "/usr/lib/a b;\n.so"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, Kind::mmap);
  EXPECT_EQ(event->time_ns, 123'456U);
  EXPECT_EQ(event->pid, 4711U);
  EXPECT_EQ(event->mapping.start, 0x7f0000U);
  EXPECT_EQ(event->mapping.end, 0x7f2000U);
  EXPECT_EQ(event->mapping.file_offset, 0x3000U);
  EXPECT_EQ(event->mapping.path, "/usr/lib/a b;\n.so");
  EXPECT_EQ(event->mapping.device_major, 8U);
  EXPECT_EQ(event->mapping.device_minor, 1U);
  EXPECT_EQ(event->mapping.inode, 99U);
  EXPECT_EQ(event->mapping.inode_generation, 7U);
  EXPECT_EQ(event->mapping.build_id, "");

  AddressSpaces spaces;
  apply(*event, spaces);
  EXPECT_NE(spaces.find(4711, 0x7f1000), nullptr);
}

// The build id uses the bytes of device, inode and generation.
TEST(MappingRecords, MmapWithBuildId) {
  Bytes bytes(PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER | PERF_RECORD_MISC_MMAP_BUILD_ID);
  bytes.add(1U).add(1U).add(std::uint64_t{0x1000}).add(std::uint64_t{0x1000}).add(std::uint64_t{0});
  bytes.add(std::uint8_t{4}).add(std::uint8_t{0}).add(std::uint16_t{0});
  for (const unsigned byte : {0xdeU, 0xadU, 0xbeU, 0xefU}) {
    bytes.add(static_cast<std::uint8_t>(byte));
  }
  bytes.add(std::uint64_t{0}).add(std::uint64_t{0}).add(std::uint32_t{PROT_EXEC}).add(std::uint32_t{MAP_PRIVATE});
  const auto event = decode_mapping_record(bytes.add_text("/a").with_time(5));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->mapping.build_id, "deadbeef");
  EXPECT_EQ(event->mapping.inode, 0U);
  EXPECT_EQ(event->mapping.path, "/a");
}

TEST(MappingRecords, WhatIsNoCodeOfAProcess) {
  EXPECT_FALSE(decode_mapping_record(mmap_record(0x1000, 0x1000, PROT_READ, "/data")));
  EXPECT_FALSE(decode_mapping_record(mmap_record(0x1000, 0x1000, PROT_EXEC, "[module]", PERF_RECORD_MISC_KERNEL)));
  EXPECT_FALSE(decode_mapping_record(mmap_record(0x1000, 0, PROT_EXEC, "/empty")));
  EXPECT_FALSE(decode_mapping_record(mmap_record(0x1000, ~0ULL, PROT_EXEC, "/around")));
  EXPECT_FALSE(decode_mapping_record(Bytes(PERF_RECORD_EXIT, 0).add(1ULL).add(2ULL).add(3ULL).with_time(4)));
}

TEST(MappingRecords, Exec) {
  const auto exec = decode_mapping_record(
      Bytes(PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC).add(7U).add(7U).add_text("tool").with_time(9));
  ASSERT_TRUE(exec);
  EXPECT_EQ(exec->kind, Kind::exec);
  EXPECT_EQ(exec->pid, 7U);
  EXPECT_EQ(exec->time_ns, 9U);
  EXPECT_FALSE(decode_mapping_record(Bytes(PERF_RECORD_COMM, 0).add(7U).add(7U).add_text("name").with_time(9)));
}

TEST(MappingRecords, ForksOfProcessesAlone) {
  const auto fork = decode_mapping_record(fork_record(8, 7, 8));
  ASSERT_TRUE(fork);
  EXPECT_EQ(fork->kind, Kind::fork);
  EXPECT_EQ(fork->pid, 8U);
  EXPECT_EQ(fork->parent, 7U);
  EXPECT_EQ(fork->time_ns, 56U);
  EXPECT_FALSE(decode_mapping_record(fork_record(7, 7, 9))) << "a thread";
  EXPECT_FALSE(decode_mapping_record(fork_record(7, 6, 9))) << "a thread of a process with another parent";
}

TEST(MappingRecords, Lost) {
  const auto lost =
      decode_mapping_record(Bytes(PERF_RECORD_LOST, 0).add(std::uint64_t{1}).add(std::uint64_t{42}).with_time(3));
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->kind, Kind::lost);
  EXPECT_EQ(lost->lost, 42U);
  AddressSpaces spaces;
  apply(*lost, spaces);
  EXPECT_EQ(spaces.mappings(), 0U);
}

TEST(MappingRecords, TornOnesAreNone) {
  for (const auto& whole :
       {mmap_record(0x1000, 0x1000, PROT_EXEC, "/a"), fork_record(8, 7, 8),
        Bytes(PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC).add(7U).add(7U).add_text("a").with_time(9),
        Bytes(PERF_RECORD_LOST, 0).add(std::uint64_t{1}).add(std::uint64_t{42}).with_time(3)}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      std::vector<std::byte> torn(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(decode_mapping_record(torn)) << "shorter than its header says";
      const auto claimed = static_cast<std::uint16_t>(size);
      if (size >= 8) {
        std::memcpy(torn.data() + 6, &claimed, sizeof claimed);
        (void)decode_mapping_record(torn);
      }
    }
  }
}

}  // namespace
}  // namespace taskcost::test
