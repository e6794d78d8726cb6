// SPDX-License-Identifier: Apache-2.0
//
// Keeps which file was mapped where in which process, to turn an address into an offset in a file. The sources are the
// kernel's records of mmap, exec and fork in order of time, and /proc/PID/maps for processes that already ran. Times
// are CLOCK_MONOTONIC in ns; processes are keyed by tgid.
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

// An executable mapping of a part of a file, or of memory.
struct Mapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;  // exclusive
  std::uint64_t file_offset = 0;
  std::string path;  // "[vdso]" and "//anon" are not files; hostile
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint64_t inode = 0;
  std::uint64_t inode_generation = 0;  // 0: not known
  std::uint64_t mapped_ns = 0;         // the content of the file at this time is what ran; 0: not known
  std::string build_id;                // hexadecimal; empty if unknown: device and inode identify the file then
  std::uint32_t jit = 0;               // number of the process that makes code there (JitProcesses); 0: none
  bool is_second = false;              // another file was mapped at these addresses before
};

class AddressSpaces {
 public:
  static constexpr std::size_t default_limit = std::size_t{1} << 18;

  // Keeps at most `limit` mappings and as many processes; dropped() counts those beyond.
  explicit AddressSpaces(std::size_t limit = default_limit);
  AddressSpaces(const AddressSpaces&) = delete;
  AddressSpaces& operator=(const AddressSpaces&) = delete;
  ~AddressSpaces();

  void on_mmap(std::uint32_t pid, Mapping mapping, std::uint64_t time_ns);
  void on_exec(std::uint32_t pid, std::uint64_t time_ns);
  void on_fork(std::uint32_t parent_pid, std::uint32_t pid, std::uint64_t time_ns);
  // Takes all mappings that a process had at this time. Earlier events are ignored afterwards: the snapshot has them.
  void on_snapshot(std::uint32_t pid, std::vector<Mapping> mappings, std::uint64_t time_ns);

  // The mapping in the present program of the process; nullptr if none is known. The pointer is valid until the next
  // event.
  [[nodiscard]] const Mapping* find(std::uint32_t pid, std::uint64_t address) const;
  // Selects one of the programs that ran under one pid, one after the other.
  struct Program {
    std::uint64_t exec_ns = 0;   // time of the exec that started it; 0: no exec was seen
    std::uint64_t start_ns = 0;  // time when its process started or was first seen; 0: not known
  };
  // The mapping of each address of one stack, nullptr also where the program mapped several files one after the other;
  // all addresses belong to one program. If its time is not known, it is the
  // program that has a mapping for most addresses, and the latest of those that have equally many.
  [[nodiscard]] std::vector<const Mapping*> find_together(std::uint32_t pid, std::span<const std::uint64_t> addresses,
                                                          const Program& program) const;
  [[nodiscard]] std::vector<const Mapping*> find_together(std::uint32_t pid,
                                                          std::span<const std::uint64_t> addresses) const {
    return find_together(pid, addresses, Program{});
  }

  [[nodiscard]] std::size_t mappings() const;
  // Mappings, forks and execs that did not fit the limit.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
  struct Image;
  struct Version {
    std::shared_ptr<Image> image;  // forks share it
    std::uint64_t begin_ns = 0;
  };
  struct Process {
    std::vector<Version> images;    // one for each program, the present one last
    std::uint64_t snapshot_ns = 0;  // time of the snapshot
  };

  // nullptr if the event is older than the snapshot, or the limit is reached.
  Process* find_or_add(std::uint32_t pid, std::uint64_t time_ns);
  void begin_image(Process& process, std::shared_ptr<Image> image, std::uint64_t time_ns);
  static const Version* version_at(const Process& process, const Program& program);
  void add_mapping(Process& process, const Mapping& mapping);

  std::size_t limit_;
  std::shared_ptr<std::size_t> kept_;
  std::uint64_t dropped_ = 0;
  std::unordered_map<std::uint32_t, Process> processes_;
};

// Parses the executable mappings of files, of the vDSO and of memory without a name ("//anon", as the kernel's records
// call it) from the text of /proc/PID/maps. It skips all other lines.
std::vector<Mapping> parse_maps(std::string_view text);

}  // namespace taskcost
