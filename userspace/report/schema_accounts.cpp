// SPDX-License-Identifier: Apache-2.0
#include "report/schema_parts.h"

namespace taskcost {

// Accounts, and the tasks and processes that have them.
const std::string_view schema_of_accounts = R"json(    "how": {
      "enum": ["fork", "vfork", "spawn", "clone_vm", "thread", "attached", "worker"],
      "description": "How a task came to be; attached: it existed before it was observed; worker: the kernel made it for itself in its process (io_uring, vhost)."
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
          "type": ["integer", "null"],
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
      "required": ["calls", "bytes_in", "bytes_out", "kernel_ns", "wakeups", "uncounted_calls"],
      "properties": {
        "calls": {"$ref": "#/definitions/amount"},
        "bytes_in": {
          "type": ["integer", "null"],
          "minimum": 0,
          "description": "Null where those of a call are not known."
        },
        "bytes_out": {"type": ["integer", "null"], "minimum": 0},
        "kernel_ns": {"type": ["integer", "null"], "minimum": 0, "description": "On a CPU inside these calls."},
        "wakeups": {"type": "integer", "minimum": 0, "description": "That ended a wait for it."},
        "uncounted_calls": {
          "type": ["integer", "null"],
          "minimum": 0,
          "description": "Calls whose bytes are not known."
        }
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
      "required": ["count", "blocked_ns", "open"],
      "properties": {
        "count": {"type": "integer", "minimum": 0, "description": "Waits in blocked_ns, open ones included."},
        "blocked_ns": {"type": "integer"},
        "open": {"type": "integer", "minimum": 0, "description": "Of them, those that had not ended at the end of the )json"
                                            R"json(window: no wake-up is theirs."}
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
        "lifetime_ns", "started_elsewhere", "phases", "account"
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
        "started_elsewhere": {
          "type": ["boolean", "null"],
          "description": "Its first time on a CPU was on another CPU than its creator was on when it created it. Null: it never ran, or its birth or its first switch-in was not seen."
        },
        "phases": {"$ref": "#/definitions/phases"},
        "account": {"$ref": "#/definitions/account"}
      }
    },
    "process": {
      "type": "object",
      "required": [
        "id", "parent", "tgid", "tgid_inside", "ppid", "comm", "kernel", "command", "command_truncated", "how", "start_ns", "end_ns",
        "open_at_start", "open_at_end", "exit_code", "exit_signal", "address_space_id", "zombie_ns", "threads", "workers",
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
          "description": "`id` of the last parent, as `ppid`; null when it is not observed."
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
          "description": "From its last switch-out to the return of the wait that reaped it."
        },
        "threads": {"$ref": "#/definitions/count"},
        "workers": {
          "type": "integer",
          "minimum": 0,
          "description": "Those of its threads that the kernel made for itself (io_uring, vhost)."
        },
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
)json";

}  // namespace taskcost
