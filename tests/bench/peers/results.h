// SPDX-License-Identifier: Apache-2.0
//
// The results of the rounds, as text and JSON.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "bench/peers/measure.h"
#include "verdict/verdict.h"

namespace taskcost::bench {

// The runs of one tool on one workload.
struct Row {
  Tool tool;
  struct Round {
    double untraced_ns = 0;  // the run without a tool just before, in the same round
    Measurement traced;
  };
  std::vector<Round> rounds;
  std::string not_possible;  // the tool's message if it failed, and then its rounds are not reported; else empty
};

struct Block {
  Workload workload;
  std::vector<Row> rows;
};

struct Results {
  std::string kernel;
  unsigned cpus = 0;
  std::string clock_source;
  double load_before = 0;  // average of the last minute
  double load_after = 0;
  std::size_t rounds = 0;
  std::vector<Block> blocks;
};

// The median over rounds, and the 95 % interval of its bootstrap.
struct Estimate {
  double value = 0;
  Interval interval;
};

// How many times as long it took as untraced in the same round. nullopt: no rounds.
std::optional<Estimate> slowdown(const Row& row);
// The added time as a multiple of what empty programs on the same hooks added. nullopt: they added nothing, or were not
// measured, or the tool is not taskcost.
std::optional<Estimate> multiple_of_empty(const Row& row, const Block& block);
std::optional<std::uint64_t> lost_in_all(const Row& row);
std::optional<std::uint64_t> peak_memory(const Row& row);
std::optional<std::uint64_t> median_output(const Row& row);

void render_text(const Results& results, std::ostream& out);
void render_json(const Results& results, std::ostream& out);

}  // namespace taskcost::bench
