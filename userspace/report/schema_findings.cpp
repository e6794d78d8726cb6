// SPDX-License-Identifier: Apache-2.0
#include "report/schema_parts.h"

namespace taskcost {

// What was made of sessions, and what a report says of itself.
const std::string_view schema_of_findings = R"json(    "price": {
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
    "waker": {"enum": ["task", "unobserved", "timer", "interrupt", "several", "unknown"]},
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
)json"
                                            R"json(    "records": {
      "type": ["object", "null"],
      "description": "What the recorded transitions lack, and what they say of themselves; null: not recorded.",
      "required": ["gaps", "touched_tasks", "unknown_ns", "missing_snapshots", "integrity"],
      "properties": {
        "gaps": {"type": "array", "items": {"$ref": "#/definitions/gap"}, "description": "By the first loss."},
        "touched_tasks": {
          "type": "integer",
          "minimum": 0,
          "description": "With time of which nothing is known, because of gaps."
        },
        "unknown_ns": {"type": "integer", "minimum": 0, "description": "Such time of all of them."},
        "missing_snapshots": {
          "type": "integer",
          "minimum": 0,
          "description": "Tasks that lived at the end without a ledger of the kernel's."
        },
        "integrity": {"$ref": "#/definitions/integrity"}
      }
    },
    "gap": {
      "type": "object",
      "required": ["why", "first_ns", "last_ns", "lost", "cpu"],
      "properties": {
        "why": {"enum": ["ring_full", "disk_slow", "damaged"]},
        "first_ns": {"type": ["integer", "null"], "description": "Of the first lost event; null: it can be anywhere."},
        "last_ns": {"type": ["integer", "null"]},
        "lost": {"$ref": "#/definitions/amount"},
        "cpu": {"type": ["integer", "null"], "minimum": 0, "description": "null: every CPU."}
      }
    },
    "integrity": {
      "type": "object",
      "description": "Counts of what cannot be in records that are complete and in order.",
      "required": [
        "events", "switches_checked", "broken_switches", "impossible_switches", "backward_times",
        "unknown_beginnings", "repeated_births", "impossible_corrections", "wild_cpus", "lost_final_ledgers", "breaks"
      ],
      "properties": {
        "breaks": {
          "type": "array",
          "items": {"$ref": "#/definitions/break"},
          "description": "The first switches away from a task that their CPU did not have."
        }
      },
      "additionalProperties": {"$ref": "#/definitions/count"}
    },
    "break": {
      "type": "object",
      "required": ["at_ns", "cpu", "expected_tid", "seen_tid", "expected_id", "seen_id"],
      "additionalProperties": {"$ref": "#/definitions/count"}
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
          "enum": ["unlinked", "replaced", "unknown", "unread", null],
          "description": "The file has no name any more; another one has it; no file is known; it did not answer in time."
        },
        "kernel": {"type": "boolean"}
      }
    },
)json";

}  // namespace taskcost
