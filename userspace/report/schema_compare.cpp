// SPDX-License-Identifier: Apache-2.0
#include "taskcost/compare.h"

namespace taskcost {

std::string_view comparison_schema() {
  return R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "taskcost.compare/1",
  "description": "Commands that taskcost ran in rounds. Times are nanoseconds, but for those of `results`. null: not measured, or there is none.",
  "type": "object",
  "required": [
    "schema", "tool", "host", "evidence", "head", "window", "confidence", "same_up_to", "results", "pairs", "commands"
  ],
  "properties": {
    "schema": {"const": "taskcost.compare/1"},
    "tool": {
      "type": "object",
      "required": ["version", "command_line"],
      "properties": {"version": {"type": "string"}, "command_line": {"type": "string"}}
    },
    "host": {
      "type": "object",
      "required": ["kernel", "arch", "cpus", "virtualization", "name", "machine_id", "boot_id"],
      "properties": {
        "kernel": {"type": "string"},
        "arch": {"type": "string"},
        "cpus": {"$ref": "#/definitions/count"},
        "virtualization": {"$ref": "#/definitions/text"},
        "name": {"type": ["string", "null"], "description": "As uname -n."},
        "machine_id": {"type": ["string", "null"], "description": "machine-id(5)."},
        "boot_id": {
          "type": ["string", "null"],
          "description": "Random for each boot: instants of one boot are comparable."
        }
      }
    },
    "evidence": {
      "type": "array",
      "description": "Where each figure comes from.",
      "items": {
        "type": "object",
        "required": ["figure", "source", "kind", "why", "hint"],
        "properties": {
          "figure": {"type": "string"},
          "source": {"type": "string"},
          "kind": {"type": "string"},
          "why": {"type": "string"},
          "hint": {"type": "string"}
        }
      }
    },
    "head": {"type": "array", "items": {"type": "string"}, "description": "The answers; for people, not for parsing."},
    "window": {
      "type": "object",
      "required": [
        "end", "text", "rounds", "asked_for", "max_time_ns", "elapsed_ns", "start_time", "start_realtime_ns",
        "start_boottime_ns", "end_time", "end_realtime_ns", "end_boottime_ns"
      ],
      "properties": {
        "end": {"enum": ["answered", "rounds", "budget", "signal", "failure"], "description": "What ended the rounds."},
        "text": {"type": "string"},
        "rounds": {"$ref": "#/definitions/count", "description": "Complete ones."},
        "asked_for": {"type": ["integer", "null"], "minimum": 1},
        "max_time_ns": {"type": ["integer", "null"], "minimum": 1},
        "elapsed_ns": {"$ref": "#/definitions/count"},
        "start_time": {"type": ["string", "null"], "description": "start_realtime_ns as ISO 8601."},
        "start_realtime_ns": {"type": ["integer", "null"], "description": "The start by CLOCK_REALTIME."},
        "start_boottime_ns": {"type": ["integer", "null"], "description": "The start by CLOCK_BOOTTIME."},
        "end_time": {"type": ["string", "null"]},
        "end_realtime_ns": {"type": ["integer", "null"]},
        "end_boottime_ns": {"type": ["integer", "null"]}
      }
    },
    "confidence": {"type": "number", "description": "Of each ratio's interval."},
    "same_up_to": {"type": "number", "description": "Ratios from 1 / x to x are the same."},
    "results": {
      "type": "array",
      "description": "What hyperfine writes, in seconds.",
      "items": {
        "type": "object",
        "required": [
          "command", "mean", "stddev", "median", "user", "system", "min", "max", "times", "exit_codes"
        ],
        "properties": {
          "command": {"type": "string"},
          "mean": {"type": "number"},
          "stddev": {"type": "number"},
          "median": {"type": "number"},
          "user": {"type": "number"},
          "system": {"type": "number"},
          "min": {"type": "number"},
          "max": {"type": "number"},
          "times": {"type": "array", "items": {"type": "number"}},
          "exit_codes": {"type": "array", "items": {"type": "integer"}}
        },
        "additionalProperties": false
      }
    },
    "pairs": {
      "type": "array",
      "description": "Each later command against the first.",
      "items": {
        "type": "object",
        "required": [
          "left", "right", "rounds", "children", "in_sequence", "wall", "cpu", "wall_time", "cpu_time", "quantities"
        ],
        "properties": {
          "left": {"$ref": "#/definitions/count", "description": "Index in `commands`; a ratio is left over right."},
          "right": {"$ref": "#/definitions/count"},
          "rounds": {"$ref": "#/definitions/count", "description": "That both have."},
          "children": {"type": "boolean", "description": "One of them launched processes of its own."},
          "in_sequence": {
            "type": "boolean",
            "description": "In the division of wall time, what children did stands for the waits for them."
          },
          "wall": {"$ref": "#/definitions/answer"},
          "cpu": {"$ref": "#/definitions/answer"},
          "wall_time": {"oneOf": [{"type": "null"}, {"$ref": "#/definitions/difference"}]},
          "cpu_time": {"oneOf": [{"type": "null"}, {"$ref": "#/definitions/difference"}]},
          "quantities": {"type": "array", "items": {"$ref": "#/definitions/answer"}}
        },
        "additionalProperties": false
      }
    },
    "commands": {
      "type": "array",
      "minItems": 1,
      "items": {
        "type": "object",
        "required": [
          "label", "name", "command", "program", "calls_seen", "in_sequence", "rounds", "statuses", "wall_ns", "cpu_ns",
          "user_ns", "wall_parts", "cpu_parts", "quantities", "time", "process_count", "processes", "losses"
        ],
        "properties": {
          "label": {"type": "string"},
          "name": {"type": "string"},
          "command": {"type": "string"},
          "program": {"type": "string", "description": "Of the launched process, when it ended."},
          "calls_seen": {"type": "boolean", "description": "false: user_ns is all time on CPUs."},
          "in_sequence": {"type": "boolean"},
          "rounds": {
            "type": "array",
            "items": {"$ref": "#/definitions/count"},
            "description": "That each run belongs to, from 0; as all lists of runs, in the order of time."
          },
          "statuses": {"type": "array", "items": {"type": "integer"}, "description": "As a shell gives them."},
          "wall_ns": {"$ref": "#/definitions/amounts"},
          "cpu_ns": {"$ref": "#/definitions/amounts"},
          "user_ns": {"$ref": "#/definitions/amounts"},
          "wall_parts": {"type": "array", "items": {"$ref": "#/definitions/mean_part"}},
          "cpu_parts": {"type": "array", "items": {"$ref": "#/definitions/mean_part"}},
          "quantities": {"type": "array", "items": {"$ref": "#/definitions/quantity"}},
          "time": {"$ref": "#/definitions/time", "description": "Of all tasks; means over the runs."},
          "process_count": {"type": "number", "minimum": 0},
          "processes": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["comm", "count", "time"],
              "properties": {
                "comm": {"type": "string"},
                "count": {"type": "number", "minimum": 0},
                "time": {"$ref": "#/definitions/time"}
              },
              "additionalProperties": false
            }
          },
          "losses": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}}
        },
        "additionalProperties": false
      }
    }
  },
  "additionalProperties": false,
  "definitions": {
    "text": {"type": ["string", "null"]},
    "number": {"type": ["number", "null"]},
    "count": {"type": "integer", "minimum": 0},
    "amounts": {"type": "array", "items": {"type": "number", "minimum": 0}},
    "topic": {
      "enum": [
        "window", "activity", "wait", "counter", "memory", "channel", "latency", "lifecycle", "kernel_threads"
      ]
    },
    "kind": {"enum": ["running", "queued", "blocked", "unaccounted", "handover", "threads"]},
    "answer": {
      "type": "object",
      "required": [
        "topic", "item", "aspect", "unit", "left", "right", "ratio", "ratio_low", "ratio_high", "answer",
        "rounds_to_decide"
      ],
      "properties": {
        "topic": {"$ref": "#/definitions/topic"},
        "item": {"type": "string"},
        "aspect": {"type": "string"},
        "unit": {"type": "string"},
        "left": {"type": "number", "description": "Median over the rounds."},
        "right": {"type": "number"},
        "ratio": {"$ref": "#/definitions/number", "description": "Of the pairs; null: a side is 0 in a round."},
        "ratio_low": {"$ref": "#/definitions/number"},
        "ratio_high": {"$ref": "#/definitions/number"},
        "answer": {"enum": ["more", "the same", "less", "undecided"]},
        "rounds_to_decide": {"type": ["integer", "null"], "minimum": 0}
      },
      "additionalProperties": false
    },
    "difference": {
      "type": "object",
      "description": "Means over the rounds whose difference is in the middle half; the parts add up to the whole.",
      "required": ["left_ns", "right_ns", "difference_ns", "low_ns", "high_ns", "rounds", "parts"],
      "properties": {
        "left_ns": {"type": "number"},
        "right_ns": {"type": "number"},
        "difference_ns": {"type": "number"},
        "low_ns": {"$ref": "#/definitions/number"},
        "high_ns": {"$ref": "#/definitions/number"},
        "rounds": {"$ref": "#/definitions/count"},
        "parts": {
          "type": "array",
          "items": {
            "type": "object",
            "required": [
              "text", "process", "kind", "key", "left_ns", "right_ns", "difference_ns", "low_ns", "high_ns"
            ],
            "properties": {
              "text": {"type": "string"},
              "process": {"$ref": "#/definitions/text", "description": "null: the launched process."},
              "kind": {"$ref": "#/definitions/kind"},
              "key": {"$ref": "#/definitions/text", "description": "Activity or cause of the wait."},
              "left_ns": {"type": "number"},
              "right_ns": {"type": "number"},
              "difference_ns": {"type": "number"},
              "low_ns": {"$ref": "#/definitions/number"},
              "high_ns": {"$ref": "#/definitions/number"}
            },
            "additionalProperties": false
          }
        }
      },
      "additionalProperties": false
    },
    "mean_part": {
      "type": "object",
      "required": ["text", "process", "kind", "key", "mean_ns"],
      "properties": {
        "text": {"type": "string"},
        "process": {"$ref": "#/definitions/text"},
        "kind": {"$ref": "#/definitions/kind"},
        "key": {"$ref": "#/definitions/text"},
        "mean_ns": {"type": "number"}
      },
      "additionalProperties": false
    },
    "quantity": {
      "type": "object",
      "required": [
        "topic", "item", "aspect", "unit", "median", "low", "high", "mean", "stddev", "min", "max", "runs"
      ],
      "properties": {
        "topic": {"$ref": "#/definitions/topic"},
        "item": {"type": "string"},
        "aspect": {"type": "string"},
        "unit": {"type": "string"},
        "median": {"type": "number"},
        "low": {"$ref": "#/definitions/number", "description": "Of the median's 95 % interval; null: too few runs."},
        "high": {"$ref": "#/definitions/number"},
        "mean": {"type": "number"},
        "stddev": {"type": "number"},
        "min": {"type": "number"},
        "max": {"type": "number"},
        "runs": {"$ref": "#/definitions/count", "description": "That measured it."}
      },
      "additionalProperties": false
    },
    "time": {
      "type": "object",
      "required": ["lifetime_ns", "running_ns", "queued_ns", "blocked_ns"],
      "properties": {
        "lifetime_ns": {"type": "number"},
        "running_ns": {"type": "object", "additionalProperties": {"type": "number"}},
        "queued_ns": {"type": "number"},
        "blocked_ns": {"type": "object", "additionalProperties": {"type": "number"}}
      },
      "additionalProperties": false
    }
  }
}
)json";
}

}  // namespace taskcost
