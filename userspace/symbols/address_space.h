// SPDX-License-Identifier: Apache-2.0
//
// Which file was mapped where in which process: what turns an address into a place in a file. Told by the kernel's
// records of mmap, exec and fork in order of time, and by /proc/PID/maps for processes that were there before.
// Times are CLOCK_MONOTONIC in ns; processes are keyed by tgid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace taskcost {

// A part of a file, as it is executable in memory.
struct Mapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;  // exclusive
  std::uint64_t file_offset = 0;
  std::string path;  // "[vdso]" and "//anon" are not files; hostile
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint64_t inode = 0;
  std::uint64_t inode_generation = 0;  // 0: not known
  std::uint64_t mapped_ns = 0;         // the file was mapped then, with the content that is to be named; 0: not known
  std::string build_id;                // hexadecimal; empty when unknown: device and inode tell which file it is
};

class AddressSpaces {
 public:
  static constexpr std::size_t default_limit = std::size_t{1} << 18;

  // At most `limit` mappings are kept, and as many processes; what comes beyond is counted and forgotten.
  explicit AddressSpaces(std::size_t limit = default_limit);
  AddressSpaces(const AddressSpaces&) = delete;
  AddressSpaces& operator=(const AddressSpaces&) = delete;
  ~AddressSpaces();

  void on_mmap(std::uint32_t pid, Mapping mapping, std::uint64_t time_ns);
  void on_exec(std::uint32_t pid, std::uint64_t time_ns);
  void on_fork(std::uint32_t parent_pid, std::uint32_t pid, std::uint64_t time_ns);
  // All that a process had mapped at that time. Events from before it are ignored: they are in it.
  void on_snapshot(std::uint32_t pid, std::vector<Mapping> mappings, std::uint64_t time_ns);

  // As the process is now; null when no mapping is known. Borrowed until the next event.
  [[nodiscard]] const Mapping* find(std::uint32_t pid, std::uint64_t address) const;
  // Which of the programs that ran under one pid, one after the other.
  struct Program {
    std::uint64_t exec_ns = 0;   // of the exec that began it; 0: none that was seen
    std::uint64_t start_ns = 0;  // of its process, or when that was first seen; 0: not known
  };
  // The mapping of each address of one stack, which all belongs to one program. Where its time is not known, that is
  // the one that explains most addresses, of equals the latest.
  [[nodiscard]] std::vector<const Mapping*> find_together(std::uint32_t pid, std::span<const std::uint64_t> addresses,
                                                          const Program& program) const;
  [[nodiscard]] std::vector<const Mapping*> find_together(std::uint32_t pid,
                                                          std::span<const std::uint64_t> addresses) const {
    return find_together(pid, addresses, Program{});
  }

  [[nodiscard]] std::size_t mappings() const;
  // Mappings, forks and execs that were forgotten because of the limit.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  struct Image;
  struct Version {
    std::shared_ptr<Image> image;  // forks share it
    std::uint64_t begin_ns = 0;
  };
  struct Process {
    std::vector<Version> images;  // of its programs, the present one last
    std::uint64_t told_ns = 0;    // of the snapshot
  };

  // Null when the event is older than what is known, or there is no room.
  Process* process_for(std::uint32_t pid, std::uint64_t time_ns);
  void begin_image(Process& process, std::shared_ptr<Image> image, std::uint64_t time_ns);
  static const Version* version_at(const Process& process, const Program& program);
  void place(Process& process, Mapping mapping);

  std::size_t limit_;
  std::shared_ptr<std::size_t> kept_;
  std::uint64_t dropped_ = 0;
  std::unordered_map<std::uint32_t, Process> processes_;
};

// Executable mappings of files, and the vDSO, from the text of /proc/PID/maps. Lines that are no such thing are passed
// over.
std::vector<Mapping> parse_maps(std::string_view text);

}  // namespace taskcost
