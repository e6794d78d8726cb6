// SPDX-License-Identifier: Apache-2.0
#include "symbols/mapping_records.h"

#include <linux/perf_event.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <string_view>

namespace taskcost {
namespace {

// perf_event.h describes the records in comments only. The time follows each record.
struct FileNumbers {
  std::uint32_t device_major;
  std::uint32_t device_minor;
  std::uint64_t inode;
  std::uint64_t inode_generation;
};

// PERF_RECORD_MISC_MMAP_BUILD_ID: the build id replaces the numbers, if the file has one and its page was resident.
struct FileBuildId {
  std::uint8_t size;
  std::array<std::uint8_t, 3> reserved;
  std::array<std::uint8_t, 20> bytes;
};
static_assert(sizeof(FileBuildId) == sizeof(FileNumbers));

struct MmapRecord {
  perf_event_header header;
  std::uint32_t pid;
  std::uint32_t tid;
  std::uint64_t address;
  std::uint64_t size;
  std::uint64_t file_offset;
  std::array<std::byte, sizeof(FileNumbers)> file;
  std::uint32_t protection;
  std::uint32_t flags;
  // followed by the path, padded with zeros to a multiple of 8
};

struct CommRecord {
  perf_event_header header;
  std::uint32_t pid;
  std::uint32_t tid;
  // followed by the name
};

struct ForkRecord {
  perf_event_header header;
  std::uint32_t pid;
  std::uint32_t parent_pid;
  std::uint32_t tid;
  std::uint32_t parent_tid;
  std::uint64_t time;
};

struct LostRecord {
  perf_event_header header;
  std::uint64_t id;
  std::uint64_t lost;
};

using Time = std::uint64_t;

template <typename T>
std::optional<T> read(std::span<const std::byte> record) {
  T value;
  if (record.size() < sizeof value + sizeof(Time)) {
    return std::nullopt;
  }
  std::memcpy(&value, record.data(), sizeof value);
  return value;
}

std::string hexadecimal(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4U];
    text += digits[byte & 0xfU];
  }
  return text;
}

std::optional<MappingEvent> decode_mmap(std::span<const std::byte> record, MappingEvent event) {
  const auto fields = read<MmapRecord>(record);
  if (!fields || (fields->header.misc & PERF_RECORD_MISC_CPUMODE_MASK) != PERF_RECORD_MISC_USER ||
      (fields->protection & PROT_EXEC) == 0 || fields->address + fields->size <= fields->address) {
    return std::nullopt;
  }
  const auto path = record.subspan(sizeof(MmapRecord), record.size() - sizeof(MmapRecord) - sizeof(Time));
  const std::string_view padded(reinterpret_cast<const char*>(path.data()), path.size());
  event.kind = MappingEvent::Kind::mmap;
  event.pid = fields->pid;
  event.mapping.start = fields->address;
  event.mapping.end = fields->address + fields->size;
  event.mapping.file_offset = fields->file_offset;
  event.mapping.path = padded.substr(0, padded.find('\0'));
  if ((fields->header.misc & PERF_RECORD_MISC_MMAP_BUILD_ID) != 0) {
    const auto id = std::bit_cast<FileBuildId>(fields->file);
    event.mapping.build_id = hexadecimal(std::span(id.bytes).first(std::min<std::size_t>(id.size, id.bytes.size())));
  } else {
    const auto numbers = std::bit_cast<FileNumbers>(fields->file);
    event.mapping.device_major = numbers.device_major;
    event.mapping.device_minor = numbers.device_minor;
    event.mapping.inode = numbers.inode;
    event.mapping.inode_generation = numbers.inode_generation;
  }
  return event;
}

std::optional<MappingEvent> decode_comm(std::span<const std::byte> record, MappingEvent event) {
  const auto fields = read<CommRecord>(record);
  if (!fields || (fields->header.misc & PERF_RECORD_MISC_COMM_EXEC) == 0) {
    return std::nullopt;
  }
  event.kind = MappingEvent::Kind::exec;
  event.pid = fields->pid;
  return event;
}

std::optional<MappingEvent> decode_fork(std::span<const std::byte> record, MappingEvent event) {
  const auto fields = read<ForkRecord>(record);
  if (!fields || fields->pid == fields->parent_pid || fields->tid != fields->pid) {
    return std::nullopt;
  }
  event.kind = MappingEvent::Kind::fork;
  event.pid = fields->pid;
  event.parent = fields->parent_pid;
  return event;
}

std::optional<MappingEvent> decode_lost(std::span<const std::byte> record, MappingEvent event) {
  const auto fields = read<LostRecord>(record);
  if (!fields) {
    return std::nullopt;
  }
  event.kind = MappingEvent::Kind::lost;
  event.lost = fields->lost;
  return event;
}

}  // namespace

std::optional<MappingEvent> decode_mapping_record(std::span<const std::byte> record) {
  const auto header = read<perf_event_header>(record);
  if (!header || header->size != record.size()) {
    return std::nullopt;
  }
  MappingEvent event;
  std::memcpy(&event.time_ns, record.data() + record.size() - sizeof(Time), sizeof(Time));
  switch (header->type) {
    case PERF_RECORD_MMAP2:
      return decode_mmap(record, std::move(event));
    case PERF_RECORD_COMM:
      return decode_comm(record, std::move(event));
    case PERF_RECORD_FORK:
      return decode_fork(record, std::move(event));
    case PERF_RECORD_LOST:
      return decode_lost(record, std::move(event));
    default:
      return std::nullopt;
  }
}

void apply(const MappingEvent& event, AddressSpaces& spaces) {
  switch (event.kind) {
    case MappingEvent::Kind::mmap:
      spaces.on_mmap(event.pid, event.mapping, event.time_ns);
      break;
    case MappingEvent::Kind::exec:
      spaces.on_exec(event.pid, event.time_ns);
      break;
    case MappingEvent::Kind::fork:
      spaces.on_fork(event.parent, event.pid, event.time_ns);
      break;
    case MappingEvent::Kind::lost:
      break;
  }
}

}  // namespace taskcost
