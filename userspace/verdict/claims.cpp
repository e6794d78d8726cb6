// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <variant>

#include "taskcost/verdict.h"
#include "verdict/claim_words.h"

namespace taskcost {
namespace {

constexpr double default_threshold = 1.05;
constexpr bool structural = true;

struct Row {
  Claim claim;
  std::variant<RatioWords, StructuralWords> words;
};

// The one table of claims.
constexpr std::array table = {
    Row{{"definition.own-memory", "a process has its own memory space", "create",
         "forked processes whose address space is not their parent's", "count", default_threshold, structural,
         "the address space of each forked process and of its parent"},
        StructuralWords{"new processes", "had a memory space of their own"}},
    Row{{"definition.main-thread", "every process has at least one thread, the main one", "create",
         "processes with a leader whose thread id is the process id, and never without a living thread", "count",
         default_threshold, structural, "thread ids, births and final switch-outs of all tasks of each process"},
        StructuralWords{"processes", "had a main thread, and a living thread at every instant"}},
    Row{{"definition.many-threads", "several threads can live in one process", "create",
         "processes that created threads and had several tasks at one instant", "count", default_threshold, structural,
         "births and final switch-outs of all tasks of each process"},
        StructuralWords{"processes that created threads", "had several living threads at one instant"}},
    Row{{"definition.thread-shares", "threads share the memory space of their process", "create",
         "threads in the process of their creator without an address space of their own", "count", default_threshold,
         structural, "the process and the page tables of each new thread"},
        StructuralWords{"new threads", "shared the memory space of their creator"}},
    Row{{"cost.creation", "creating a process costs more than creating a thread", "create",
         "kernel time of a creation, from the system call to the run queue (copy and publish)", "ns", default_threshold,
         !structural, "system call entered -> task_newtask -> sched_wakeup_new"},
        RatioWords{"Creating a process", "took", "as long as", "creating a thread"}},
    Row{{"cost.new-memory", "a process means new memory", "create", "page-table bytes made for a new task", "bytes",
         default_threshold, structural, "page-table bytes of the address space that came with each new task"},
        StructuralWords{"new tasks", "brought page tables if they were processes, and none if they were threads"}},
    Row{{"cost.switch", "switching processes costs more than switching threads", "switch",
         "middle latency of a switch into another address space against one within it", "ns", default_threshold,
         !structural, "sched_switch -> first sign of life of the incoming task"},
        RatioWords{"Switching to another process", "took", "as long as", "switching to another thread"}},
};

template <typename Words>
const Words* words_of(std::string_view claim) {
  const auto* row = std::find_if(table.begin(), table.end(), [&](const Row& each) { return each.claim.id == claim; });
  return row == table.end() ? nullptr : std::get_if<Words>(&row->words);
}

std::vector<Claim> claims_of_table() {
  std::vector<Claim> all;
  all.reserve(table.size());
  for (const Row& row : table) {
    all.push_back(row.claim);
  }
  return all;
}

}  // namespace

const std::vector<Claim>& claims() {
  static const std::vector<Claim> all = claims_of_table();
  return all;
}

const Claim* find_claim(std::string_view id) {
  const auto found =
      std::find_if(claims().begin(), claims().end(), [id](const Claim& claim) { return claim.id == id; });
  return found == claims().end() ? nullptr : &*found;
}

const RatioWords* ratio_words(std::string_view claim) { return words_of<RatioWords>(claim); }

const StructuralWords* structural_words(std::string_view claim) { return words_of<StructuralWords>(claim); }

}  // namespace taskcost
