// SPDX-License-Identifier: Apache-2.0
#include "taskcost/estimate.h"

namespace taskcost {

std::string_view estimate_schema() {
  return R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "taskcost.estimate/1",
  "description": "The counts of a report of taskcost, priced in the other model. Times are nanoseconds on CPUs.",
  "type": "object",
  "required": [
    "schema", "estimate", "report", "prices", "warnings", "as", "workers", "cpu", "kernel", "lines_without_price",
    "run_to_run", "rest_ns", "lines", "facts"
  ],
  "additionalProperties": false,
  "properties": {
    "schema": {"const": "taskcost.estimate/1"},
    "estimate": {"const": true, "description": "Nothing here was measured in the other model."},
    "report": {
      "type": "object",
      "required": ["name", "command", "mode", "host"],
      "additionalProperties": false,
      "properties": {
        "name": {"$ref": "#/definitions/text"},
        "command": {"$ref": "#/definitions/text"},
        "mode": {"$ref": "#/definitions/text"},
        "host": {"$ref": "#/definitions/host"}
      }
    },
    "prices": {
      "type": "object",
      "required": ["name", "host"],
      "additionalProperties": false,
      "properties": {
        "name": {"$ref": "#/definitions/text", "description": "Of the file; null: measured for this estimate."},
        "host": {"$ref": "#/definitions/host"}
      }
    },
    "warnings": {"type": "array", "items": {"type": "string"}},
    "as": {"enum": ["threads", "processes"], "description": "The model that is priced."},
    "workers": {"$ref": "#/definitions/amount", "description": "Tasks that change their model."},
    "cpu": {"$ref": "#/definitions/sum"},
    "kernel": {
      "oneOf": [{"type": "null"}, {"$ref": "#/definitions/sum"}],
      "description": "The part of cpu in the kernel; null: the report does not tell user and kernel time apart."
    },
    "lines_without_price": {"type": "integer", "minimum": 0, "description": "Not in the sums."},
    "run_to_run": {"type": "number", "minimum": 1, "description": "Factor between two runs that the sums allow for."},
    "rest_ns": {"$ref": "#/definitions/amount", "description": "Of cpu, in no line: the same in both models."},
    "lines": {"type": "array", "items": {"$ref": "#/definitions/line"}},
    "facts": {"type": "array", "items": {"$ref": "#/definitions/fact"}}
  },
  "definitions": {
    "text": {"type": ["string", "null"]},
    "number": {"type": ["number", "null"]},
    "amount": {"type": "number", "minimum": 0},
    "amount_or_null": {"type": ["number", "null"], "minimum": 0},
    "host": {
      "type": "object",
      "required": ["kernel", "arch", "cpus", "virtualization"],
      "additionalProperties": false,
      "properties": {
        "kernel": {"$ref": "#/definitions/text"},
        "arch": {"$ref": "#/definitions/text"},
        "cpus": {"$ref": "#/definitions/amount_or_null"},
        "virtualization": {"$ref": "#/definitions/text"}
      }
    },
    "sum": {
      "type": "object",
      "required": ["here_ns", "there_ns", "low_ns", "high_ns"],
      "additionalProperties": false,
      "properties": {
        "here_ns": {"$ref": "#/definitions/amount", "description": "Measured, in the report."},
        "there_ns": {"$ref": "#/definitions/amount"},
        "low_ns": {"$ref": "#/definitions/amount"},
        "high_ns": {"$ref": "#/definitions/amount"}
      }
    },
    "line": {
      "type": "object",
      "required": [
        "id", "quantity", "state", "user", "count", "here_ns", "there_ns", "low_ns", "high_ns", "difference_ns",
        "each_here_ns", "each_there_ns", "note"
      ],
      "additionalProperties": false,
      "properties": {
        "id": {
          "enum": [
            "create", "exit", "reap", "thread-calls", "fault", "switch", "futex", "memory", "user", "wakeup"
          ]
        },
        "quantity": {"type": "string", "description": "For people."},
        "state": {
          "enum": ["priced", "not priced", "not measured"],
          "description": "not priced: the price list lacks a price; not measured: the report lacks the count."
        },
        "user": {"type": "boolean", "description": "User code; false: the kernel."},
        "count": {"$ref": "#/definitions/amount_or_null"},
        "here_ns": {"$ref": "#/definitions/amount"},
        "there_ns": {"$ref": "#/definitions/amount_or_null"},
        "low_ns": {"$ref": "#/definitions/amount_or_null"},
        "high_ns": {"$ref": "#/definitions/amount_or_null"},
        "difference_ns": {"$ref": "#/definitions/number", "description": "there_ns - here_ns"},
        "each_here_ns": {"$ref": "#/definitions/amount_or_null"},
        "each_there_ns": {"$ref": "#/definitions/amount_or_null"},
        "note": {"type": "string", "description": "What the figures rest on; for people."}
      }
    },
    "fact": {
      "type": "object",
      "required": ["id", "quantity", "state", "count", "unit", "running_ns", "note"],
      "additionalProperties": false,
      "properties": {
        "id": {
          "enum": [
            "pipe", "unix_socket", "inet_socket", "message_queue", "exec", "other-creations", "page-tables",
            "shared-memory", "tlb-flush", "shootdown", "size"
          ]
        },
        "quantity": {"type": "string"},
        "state": {
          "enum": ["unchanged", "no counterpart", "included", "falls away", "at least"],
          "description": "included: in the price of a line; at least: it costs as much, perhaps more."
        },
        "count": {"$ref": "#/definitions/amount_or_null"},
        "unit": {"enum": ["count", "bytes"]},
        "running_ns": {"$ref": "#/definitions/amount_or_null"},
        "note": {"type": "string"}
      }
    }
  }
}
)json";
}

}  // namespace taskcost
