// SPDX-License-Identifier: Apache-2.0
//
// Makes unwind tables of the files whose code is on stacks, and hands them to the probes. A thread of its own does
// that, while the files' programs run.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "account/stacks.h"
#include "base/fd.h"
#include "base/result.h"
#include "collector/handles.h"
#include "collector/probes.h"
#include "symbols/address_space.h"
#include "symbols/unwind_table.h"

namespace taskcost {

class Unwinder {
 public:
  // Makes the table of the vDSO, and starts the thread. `memory` bounds the kernel memory of all tables, in bytes.
  // REQUIRES: `probes` outlives this object, and was loaded with CollectorOptions::stacks. Errors: no thread.
  static Result<std::unique_ptr<Unwinder>> start(const Probes& probes, std::size_t memory);
  Unwinder(const Unwinder&) = delete;
  Unwinder& operator=(const Unwinder&) = delete;
  ~Unwinder();

  // Makes the tables of a command's program and of the libraries that most programs use, and waits for them.
  void prepare(const std::string& program);
  // Waits until the tables of all files that were added are made, but no longer than 2 s.
  void wait();
  // Makes the table of a mapped file, later. `proc_pid` is a pid in our /proc.
  void add(std::uint32_t proc_pid, const Mapping& mapping);
  // Makes the table of the file at that path, later.
  void add(std::string path);

  // A mapping whose file could not be opened, as its process has ended: the path may still lead to it.
  struct Missed {
    std::uint32_t tgid = 0;  // in our pid namespace
    std::uint64_t start = 0;
  };
  [[nodiscard]] std::vector<Missed> take_missed();
  [[nodiscard]] UnwindTables tables() const;

 private:
  using Key = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint32_t, std::uint32_t>;

  Unwinder(const Probes& probes, std::size_t memory);
  Status open_sources();
  void run();
  void work();
  // Wakes the thread.
  void wake();
  // Returns the path that was added first; empty: there is none.
  std::string take_waiting();
  static int on_wanted(void* context, void* data, std::size_t size);
  void make_wanted(const tc_wanted_table& wanted);

  struct Added {
    std::optional<tc_code_file> file;  // nullopt: it could not be opened or mapped
    bool is_new = false;               // its table was made
    int error = 0;                     // why it could not be opened
  };
  Added add_file(const std::string& path);
  void add_vdso();
  [[nodiscard]] std::optional<tc_code_file> code_file_at(const void* address) const;
  void add_table(const tc_code_file& file, const std::string& name, const Result<UnwindTable>& table);
  void publish_none(const tc_code_file& file, const std::string& name, const std::string& why);
  // `why`: the file has no table.
  void publish(const tc_code_file& file, const tc_unwind_table& table, const std::string& name, const std::string& why);
  tc_unwind_table store(const std::vector<tc_unwind_page>& pages);
  bool add_chunk(std::size_t number);

  const Probes& probes_;
  const std::size_t max_pages_;
  // These belong to the thread.
  std::size_t pages_ = 0;
  Fd chunk_;                       // the last one
  bool full_ = false;              // the kernel had no memory for another page
  std::map<Key, unsigned> tries_;  // of files that could not be opened
  Ring ring_;                      // of the probes: tables that are wanted
  std::vector<tc_wanted_table> wanted_;

  const std::string folder_;  // of the C library, with a slash
  Fd wake_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;  // paths
  std::set<std::string> seen_;       // mappings that were added, by device, inode and path
  std::vector<Missed> missed_;
  UnwindTables tables_;
  bool busy_ = false;  // with a path that was waiting
  std::thread thread_;
};

}  // namespace taskcost
