// SPDX-License-Identifier: Apache-2.0
#include <initializer_list>
#include <string>
#include <utility>

#include "taskcost/report.h"

namespace taskcost {
namespace {

// Strict in what a report has to hold, open for what a later version adds. The lists of abi.h stand for themselves:
// @counters@ is replaced by their keys.
constexpr std::string_view outline =
    R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "taskcost.report/1",
  "description": "What the kernel spent on each observed process and thread. Times are integer )json"
    R"json(nanoseconds, instants CLOCK_MONOTONIC, sizes bytes. null: not measured; 0: measured, and none. )json"
    R"json(Names, commands and arguments come from observed programs: every byte that is not valid UTF-8 )json"
    R"json(stands as U+FFFD, and everything outside printable ASCII is \\u-escaped.",
  "type": "object",
  "required": [
    "schema", "tool", "host", "window", "target", "evidence", "losses", "observer", "process_count",
    "task_count", "processes", "folded", "totals", "kernel_totals", "histograms", "edges", "folded_edges", "chains",
    "prices", "blasts", "stints", "claims", "comparisons", "sweeps", "tables"
  ],
  "properties": {
    "schema": {"const": "taskcost.report/1"},
    "tool": {
      "type": "object",
      "required": ["version", "command_line"],
      "properties": {"version": {"type": "string"}, "command_line": {"type": "string"}}
    },
    "host": {
      "type": "object",
      "required": ["kernel", "arch", "cpus", "virtualization"],
      "properties": {
        "kernel": {"type": "string"},
        "arch": {"type": "string"},
        "cpus": {"$ref": "#/definitions/count"},
        "virtualization": {"type": ["string", "null"], "description": "null: unknown"}
      }
    },
    "window": {
      "type": "object",
      "required": ["start_ns", "end_ns", "wall_ns", "exit"],
      "properties": {
        "start_ns": {"type": "integer"},
        "end_ns": {"type": "integer"},
        "wall_ns": {"type": "integer"},
        "exit": {"enum": ["target-exited", "duration", "signal"]}
      }
    },
    "target": {
      "type": "object",
      "required": ["mode", "command", "pid", "exit_code", "exit_signal"],
      "properties": {
        "mode": {"enum": ["run", "attach", "workload", "verify"]},
        "command": {"type": "string"},
        "pid": {"$ref": "#/definitions/amount"},
        "exit_code": {"type": ["integer", "null"]},
        "exit_signal": {"type": ["integer", "null"]}
      }
    },
    "evidence": {
      "type": "array",
      "items": {"$ref": "#/definitions/evidence"},
      "description": "Where each figure comes from."
    },
    "losses": {
      "type": "object",
      "description": "What went missing, each with its own count.",
      "required": [@losses@, "skipped_probes", "missed_switches"],
      "additionalProperties": {"$ref": "#/definitions/count"}
    },
    "observer": {
      "type": "object",
      "description": "What the observation itself cost.",
      "required": [
        "probes", "userspace_cpu_ns", "per_transition_ns", "transitions", "share_of_wall", "attach_ns"
      ],
      "properties": {
        "probes": {"type": "array", "items": {"$ref": "#/definitions/probe"}},
        "userspace_cpu_ns": {"$ref": "#/definitions/count"},
        "per_transition_ns": {"$ref": "#/definitions/amount"},
        "transitions": {"$ref": "#/definitions/count"},
        "share_of_wall": {"type": ["number", "null"], "description": "A fraction, not a percentage."},
        "attach_ns": {"$ref": "#/definitions/amount"}
      }
    },
    "process_count": {"type": "integer", "minimum": 0, "description": "Folded ones included."},
    "task_count": {"type": "integer", "minimum": 0, "description": "Folded ones included."},
    "processes": {"type": "array", "items": {"$ref": "#/definitions/process"}, "description": "By birth."},
    "folded": {
      "type": "array",
      "items": {"$ref": "#/definitions/folded"},
      "description": "Processes beyond the number kept one by one, by name."
    },
    "totals": {"$ref": "#/definitions/account"},
    "kernel_totals": {"$ref": "#/definitions/account"},
    "histograms": {
      "type": "object",
      "required": [
        "creation", "exec", "exit", "run_queue", "switch_same", "switch_other", "fault_minor", "fault_major",
        "fault_cow"
      ],
      "additionalProperties": {"$ref": "#/definitions/histogram"}
    },
    "edges": {
      "type": "array",
      "items": {"$ref": "#/definitions/edge"},
      "description": "Who woke whom and sent what to whom, by waiting time."
    },
    "folded_edges": {"type": "integer", "description": "Edges of tasks that are not kept one by one."},
    "chains": {
      "type": "array",
      "items": {"$ref": "#/definitions/chain"},
      "description": "Waits that hung together: each link waited until its waker had ended the wait of the next."
    },
    "claims": {"type": "array", "items": {"$ref": "#/definitions/claim"}},
    "comparisons": {"type": "array", "items": {"$ref": "#/definitions/comparison"}},
    "prices": {
      "type": ["object", "null"],
      "additionalProperties": {"$ref": "#/definitions/price"},
      "description": "By kind of creation: kernel time on CPUs over whole lives, later costs booked to the creation."
    },
    "blasts": {
      "type": "array",
      "items": {"$ref": "#/definitions/blast"},
      "description": "One for each process that a signal ended."
    },
    "stints": {"type": ["integer", "null"], "description": "Times on a CPU that were kept; null: not asked for."},
    "sweeps": {"type": "array", "items": {"$ref": "#/definitions/sweep"}},
    "tables": {"type": "array", "items": {"$ref": "#/definitions/table"}},
    "stacks": {"$ref": "#/definitions/stacks"}
  },
  "definitions": {
    "price": {
      "type": "object",
      "required": [
        "count", "create_ns", "start_ns", "exec_ns", "faults_ns", "exit_ns", "reap_ns", "copy_on_write_ns"
      ],
      "additionalProperties": {"$ref": "#/definitions/count"}
    },
    "blast": {
      "type": "object",
      "required": [
        "process", "signal", "generated_ns", "tasks_ended", "to_first_exit_ns", "to_last_exit_ns", "others_alive",
        "others_ran_on"
      ],
      "additionalProperties": {"type": ["integer", "null"]}
    },
    "sweep": {
      "type": "object",
      "required": ["id", "claim", "title", "x_name", "x_unit", "y_name", "y_unit", "logarithmic", "series"],
      "properties": {
        "series": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["label", "slope", "slope_low", "slope_high", "points"],
            "properties": {
              "label": {"type": "string"},
              "slope": {"type": ["number", "null"], "description": "y per unit of x; null with one point."},
              "points": {
                "type": "array",
                "items": {
                  "type": "object",
                  "required": ["x", "y", "low", "high", "rounds"],
                  "additionalProperties": {"type": "number"}
                }
              }
            }
          }
        }
      }
    },
    "table": {
      "type": "object",
      "required": ["id", "claim", "title", "note", "columns", "rows"],
      "properties": {
        "columns": {"type": "array", "items": {"type": "string"}},
        "rows": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["name", "unit", "values"],
            "properties": {
              "name": {"type": "string"},
              "unit": {"type": "string"},
              "values": {"type": "array", "items": {"type": ["number", "null"]}}
            }
          }
        }
      }
    },
    "how": {
      "enum": ["fork", "vfork", "spawn", "clone_vm", "thread", "attached"],
      "description": "How a task came to be; attached: it existed before it was observed."
    },
    "evidence": {
      "type": "object",
      "required": ["figure", "source", "kind", "why", "hint"],
      "properties": {
        "figure": {"type": "string"},
        "source": {"type": "string", "description": "The hooks in use; empty when unavailable."},
        "kind": {"enum": ["exact", "bound", "counts", "unavailable"]},
        "why": {"type": "string", "description": "Why there is no better source; empty when this is the best."},
        "hint": {"type": "string"}
      }
    },
    "probe": {
      "type": "object",
      "required": ["name", "runs", "run_ns"],
      "properties": {
        "name": {"type": "string"},
        "runs": {"$ref": "#/definitions/amount"},
        "run_ns": {"$ref": "#/definitions/amount"},
        "skipped": {"$ref": "#/definitions/count"}
      }
    },
    "cells": {
      "type": "object",
      "required": ["running_ns", "preempted_ns", "runnable_ns", "blocked_ns", "count"],
      "properties": {
        "running_ns": {"$ref": "#/definitions/count"},
        "preempted_ns": {"$ref": "#/definitions/count"},
        "runnable_ns": {"$ref": "#/definitions/count"},
        "blocked_ns": {"$ref": "#/definitions/count"},
        "count": {"type": ["integer", "null"], "minimum": 0, "description": "How often the activity was entered."}
      }
    },
    "creation": {
      "type": "object",
      "required": ["kind", "count", "copy_ns", "publish_ns", "return_ns", "returns", "child_start_ns", "starts"],
      "properties": {
        "kind": {"enum": [@creations@]},
        "count": {"$ref": "#/definitions/count"},
        "copy_ns": {
          "type": "integer",
          "minimum": 0,
          "description": "Sum over all: entry of the system call to task_newtask."
        },
        "publish_ns": {"type": "integer", "minimum": 0, "description": "Sum over all: until sched_wakeup_new."},
        "return_ns": {
          "type": ["integer", "null"],
          "minimum": 0,
          "description": "Sum over `returns`: sched_wakeup_new to the end of the system call in the creator."
        },
        "returns": {"$ref": "#/definitions/count"},
        "child_start_ns": {
          "type": ["integer", "null"],
          "minimum": 0,
          "description": "Sum over `starts`: sched_wakeup_new to the child's first switch-in."
        },
        "starts": {"$ref": "#/definitions/count"}
      }
    },
    "channel": {
      "type": "object",
      "required": ["calls", "bytes_in", "bytes_out", "kernel_ns", "wakeups"],
      "properties": {
        "calls": {"$ref": "#/definitions/amount"},
        "bytes_in": {"$ref": "#/definitions/amount"},
        "bytes_out": {"$ref": "#/definitions/amount"},
        "kernel_ns": {"type": ["integer", "null"], "minimum": 0, "description": "On a CPU inside these calls."},
        "wakeups": {"type": "integer", "minimum": 0, "description": "That ended a wait for it."}
      }
    },
    "books": {
      "type": ["object", "null"],
      "description": "The kernel's own books over the same life; null when a task vanished before they could be read.",
      "required": [
        "voluntary_switches", "involuntary_switches", "faults_minor", "faults_major", "cpu_ns", "user_ns",
        "system_ns"
      ],
      "properties": {
        "voluntary_switches": {"$ref": "#/definitions/count"},
        "involuntary_switches": {"$ref": "#/definitions/count"},
        "faults_minor": {"$ref": "#/definitions/count"},
        "faults_major": {"$ref": "#/definitions/count"},
        "cpu_ns": {"type": "integer", "minimum": 0, "description": "se.sum_exec_runtime"},
        "user_ns": {"type": "integer", "minimum": 0, "description": "utime, by ticks on most kernels"},
        "system_ns": {"type": "integer", "minimum": 0, "description": "stime"}
      }
    },
    "account": {
      "type": "object",
      "required": ["lifetime_ns", "residual_ns", "activities", "counters", "creations", "ipc", "waits", "books"],
      "properties": {
        "lifetime_ns": {"type": "integer"},
        "residual_ns": {"type": "integer", "description": "lifetime_ns minus the sum of all cells, signed."},
        "activities": {
          "type": "object",
          "required": [@activities@],
          "additionalProperties": {"$ref": "#/definitions/cells"}
        },
        "counters": {
          "type": "object",
          "required": [@counters@],
          "additionalProperties": {"$ref": "#/definitions/amount"}
        },
        "creations": {
          "type": "array",
          "items": {"$ref": "#/definitions/creation"},
          "description": "The kinds that occurred."
        },
        "ipc": {
          "type": "object",
          "required": [@channels@],
          "additionalProperties": {"$ref": "#/definitions/channel"}
        },
        "waits": {
          "type": "object",
          "additionalProperties": {"$ref": "#/definitions/wait"},
          "description": "Blocked time by what was waited for; those that occurred."
        },
        "books": {"$ref": "#/definitions/books"}
      }
    },
    "wait": {
      "type": "object",
      "required": ["count", "blocked_ns"],
      "properties": {
        "count": {"type": "integer", "minimum": 0, "description": "Waits that ended."},
        "blocked_ns": {"type": "integer"}
      }
    },
    "phases": {
      "type": "object",
      "description": "Of the task's own creation and end; exec phases are sums over its execs.",
      "required": [
        "copy_ns", "publish_ns", "child_start_ns", "exit_ns", "exit_teardown_ns", "execs", "exec_prepare_ns",
        "exec_replace_ns", "exec_return_ns"
      ],
      "properties": {
        "copy_ns": {"$ref": "#/definitions/amount"},
        "publish_ns": {"$ref": "#/definitions/amount"},
        "child_start_ns": {"$ref": "#/definitions/amount"},
        "exit_ns": {"$ref": "#/definitions/amount"},
        "exit_teardown_ns": {"$ref": "#/definitions/amount"},
        "execs": {"$ref": "#/definitions/count"},
        "exec_prepare_ns": {"$ref": "#/definitions/amount"},
        "exec_replace_ns": {"$ref": "#/definitions/amount"},
        "exec_return_ns": {"$ref": "#/definitions/amount"}
      }
    },
    "task": {
      "type": "object",
      "required": [
        "id", "tid", "tid_inside", "comm", "leader", "how", "created_by_tid", "start_ns", "end_ns", "open_at_start",
        "open_at_end",
        "lifetime_ns", "phases", "account"
      ],
      "properties": {
        "id": {"$ref": "#/definitions/count"},
        "tid": {"$ref": "#/definitions/count"},
        "tid_inside": {
          "type": ["integer", "null"],
          "description": "In its own pid namespace; null: that is the kernel's."
        },
        "comm": {"type": "string"},
        "leader": {"type": "boolean"},
        "how": {"$ref": "#/definitions/how"},
        "created_by_tid": {"$ref": "#/definitions/amount"},
        "start_ns": {"type": "integer"},
        "end_ns": {"type": "integer"},
        "open_at_start": {
          "type": "boolean",
          "description": "It lived before: start_ns is when observation began."
        },
        "open_at_end": {
          "type": "boolean",
          "description": "It outlived the window: end_ns is the end of the window."
        },
        "lifetime_ns": {"type": "integer"},
        "phases": {"$ref": "#/definitions/phases"},
        "account": {"$ref": "#/definitions/account"}
      }
    },
    "process": {
      "type": "object",
      "required": [
        "id", "parent", "tgid", "tgid_inside", "ppid", "comm", "kernel", "command", "command_truncated", "how", "start_ns", "end_ns",
        "open_at_start", "open_at_end", "exit_code", "exit_signal", "address_space_id", "zombie_ns", "threads",
        "total", "tasks"
      ],
      "properties": {
        "id": {
          "type": "integer",
          "minimum": 0,
          "description": "Unique in the report; numbers of the kernel are reused."
        },
        "parent": {
          "type": ["integer", "null"],
          "minimum": 0,
          "description": "`id` of the parent; null when it is not observed."
        },
        "tgid": {"$ref": "#/definitions/count"},
        "tgid_inside": {"$ref": "#/definitions/amount"},
        "kernel": {"type": "boolean", "description": "A kernel thread."},
        "ppid": {"$ref": "#/definitions/count"},
        "comm": {"type": "string"},
        "command": {"type": "string", "description": "Arguments joined by spaces."},
        "command_truncated": {"type": "boolean"},
        "how": {"$ref": "#/definitions/how"},
        "start_ns": {"type": "integer"},
        "end_ns": {"type": "integer"},
        "open_at_start": {"type": "boolean"},
        "open_at_end": {"type": "boolean"},
        "exit_code": {
          "type": ["integer", "null"],
          "description": "null while it lives or when a signal ended it."
        },
        "exit_signal": {"type": ["integer", "null"], "description": "null while it lives or when it exited."},
        "address_space_id": {
          "type": "integer",
          "minimum": 0,
          "description": "Equal for processes that share memory."
        },
        "zombie_ns": {
          "type": ["integer", "null"],
          "minimum": 0,
          "description": "From its last switch-out to the parent's wait."
        },
        "threads": {"$ref": "#/definitions/count"},
        "total": {"$ref": "#/definitions/account"},
        "tasks": {"type": "array", "items": {"$ref": "#/definitions/task"}, "description": "By birth."}
      }
    },
    "folded": {
      "type": "object",
      "required": ["comm", "processes", "tasks", "total"],
      "properties": {
        "comm": {"type": "string"},
        "processes": {"$ref": "#/definitions/count"},
        "tasks": {"$ref": "#/definitions/count"},
        "total": {"$ref": "#/definitions/account"}
      }
    },
    "bucket": {
      "type": "object",
      "required": ["from_ns", "to_ns", "count"],
      "properties": {
        "from_ns": {"$ref": "#/definitions/count"},
        "to_ns": {"type": "integer", "minimum": 0, "description": "Exclusive."},
        "count": {"$ref": "#/definitions/count"}
      }
    },
    "histogram": {
      "type": ["object", "null"],
      "description": "A latency distribution; null when there is no source for it.",
      "required": ["count", "sum_ns", "min_ns", "max_ns", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "buckets"],
      "properties": {
        "count": {"$ref": "#/definitions/count"},
        "sum_ns": {"$ref": "#/definitions/count"},
        "min_ns": {"$ref": "#/definitions/amount"},
        "max_ns": {"$ref": "#/definitions/amount"},
        "p50_ns": {"$ref": "#/definitions/amount"},
        "p90_ns": {"$ref": "#/definitions/amount"},
        "p99_ns": {"$ref": "#/definitions/amount"},
        "p999_ns": {"$ref": "#/definitions/amount"},
        "buckets": {
          "type": "array",
          "items": {"$ref": "#/definitions/bucket"},
          "description": "Those that are not empty, in order."
        }
      }
    },
    "edge": {
      "type": "object",
      "required": [
        "waker", "from_task", "from_tid", "to_task", "to_tid", "channel", "wakeups", "waited_ns", "longest_ns",
        "bytes", "places"
      ],
      "properties": {
        "waker": {"$ref": "#/definitions/waker"},
        "from_task": {"$ref": "#/definitions/amount"},
        "from_tid": {"$ref": "#/definitions/amount"},
        "to_task": {"$ref": "#/definitions/amount"},
        "to_tid": {"$ref": "#/definitions/amount"},
        "channel": {"type": "string", "description": "What the sleeper waited for: a key of `waits`."},
        "wakeups": {"$ref": "#/definitions/count"},
        "waited_ns": {"type": "integer", "description": "By the sleeper, until these wake-ups."},
        "longest_ns": {"type": "integer"},
        "bytes": {
          "type": ["integer", "null"],
          "description": "Sent to the other end; null: none, or it is not told whose they are."
        },
        "places": {
          "type": "object",
          "additionalProperties": {"$ref": "#/definitions/count"},
          "description": "Wake-ups by where the waker was: a system call, exit, ..."
        }
      }
    },
    "waker": {"enum": ["task", "unobserved", "interrupt", "several", "unknown"]},
    "chain": {
      "type": "object",
      "required": ["links"],
      "properties": {
        "links": {
          "type": "array",
          "items": {
            "type": "object",
            "required": ["task", "tid", "waited_ns", "cause", "waker", "from_task", "from_tid", "place"],
            "properties": {
              "task": {"$ref": "#/definitions/amount"},
              "tid": {"$ref": "#/definitions/count"},
              "waited_ns": {"type": "integer"},
              "cause": {"type": "string"},
              "waker": {"$ref": "#/definitions/waker"},
              "from_task": {"$ref": "#/definitions/amount"},
              "from_tid": {"$ref": "#/definitions/amount"},
              "place": {"type": "string"}
            }
          }
        }
      }
    },
    "claim": {
      "type": "object",
      "required": [
        "id", "statement", "verdict", "unit", "left_label", "right_label", "left", "right", "ratio",
        "ratio_low", "ratio_high", "rounds", "evidence", "meaning"
      ],
      "properties": {
        "id": {"type": "string"},
        "statement": {"type": "string"},
        "verdict": {"enum": ["confirmed", "refuted", "inconclusive", "not measurable"]},
        "unit": {"type": "string"},
        "left_label": {"type": "string"},
        "right_label": {"type": "string"},
        "left": {"type": ["number", "null"], "description": "Median over rounds."},
        "right": {"type": ["number", "null"]},
        "ratio": {"type": ["number", "null"], "description": "left / right"},
        "ratio_low": {"type": ["number", "null"], "description": "Of the 95 % interval."},
        "ratio_high": {
          "type": ["number", "null"],
          "description": "null also when the interval has no upper end."
        },
        "rounds": {"$ref": "#/definitions/count"},
        "evidence": {"type": "string", "description": "The source that was used."},
        "meaning": {"type": "string"}
      }
    },
    "line": {
      "type": "object",
      "required": ["name", "unit", "left", "right", "ratio", "ratio_low", "ratio_high"],
      "properties": {
        "name": {"type": "string"},
        "unit": {"type": "string"},
        "left": {"type": ["number", "null"]},
        "right": {"type": ["number", "null"]},
        "ratio": {"type": ["number", "null"]},
        "ratio_low": {"type": ["number", "null"]},
        "ratio_high": {"type": ["number", "null"]}
      }
    },
    "comparison": {
      "type": "object",
      "description": "Two variants of a workload; medians over rounds, per operation.",
      "required": ["workload", "left_label", "right_label", "rounds", "lines"],
      "properties": {
        "workload": {"type": "string"},
        "left_label": {"type": "string"},
        "right_label": {"type": "string"},
        "rounds": {"$ref": "#/definitions/count"},
        "lines": {"type": "array", "items": {"$ref": "#/definitions/line"}}
      }
    },
)json"
    R"json(    "stacks": {
      "type": ["object", "null"],
      "description": "Where tasks were when they created, faulted and waited; null: not asked for.",
      "required": ["events", "cut_events", "lost_events", "stacks"],
      "properties": {
        "events": {"$ref": "#/definitions/count"},
        "cut_events": {
          "type": "integer",
          "minimum": 0,
          "description": "Of these, those whose user part does not reach a thread's or a program's entry."
        },
        "lost_events": {
          "type": "integer",
          "minimum": 0,
          "description": "Without a stack: the kernel's table was full."
        },
        "stacks": {
          "type": "array",
          "items": {"$ref": "#/definitions/stack"},
          "description": "By time, the largest first."
        }
      }
    },
    "stack": {
      "type": "object",
      "required": ["process", "kind", "wait", "cut", "count", "time_ns", "frames"],
      "properties": {
        "process": {"type": "integer", "minimum": 0, "description": "`id` of the process."},
        "kind": {"enum": ["creation", "fault", "wait", "involuntary switch"]},
        "wait": {"enum": [@waits@, null], "description": "What for; null when it is no wait."},
        "cut": {"type": "boolean", "description": "The outermost frames are missing."},
        "count": {"$ref": "#/definitions/count"},
        "time_ns": {"$ref": "#/definitions/count"},
        "frames": {
          "type": "array",
          "items": {"$ref": "#/definitions/frame"},
          "description": "The outermost first."
        }
      }
    },
    "frame": {
      "type": "object",
      "required": ["function", "module", "offset", "mark", "kernel"],
      "properties": {
        "function": {"type": ["string", "null"], "description": "null: no symbol."},
        "module": {"type": ["string", "null"], "description": "Path of the file, [vdso], [kernel], ...; null: unknown."},
        "offset": {"type": "integer", "minimum": 0, "description": "Into the file, when there is no symbol."},
        "mark": {
          "enum": ["unlinked", "replaced", "unknown", null],
          "description": "The file has no name any more; another one has it; no file is known."
        },
        "kernel": {"type": "boolean"}
      }
    },
    "count": {"type": "integer", "minimum": 0},
    "amount": {"type": ["integer", "null"], "minimum": 0}
  }
}
)json";

#define QUOTED(constant, key, text) "\"" #key "\", "

constexpr std::string_view activities = TC_ACTIVITIES(QUOTED);
constexpr std::string_view counters = TC_COUNTERS(QUOTED);
constexpr std::string_view channels = TC_CHANNELS(QUOTED);
constexpr std::string_view creations = TC_CREATIONS(QUOTED);
constexpr std::string_view losses = TC_LOSSES(QUOTED);
constexpr std::string_view waits = TC_WAITS(QUOTED);

#undef QUOTED

void replace(std::string& text, std::string_view mark, std::string_view keys) {
  keys.remove_suffix(2);  // the comma behind the last
  text.replace(text.find(mark), mark.size(), keys);
}

std::string complete(std::string_view outline_text) {
  std::string text(outline_text);
  const std::initializer_list<std::pair<std::string_view, std::string_view>> lists = {
      {"@activities@", activities}, {"@counters@", counters}, {"@channels@", channels},
      {"@creations@", creations},   {"@losses@", losses},     {"@waits@", waits},
  };
  for (const auto& [mark, keys] : lists) {
    replace(text, mark, keys);
  }
  return text;
}

}  // namespace

std::string_view json_schema() {
  static const std::string schema = complete(outline);
  return schema;
}

}  // namespace taskcost
