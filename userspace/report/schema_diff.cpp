// SPDX-License-Identifier: Apache-2.0
#include "taskcost/diff.h"

namespace taskcost {

std::string_view difference_schema() {
  return R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "taskcost.diff/1",
  "description": "Two reports of taskcost compared. Times are nanoseconds. null: not measured, or there is none.",
  "type": "object",
  "required": [
    "schema", "head", "a", "b", "mismatches", "wall_is_a_cost", "pieces", "processes", "claims", "changes"
  ],
  "properties": {
    "schema": {"const": "taskcost.diff/1"},
    "head": {"type": "string", "description": "The answer in words; for people, not for parsing."},
    "a": {"$ref": "#/definitions/side"},
    "b": {"$ref": "#/definitions/side"},
    "mismatches": {
      "type": "array",
      "description": "Where the reports are not alike, so that a difference may come from there.",
      "items": {
        "type": "object",
        "required": ["kind", "subject", "a", "b"],
        "properties": {
          "kind": {"enum": ["tool", "host", "target", "ended", "detail", "evidence", "losses"]},
          "subject": {"type": "string"},
          "a": {"$ref": "#/definitions/text"},
          "b": {"$ref": "#/definitions/text"}
        }
      }
    },
    "wall_is_a_cost": {"type": "boolean", "description": "Both windows ended with their target."},
    "pieces": {
      "type": "array",
      "description": "The time of all tasks, divided; the largest change first. Empty without tasks in both.",
      "items": {"$ref": "#/definitions/piece"}
    },
    "processes": {
      "type": "array",
      "description": "By name, the largest change of own time first.",
      "items": {
        "type": "object",
        "required": [
          "comm", "a_processes", "b_processes", "a_own_ns", "b_own_ns", "difference_ns", "mostly"
        ],
        "properties": {
          "comm": {"type": "string"},
          "a_processes": {"type": "number", "minimum": 0},
          "b_processes": {"type": "number", "minimum": 0},
          "a_own_ns": {"$ref": "#/definitions/number", "description": "null: no process of that name."},
          "b_own_ns": {"$ref": "#/definitions/number"},
          "difference_ns": {"type": "number"},
          "mostly": {"oneOf": [{"type": "null"}, {"$ref": "#/definitions/piece"}]}
        }
      }
    },
    "claims": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["id", "statement", "verdict_changed", "ratio_moved", "a", "b"],
        "properties": {
          "id": {"type": "string"},
          "statement": {"type": "string"},
          "verdict_changed": {"type": "boolean"},
          "ratio_moved": {"type": "boolean", "description": "The intervals have nothing in common."},
          "a": {"$ref": "#/definitions/claim"},
          "b": {"$ref": "#/definitions/claim"}
        }
      }
    },
    "changes": {
      "type": "array",
      "description": "Every quantity: by topic, then by the size of the difference.",
      "items": {"$ref": "#/definitions/change"}
    }
  },
  "definitions": {
    "text": {"type": ["string", "null"]},
    "number": {"type": ["number", "null"]},
    "state": {"enum": ["measured", "none", "not measured"], "description": "none: there was no case to measure."},
    "side": {
      "type": "object",
      "required": ["name", "command", "mode", "exit", "kernel", "tool_version"],
      "additionalProperties": {"$ref": "#/definitions/text"}
    },
    "piece": {
      "type": "object",
      "required": ["kind", "key", "a_ns", "b_ns", "difference_ns", "again", "share"],
      "properties": {
        "kind": {"enum": ["running", "queued", "blocked", "unaccounted"]},
        "key": {"$ref": "#/definitions/text", "description": "Activity or cause, as in the report."},
        "a_ns": {"type": "number"},
        "b_ns": {"type": "number"},
        "difference_ns": {"type": "number"},
        "again": {"type": "boolean", "description": "A wait for observed children: their time once more."},
        "share": {"$ref": "#/definitions/number", "description": "Of the change of own time; null: it hardly changed."}
      }
    },
    "claim": {
      "type": ["object", "null"],
      "required": ["verdict", "ratio", "ratio_low", "ratio_high", "rounds"],
      "properties": {
        "verdict": {"type": "string"},
        "ratio": {"$ref": "#/definitions/number"},
        "ratio_low": {"$ref": "#/definitions/number"},
        "ratio_high": {"$ref": "#/definitions/number"},
        "rounds": {"type": "integer", "minimum": 0}
      }
    },
    "change": {
      "type": "object",
      "required": [
        "topic", "item", "aspect", "unit", "a", "a_state", "a_low", "a_high", "b", "b_state", "b_low", "b_high",
        "difference", "ratio", "ratio_low", "ratio_high"
      ],
      "properties": {
        "topic": {
          "enum": [
            "window", "activity", "wait", "counter", "memory", "channel", "latency", "lifecycle", "kernel_threads",
            "comparison", "sweep"
          ]
        },
        "item": {"type": "string"},
        "aspect": {"type": "string"},
        "unit": {"type": "string"},
        "a": {"$ref": "#/definitions/number"},
        "a_state": {"$ref": "#/definitions/state"},
        "a_low": {"$ref": "#/definitions/number"},
        "a_high": {"$ref": "#/definitions/number"},
        "b": {"$ref": "#/definitions/number"},
        "b_state": {"$ref": "#/definitions/state"},
        "b_low": {"$ref": "#/definitions/number"},
        "b_high": {"$ref": "#/definitions/number"},
        "difference": {"$ref": "#/definitions/number", "description": "b - a"},
        "ratio": {"$ref": "#/definitions/number", "description": "b / a"},
        "ratio_low": {"$ref": "#/definitions/number", "description": "Of the 95 % interval, where rounds tell one."},
        "ratio_high": {"$ref": "#/definitions/number"}
      }
    }
  }
}
)json";
}

}  // namespace taskcost
