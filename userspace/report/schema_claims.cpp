// SPDX-License-Identifier: Apache-2.0
#include "report/schema_parts.h"

namespace taskcost {

const std::string_view schema_of_claims = R"json(    "claim": {
      "type": "object",
      "required": [
        "id", "statement", "chapter", "condition", "verdict", "answer", "unit", "left_label", "right_label", "left",
        "right", "left_total", "right_total", "ratio", "ratio_low", "ratio_high", "rounds", "rounds_to_decide",
        "evidence", "meaning", "breakdown", "modes", "pairs"
      ],
      "properties": {
        "id": {"type": "string"},
        "statement": {"type": "string"},
        "chapter": {"type": "string", "description": "That the statement is from; claims stand in the text's order."},
        "condition": {"enum": ["same CPU", "across CPUs", null], "description": "Where its tasks ran; null: anywhere."},
        "verdict": {"enum": ["confirmed", "refuted", "inconclusive", "not measurable"]},
        "answer": {
          "enum": ["more", "the same", "less", "undecided", null],
          "description": "How left stands to right; the same: within 5 %. null: the claim compares no figures."
        },
        "unit": {"type": "string"},
        "left_label": {"type": "string"},
        "right_label": {"type": "string"},
        "left": {
          "type": ["number", "null"],
          "description": "The typical operation: median over operations where they are timed apart, then over rounds."
        },
        "right": {"type": ["number", "null"]},
        "left_total": {"$ref": "#/definitions/total"},
        "right_total": {"$ref": "#/definitions/total"},
        "ratio": {"type": ["number", "null"], "description": "left / right, of paired rounds"},
        "ratio_low": {
          "type": ["number", "null"],
          "description": "Of the interval that holds in 95 of 100 runs, at whichever round they stopped."
        },
        "ratio_high": {
          "type": ["number", "null"],
          "description": "null also when the interval has no upper end."
        },
        "rounds": {"$ref": "#/definitions/count"},
        "rounds_to_decide": {"$ref": "#/definitions/amount"},
        "evidence": {"type": "string", "description": "The source that was used."},
        "meaning": {"type": "string"},
        "user_space": {
          "type": ["object", "null"],
          "description": "What the workload's own clock says of the same rounds.",
          "required": ["figure", "unit", "left", "right", "ratio", "ratio_low", "ratio_high"]
        },
        "breakdown": {
          "type": ["object", "null"],
          "description": "Where the difference comes from: means over the same rounds, so that parts add up.",
          "required": ["title", "rounds", "left", "right", "difference", "low", "high", "parts"],
          "properties": {
            "title": {"type": "string"},
            "rounds": {"type": "integer", "minimum": 0, "description": "That the means are over."},
            "left": {"type": "number"},
            "right": {"type": "number"},
            "difference": {"type": "number"},
            "low": {"type": "number", "description": "Of the 95 % interval of the difference."},
            "high": {"type": "number"},
            "parts": {"type": "array", "items": {"$ref": "#/definitions/part"}}
          }
        },
        "modes": {
          "type": "array",
          "description": "Sides whose operations take two different times in this condition.",
          "items": {
            "type": "object",
            "required": ["side", "low", "high", "high_share", "part", "difference"],
            "properties": {
              "side": {"type": "string"},
              "low": {"type": "number", "description": "Median of the lower mode."},
              "high": {"type": "number"},
              "high_share": {"type": "number", "description": "Of the operations, in the higher mode."},
              "part": {"type": "string", "description": "That differs most between the two."},
              "difference": {"type": "number"}
            }
          }
        },
        "pairs": {
          "type": "array",
          "description": "Every round, in the order of time.",
          "items": {
            "type": "object",
            "required": ["round", "left", "right"],
            "properties": {
              "round": {"$ref": "#/definitions/count"},
              "left": {"type": "number"},
              "right": {"type": "number"}
            }
          }
        }
      }
    },
    "total": {
      "type": ["object", "null"],
      "description": "All operations together.",
      "required": ["mean", "slowest_share"],
      "properties": {
        "mean": {"type": "number"},
        "slowest_share": {
          "type": ["number", "null"],
          "description": "Of the time, in the slowest 1 % of operations; null: they are not timed apart."
        }
      }
    },
    "part": {
      "type": "object",
      "required": ["name", "left", "right", "difference", "low", "high"],
      "properties": {
        "name": {"type": "string"},
        "left": {"type": "number"},
        "right": {"type": "number"},
        "difference": {"type": "number"},
        "low": {"type": "number"},
        "high": {"type": "number"}
      }
    },
    "unit_price": {
      "type": "object",
      "required": ["id", "group", "name", "per", "condition", "unit", "value", "low", "high", "rounds"],
      "properties": {
        "id": {"type": "string"},
        "group": {"type": "string"},
        "name": {"type": "string"},
        "per": {"type": "string"},
        "condition": {"enum": ["same CPU", "across CPUs", null]},
        "unit": {"type": "string"},
        "value": {"type": ["number", "null"], "description": "Median over rounds; null: not measured."},
        "low": {"type": ["number", "null"], "description": "Of the 95 % interval."},
        "high": {"type": ["number", "null"]},
        "rounds": {"$ref": "#/definitions/count"}
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
)json";

}  // namespace taskcost
