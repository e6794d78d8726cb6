// SPDX-License-Identifier: Apache-2.0
//
// A token goes round a ring of tasks, and each sleeps until it arrives. The ring, its bells and the loop are the same
// for threads and for processes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "workload.h"

namespace taskcost::workload {

// Wakes the task that gets the token. Each listener has a bell, and all bells exist before the tasks.
class Bells {
 public:
  Bells() = default;
  Bells(const Bells&) = delete;
  Bells& operator=(const Bells&) = delete;
  virtual ~Bells() = default;
  virtual void ring(std::size_t listener) = 0;
  virtual void await(std::size_t listener) = 0;
};

// "pipe", "futex", "eventfd" or "socket" (a pair of unix sockets).
std::unique_ptr<Bells> make_bells(const std::string& kind, std::size_t listeners, bool one_process);

struct RingOptions {
  std::string workload;  // its name
  std::string model = "thread";
  std::string bell = "pipe";
  std::string cpus = "same";
  std::uint64_t tasks = 2;
  std::uint64_t hops = 20'000;
  std::uint64_t working_set = 0;
  std::uint64_t warm_up = 0;
};

// The options of both workloads that are rings.
void add_ring_options(CLI::App& command, RingOptions& options);
void run_ring(const RingOptions& options, Regions& regions);

}  // namespace taskcost::workload
