// SPDX-License-Identifier: Apache-2.0
//
// Metric families of Prometheus, as functions of what was observed. What was not measured has no series.
#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "account/account.h"
#include "account/evidence.h"
#include "export/group_counters.h"

namespace taskcost {

using Families = std::vector<prometheus::MetricFamily>;

// What is known of the whole machine and of taskcost itself.
struct MachineFigures {
  std::array<std::optional<Histogram>, TC_NR_HISTOGRAMS> latencies;  // nullopt: not measured
  Losses losses;
  Duration userspace_cpu{};        // CPU time of taskcost since the start
  std::optional<Duration> probes;  // estimated run time of the probes; nullopt: not known
};

// Figures of the process that exports.
struct ProcessFigures {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double open_fds = 0;
  double start_time_seconds = 0;  // since the epoch
};

// `by` is the name of the label for a group: "cgroup" or "comm".
Families group_families(const std::vector<GroupCounters::Group>& groups, const std::vector<GroupSeries>& series,
                        const std::string& by);
// Buckets end at powers of 4 from 1.024 us on, where those of the probes end as well: their counts are exact.
Families latency_families(const std::array<std::optional<Histogram>, TC_NR_HISTOGRAMS>& latencies);
Families info_families(const EvidenceList& evidence, const std::string& version);
Families process_families(const ProcessFigures& process);

// Losses and overhead, as counters that never fall.
class MachineCounters {
 public:
  Families families(const MachineFigures& figures);

 private:
  double shown(const std::string& key, double value);

  std::map<std::string, double> shown_;
};

// The exposition in text that a scrape gets, for a file.
std::string exposition_of(const Families& families);

}  // namespace taskcost
