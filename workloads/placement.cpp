// SPDX-License-Identifier: Apache-2.0
#include "placement.h"

#include <sched.h>

#include <cerrno>
#include <memory>

#include "workload.h"

namespace taskcost::workload {
namespace {

// The largest number of CPUs that a kernel can be built for; a plain cpu_set_t ends at 1024.
constexpr int max_cpus = 8192;

struct FreeCpuSet {
  void operator()(cpu_set_t* set) const { CPU_FREE(set); }
};

class CpuSet {
 public:
  CpuSet() : set_(CPU_ALLOC(max_cpus)) {
    if (!set_) {
      fail("allocate a set of CPUs", ENOMEM);
    }
    CPU_ZERO_S(size(), set_.get());
  }
  [[nodiscard]] static std::size_t size() { return CPU_ALLOC_SIZE(max_cpus); }
  [[nodiscard]] cpu_set_t* get() const { return set_.get(); }

 private:
  std::unique_ptr<cpu_set_t, FreeCpuSet> set_;
};

void restrict_to(const std::vector<int>& cpus) {
  const CpuSet set;
  for (const int cpu : cpus) {
    CPU_SET_S(cpu, CpuSet::size(), set.get());
  }
  must(sched_setaffinity(0, CpuSet::size(), set.get()), "choose the CPUs to run on");
}

void require_two(const std::vector<int>& cpus) {
  if (cpus.size() < 2) {
    give_up("--cpus apart needs two CPUs, and one is allowed");
  }
}

}  // namespace

std::vector<int> allowed_cpus() {
  const CpuSet set;
  must(sched_getaffinity(0, CpuSet::size(), set.get()), "ask for the allowed CPUs");
  std::vector<int> cpus;
  for (int cpu = 0; cpu < max_cpus; ++cpu) {
    if (CPU_ISSET_S(cpu, CpuSet::size(), set.get())) {
      cpus.push_back(cpu);
    }
  }
  return cpus;
}

Placement::Placement(const std::string& cpus) : allowed_(allowed_cpus()), apart_(cpus == "apart") {
  if (cpus == "same") {
    restrict_to({allowed_.front()});
  } else if (apart_) {
    require_two(allowed_);
  }
}

void Placement::pin(std::size_t number) const {
  if (apart_) {
    restrict_to({allowed_[number % allowed_.size()]});
  }
}

void start_children_elsewhere() {
  const auto allowed = allowed_cpus();
  require_two(allowed);
  restrict_to({allowed[0], allowed[1]});
  sched_param lowest{};
  lowest.sched_priority = sched_get_priority_min(SCHED_FIFO);
  must(sched_setscheduler(0, SCHED_FIFO, &lowest), "get the real-time priority that --cpus apart needs");
}

void add_cpus_option(CLI::App& command, std::string& target, const std::string& help) {
  add_choice(command, "--cpus", "WHERE", target, {"same", "any", "apart"}, help);
}

}  // namespace taskcost::workload
