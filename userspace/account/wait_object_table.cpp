// SPDX-License-Identifier: Apache-2.0
#include "account/wait_object_table.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <string_view>
#include <utility>

#include "account/ledger.h"

namespace taskcost {
namespace {

// sys/stat.h and include/linux/kdev_t.h, independent of the machine that reads a capture.
constexpr std::uint32_t directory = 0040000;
constexpr std::uint32_t block_device = 0060000;
constexpr unsigned minor_bits = 20;

std::string device_text(std::uint32_t device) {
  return fmt::format("{}:{}", device >> minor_bits, device & ((1U << minor_bits) - 1));
}

std::string_view name_bytes(const tc_wait_object_sums& sums) {
  return {sums.name, std::min<std::size_t>(sums.name_size, sizeof sums.name)};
}

// Its parts come with the last one first, each with its NUL.
std::string path_of(const tc_wait_object_sums& sums) {
  std::string path;
  for (std::string_view rest = name_bytes(sums); !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('\0'));
    path.insert(0, part).insert(0, "/");
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  }
  if ((sums.name_bits & TC_NAME_CUT) != 0) {
    path.insert(0, "...");
  }
  return path.empty() ? "/" : path;
}

std::string name_of_file(const tc_wait_object& object, const tc_wait_object_sums& sums) {
  const bool has_path = (sums.name_bits & TC_NAME_NO_PATH) == 0;
  if (has_path && (sums.name_size != 0 || (sums.name_bits & TC_NAME_CUT) == 0)) {
    return path_of(sums) + ((sums.name_bits & TC_NAME_DELETED) != 0 ? " (deleted)" : "");
  }
  const std::string_view name = name_bytes(sums);
  if (const std::string_view own = name.substr(0, name.find('\0')); !own.empty()) {
    return std::string(own);
  }
  return (object.file & TC_FILE_FORMAT) == TC_FILE_FIFO
             ? fmt::format("pipe:[{}]", object.inode)
             : fmt::format("inode {} of device {}", object.inode, device_text(object.device));
}

bool is_none(const std::uint32_t (&address)[4]) {
  const bool mapped = address[0] == 0 && address[1] == 0 && address[2] == htonl(0xffff);
  return address[3] == 0 && (mapped || std::ranges::all_of(address, [](std::uint32_t word) { return word == 0; }));
}

// "10.0.0.1", "[2001:db8::1]"
std::string address_text(const std::uint32_t (&address)[4]) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address[0] == 0 && address[1] == 0 && address[2] == htonl(0xffff)) {
    return inet_ntop(AF_INET, &address[3], text.data(), text.size());
  }
  inet_ntop(AF_INET6, address, text.data(), text.size());
  return fmt::format("[{}]", text.data());
}

std::string protocol_text(const ObjectWaits& waits, const tc_wait_object& object) {
  switch (waits.kind) {
    case WaitObjectKind::tcp:
      return "tcp";
    case WaitObjectKind::udp:
      return "udp";
    default:
      return fmt::format("IP protocol {}", object.protocol);
  }
}

// "tcp 10.0.0.1:5432", "tcp port 80 from 10.0.0.1", "tcp 0.0.0.0:80 (listening)"
std::string name_of_inet_socket(const ObjectWaits& waits, const tc_wait_object& object) {
  const std::string protocol = protocol_text(waits, object);
  if (object.listens != 0) {
    return fmt::format("{} {}:{} (listening)", protocol, address_text(object.address), object.port);
  }
  if (object.peer_port != 0) {
    return fmt::format("{} {}:{}", protocol, address_text(object.peer), object.peer_port);
  }
  return fmt::format("{} port {}{}", protocol, object.port,
                     is_none(object.peer) ? "" : " from " + address_text(object.peer));
}

// An abstract address begins with a NUL, and is shown with "@" as by ss.
std::string name_of_unix_socket(const tc_wait_object& object, const tc_wait_object_sums& sums) {
  const std::string_view name = name_bytes(sums);
  if (name.empty()) {
    return fmt::format("socket:[{}]", object.inode);
  }
  if (name.front() == '\0') {
    std::string abstract(name);
    std::ranges::replace(abstract, '\0', '@');
    return abstract;
  }
  return std::string(name.substr(0, name.find('\0')));
}

std::string name_of_other_socket(std::uint32_t family) {
  switch (family) {
    case AF_NETLINK:
      return "netlink";
    case AF_PACKET:
      return "packet";
    case AF_VSOCK:
      return "vsock";
    default:
      return fmt::format("socket of family {}", family);
  }
}

WaitObjectKind kind_of_socket(const tc_wait_object& object) {
  switch (object.file & TC_FILE_DETAIL) {
    case AF_UNIX:
      return WaitObjectKind::unix_socket;
    case AF_INET:
    case AF_INET6:
      return object.protocol == IPPROTO_TCP   ? WaitObjectKind::tcp
             : object.protocol == IPPROTO_UDP ? WaitObjectKind::udp
                                              : WaitObjectKind::other_socket;
    default:
      return WaitObjectKind::other_socket;
  }
}

WaitObjectKind kind_of(const tc_wait_object& object) {
  switch (object.file & TC_FILE_FORMAT) {
    case 0:
      return WaitObjectKind::unknown;
    case TC_FILE_FIFO:
      return WaitObjectKind::pipe;
    case directory:
      return WaitObjectKind::directory;
    case TC_FILE_DEVICE:
    case block_device:
      return WaitObjectKind::device;
    case TC_FILE_SOCKET:
      // The path of a socket is a file, too.
      return (object.file & TC_FILE_DETAIL) != 0 ? kind_of_socket(object) : WaitObjectKind::file;
    default:
      return WaitObjectKind::file;
  }
}

bool is_inet(const tc_wait_object& object) {
  const std::uint32_t family = object.file & TC_FILE_DETAIL;
  return family == AF_INET || family == AF_INET6;
}

}  // namespace

const char* to_string(WaitObjectKind kind) {
  switch (kind) {
    case WaitObjectKind::unknown:
      return "unknown";
    case WaitObjectKind::file:
      return "file";
    case WaitObjectKind::directory:
      return "directory";
    case WaitObjectKind::pipe:
      return "pipe";
    case WaitObjectKind::device:
      return "device";
    case WaitObjectKind::tcp:
      return "tcp";
    case WaitObjectKind::udp:
      return "udp";
    case WaitObjectKind::unix_socket:
      return "unix_socket";
    case WaitObjectKind::other_socket:
      return "other_socket";
  }
  return "unknown";
}

void ObjectWaits::add(const ObjectWaits& other) {
  waits += other.waits;
  time += other.time;
  longest = std::max(longest, other.longest);
}

ObjectWaits object_of(const tc_wait_object& object, const tc_wait_object_sums& sums) {
  ObjectWaits waits;
  waits.kind = kind_of(object);
  switch (waits.kind) {
    case WaitObjectKind::unknown:
      return waits;
    case WaitObjectKind::unix_socket:
      waits.object = name_of_unix_socket(object, sums);
      return waits;
    case WaitObjectKind::tcp:
    case WaitObjectKind::udp:
    case WaitObjectKind::other_socket:
      waits.object =
          is_inet(object) ? name_of_inet_socket(waits, object) : name_of_other_socket(object.file & TC_FILE_DETAIL);
      return waits;
    default:
      break;
  }
  waits.object = name_of_file(object, sums);
  waits.device = device_text(object.device);
  waits.inode = object.inode;
  if (object.disk != 0) {
    const std::string disk = text_of(sums.disk, sizeof sums.disk);
    waits.disk = disk.empty() ? device_text(object.disk) : disk;
  }
  return waits;
}

void WaitObjectTable::add(const tc_wait_object_key& key, const tc_wait_object_sums& sums) {
  measured_ = true;
  if (sums.count == 0 || key.wait >= TC_NR_WAITS) {
    return;
  }
  ObjectWaits waits = object_of(key.object, sums);
  waits.cause = static_cast<tc_wait>(key.wait);
  Key full{key.task, key.wait, waits.kind, waits.object, waits.disk, waits.device, waits.inode};
  if (entries_.size() >= limit_ && !entries_.contains(full)) {
    waits = {};
    waits.cause = static_cast<tc_wait>(key.wait);
    full = Key{0, key.wait, {}, {}, {}, {}, {}};
  }
  ObjectWaits& sum = entries_.try_emplace(std::move(full), std::move(waits)).first->second;
  sum.waits += sums.count;
  sum.time += nanoseconds(sums.ns);
  sum.longest = std::max(sum.longest, nanoseconds(sums.max_ns));
}

std::optional<std::vector<ObjectWaits>> WaitObjectTable::take(
    const std::function<std::uint64_t(std::uint64_t)>& task_number) const {
  if (!measured_) {
    return std::nullopt;
  }
  std::map<Key, ObjectWaits> merged;
  for (const auto& [key, waits] : entries_) {
    Key by_task = key;
    std::uint64_t& task = std::get<0>(by_task);
    task = task == 0 ? 0 : task_number(task);
    const auto [found, added] = merged.try_emplace(by_task, waits);
    if (added) {
      found->second.task = task;
    } else {
      found->second.add(waits);
    }
  }
  std::vector<ObjectWaits> rows;
  rows.reserve(merged.size());
  std::ranges::transform(merged, std::back_inserter(rows), [](auto& entry) { return std::move(entry.second); });
  std::ranges::stable_sort(rows, std::ranges::greater(), &ObjectWaits::time);
  return rows;
}

}  // namespace taskcost
