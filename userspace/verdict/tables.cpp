// SPDX-License-Identifier: Apache-2.0
#include "verdict/tables.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "verdict/figures.h"

namespace taskcost {
namespace {

struct Column {
  const char* label;
  std::string_view variant;
};

class Builder {
 public:
  Builder(const Rounds& rounds, const char* id, const char* claim, const char* title,
          std::initializer_list<Column> columns) {
    table_.id = id;
    table_.claim = claim;
    table_.title = title;
    for (const Column& column : columns) {
      if (const auto found = rounds.find(column.variant); found != rounds.end() && !found->second.empty()) {
        table_.columns.emplace_back(column.label);
        variants_.push_back(&found->second);
      }
    }
  }

  Builder& row(const char* name, Unit unit, const Figure& figure) {
    FigureTable::Row row{name, unit, {}};
    for (const std::vector<Round>* variant : variants_) {
      row.values.push_back(median_over(*variant, figure));
    }
    table_.rows.push_back(std::move(row));
    return *this;
  }
  // Adds the row only if a column has a value above 0.
  Builder& row_unless_zero(const char* name, Unit unit, const Figure& figure) {
    row(name, unit, figure);
    const auto& values = table_.rows.back().values;
    if (std::ranges::all_of(values, [](const auto& value) { return value.value_or(0) == 0; })) {
      table_.rows.pop_back();
    }
    return *this;
  }
  Builder& counter(tc_counter counter, Unit unit = Unit::count) {
    return row_unless_zero(text_of(counter), unit,
                           [counter](const Round& round) { return workers_counter(round, counter); });
  }
  // Kernel time on a CPU by activity, per operation.
  Builder& kernel_time() {
    for (int i = 0; i < TC_NR_ACTIVITIES; ++i) {
      const auto activity = static_cast<tc_activity>(i);
      if (activity != TC_ACTIVITY_USER) {
        row_unless_zero(text_of(activity), Unit::ns,
                        [activity](const Round& round) { return cell_ns(round, activity, TC_CONDITION_RUNNING); });
      }
    }
    return row("total", Unit::ns, &kernel_ns);
  }
  Builder& note(const char* note) {
    table_.note = note;
    return *this;
  }
  void add_to(std::vector<FigureTable>& tables) {
    if (!table_.columns.empty()) {
      tables.push_back(std::move(table_));
    }
  }

 private:
  FigureTable table_;
  std::vector<const std::vector<Round>*> variants_;
};

Figure fact(std::string_view name) {
  return [name](const Round& round) { return find_fact(round, name); };
}

Figure shared(tc_shared object) {
  return [object](const Round& round) { return shared_fraction(round, object); };
}

// Per operation, over all tasks.
Figure counted(tc_counter counter) {
  return [counter](const Round& round) { return counter_value(round, counter); };
}

void add_creations(const Rounds& rounds, std::vector<FigureTable>& tables) {
  const std::initializer_list<Column> kinds = {{"thread", "create/thread"},         {"fork", "create/fork"},
                                               {"vfork", "create/vfork"},           {"clone-vm", "create/clone-vm"},
                                               {"vfork-exec", "create/vfork-exec"}, {"spawn", "create/spawn"},
                                               {"fork-exec", "create/fork-exec"}};
  Builder(rounds, "lifetime-price", "cost.creation.lifetime", "Lifetime cost, in kernel time on a CPU", kinds)
      .kernel_time()
      .row("user space: wall time", Unit::ns, &wall_ns)
      .note(
          "Creation, first faults, exec, exit and reaping of one task, including its creator's part. Later costs count "
          "for the creation that caused them.")
      .add_to(tables);
  Builder(rounds, "creation-anatomy", "cost.creation", "Phases of a creation", kinds)
      .row("copy", Unit::ns, &copy_ns)
      .row("publish", Unit::ns, &publish_ns)
      .row("return to the creator", Unit::ns, &return_ns)
      .row("start of the child", Unit::ns, &child_start_ns)
      .row("exit", Unit::ns, &exit_ns)
      .row("ended, not yet reaped", Unit::ns, &zombie_ns)
      .row("page tables", Unit::bytes, &page_table_bytes)
      .add_to(tables);
  Builder(rounds, "creation-memory", "cost.new-memory", "Memory that a creation allocates",
          {{"thread", "memory/thread"}, {"fork", "memory/fork"}})
      .row("slab", Unit::bytes, counted(TC_COUNTER_KERNEL_SLAB_BYTES))
      .row("slab allocations", Unit::count, counted(TC_COUNTER_KERNEL_SLAB_ALLOCATIONS))
      .row("pages", Unit::count, counted(TC_COUNTER_KERNEL_PAGES))
      .row("page tables", Unit::bytes, &page_table_bytes)
      .note(
          "Allocations inside the creating call, measured in separate rounds, because the probes slow down every "
          "allocation. Pages that the kernel allocates in bulk, as for stacks, are not counted.")
      .add_to(tables);
  Builder objects(rounds, "creation-objects", "cost.new-resources", "Objects that a new task shares with its creator",
                  kinds);
  for (int object = 0; object < TC_NR_SHARED; ++object) {
    objects.row(text_of(static_cast<tc_shared>(object)), Unit::share, shared(static_cast<tc_shared>(object)));
  }
  objects.note("Share of the creations, by the addresses of the kernel objects.").add_to(tables);
}

void add_messages(Builder& builder) {
  builder.row("wall time", Unit::ns, &wall_ns)
      .row("kernel time", Unit::ns, &workers_kernel_ns)
      .row("user time", Unit::ns, &workers_user_ns)
      .counter(TC_COUNTER_SYSCALLS)
      .counter(TC_COUNTER_WAKEUPS)
      .row("switches", Unit::count, &workers_switches);
}

Figure copied(std::initializer_list<tc_channel> through) {
  return [channels = std::vector<tc_channel>(through)](const Round& round) -> std::optional<double> {
    std::uint64_t bytes = 0;
    for (const tc_channel channel : channels) {
      const ChannelUse use = workers_use(round, channel);
      if (use.uncounted != 0) {
        return std::nullopt;
      }
      bytes += use.bytes_in + use.bytes_out;
    }
    return round.operations == 0 ? std::nullopt
                                 : std::optional(static_cast<double>(bytes) / static_cast<double>(round.operations));
  };
}

void add_channels(const Rounds& rounds, std::vector<FigureTable>& tables) {
  Builder builder(rounds, "channel-costs", "ipc.complex", "A message of 4 KiB, by channel",
                  {{"memory (threads)", "channel/thread/memory"},
                   {"shared-memory", "channel/process/shared-memory"},
                   {"pipe", "channel/process/pipe"},
                   {"unix-stream", "channel/process/unix-stream"},
                   {"unix-dgram", "channel/process/unix-dgram"},
                   {"tcp", "channel/process/tcp"},
                   {"message-queue", "channel/process/message-queue"}});
  add_messages(builder);
  builder
      .row("copied in and out by the kernel", Unit::bytes,
           copied({TC_CHANNEL_PIPE, TC_CHANNEL_UNIX_SOCKET, TC_CHANNEL_INET_SOCKET, TC_CHANNEL_MESSAGE_QUEUE}))
      .note("Both sides of a ping-pong on one CPU, per message.")
      .add_to(tables);
  Builder handoffs(rounds, "handover-costs", "execution.coordination", "A handoff on one CPU, by mechanism",
                   {{"thread futex", "handoff/thread/futex"},
                    {"process futex", "handoff/process/futex"},
                    {"process pipe", "handoff/process/pipe"},
                    {"process socket", "handoff/process/socket"}});
  add_messages(handoffs);
  handoffs.add_to(tables);
}

void add_switches(const Rounds& rounds, std::vector<FigureTable>& tables) {
  Builder(rounds, "switch-tlb", "cost.switch", "A hop on one CPU, and the TLB",
          {{"process", "switch/process"}, {"thread", "switch/thread"}})
      .row("switch latency", Unit::ns, &median_switch_latency)
      .row("wall time", Unit::ns, &wall_ns)
      .row("kernel time", Unit::ns, &workers_kernel_ns)
      .row("switches", Unit::count, &workers_switches)
      .row(text_of(TC_COUNTER_TLB_FLUSHES_ON_SWITCH), Unit::count, counted(TC_COUNTER_TLB_FLUSHES_ON_SWITCH))
      .row(text_of(TC_COUNTER_TLB_REUSES_ON_SWITCH), Unit::count, counted(TC_COUNTER_TLB_REUSES_ON_SWITCH))
      .add_to(tables);
  Builder(rounds, "price-of-sharing", "resources.shared", "Mapping, touching and unmapping 64 KiB beside a busy task",
          {{"thread", "share/thread/remap"}, {"process", "share/process/remap"}})
      .row("wall time", Unit::ns, &wall_ns)
      .row("kernel time in memory calls", Unit::ns,
           [](const Round& round) { return cell_ns(round, TC_ACTIVITY_MEMORY, TC_CONDITION_RUNNING); })
      .row(text_of(TC_COUNTER_SHOOTDOWNS_SENT), Unit::count, counted(TC_COUNTER_SHOOTDOWNS_SENT))
      .row(text_of(TC_COUNTER_SHOOTDOWNS_RECEIVED), Unit::count, counted(TC_COUNTER_SHOOTDOWNS_RECEIVED))
      .row("time stolen from other CPUs", Unit::ns, counted(TC_COUNTER_SHOOTDOWN_STOLEN_NS))
      .note("A thread that changes the address space has to flush the TLBs of its siblings' CPUs.")
      .add_to(tables);
}

void add_bakes(const Rounds& rounds, std::vector<FigureTable>& tables) {
  Builder(
      rounds, "bake-bills", "bake.processes", "CPU time of a batch",
      {{"one cook", "bake/serial"}, {"family (threads)", "bake/threads"}, {"friends (processes)", "bake/processes"}})
      .row("makespan", Unit::ns, &wall_ns)
      .row("user code", Unit::ns, &workers_user_ns)
      .kernel_time()
      .row("waiting for a CPU", Unit::ns,
           [](const Round& round) {
             const auto runnable = condition_ns(round, TC_CONDITION_RUNNABLE);
             const auto preempted = condition_ns(round, TC_CONDITION_PREEMPTED);
             return runnable && preempted ? std::optional(*runnable + *preempted) : std::nullopt;
           })
      .row("switches", Unit::count, &workers_switches)
      .counter(TC_COUNTER_FAULTS_MINOR)
      .row_unless_zero("bytes through pipes", Unit::bytes, copied({TC_CHANNEL_PIPE}))
      .add_to(tables);
}

Figure death(double (*figure)(const SignalDeath&)) {
  return [figure](const Round& round) -> std::optional<double> {
    return round.session.signal_deaths.empty() ? std::nullopt
                                               : std::optional(figure(round.session.signal_deaths.front()));
  };
}

void add_crashes(const Rounds& rounds, std::vector<FigureTable>& tables) {
  Builder(rounds, "death-radius", "failure.thread", "A signal kills one task: which tasks end, and which keep running",
          {{"thread SEGV", "crash/thread/segv"},
           {"thread ABRT", "crash/thread/abort"},
           {"thread KILL", "crash/thread/kill"},
           {"process SEGV", "crash/process/segv"},
           {"process ABRT", "crash/process/abort"},
           {"process KILL", "crash/process/kill"}})
      .row("tasks ended by the signal", Unit::count,
           death([](const SignalDeath& each) { return static_cast<double>(each.tasks_ended); }))
      .row("other tasks that kept running", Unit::count,
           death([](const SignalDeath& each) { return static_cast<double>(each.others_ran_on); }))
      .row("signal to first exit", Unit::ns,
           death([](const SignalDeath& each) { return in_ns(each.to_first_exit.value_or(Duration{})); }))
      .row("signal to last exit", Unit::ns,
           death([](const SignalDeath& each) { return in_ns(each.to_last_exit.value_or(Duration{})); }))
      .row("processes unharmed", Unit::count, fact("survivors"))
      .row("rounds of work by the others afterwards", Unit::count, fact("turns_after"))
      .note("The other tasks include the supervisor, which started them.")
      .add_to(tables);
}

}  // namespace

std::vector<FigureTable> make_tables(const Rounds& rounds) {
  std::vector<FigureTable> tables;
  add_creations(rounds, tables);
  add_switches(rounds, tables);
  add_channels(rounds, tables);
  add_bakes(rounds, tables);
  add_crashes(rounds, tables);
  return tables;
}

}  // namespace taskcost
