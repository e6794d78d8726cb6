// SPDX-License-Identifier: Apache-2.0
#include "trace/audit_quantities.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>

#include "account/ledger.h"

namespace taskcost {
namespace {

using Kind = AuditQuantity::Kind;

constexpr std::array channel_fields = {"calls", "bytes in", "bytes out", "running", "calls not counted in bytes"};
constexpr std::array creation_fields = {"count", "copy", "publish", "return", "returns", "running"};
constexpr std::array edge_fields = {"count", "blocked", "longest"};
constexpr std::array flow_fields = {"calls in", "calls out", "bytes in", "bytes out", "link"};
constexpr std::array wait_fields = {"count", "blocked"};
constexpr std::array instants = {"start",        "end",          "task_newtask", "published",   "first run",  "copy",
                                 "exec prepare", "exec replace", "exec return",  "exit begins", "memory gone"};
constexpr std::array identities = {"tid",     "tgid",          "process", "parent process",
                                   "creator", "address space", "origin",  "started elsewhere"};

std::string words(std::string key) {
  std::ranges::replace(key, '_', ' ');
  return key;
}

template <std::size_t Size>
std::string field_of(const std::string& name, const std::array<const char*, Size>& fields, std::uint32_t field) {
  return name + ": " + (field < Size ? fields[field] : "unknown");
}

// Interrupts have no events.
bool is_recorded(tc_counter counter) { return counter < TC_COUNTER_IRQS || counter > TC_COUNTER_SOFTIRQ_NS; }

std::string row_name(std::uint32_t row) {
  switch (row) {
    case TC_ROW_FAULT_PENDING:
      return "page fault pending";
    case TC_ROW_CALL_PENDING:
      return "call pending";
    default:
      return words(key_of(static_cast<tc_activity>(row)));
  }
}

// Compares the two ledgers of a task and visits the figures that are not zero in both.
class Comparison {
 public:
  Comparison(const tc_ledger& kernel, const RebuiltTask& task, const QuantityVisitor& visit)
      : kernel_(kernel), task_(task), visit_(visit) {}

  void cells() {
    for (std::uint32_t row = 0; row < TC_NR_ROWS; ++row) {
      for (std::uint32_t condition = 0; condition < TC_NR_CONDITIONS; ++condition) {
        compare({Kind::cell, row, condition}, cell_of(kernel_, row, condition), cell_of(task_.ledger, row, condition));
      }
    }
  }

  void counts() {
    for (std::uint32_t i = 0; i < TC_NR_ACTIVITIES; ++i) {
      compare({Kind::entry, i, 0}, kernel_.entries[i], task_.ledger.entries[i]);
    }
    for (std::uint32_t i = 0; i < TC_NR_COUNTERS; ++i) {
      // Other CPUs record it, so their gaps lose it.
      const bool elsewhere = i == TC_COUNTER_SHOOTDOWN_STOLEN_NS && task_.gaps_in_life;
      if (!elsewhere && is_recorded(static_cast<tc_counter>(i))) {
        compare({Kind::counter, i, 0}, kernel_.counters[i], task_.ledger.counters[i]);
      }
    }
  }

  void sums() {
    const tc_ledger& replayed = task_.ledger;
    for (std::uint32_t i = 0; i < TC_NR_CHANNELS; ++i) {
      const auto& [calls, bytes_in, bytes_out, kernel_ns] = kernel_.channels[i];
      const tc_channel_use& other = replayed.channels[i];
      fields<5>(Kind::channel, i, {calls, bytes_in, bytes_out, kernel_ns, kernel_.uncounted_calls[i]},
                {other.calls, other.bytes_in, other.bytes_out, other.kernel_ns, replayed.uncounted_calls[i]});
    }
    for (std::uint32_t i = 0; i < TC_NR_CREATIONS; ++i) {
      const auto list = [](const tc_creation_sums& sums) {
        return std::array<std::uint64_t, 6>{sums.count,     sums.copy_ns, sums.publish_ns,
                                            sums.return_ns, sums.returns, sums.running_ns};
      };
      fields(Kind::creation, i, list(kernel_.creations[i]), list(replayed.creations[i]));
    }
  }

  void waits() {
    for (std::uint32_t i = 0; i < TC_NR_WAITS; ++i) {
      fields<2>(Kind::wait, i, {kernel_.waits[i].count, kernel_.waits[i].blocked_ns},
                {task_.ledger.waits[i].count, task_.ledger.waits[i].blocked_ns});
    }
    for (const tc_edge& edge : kernel_.edges) {
      if (edge.key.sleeper != 0) {
        const auto found = std::ranges::find_if(task_.edges, [&](const tc_edge& other) {
          return other.key.waker == edge.key.waker && other.key.wait == edge.key.wait &&
                 other.key.from == edge.key.from;
        });
        const tc_edge_sums sums = found == task_.edges.end() ? tc_edge_sums{} : found->sums;
        fields<3>(Kind::edge, edge.key.wait, {edge.sums.count, edge.sums.blocked_ns, edge.sums.max_ns},
                  {sums.count, sums.blocked_ns, sums.max_ns}, edge.key.waker);
      }
    }
  }

  void flows() {
    for (const tc_flow& flow : kernel_.flows) {
      if (flow.key.object != 0) {
        const auto found =
            std::ranges::find(task_.flows, flow.key.object, [](const tc_flow& f) { return f.key.object; });
        const auto list = [](const tc_flow_sums& sums) {
          return std::array<std::uint64_t, 5>{sums.calls_in, sums.calls_out, sums.bytes_in, sums.bytes_out, sums.link};
        };
        fields(Kind::flow, static_cast<std::uint32_t>(flow.key.object >> 56U), list(flow.sums),
               list(found == task_.flows.end() ? tc_flow_sums{} : found->sums));
      }
    }
  }

  void times_and_identity() {
    const auto list = [](const tc_ledger& l) {
      return std::array<std::uint64_t, instants.size()>{
          l.start_ns,        l.end_ns,          l.newtask_ns,     l.published_ns,  l.first_run_ns, l.copy_ns,
          l.exec_prepare_ns, l.exec_replace_ns, l.exec_return_ns, l.exit_start_ns, l.exit_mmap_ns};
    };
    const auto identity_of = [](const tc_ledger& l) {
      return std::array<std::uint64_t, identities.size()>{
          l.tid,     l.tgid,          l.process, l.parent_process,
          l.creator, l.address_space, l.how,     l.flags & (TC_LEDGER_START_SEEN | TC_LEDGER_STARTED_ELSEWHERE)};
    };
    each(Kind::instant, list(kernel_), list(task_.ledger));
    each(Kind::identity, identity_of(kernel_), identity_of(task_.ledger));
  }

 private:
  static std::uint64_t cell_of(const tc_ledger& ledger, std::uint32_t row, std::uint32_t condition) {
    return ledger.cells[row * TC_NR_CONDITIONS + condition];
  }
  void compare(const AuditQuantity& quantity, std::uint64_t kernel, std::uint64_t replayed, std::uint64_t waker = 0) {
    if (kernel != 0 || replayed != 0) {
      visit_(quantity, kernel, replayed, waker);
    }
  }
  template <std::size_t Size>
  void fields(Kind kind, std::uint32_t index, const std::array<std::uint64_t, Size>& kernel,
              const std::array<std::uint64_t, Size>& replayed, std::uint64_t waker = 0) {
    for (std::uint32_t field = 0; field < Size; ++field) {
      compare({kind, index, field}, kernel[field], replayed[field], waker);
    }
  }
  template <std::size_t Size>
  void each(Kind kind, const std::array<std::uint64_t, Size>& kernel, const std::array<std::uint64_t, Size>& replayed) {
    for (std::uint32_t index = 0; index < Size; ++index) {
      compare({kind, index, 0}, kernel[index], replayed[index]);
    }
  }

  const tc_ledger& kernel_;
  const RebuiltTask& task_;
  const QuantityVisitor& visit_;
};

bool is_own(const tc_ledger& kernel, const tc_edge& edge) {
  return std::ranges::any_of(kernel.edges, [&](const tc_edge& own) {
    return own.key.sleeper != 0 && own.key.waker == edge.key.waker && own.key.wait == edge.key.wait &&
           own.key.from == edge.key.from;
  });
}

bool is_own(const tc_ledger& kernel, const tc_flow& flow) {
  return std::ranges::any_of(kernel.flows, [&](const tc_flow& own) { return own.key.object == flow.key.object; });
}

// A corrupt record may have an index beyond the last enumerator.
template <typename Enum>
Enum at_most(std::uint32_t index, Enum end) {
  return static_cast<Enum>(std::min<std::uint32_t>(index, end));
}

}  // namespace

std::string name_of(const AuditQuantity& quantity) {
  const std::uint32_t index = quantity.index;
  switch (quantity.kind) {
    case Kind::cell:
      return row_name(index) + " " + key_of(static_cast<tc_condition>(quantity.field));
    case Kind::entry:
      return "entered: " + row_name(index);
    case Kind::counter:
      return words(key_of(static_cast<tc_counter>(index)));
    case Kind::channel:
      return field_of(words(key_of(static_cast<tc_channel>(index))), channel_fields, quantity.field);
    case Kind::creation:
      return field_of("creation of a " + words(key_of(static_cast<tc_creation>(index))), creation_fields,
                      quantity.field);
    case Kind::wait:
      return field_of(std::string("wait for ") + text_of(static_cast<tc_wait>(index)), wait_fields, quantity.field);
    case Kind::edge:
      return field_of(std::string("waker from ") + text_of(at_most(index, TC_NR_WAITS)), edge_fields, quantity.field);
    case Kind::other_edges:
      return field_of("further wakers", edge_fields, quantity.field);
    case Kind::flow:
      return field_of(words(key_of(at_most(index, TC_NR_CHANNELS))) + " by object", flow_fields, quantity.field);
    case Kind::other_flows:
      return field_of("further objects", flow_fields, quantity.field);
    case Kind::instant:
      return index < instants.size() ? instants[index] : "unknown";
    case Kind::identity:
      return index < identities.size() ? identities[index] : "unknown";
  }
  return "unknown";
}

Unit unit_of(const AuditQuantity& quantity) {
  const auto is_any = [](std::uint32_t value, std::initializer_list<std::uint32_t> list) {
    return std::ranges::find(list, value) != list.end();
  };
  switch (quantity.kind) {
    case Kind::cell:
    case Kind::instant:
      return Unit::ns;
    case Kind::identity:
      return Unit::identity;
    case Kind::counter:
      return unit_of_key(key_of(static_cast<tc_counter>(quantity.index)));
    case Kind::channel:
      return quantity.field == 3 ? Unit::ns : is_any(quantity.field, {0, 4}) ? Unit::count : Unit::bytes;
    case Kind::creation:
      return is_any(quantity.field, {0, 4}) ? Unit::count : Unit::ns;
    case Kind::wait:
    case Kind::edge:
    case Kind::other_edges:
      return quantity.field == 0 ? Unit::count : Unit::ns;
    case Kind::flow:
    case Kind::other_flows:
      return quantity.field == 4 ? Unit::identity : quantity.field < 2 ? Unit::count : Unit::bytes;
    case Kind::entry:
      break;
  }
  return Unit::count;
}

void for_each_quantity(const tc_ledger& kernel, const RebuiltTask& task, const QuantityVisitor& visit) {
  Comparison comparison(kernel, task, visit);
  comparison.times_and_identity();
  comparison.cells();
  comparison.counts();
  comparison.sums();
  comparison.waits();
  comparison.flows();
}

bool BeyondLedger::any() const { return edges.count != 0 || flows.calls_in != 0 || flows.calls_out != 0; }

BeyondLedger beyond_ledger(const tc_ledger& kernel, const RebuiltTask& task) {
  BeyondLedger beyond;
  for (const tc_edge& edge : task.edges) {
    if (!is_own(kernel, edge)) {
      beyond.edges.count += edge.sums.count;
      beyond.edges.blocked_ns += edge.sums.blocked_ns;
    }
  }
  for (const tc_flow& flow : task.flows) {
    if (!is_own(kernel, flow)) {
      beyond.flows.calls_in += flow.sums.calls_in;
      beyond.flows.calls_out += flow.sums.calls_out;
      beyond.flows.bytes_in = sum_of_bytes(beyond.flows.bytes_in, flow.sums.bytes_in);
      beyond.flows.bytes_out = sum_of_bytes(beyond.flows.bytes_out, flow.sums.bytes_out);
    }
  }
  return beyond;
}

}  // namespace taskcost
