// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "report/json_sections.h"
#include "report/words.h"

namespace taskcost {
namespace {

using Layout = JsonWriter::Layout;

void write_activities(JsonWriter& json, const Account& account) {
  json.object("activities", [&] {
    for (int i = 0; i < TC_NR_ACTIVITIES; ++i) {
      const PerCondition<Duration>& cells = account.cells[i];
      json.object(
          key_of(static_cast<tc_activity>(i)),
          [&] {
            json.field("running_ns", cells[TC_CONDITION_RUNNING]);
            json.field("preempted_ns", cells[TC_CONDITION_PREEMPTED]);
            json.field("runnable_ns", cells[TC_CONDITION_RUNNABLE]);
            json.field("blocked_ns", cells[TC_CONDITION_BLOCKED]);
            json.field("count", account.entries[i]);
          },
          Layout::row);
    }
  });
}

void write_counters(JsonWriter& json, const Account& account) {
  json.object("counters", [&] {
    for (int i = 0; i < TC_NR_COUNTERS; ++i) {
      json.field(key_of(static_cast<tc_counter>(i)), account.counters[i]);
    }
  });
}

void write_creations(JsonWriter& json, const Account& account) {
  json.array("creations", [&] {
    for (int i = 0; i < TC_NR_CREATIONS; ++i) {
      const CreationSums& sums = account.creations[i];
      if (sums.count == 0) {
        continue;
      }
      json.object(
          [&] {
            json.field("kind", std::string_view(key_of(static_cast<tc_creation>(i))));
            json.field("count", sums.count);
            json.field("copy_ns", sums.copies > 0 ? std::optional(sums.copy) : std::nullopt);
            json.field("publish_ns", sums.publish);
            json.field("return_ns", sums.returns > 0 ? std::optional(sums.returned) : std::nullopt);
            json.field("returns", sums.returns);
            json.field("child_start_ns", sums.starts > 0 ? std::optional(sums.child_start) : std::nullopt);
            json.field("starts", sums.starts);
            json.field("running_ns", sums.running);
          },
          Layout::row);
    }
  });
}

void write_channels(JsonWriter& json, const Account& account) {
  json.object("ipc", [&] {
    for (int i = 0; i < TC_NR_CHANNELS; ++i) {
      const std::optional<ChannelUse>& use = account.channels[i];
      const auto told = [&use](auto ChannelUse::*member) { return use ? std::optional((*use).*member) : std::nullopt; };
      json.object(
          key_of(static_cast<tc_channel>(i)),
          [&] {
            json.field("calls", told(&ChannelUse::calls));
            json.field("bytes_in", use ? use->received() : std::nullopt);
            json.field("bytes_out", use ? use->sent() : std::nullopt);
            json.field("kernel_ns", told(&ChannelUse::kernel));
            json.field("wakeups", account.waits[wait_of(static_cast<tc_channel>(i))].ended());
            json.field("uncounted_calls", told(&ChannelUse::uncounted));
          },
          Layout::row);
    }
  });
}

void write_waits(JsonWriter& json, const Account& account) {
  json.object("waits", [&] {
    for (int i = 0; i < TC_NR_WAITS; ++i) {
      const WaitSums& sums = account.waits[i];
      if (sums.count == 0 && sums.blocked == Duration::zero()) {
        continue;
      }
      json.object(
          key_of(static_cast<tc_wait>(i)),
          [&] {
            json.field("count", sums.count);
            json.field("blocked_ns", sums.blocked);
            json.field("open", sums.open);
          },
          Layout::row);
    }
  });
}

void write_books(JsonWriter& json, const std::optional<KernelBooks>& books) {
  if (!books) {
    json.field("books", nullptr);
    return;
  }
  json.object(
      "books",
      [&] {
        json.field("voluntary_switches", books->voluntary_switches);
        json.field("involuntary_switches", books->involuntary_switches);
        json.field("faults_minor", books->faults_minor);
        json.field("faults_major", books->faults_major);
        json.field("cpu_ns", books->cpu_time);
        json.field("user_ns", books->user_time);
        json.field("system_ns", books->system_time);
      },
      Layout::row);
}

void write_phases(JsonWriter& json, const Task& task) {
  json.object(
      "phases",
      [&] {
        json.field("copy_ns", task.copy);
        json.field("publish_ns", task.publish);
        json.field("child_start_ns", task.child_start);
        json.field("exit_ns", task.exit);
        json.field("exit_teardown_ns", task.exit_teardown);
        json.field("execs", task.execs);
        json.field("exec_prepare_ns", task.exec_prepare);
        json.field("exec_replace_ns", task.exec_replace);
        json.field("exec_return_ns", task.exec_return);
      },
      Layout::row);
}

void write_shares(JsonWriter& json, const std::optional<PerShared<bool>>& shares) {
  if (!shares) {
    json.field("shares", nullptr);
    return;
  }
  json.object(
      "shares",
      [&] {
        for (int object = 0; object < TC_NR_SHARED; ++object) {
          json.field(key_of(static_cast<tc_shared>(object)), (*shares)[object]);
        }
      },
      Layout::row);
}

void write_fatal_signal(JsonWriter& json, const std::optional<FatalSignal>& fatal) {
  if (!fatal) {
    json.field("fatal", nullptr);
    return;
  }
  json.object(
      "fatal",
      [&] {
        json.field("signal", fatal->number);
        json.field("generated_ns", fatal->generated.time_since_epoch());
        json.field("task", fatal->target);
      },
      Layout::row);
}

void write_task(JsonWriter& json, const Task& task) {
  json.object([&] {
    json.field("id", task.id);
    json.field("tid", task.tid);
    json.field("tid_inside", task.tid_inside);
    json.field("comm", task.comm);
    json.field("leader", task.leader);
    json.field("how", std::string_view(to_string(task.how)));
    json.field("created_by_tid", task.created_by_tid != 0 ? std::optional(task.created_by_tid) : std::nullopt);
    json.field("start_ns", task.start.time_since_epoch());
    json.field("end_ns", task.end.time_since_epoch());
    json.field("open_at_start", task.open_at_start);
    json.field("open_at_end", task.open_at_end);
    json.field("lifetime_ns", task.account.lifetime);
    json.field("last_on_cpu_ns", task.last_on_cpu ? std::optional(task.last_on_cpu->time_since_epoch()) : std::nullopt);
    write_shares(json, task.shares);
    json.field("started_elsewhere", task.started_elsewhere);
    write_phases(json, task);
    write_json_account(json, "account", task.account);
  });
}

void write_process(JsonWriter& json, const Process& process) {
  json.object([&] {
    json.field("id", process.id);
    json.field("parent", process.parent != 0 ? std::optional(process.parent) : std::nullopt);
    json.field("tgid", process.tgid);
    json.field("tgid_inside", process.tasks.empty() ? std::nullopt : process.tasks.front().tgid_inside);
    json.field("ppid", process.ppid);
    json.field("comm", process.comm);
    json.field("command", process.command);
    json.field("command_truncated", process.command_truncated);
    json.field("kernel", process.kernel);
    json.field("how", std::string_view(to_string(process.how)));
    json.field("start_ns", process.start.time_since_epoch());
    json.field("end_ns", process.end.time_since_epoch());
    json.field("open_at_start", process.open_at_start);
    json.field("open_at_end", process.open_at_end);
    json.field("exit_code", process.exit_code);
    json.field("exit_signal", process.exit_signal);
    json.field("address_space_id", process.address_space);
    write_fatal_signal(json, process.fatal);
    json.field("zombie_ns", process.zombie);
    json.field("reap_ns", process.reap);
    json.field("threads", process.tasks.size());
    json.field("workers", process.workers());
    write_json_account(json, "total", account_of(process));
    json.array("tasks", [&] {
      for (const Task& task : process.tasks) {
        write_task(json, task);
      }
    });
  });
}

void write_folded(JsonWriter& json, const FoldedProcesses& folded) {
  json.object([&] {
    json.field("comm", folded.comm);
    json.field("processes", folded.processes);
    json.field("tasks", folded.tasks);
    write_json_account(json, "total", folded.total);
  });
}

}  // namespace

void write_json_account(JsonWriter& json, std::string_view key, const Account& account) {
  json.object(key, [&] {
    json.field("lifetime_ns", account.lifetime);
    json.field("residual_ns", account.residual());
    write_activities(json, account);
    write_counters(json, account);
    write_creations(json, account);
    write_channels(json, account);
    write_waits(json, account);
    write_books(json, account.books);
  });
}

void write_json_session(JsonWriter& json, const Session& session) {
  json.field("process_count", session.process_count);
  json.field("task_count", session.task_count);
  json.array("processes", [&] {
    for (const Process& process : session.processes) {
      write_process(json, process);
    }
  });
  json.array("folded", [&] {
    for (const FoldedProcesses& folded : session.folded) {
      write_folded(json, folded);
    }
  });
  write_json_account(json, "totals", session.totals);
  write_json_account(json, "kernel_totals", session.kernel_totals);
}

}  // namespace taskcost
