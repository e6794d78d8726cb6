// SPDX-License-Identifier: Apache-2.0
#include <initializer_list>
#include <string>
#include <utility>

#include "report/schema_parts.h"
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
    "schema", "tool", "host", "window", "target", "evidence", "losses", "remarks", "observer", "process_count",
    "task_count", "processes", "folded", "totals", "kernel_totals", "histograms", "edges", "folded_edges", "chains",
    "prices", "blasts", "stints", "claims", "comparisons", "price_list", "sweeps", "tables"
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
      "required": ["kernel", "arch", "cpus", "virtualization", "name", "machine_id", "boot_id"],
      "properties": {
        "kernel": {"type": "string"},
        "arch": {"type": "string"},
        "cpus": {"$ref": "#/definitions/count"},
        "virtualization": {"type": ["string", "null"], "description": "null: unknown"},
        "name": {"type": ["string", "null"], "description": "As uname -n."},
        "machine_id": {"type": ["string", "null"], "description": "machine-id(5)."},
        "boot_id": {
          "type": ["string", "null"],
          "description": "Random for each boot: instants of one boot are comparable."
        }
      }
    },
    "window": {
      "type": "object",
      "required": [
        "start_ns", "end_ns", "wall_ns", "exit", "stolen_ns", "start_time", "start_realtime_ns",
        "start_boottime_ns", "end_time", "end_realtime_ns", "end_boottime_ns"
      ],
      "properties": {
        "start_ns": {"type": "integer"},
        "end_ns": {"type": "integer"},
        "wall_ns": {"type": "integer"},
        "exit": {"enum": ["target-exited", "duration", "signal", "cut", "failure"]},
        "stolen_ns": {
          "type": ["integer", "null"],
          "description": "That the hypervisor ran instead of this machine's CPUs, summed over them, told in steps of a )json"
    R"json(clock tick; the kernel books it to what it interrupted. null: not virtualized, or not told."
        },
        "start_time": {"type": ["string", "null"], "description": "start_realtime_ns as ISO 8601."},
        "start_realtime_ns": {"type": ["integer", "null"], "description": "The start by CLOCK_REALTIME."},
        "start_boottime_ns": {"type": ["integer", "null"], "description": "The start by CLOCK_BOOTTIME."},
        "end_time": {"type": ["string", "null"]},
        "end_realtime_ns": {"type": ["integer", "null"]},
        "end_boottime_ns": {"type": ["integer", "null"]}
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
    "remarks": {
      "type": "array",
      "description": "What a figure lacks, and why. about: its place in this document.",
      "items": {
        "type": "object",
        "required": ["about", "text", "matters"],
        "properties": {
          "about": {"type": "string"},
          "text": {"type": "string"},
          "matters": {"type": "boolean", "description": "A figure is noticeably different for it."}
        }
      }
    },
    "records": {"$ref": "#/definitions/records"},
    "observer": {
      "type": "object",
      "description": "What the observation itself cost.",
      "required": [
        "probes", "userspace_cpu_ns", "per_transition_ns", "transitions", "stacks_ns", "share_of_wall", "attach_ns",
        "per_transition_cold_ns", "share_of_cpu", "share_of_cpu_cold", "measured"
      ],
      "properties": {
        "probes": {"type": "array", "items": {"$ref": "#/definitions/probe"}},
        "userspace_cpu_ns": {"$ref": "#/definitions/count"},
        "per_transition_ns": {"$ref": "#/definitions/amount"},
        "transitions": {"$ref": "#/definitions/count"},
        "stacks_ns": {"$ref": "#/definitions/amount"},
        "share_of_wall": {"type": ["number", "null"], "description": "A fraction, not a percentage."},
        "attach_ns": {"$ref": "#/definitions/amount"},
        "per_transition_cold_ns": {"$ref": "#/definitions/amount"},
        "share_of_cpu": {
          "type": ["number", "null"],
          "description": "What the probes took of the observed tasks' time on CPUs, with warm caches: a fraction."
        },
        "share_of_cpu_cold": {"type": ["number", "null"], "description": "The same with cold caches; null: it would be all of it."},
        "measured": {
          "type": ["object", "null"],
          "description": "The command with probes over the command without any; of --measure-overhead.",
          "required": ["rounds", "wall", "cpu"],
          "properties": {
            "rounds": {"$ref": "#/definitions/count"},
            "wall": {"$ref": "#/definitions/overhead"},
            "cpu": {"$ref": "#/definitions/overhead"}
          }
        }
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
    "price_list": {
      "type": "array",
      "items": {"$ref": "#/definitions/unit_price"},
      "description": "What one of something costs on this machine; of a verification alone."
    },
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
@of_accounts@@of_findings@@of_claims@    "overhead": {
      "type": "object",
      "required": ["without_ns", "with_ns", "ratio", "ratio_low", "ratio_high"],
      "properties": {
        "without_ns": {"type": "number", "description": "Median."},
        "with_ns": {"type": "number"},
        "ratio": {"type": ["number", "null"], "description": "With over without, by pairs; null: too few."},
        "ratio_low": {"type": ["number", "null"]},
        "ratio_high": {"type": ["number", "null"]}
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

void replace(std::string& text, std::string_view mark, std::string_view by) {
  text.replace(text.find(mark), mark.size(), by);
}

std::string complete(std::string_view outline_text) {
  std::string text(outline_text);
  replace(text, "@of_accounts@", schema_of_accounts);
  replace(text, "@of_findings@", schema_of_findings);
  replace(text, "@of_claims@", schema_of_claims);
  const std::initializer_list<std::pair<std::string_view, std::string_view>> lists = {
      {"@activities@", activities}, {"@counters@", counters}, {"@channels@", channels},
      {"@creations@", creations},   {"@losses@", losses},     {"@waits@", waits},
  };
  for (auto [mark, keys] : lists) {
    keys.remove_suffix(2);  // the comma behind the last
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
