// SPDX-License-Identifier: Apache-2.0
#include "export/families.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>

#include "taskcost/histogram.h"

namespace taskcost {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double ns = 1e-9;

ClientMetric counter_of(std::vector<ClientMetric::Label> labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = value;
  return metric;
}

ClientMetric gauge_of(std::vector<ClientMetric::Label> labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return metric;
}

ClientMetric histogram_of(std::vector<ClientMetric::Label> labels, const Histogram& histogram) {
  constexpr std::uint64_t first_bound = 1024;              // ns
  constexpr std::uint64_t last_bound = first_bound << 24;  // 17 s
  ClientMetric metric;
  metric.label = std::move(labels);
  const tc_histogram& raw = histogram.raw();
  std::uint64_t bound = first_bound;
  std::uint64_t count = 0;
  for (std::uint32_t bucket = 0; bucket < TC_HISTOGRAM_BUCKETS; ++bucket) {
    if (tc_bucket_from(bucket) == bound && bound <= last_bound) {
      metric.histogram.bucket.push_back({count, static_cast<double>(bound) * ns});
      bound *= 4;
    }
    count += raw.buckets[bucket];
  }
  metric.histogram.bucket.push_back({count, std::numeric_limits<double>::infinity()});
  metric.histogram.sample_count = count;
  metric.histogram.sample_sum = static_cast<double>(raw.sum_ns) * ns;
  return metric;
}

void add_if_any(Families& families, MetricFamily family) {
  if (!family.metric.empty()) {
    families.push_back(std::move(family));
  }
}

}  // namespace

Families group_families(const std::vector<GroupCounters::Group>& groups, const std::vector<GroupSeries>& series,
                        const std::string& by) {
  Families families;
  for (std::size_t i = 0; i < series.size();) {
    const GroupMetric& metric = *series[i].metric;
    MetricFamily family{metric.name, metric.help, MetricType::Counter, {}};
    for (; i < series.size() && series[i].metric == &metric; ++i) {
      for (const GroupCounters::Group& group : groups) {
        if (const auto& value = group.shown[i]) {
          std::vector<ClientMetric::Label> labels{{by, group.label}};
          for (const auto& [name, text] : series[i].labels) {
            labels.push_back({name, text});
          }
          family.metric.push_back(counter_of(std::move(labels), static_cast<double>(*value) * metric.unit));
        }
      }
    }
    add_if_any(families, std::move(family));
  }
  MetricFamily tasks{"taskcost_tasks", "Living tasks.", MetricType::Gauge, {}};
  MetricFamily info{"taskcost_cgroup_info", "What the path of a cgroup says of it.", MetricType::Gauge, {}};
  for (const GroupCounters::Group& group : groups) {
    tasks.metric.push_back(gauge_of({{by, group.label}}, static_cast<double>(group.tasks)));
    if (const auto& identity = group.identity) {
      info.metric.push_back(gauge_of({{by, group.label},
                                      {"unit", identity->unit},
                                      {"slice", identity->slice},
                                      {"container_id", identity->container_id},
                                      {"pod", identity->pod}},
                                     1));
    }
  }
  add_if_any(families, std::move(tasks));
  add_if_any(families, std::move(info));
  return families;
}

Families latency_families(const std::array<std::optional<Histogram>, TC_NR_HISTOGRAMS>& latencies) {
  struct Latency {
    tc_histogram_id id;
    const char* type;  // nullptr: the metric has no label
  };
  struct Metric {
    const char* name;
    const char* help;
    std::vector<Latency> latencies;
  };
  const Metric metrics[] = {
      {"taskcost_run_queue_wait_seconds",
       "Waits for a CPU, from the wakeup, the creation or the preemption of a task until it runs.",
       {{TC_HISTOGRAM_RUN_QUEUE, nullptr}}},
      {"taskcost_page_fault_seconds",
       "Page faults, from the exception to the resolution.",
       {{TC_HISTOGRAM_FAULT_MINOR, "minor"}, {TC_HISTOGRAM_FAULT_MAJOR, "major"}, {TC_HISTOGRAM_FAULT_COW, "cow"}}},
      {"taskcost_exec_seconds", "Execs, from the system call to its return.", {{TC_HISTOGRAM_EXEC, nullptr}}},
      {"taskcost_switch_seconds",
       "Context switches, from sched_switch to the first event of the next task, by its address space.",
       {{TC_HISTOGRAM_SWITCH_SAME, "same_address_space"}, {TC_HISTOGRAM_SWITCH_OTHER, "other_address_space"}}}};
  Families families;
  for (const Metric& metric : metrics) {
    MetricFamily family{metric.name, metric.help, MetricType::Histogram, {}};
    for (const Latency& each : metric.latencies) {
      if (const auto& histogram = latencies.at(each.id)) {
        std::vector<ClientMetric::Label> labels;
        if (each.type != nullptr) {
          labels.push_back({"type", each.type});
        }
        family.metric.push_back(histogram_of(std::move(labels), *histogram));
      }
    }
    add_if_any(families, std::move(family));
  }
  return families;
}

Families info_families(const EvidenceList& evidence, const std::string& version) {
  MetricFamily build{"taskcost_build_info", "The version of taskcost.", MetricType::Gauge, {}};
  build.metric.push_back(gauge_of({{"version", version}}, 1));
  MetricFamily sources{"taskcost_source_info", "The source of each figure on this machine.", MetricType::Gauge, {}};
  for (const Evidence& each : evidence) {
    sources.metric.push_back(gauge_of(
        {{"figure", label_value(each.figure)}, {"source", label_value(each.source)}, {"kind", to_string(each.kind)}},
        1));
  }
  Families families{std::move(build)};
  add_if_any(families, std::move(sources));
  return families;
}

Families process_families(const ProcessFigures& process) {
  Families families;
  const auto add = [&families](const char* name, const char* help, MetricType type, double value) {
    MetricFamily family{name, help, type, {}};
    family.metric.push_back(type == MetricType::Counter ? counter_of({}, value) : gauge_of({}, value));
    families.push_back(std::move(family));
  };
  add("process_cpu_seconds_total", "CPU time of taskcost.", MetricType::Counter, process.cpu_seconds);
  add("process_resident_memory_bytes", "Resident memory of taskcost.", MetricType::Gauge, process.resident_bytes);
  add("process_open_fds", "Open file descriptors of taskcost.", MetricType::Gauge, process.open_fds);
  add("process_start_time_seconds", "Start of taskcost since the epoch.", MetricType::Gauge,
      process.start_time_seconds);
  return families;
}

double MachineCounters::shown(const std::string& key, double value) {
  double& most = shown_[key];
  most = std::max(most, value);
  return most;
}

Families MachineCounters::families(const MachineFigures& figures) {
  MetricFamily lost{"taskcost_lost_total", "What the observation missed, by kind.", MetricType::Counter, {}};
  const auto add_loss = [&](const std::string& loss, std::uint64_t number) {
    lost.metric.push_back(counter_of({{"loss", loss}}, shown(loss, static_cast<double>(number))));
  };
  for (std::size_t loss = 0; loss < figures.losses.counts.size(); ++loss) {
    add_loss(key_of(static_cast<tc_loss>(loss)), figures.losses.counts[loss]);
  }
  add_loss("skipped_probes", figures.losses.skipped_probes);
  MetricFamily overhead{"taskcost_overhead_seconds_total",
                        "CPU time that the observation costs: of taskcost (userspace), and estimated for its probes.",
                        MetricType::Counter,
                        {}};
  const auto add_overhead = [&](const std::string& part, Duration time) {
    overhead.metric.push_back(
        counter_of({{"part", part}}, shown("overhead " + part, static_cast<double>(time.count()) * ns)));
  };
  add_overhead("userspace", figures.userspace_cpu);
  if (figures.probes) {
    add_overhead("probes", *figures.probes);
  }
  return {std::move(lost), std::move(overhead)};
}

std::string exposition_of(const Families& families) { return prometheus::TextSerializer().Serialize(families); }

}  // namespace taskcost
