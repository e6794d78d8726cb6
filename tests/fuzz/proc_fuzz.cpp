// SPDX-License-Identifier: Apache-2.0
//
// Takes any bytes as text of /proc, as perf records, or as the map of a just-in-time compiler. Observed programs choose
// the paths and names in them. The first byte selects the parser.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "collector/targets/cgroups.h"
#include "fuzz/expect.h"
#include "symbols/address_space.h"
#include "symbols/kernel_symbols.h"
#include "symbols/mapping_records.h"
#include "symbols/perf_map.h"

namespace {

using namespace taskcost;  // NOLINT(google-build-using-namespace): a program of one file
using fuzz::expect;

constexpr std::uint32_t pid = 7;
constexpr std::size_t limit = 64;

void check(const AddressSpaces& spaces, std::uint64_t address) {
  expect(spaces.mappings() <= limit, "no more is kept than may be");
  if (const Mapping* mapping = spaces.find(pid, address)) {
    expect(mapping->start <= address && address < mapping->end, "a mapping holds the address that it is found for");
  }
}

void read_maps(std::string_view text) {
  AddressSpaces spaces(limit);
  const auto mappings = parse_maps(text);
  for (const Mapping& mapping : mappings) {
    expect(mapping.start < mapping.end && !mapping.path.empty(), "a mapping is a part of a file");
  }
  spaces.on_snapshot(pid, mappings, 1);
  for (const Mapping& mapping : mappings) {
    check(spaces, mapping.start);
    check(spaces, mapping.end);
  }
}

void read_kernel_symbols(std::string_view text) {
  const KernelSymbols symbols = KernelSymbols::parse(text);
  for (const std::uint64_t address : {std::uint64_t{0}, std::uint64_t{0xffffffff81000000}, ~std::uint64_t{0}}) {
    const Frame frame = symbols.name(address);
    expect(frame.kernel && !frame.module.empty(), "a frame of the kernel has a module");
  }
}

// The input holds both texts; the second one begins at the first empty line.
void read_cgroups(std::string_view text) {
  const std::size_t end = std::min(text.find("\n\n"), text.size());
  for (const CgroupMount& mount : parse_cgroup_mounts(text.substr(0, end))) {
    const auto hierarchy = find_hierarchy(mount, text.substr(end));
    expect(!mount.version2 || hierarchy == 0U, "version 2 has one hierarchy");
  }
}

void read_perf_map(std::string_view text) {
  const PerfMap map = PerfMap::parse(std::string(text));
  for (const std::uint64_t address :
       {std::uint64_t{0}, std::uint64_t{0x1000}, std::uint64_t{0x7f0000001000}, ~std::uint64_t{0}}) {
    const std::string_view name = map.find(address);
    expect(name.size() <= PerfMap::max_name && text.find(name) != std::string_view::npos,
           "a name is a part of the text");
  }
}

// The header has the size of each record.
void read_records(std::span<const std::byte> bytes) {
  AddressSpaces spaces(limit);
  while (bytes.size() >= 8) {
    std::uint16_t stated = 0;
    std::memcpy(&stated, bytes.data() + 6, sizeof(stated));
    const std::size_t size = std::clamp<std::size_t>(stated, 8, bytes.size());
    if (const auto event = decode_mapping_record(bytes.first(size))) {
      expect(event->kind != MappingEvent::Kind::mmap || event->mapping.start < event->mapping.end,
             "a mapping has a size");
      apply(*event, spaces);
      check(spaces, event->mapping.start);
    }
    bytes = bytes.subspan(size);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (*data) {
    case 'm':
      read_maps(text);
      break;
    case 'k':
      read_kernel_symbols(text);
      break;
    case 'p':
      read_perf_map(text);
      break;
    case 'c':
      read_cgroups(text);
      break;
    default:
      read_records(std::as_bytes(std::span(text)));
  }
  return 0;
}
