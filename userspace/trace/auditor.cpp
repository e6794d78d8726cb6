// SPDX-License-Identifier: Apache-2.0
#include "trace/auditor.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "account/ledger.h"

namespace taskcost {
namespace {

// Sums of instants and of identities have no meaning.
bool has_total(const AuditQuantity& quantity) {
  return unit_of(quantity) != Unit::identity && quantity.kind != AuditQuantity::Kind::instant;
}

bool has_longest(const AuditQuantity& quantity) {
  return quantity.kind == AuditQuantity::Kind::edge && quantity.field == 2;
}

std::string waker_words(std::uint64_t waker) {
  switch (waker) {
    case 0:
      return "unseen";
    case TC_WAKER_INTERRUPT:
      return "an interrupt";
    case TC_WAKER_TIMER:
      return "a timer";
    case TC_WAKER_SEVERAL:
      return "several";
    default:
      return (waker & TC_WAKER_UNOBSERVED) != 0 ? "tid " + std::to_string(waker & 0xffffffffU)
                                                : "ledger " + std::to_string(waker);
  }
}

AuditRow row_of(const AuditQuantity& quantity, std::uint64_t kernel, std::uint64_t replayed) {
  return {name_of(quantity), unit_of(quantity), kernel, replayed};
}

Audit::Name name_of_task(const tc_ledger& ledger) {
  return {ledger.id, ledger.tid, text_of(ledger.comm, sizeof(ledger.comm))};
}

std::string why_apart(const RebuiltTask& task) {
  if (task.beginning_unknown) {
    return "its creation is not among the records";
  }
  if (task.affecting_gaps != 0) {
    return "events were lost";
  }
  if (task.touched_afterwards) {
    return "a gap became known after its time was posted";
  }
  if (task.kernel == nullptr) {
    return "the kernel's ledger is missing";
  }
  return task.impossible_switches != 0 ? "its switches contradict each other" : "unknown time";
}

// The kernel's ledger at the end of the window: the snapshot of a living task is closed here.
std::unique_ptr<tc_ledger> closed(const RebuiltTask& task) {
  auto kernel = std::make_unique<tc_ledger>(*task.kernel);
  if (!task.ended) {
    kernel->woken_ns = 0;
    close_at(*kernel, task.ledger.end_ns);
  }
  return kernel;
}

}  // namespace

void Auditor::on_task(const RebuiltTask& task) {
  if (task.comparable()) {
    compare(task);
  } else {
    add_not_comparable(task);
  }
}

void Auditor::on_record(const Record& record) {
  if (const auto* edge = std::get_if<tc_edge_record>(&record)) {
    tc_edge_sums& sums = beyond_[edge->edge.key.sleeper].kernel.edges;
    sums.count += edge->edge.sums.count;
    sums.blocked_ns += edge->edge.sums.blocked_ns;
  } else if (const auto* flow = std::get_if<tc_flow_record>(&record)) {
    tc_flow_sums& sums = beyond_[flow->flow.key.task].kernel.flows;
    sums.calls_in += flow->flow.sums.calls_in;
    sums.calls_out += flow->flow.sums.calls_out;
    sums.bytes_in = sum_of_bytes(sums.bytes_in, flow->flow.sums.bytes_in);
    sums.bytes_out = sum_of_bytes(sums.bytes_out, flow->flow.sums.bytes_out);
  } else if (const auto* latency = std::get_if<tc_histogram_record>(&record)) {
    latencies_[static_cast<tc_histogram_id>(latency->id)].merge(latency->histogram);
  }
}

Audit Auditor::finish(const Replay& replay, Instant start) {
  compare_beyond();
  if (audit_.tasks_not_compared == 0) {
    compare_latencies(replay);
  }
  for (const auto& [quantity, sums] : totals_) {
    audit_.totals.push_back(row_of(quantity, sums.kernel, sums.replayed));
  }
  audit_.records = replay.check();
  audit_.start = start;
  return std::move(audit_);
}

void Auditor::compare(const RebuiltTask& task) {
  const std::unique_ptr<tc_ledger> kernel = closed(task);
  std::vector<AuditRow> differences;
  for_each_quantity(*kernel, task,
                    [&](const AuditQuantity& quantity, std::uint64_t ours, std::uint64_t theirs, std::uint64_t waker) {
                      audit_.cells++;
                      if (has_total(quantity) && !has_longest(quantity)) {
                        totals_[quantity].kernel += ours;
                        totals_[quantity].replayed += theirs;
                      }
                      if (ours != theirs) {
                        differences.push_back(row_of(quantity, ours, theirs));
                        if (quantity.kind == AuditQuantity::Kind::edge) {
                          differences.back().quantity += " (" + waker_words(waker) + ")";
                        }
                      }
                    });
  audit_.tasks++;
  note_differences(name_of_task(*kernel), std::move(differences));

  note_beyond(*kernel, task);
}

void Auditor::note_beyond(const tc_ledger& kernel, const RebuiltTask& task) {
  const BeyondLedger replayed = beyond_ledger(kernel, task);
  tc_edge_sums others{};
  for (const tc_edge& edge : kernel.other_edges) {
    others.count += edge.sums.count;
    others.blocked_ns += edge.sums.blocked_ns;
  }
  if (replayed.any() || others.count != 0) {
    Beyond& both = beyond_[kernel.id];
    both.replayed = replayed;
    both.kernel.edges.count += others.count;
    both.kernel.edges.blocked_ns += others.blocked_ns;
  }
}

void Auditor::note_differences(const Audit::Name& task, std::vector<AuditRow> rows) {
  if (rows.empty()) {
    return;
  }
  audit_.differing_cells += rows.size();
  audit_.differing_tasks++;
  if (audit_.differing.size() < Audit::kept_tasks) {
    audit_.differing.push_back({task, std::move(rows)});
  }
}

void Auditor::add_not_comparable(const RebuiltTask& task) {
  audit_.tasks_not_compared++;
  not_compared_.insert(task.ledger.id);
  if (audit_.not_compared.size() < Audit::kept_tasks) {
    audit_.not_compared.push_back(
        {name_of_task(task.kernel ? *task.kernel : task.ledger), task.unknown, task.affecting_gaps, why_apart(task)});
  }
}

// The records of edges and flows that did not fit a ledger come after most tasks were returned.
void Auditor::compare_beyond() {
  using Kind = AuditQuantity::Kind;
  for (const auto& [id, both] : beyond_) {
    if (not_compared_.contains(id)) {
      continue;
    }
    const BeyondLedger& ours = both.kernel;
    const BeyondLedger& theirs = both.replayed;
    std::vector<AuditRow> differences;
    const auto compare = [&](Kind kind, std::uint32_t field, std::uint64_t kernel, std::uint64_t replayed) {
      if (kernel == 0 && replayed == 0) {
        return;
      }
      const AuditQuantity quantity{kind, 0, field};
      audit_.cells++;
      totals_[quantity].kernel += kernel;
      totals_[quantity].replayed += replayed;
      if (kernel != replayed) {
        differences.push_back(row_of(quantity, kernel, replayed));
      }
    };
    compare(Kind::other_edges, 0, ours.edges.count, theirs.edges.count);
    compare(Kind::other_edges, 1, ours.edges.blocked_ns, theirs.edges.blocked_ns);
    compare(Kind::other_flows, 0, ours.flows.calls_in, theirs.flows.calls_in);
    compare(Kind::other_flows, 1, ours.flows.calls_out, theirs.flows.calls_out);
    compare(Kind::other_flows, 2, ours.flows.bytes_in, theirs.flows.bytes_in);
    compare(Kind::other_flows, 3, ours.flows.bytes_out, theirs.flows.bytes_out);
    note_differences({id, 0, ""}, std::move(differences));
  }
}

// Compares each bucket: two different sets of latencies can have the same sum.
void Auditor::compare_latencies(const Replay& replay) {
  for (const auto& [id, kernel] : latencies_) {
    const std::optional<Histogram> replayed = replay.histogram(id);
    if (!replayed) {
      continue;
    }
    const std::string name = key_of(id);
    const auto ns = [](Duration duration) { return static_cast<std::uint64_t>(duration.count()); };
    add_latency({"latency " + name + ": count", Unit::count, kernel.count(), replayed->count()});
    add_latency({"latency " + name + ": sum", Unit::ns, ns(kernel.sum()), ns(replayed->sum())});
    add_latency({"latency " + name + ": longest", Unit::ns, ns(kernel.max().value_or(Duration{})),
                 ns(replayed->max().value_or(Duration{}))});
    add_latency({"latency " + name + ": misplaced", Unit::count, 0, misplaced(kernel, *replayed)});
  }
}

std::uint64_t Auditor::misplaced(const Histogram& a, const Histogram& b) {
  std::map<Duration, std::int64_t> balance;
  for (const Histogram::Bucket& bucket : a.buckets()) {
    balance[bucket.from] += static_cast<std::int64_t>(bucket.count);
  }
  for (const Histogram::Bucket& bucket : b.buckets()) {
    balance[bucket.from] -= static_cast<std::int64_t>(bucket.count);
  }
  std::uint64_t surplus = 0;
  for (const auto& [from, count] : balance) {
    surplus += count > 0 ? static_cast<std::uint64_t>(count) : 0;
  }
  return surplus;
}

void Auditor::add_latency(const AuditRow& row) {
  if (row.kernel == 0 && row.replayed == 0) {
    return;
  }
  audit_.cells++;
  audit_.differing_cells += row.agrees() ? 0 : 1;
  audit_.latencies.push_back(row);
}

}  // namespace taskcost
