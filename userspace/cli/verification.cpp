// SPDX-License-Identifier: Apache-2.0
#include "cli/verification.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <random>
#include <utility>

#include "base/start_thread.h"
#include "cli/launched.h"
#include "cli/log.h"
#include "cli/marked_workload.h"
#include "verdict/claim_table.h"
#include "verdict/findings.h"
#include "verdict/round_plan.h"

namespace taskcost {
namespace {

using Clock = std::chrono::steady_clock;

// On a terminal, shows each variant; otherwise one line for each look.
class VerifyProgress {
 public:
  explicit VerifyProgress(bool quiet) : quiet_(quiet), line_(quiet) {}

  void phase(const char* title) {
    line_.clear();
    if (!quiet_) {
      log_line("{}", title);
    }
  }
  void measuring(std::size_t round, const std::string& variant, const std::string& undecided) {
    if (line_.on_terminal()) {
      line_.show(fmt::format("round {}: {}{}", round, variant, undecided.empty() ? "" : "; undecided: " + undecided));
    }
  }
  void look(std::size_t round, const std::string& undecided) {
    if (!line_.on_terminal()) {
      line_.show(fmt::format("after {} rounds: {}", round,
                             undecided.empty() ? "all claims are decided" : "undecided: " + undecided));
    }
  }

 private:
  bool quiet_;
  ProgressLine line_;
};

// The cost of switches and faults depends on a process's memory layout. A new process every few rounds makes this part
// of the measured scatter.
constexpr unsigned rounds_per_process = 3;
constexpr int min_nice = -20;

// The bundled workloads have a few hundred tasks at once. The cost of a window grows with the size of the pool.
constexpr unsigned workload_pool_size = 2048;

void add_losses(Losses& sum, const Losses& losses) {
  for (std::size_t loss = 0; loss < TC_NR_LOSSES; ++loss) {
    sum.counts[loss] += losses.counts[loss];
  }
  sum.skipped_probes += losses.skipped_probes;
  sum.missed_switches += losses.missed_switches;
}

// Skipped probe runs, like losses, are summed over all windows.
void add_skipped(Observer& sum, const Observer& before) {
  for (const ProbeCost& probe : before.probes) {
    const auto same = std::ranges::find(sum.probes, probe.name, &ProbeCost::name);
    if (same != sum.probes.end()) {
      same->skipped += probe.skipped;
    } else if (probe.skipped > 0) {
      sum.probes.push_back(probe);
    }
  }
}

// A figure that was unavailable to an earlier collector may have a source now.
void merge_evidence(EvidenceList& known, const EvidenceList& more) {
  for (const Evidence& evidence : more) {
    const auto found = std::ranges::find(known, evidence.figure, &Evidence::figure);
    if (found == known.end()) {
      known.push_back(evidence);
    } else if (found->kind == EvidenceKind::unavailable) {
      *found = evidence;
    }
  }
}

void keep_round(Verification& verification, const std::string& variant, unsigned number, Region region) {
  Session& whole = verification.report.session;
  Session& session = region.observation.session;
  if (whole.start == Instant{}) {
    whole.start = session.start;
  }
  whole.end = session.end;
  add_losses(whole.losses, session.losses);
  add_skipped(region.observation.observer, verification.report.observer);
  verification.report.observer = std::move(region.observation.observer);
  Round round{std::move(session), region.outcome.operations, region.outcome.wall, std::move(region.outcome.facts)};
  read_round(verification.readings, variant, number, round);
  std::vector<Round>& kept = verification.rounds[variant];
  if (kept.size() < kept_rounds) {
    kept.push_back(std::move(round));
  }
}

Error failed_workload(const Variant& variant, int status) {
  return {fmt::format("the workload of {} failed", variant.name), fmt::format("exit status {}", status),
          fmt::format("run it by itself: taskcost-workload {}", fmt::join(variant.arguments, " "))};
}

// Returns whether workloads may run at nice -20, where other programs preempt them less.
bool may_raise_priority() {
  errno = 0;
  const int nice = getpriority(PRIO_PROCESS, 0);
  const bool may = errno == 0 && setpriority(PRIO_PROCESS, 0, min_nice) == 0;
  if (may) {
    (void)setpriority(PRIO_PROCESS, 0, nice);
  }
  return may;
}

// A child comes to life on another CPU than its creator's where both have a real-time priority.
Evidence across_cpus() {
  constexpr const char* source = "CPU affinity; new tasks of real-time priority go to the other CPU";
  cpu_set_t allowed{};
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) < 2) {
    return {"across_cpus", source, EvidenceKind::unavailable, "there is one CPU only", ""};
  }
  if (!may_set_priority(Priority::writer)) {
    return {"across_cpus", source, EvidenceKind::unavailable, "no right to a real-time priority", "see CAP_SYS_NICE"};
  }
  return {"across_cpus", source, EvidenceKind::exact, "", ""};
}

bool is_available(const EvidenceList& evidence, std::string_view figure) {
  const auto found = std::ranges::find(evidence, figure, &Evidence::figure);
  return found != evidence.end() && found->kind != EvidenceKind::unavailable;
}

// Adapts a variant to a machine with one CPU. Returns false for one that is meaningful only across CPUs.
bool use_any_cpu(Variant& variant) {
  const auto apart = std::ranges::find(variant.arguments, "apart");
  if (apart != variant.arguments.end() && variant.cpu_slices) {
    *apart = "any";
    return true;
  }
  return apart == variant.arguments.end();
}

// A workload that is restarted every few rounds.
class Running {
 public:
  Running(const Variant& variant, bool raise_priority) : variant_(variant), arguments_(variant.arguments) {
    regions_ = variant.rounds == 0 ? rounds_per_process : std::min(variant.rounds, rounds_per_process);
    arguments_.insert(arguments_.end(), {"--regions", std::to_string(regions_)});
    if (raise_priority) {
      arguments_.insert(arguments_.end(), {"--priority", std::to_string(min_nice)});
    }
  }

  Result<ObservedRegion> observe(Collector& collector, const StopSignals& signals) {
    if (left_ == 0) {
      workload_.reset();
      auto started = MarkedWorkload::start(arguments_, signals.previous_mask());
      if (!started) {
        return started.error();
      }
      workload_ = *std::move(started);
      left_ = regions_;
    }
    --left_;
    return observe_region(collector, *workload_, signals);
  }

  [[nodiscard]] const Variant& variant() const { return variant_; }

 private:
  Variant variant_;
  std::vector<std::string> arguments_;
  unsigned regions_ = 0;
  unsigned left_ = 0;  // regions that the running process has left
  std::optional<MarkedWorkload> workload_;
};

// The claims about the variants of one phase, as questions of its round plan.
struct Questions {
  std::vector<RoundQuestion> items;
  std::vector<const ClaimRow*> claims;  // of each item; nullptr: a fixed number of rounds, for no claim

  [[nodiscard]] std::string open(const RoundPlan& plan) const {
    constexpr std::size_t shown = 3;
    std::vector<std::string_view> ids;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      if (claims[i] != nullptr && plan.is_open(i)) {
        ids.push_back(claims[i]->claim.id);
      }
    }
    const std::size_t more = ids.size() - std::min(ids.size(), shown);
    ids.resize(ids.size() - more);
    return fmt::format("{}{}", fmt::join(ids, ", "), more > 0 ? fmt::format(" and {} more", more) : "");
  }
};

// `wanted` is null if the rounds are for no claim.
Questions make_questions(const std::vector<Running>& running, const std::vector<std::string>* wanted) {
  Questions questions;
  const auto ask = [&](std::vector<std::size_t> items, const ClaimRow* claim) {
    questions.items.push_back({std::move(items)});
    questions.claims.push_back(claim);
  };
  for (const ClaimRow& row : claim_table()) {
    std::vector<std::size_t> items;
    for (std::size_t i = 0; i < running.size(); ++i) {
      if (wanted != nullptr && std::holds_alternative<RatioRule>(row.rule) && is_wanted(*wanted, row.claim.id) &&
          needs(row, running[i].variant().name)) {
        items.push_back(i);
      }
    }
    if (!items.empty()) {
      ask(std::move(items), &row);
    }
  }
  for (std::size_t i = 0; i < running.size(); ++i) {
    if (running[i].variant().rounds != 0) {
      ask({i}, nullptr);
    }
  }
  return questions;
}

// Groups the variants of one workload and condition: those that are compared run next to each other.
std::vector<RoundItem> make_items(const std::vector<Running>& running) {
  std::vector<std::string> groups;
  std::vector<RoundItem> items;
  for (const Running& each : running) {
    const std::string& name = each.variant().name;
    const std::string group = name.substr(0, name.find('/')) + (name.ends_with("/across") ? "/across" : "");
    auto found = std::ranges::find(groups, group);
    if (found == groups.end()) {
      found = groups.insert(groups.end(), group);
    }
    items.push_back({name, static_cast<std::size_t>(found - groups.begin()), each.variant().rounds});
  }
  return items;
}

// The variants that one collector observes.
class Phase {
 public:
  Phase(Verification& verification, StopSignals& signals, const std::vector<std::string>* claims,
        VerifyProgress& progress)
      : verification_(verification), signals_(signals), claims_(claims), progress_(progress) {}

  Status run(const std::vector<Variant>& variants, const CollectorOptions& chosen, Duration budget) {
    if (variants.empty() || verification_.stopped) {
      return Done{};
    }
    const auto begin = Clock::now();
    auto opened = Collector::open(chosen);
    if (!opened) {
      return opened.error();
    }
    Collector& collector = **opened;
    merge_evidence(verification_.report.evidence, collector.evidence());
    const bool raise_priority = may_raise_priority();
    for (const Variant& variant : variants) {
      running_.emplace_back(variant, raise_priority);
    }
    const Questions questions = make_questions(running_, claims_);
    RoundPlan plan(make_items(running_), questions.items, {std::nullopt, looks.front(), budget},
                   std::random_device{}());
    const auto rounds_left = [&](std::size_t question) -> std::optional<std::size_t> {
      const ClaimRow* const claim = questions.claims[question];
      return claim == nullptr ? 0 : rounds_to_settle(*claim, verification_.readings);
    };
    while (true) {
      const std::vector<std::size_t> round = plan.next_round(Clock::now() - begin, rounds_left);
      if (claims_ != nullptr && std::ranges::find(looks, plan.rounds()) != looks.end()) {
        progress_.look(plan.rounds(), questions.open(plan));
      }
      if (round.empty()) {
        return Done{};
      }
      for (const std::size_t item : round) {
        progress_.measuring(plan.rounds() + 1, running_[item].variant().name, questions.open(plan));
        const auto start = Clock::now();
        if (auto status = measure(collector, running_[item], static_cast<unsigned>(plan.rounds()));
            !status || verification_.stopped) {
          return status;
        }
        plan.took(item, Clock::now() - start);
      }
    }
  }

 private:
  Status measure(Collector& collector, Running& running, unsigned number) {
    auto observed = running.observe(collector, signals_);
    if (!observed) {
      return observed.error();
    }
    if (const auto* ended = std::get_if<WorkloadEnded>(&*observed)) {
      return failed_workload(running.variant(), ended->status);
    }
    if (std::holds_alternative<ObservationStopped>(*observed)) {
      verification_.stopped = true;
      return Done{};
    }
    keep_round(verification_, running.variant().name, number, std::get<Region>(*std::move(observed)));
    return Done{};
  }

  Verification& verification_;
  StopSignals& signals_;
  const std::vector<std::string>* claims_;  // nullptr: the rounds are for no claim
  VerifyProgress& progress_;
  std::vector<Running> running_;
};

Status observe(Verification& verification, StopSignals& signals, const VerifyCommand& options,
               const std::vector<Variant>& plan, const std::vector<std::string>* claims) {
  const auto begin = Clock::now();
  VerifyProgress progress(options.observe.quiet);
  verification.report.evidence.push_back(across_cpus());
  const bool across = is_available(verification.report.evidence, "across_cpus");
  std::vector<Variant> plain;
  std::vector<Variant> with_cpu_slices;
  std::vector<Variant> with_memory;
  for (Variant variant : plan) {
    if (across || use_any_cpu(variant)) {
      (variant.kernel_memory ? with_memory
       : variant.cpu_slices  ? with_cpu_slices
                             : plain)
          .push_back(std::move(variant));
    }
  }
  // Every attached probe slows down all variants, so those that need more probes have a collector of their own.
  CollectorOptions chosen = collector_options(options.observe, signals);
  chosen.syscalls = false;  // no claim is about system calls by name, and they would cost each round time
  chosen.interference = false;
  chosen.max_tasks = options.observe.max_tasks.value_or(workload_pool_size);
  const auto observe_phase = [&](const char* title, const std::vector<Variant>& variants) -> Status {
    if (variants.empty() || verification.stopped) {
      return Done{};
    }
    progress.phase(title);
    return Phase(verification, signals, claims, progress)
        .run(variants, chosen, options.budget - (Clock::now() - begin));
  };
  chosen.cpu_slices = true;
  if (auto status = observe_phase("measuring when each task is on a CPU", with_cpu_slices); !status) {
    return status;
  }
  chosen.cpu_slices = false;
  chosen.kernel_memory = true;
  if (auto status = observe_phase("measuring kernel allocations", with_memory); !status) {
    return status;
  }
  chosen.kernel_memory = false;
  return observe_phase("measuring times and counts of all variants in turn", plain);
}

}  // namespace

Status observe_plan(Verification& verification, StopSignals& signals, const VerifyCommand& options) {
  const auto plan = options.against_itself
                        ? plan_for_one_model(options.claims, *options.against_itself, options.thorough)
                        : plan_for(options.claims, options.thorough);
  return observe(verification, signals, options, plan, &options.claims);
}

Status observe_variants(Verification& verification, StopSignals& signals, const VerifyCommand& options,
                        const std::vector<Variant>& variants) {
  return observe(verification, signals, options, variants, nullptr);
}

}  // namespace taskcost
