// SPDX-License-Identifier: Apache-2.0
//
// The cost model: which tasks are converted, which lines they have, and what a line costs in the other model.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "verdict/estimate/amounts.h"
#include "verdict/estimate/estimate.h"
#include "verdict/estimate/price_table.h"
#include "verdict/estimate/workers.h"

namespace taskcost {
namespace {

// ---- Assumptions without a measurement -----------------------------------------------------------------------------

// The program is observed only once. Two runs of the same work may differ by this factor, even if the consecutive
// rounds of the price list scatter less: Apache's CPU time for one load differed by a factor of 1.3 in five runs.
constexpr double min_run_to_run = 1.3;
// The scheduler places tasks of both models by the same rules, but some wakeups choose another CPU: this part of them.
constexpr double placed_otherwise = 0.1;
// A forked worker faults again on the pages of its program that it uses: on these parts of the program's faults, and on
// at least and at most this many.
constexpr double min_touched_again = 1.0 / 16;
constexpr double max_touched_again = 1.0 / 4;
constexpr double min_faults_again = 100;
constexpr double max_faults_again = 1000;
// A program's faults may cost more than those of the price list. Beyond this factor they wait for file pages that are
// not in memory, which a forked worker's faults do not.
constexpr double max_fault_ratio = 2;
// A program of unknown size is priced as a small one; the upper bound is this factor larger.
constexpr double unknown_size_ratio = 2;
// Mappings of libraries stay: at least this part of all map changes leaves a mapping. A program with more changes than
// max_mappings maps and unmaps all the time, and keeps fewer.
constexpr double mappings_kept = 1.0 / 3;
constexpr double max_mappings = 300;
constexpr double page_bytes = 4096;
constexpr double mib = 1024 * 1024;

// ---- Lines ---------------------------------------------------------------------------------------------------------

class Estimator {
 public:
  Estimator(const ProgramCounts& program, const PriceList& list, Model to, Converted converted)
      : program_(program), prices_(list), to_(to), converted_(std::move(converted)) {
    both_ = converted_.workers;
    add(both_, converted_.owners);
    estimate_.name = program.name;
    estimate_.command = program.command;
    estimate_.mode = program.mode;
    estimate_.program_on = program.measured_on;
    estimate_.prices_name = list.name;
    estimate_.prices_on = list.measured_on;
    estimate_.to = to;
    estimate_.workers = converted_.count;
  }

  Estimate make() {
    warn_of_hosts();
    left_kernel_ = std::max(0.0, program_.work.running - program_.work.user);
    if (to_ == Model::threads) {
      to_threads();
    } else {
      to_processes();
    }
    placement_line();
    add_facts();
    add_up();
    return std::move(estimate_);
  }

 private:
  // `measured` is limited to the kernel time that belongs to no line yet.
  EstimateLine& line(std::string id, std::string quantity, const std::optional<double>& count, double measured) {
    EstimateLine line;
    line.id = std::move(id);
    line.quantity = std::move(quantity);
    line.count = count;
    line.measured = std::clamp(measured, 0.0, left_kernel_);
    left_kernel_ -= line.measured;
    line.estimated = exactly(line.measured);
    line.state = count ? EstimateLine::State::priced : EstimateLine::State::not_measured;
    if (!count) {
      line.note = "not in this report";
    }
    return estimate_.lines.emplace_back(std::move(line));
  }

  static void price(EstimateLine& line, const Wanted& wanted, const Amount& estimated, std::string note) {
    if (line.state == EstimateLine::State::not_measured) {
      return;
    }
    if (!wanted.missing().empty()) {
      line.state = EstimateLine::State::not_priced;
      line.note = fmt::format("the price list has no {}", wanted.missing());
      return;
    }
    line.estimated = not_below(estimated, 0);
    line.note = std::move(note);
  }

  // The price of `to`, the other model's counterpart of `from`, which cost this program `own`. The position of `own`
  // between the prices on one CPU and across CPUs is transferred to the counterpart's prices, plus or minus half their
  // distance.
  Amount counterpart(Wanted& wanted, const std::string& from, const std::string& to, double own) const {
    const auto from_same = prices_.one(from);
    const auto from_across = prices_.one(from + ".across-cpus");
    const auto to_same = prices_.one(to);
    const auto to_across = prices_.one(to + ".across-cpus");
    const bool both = from_same && from_across && to_same && to_across && from_same->value > 0 &&
                      from_across->value > 0 && to_same->value > 0 && to_across->value > 0;
    if (!both || own <= 0 || from_same->value == from_across->value) {
      const Amount price = wanted(to);
      return with_scale(price, ratio_or_one(own, wanted(from).value));
    }
    constexpr double leeway = 0.5;
    const double way = std::log(from_across->value / from_same->value);
    const double at = std::clamp(std::log(own / from_same->value) / way, 0.0, 1.0);
    const auto price_at = [&](double position) {
      const double share = std::clamp(position, 0.0, 1.0);
      return to_same->value * std::pow(to_across->value / to_same->value, share);
    };
    const double low = std::min(price_at(at - leeway), price_at(at + leeway));
    const double high = std::max(price_at(at - leeway), price_at(at + leeway));
    const Amount price = {price_at(at),
                          low * std::min(to_same->low / to_same->value, to_across->low / to_across->value),
                          high * std::max(to_same->high / to_same->value, to_across->high / to_across->value)};
    return with_scale(price, own / (from_same->value * std::exp(way * at)));
  }

  static double mean(double sum, double count) { return count > 0 ? sum / count : 0; }

  // ---- Processes as threads

  void to_threads() {
    const WorkCounts& workers = converted_.workers;
    if (converted_.created > 0) {
      const double own = mean(program_.forks.running, program_.forks.count) + program_.forks.start;
      EstimateLine& create = line("create", "creations (fork)", converted_.created, own * converted_.created);
      Wanted wanted(prices_);
      const Amount thread = counterpart(wanted, "clone.process", "clone.thread", own);
      price(create, wanted, times(thread, converted_.created), "the program's own mean; estimated: a thread's clone");
    }
    if (const double exits = workers.exits.value_or(0); exits > 0) {
      EstimateLine& exit = line("exit", "exits", exits, workers.exit);
      Wanted wanted(prices_);
      const Amount thread = counterpart(wanted, "exit.process", "exit.thread", mean(workers.exit, exits));
      price(exit, wanted, times(thread, exits), "a thread's exit tears down no memory");
    }
    if (converted_.reaped > 0) {
      EstimateLine& reap = line("reap", "reaps", converted_.reaped, converted_.reap);
      Wanted wanted(prices_);
      const Amount join = counterpart(wanted, "reap", "join", mean(converted_.reap, converted_.reaped));
      price(reap, wanted, times(join, converted_.reaped), "threads are joined");
    }
    if (converted_.created > 0) {
      EstimateLine& calls = line("thread-calls", "stacks and signal masks", converted_.created, 0);
      Wanted wanted(prices_);
      price(calls, wanted, times(wanted("calls.thread"), converted_.created), "other system calls of pthread_create");
    }
    const double faults_less = fault_line_of_workers();
    switch_line("switch.other", "switch.same", both_.switches_other, program_.switch_latency_other,
                "switches between them");
    futex_line(both_.shared_futex_calls, both_.shared_futex_ns.value_or(0), "calls on shared futexes", true);
    memory_line(workers, "remap.process", "remap.thread");
    user_line(-faults_less, both_.switches_other, true);
  }

  // First touches of the workers' own memory remain; faults that the fork caused disappear. Returns how many disappear.
  double fault_line_of_workers() {
    const WorkCounts& workers = converted_.workers;
    const double of_owners = converted_.created > 0 ? converted_.owners.faults_copy_on_write_ns.value_or(0) : 0;
    const double owners_faults = converted_.created > 0 ? converted_.owners.faults_copy_on_write.value_or(0) : 0;
    std::optional<double> count;
    if (workers.faults && workers.faults_copy_on_write && workers.faults_file) {
      count = *workers.faults + owners_faults;
    }
    EstimateLine& faults = line("fault", "page faults of workers", count, workers.page_fault + of_owners);
    if (!count) {
      return 0;
    }
    const double copies = *workers.faults_copy_on_write;
    const double others = *workers.faults - copies;
    const double cost = mean(std::max(0.0, workers.page_fault - workers.faults_copy_on_write_ns.value_or(0)), others);
    const double own_memory = std::max(0.0, others - *workers.faults_file);
    const Touched& touched = converted_.touched;
    // A fork causes at most as many file faults per worker as its program had; further ones are on the worker's own
    // mappings. The faults of one worker remain, because some thread touches the pages first, and so do those on what a
    // worker maps.
    const double stay_low =
        touched.known ? std::max(0.0, *workers.faults_file - touched.file_faults * converted_.count) : 0;
    const double stay_high = std::max(
        stay_low, std::min(*workers.faults_file, converted_.largest_faults + workers.memory_calls.value_or(0)));
    // It is unknown which copies an owner made before its forks, and which after them.
    const bool before_too = touched.known;
    const Amount of_files = {(stay_low + stay_high) / 2, stay_low, stay_high};
    const Amount of_copies = before_too ? Amount{of_owners / 2, 0, of_owners} : exactly(0);
    price(faults, Wanted(prices_), sum(sum(exactly(cost * own_memory), times(of_files, cost)), of_copies),
          "copies and first touches caused by fork disappear; those of own memory remain");
    return std::max(0.0, *count - own_memory - of_files.value - (before_too ? owners_faults / 2 : 0));
  }

  // ---- Threads as processes

  void to_processes() {
    const WorkCounts& owners = converted_.owners;
    const double created = converted_.created;
    const double own_create = mean(program_.threads.running, program_.threads.count) + program_.threads.start;
    const Amount larger = more_of_fork();
    if (created > 0) {
      EstimateLine& create = line("create", "creations (clone)", created, own_create * created);
      Wanted wanted(prices_);
      const Amount fork = sum(counterpart(wanted, "clone.thread", "clone.process", own_create), larger);
      price(create, wanted, times(fork, created), size_note());
    }
    // The leader's exit is the exit of its process.
    if (const double exits = std::min(converted_.count, std::max(0.0, owners.exits.value_or(0))); exits > 0) {
      Wanted wanted(prices_);
      const Amount thread = wanted("exit.thread");
      EstimateLine& exit = line("exit", "exits", exits, std::min(owners.exit, exits * thread.value));
      // The exit of a larger process costs more, like its fork.
      const double fork = std::max(1.0, wanted("clone.process").value);
      const Amount size = {1 + larger.value / fork, 1 + larger.low / fork, 1 + larger.high / fork};
      price(exit, wanted, times(product(wanted("exit.process"), size), exits), "each tears down its memory");
      Wanted reap_wanted(prices_);
      const Amount join = reap_wanted("join");
      EstimateLine& reap =
          line("reap", "joins", exits, std::min(owners.shared_futex_ns.value_or(0), exits * join.value));
      price(reap, reap_wanted, times(reap_wanted("reap"), exits), "processes are reaped");
    }
    if (created > 0) {
      Wanted wanted(prices_);
      const Amount calls = wanted("calls.thread");
      EstimateLine& line_of_calls = line("thread-calls", "stacks and signal masks", created,
                                         std::min(owners.memory + owners.signal_and_other, created * calls.value));
      price(line_of_calls, wanted, exactly(0), "other system calls of pthread_create");
    }
    const double faults_more = fault_line_of_forks();
    switch_line("switch.same", "switch.other", owners.switches_same, program_.switch_latency_same,
                "switches between them");
    std::optional<double> private_calls;
    if (owners.futex_calls) {
      private_calls = std::max(0.0, *owners.futex_calls - owners.shared_futex_calls.value_or(0));
    }
    futex_line(private_calls, owners.futex - owners.shared_futex_ns.value_or(0), "calls on private futexes", false);
    memory_line(owners, "remap.thread", "remap.process");
    user_line(faults_more, owners.switches_same, false);
  }

  [[nodiscard]] bool of_known_size() const {
    return converted_.touched.known || program_.mode == "workload" || program_.forks.count > 0;
  }

  // How much more a fork of this program costs than one of the price list's small program, in ns.
  [[nodiscard]] Amount more_of_fork() const {
    const double base = prices_.find("clone.process").value_or(Amount{}).value;
    // The program's own forks are the best evidence.
    if (program_.forks.count > 0) {
      const double own = program_.forks.running / program_.forks.count + program_.forks.start;
      const double more = std::max(0.0, own - base);
      return {more, more / 2, more};
    }
    const Touched& touched = converted_.touched;
    if (!touched.known) {
      return {0, 0, of_known_size() ? 0 : (unknown_size_ratio - 1) * base};
    }
    constexpr double calls_of_a_stack = 2;
    const double pages = std::max(0.0, touched.faults - touched.file_faults);
    const double calls = std::max(0.0, touched.memory_calls - calls_of_a_stack * converted_.created);
    const double by_pages =
        std::max(0.0, prices_.find("create.fork.per-mib").value_or(Amount{}).value) * pages * page_bytes / mib;
    const double by_mapping = std::max(0.0, prices_.find("create.fork.per-mapping").value_or(Amount{}).value);
    const double low = calls <= max_mappings ? mappings_kept * calls * by_mapping : 0;
    const double high = by_pages + std::min(calls, max_mappings) * by_mapping;
    return {low > 0 ? std::sqrt(low * high) : high / 2, low, high};
  }

  [[nodiscard]] std::string size_note() const {
    if (!of_known_size()) {
      return "the program's size is not in the report: priced as a small one";
    }
    return "a fork copies page tables: at most those of all touched and mapped memory";
  }

  double fault_line_of_forks() {
    const WorkCounts& owners = converted_.owners;
    if (converted_.created == 0) {
      return 0;
    }
    Wanted wanted(prices_);
    const Amount base = wanted("faults.process");
    double least = base.low;
    double most = base.high * (of_known_size() ? 1 : unknown_size_ratio);
    if (const Touched& touched = converted_.touched; touched.known) {
      least = std::max(least, std::min(min_faults_again, min_touched_again * touched.faults));
      most = std::max({least, most, std::min(max_faults_again, max_touched_again * touched.faults)});
    }
    const Amount each = least > 0 ? between(least, most) : base;
    constexpr double enough = 30;
    const double own = owners.faults.value_or(0) >= enough ? mean(owners.page_fault, *owners.faults) : 0;
    const Amount price_of_one = wanted("fault.process");
    const Amount one = with_scale(price_of_one, std::min(max_fault_ratio, ratio_or_one(own, price_of_one.value)));
    EstimateLine& faults = line("fault", "page faults after the fork", each.value * converted_.created, 0);
    price(faults, wanted, times(product(each, one), converted_.created),
          "a forked worker faults again on pages that its program had touched");
    return faults.state == EstimateLine::State::priced ? *faults.count : 0;
  }

  // ---- Either way

  void switch_line(const char* price_from, const char* price_to, const std::optional<double>& count,
                   const std::optional<double>& own_latency, const char* quantity) {
    if (count && *count == 0) {
      return;
    }
    Wanted wanted(prices_);
    const Amount more = difference(wanted(price_to), wanted(price_from));
    // Falls back to the price list without a measured latency.
    const auto listed = prices_.one(price_from);
    const double own = own_latency.value_or(listed ? listed->value : 0);
    const double scale = listed ? ratio_or_one(own, listed->value) : 1;
    EstimateLine& switches = line("switch", quantity, count, own * count.value_or(0));
    price(switches, wanted,
          sum(exactly(switches.measured), times(with_scale(more, std::max(1.0, scale)), count.value_or(0))),
          "the program's own mean latency; estimated: plus the difference of a hop");
  }

  // The extra cost of a call on a shared futex, without its context switch: every other call sleeps.
  void futex_line(const std::optional<double>& calls, double time, const char* quantity, bool is_shared) {
    if (calls && *calls == 0) {
      return;
    }
    Wanted wanted(prices_);
    constexpr double switches_of_a_call = 0.5;
    const Amount extra =
        not_below(difference(difference(wanted("futex.shared"), wanted("futex.private")),
                             times(difference(wanted("switch.other"), wanted("switch.same")), switches_of_a_call)),
                  0);
    EstimateLine& futex = line("futex", quantity, calls, time);
    price(futex, wanted, sum(exactly(futex.measured), times(extra, (is_shared ? -1 : 1) * calls.value_or(0))),
          is_shared ? "private within one process" : "shared between processes");
  }

  void memory_line(const WorkCounts& tasks, const char* price_from, const char* price_to) {
    if (tasks.memory_calls && *tasks.memory_calls == 0) {
      return;
    }
    Wanted wanted(prices_);
    const Amount from = wanted(price_from);
    const Amount to = wanted(price_to);
    EstimateLine& memory = line("memory", "changes of the memory map", tasks.memory_calls, tasks.memory);
    const double ratio = ratio_or_one(to.value, from.value);
    // The price list's workload has one other thread, and no contention on mmap_lock.
    price(memory, wanted, times(between(std::min(1.0, ratio * ratio), std::max(1.0, ratio * ratio)), memory.measured),
          to_ == Model::threads ? "one shared map: mmap_lock, and TLB shootdowns on the other threads' CPUs"
                                : "a map per process");
  }

  // User time depends on fault entries, and on cache and TLB misses after a switch or a fork.
  void user_line(double more_faults, const std::optional<double>& switches, bool to_threads) {
    if (!program_.calls_seen) {
      return;
    }
    Wanted wanted(prices_);
    const Amount of_fault = times(difference(wanted("user.process"), wanted("user.thread")),
                                  1 / std::max(1.0, wanted("faults.process").value));
    const Amount of_switch = difference(wanted("switch.user.other"), wanted("switch.user.same"));
    EstimateLine line;
    line.id = "user";
    line.quantity = "user code";
    line.user = true;
    line.count = std::abs(more_faults) + switches.value_or(0);
    line.measured = program_.work.user;
    line.estimated = exactly(line.measured);
    const Amount more = sum(times(not_below(of_fault, 0), more_faults),
                            times(not_below(of_switch, 0), (to_threads ? -1 : 1) * switches.value_or(0)));
    price(line, wanted, sum(exactly(line.measured), more),
          "fault entries, and cache and TLB misses after forks and switches");
    estimate_.lines.push_back(std::move(line));
  }

  void placement_line() {
    const std::optional<double>& wakeups = both_.wakeups;
    if (!wakeups || *wakeups == 0) {
      return;
    }
    const std::string id = to_ == Model::threads ? "handoff.kernel.process" : "handoff.kernel.thread";
    const auto same = prices_.one(id);
    const auto across = prices_.one(id + ".across-cpus");
    if (!same || !across) {
      return;  // a price for only one condition, as on a machine with one CPU
    }
    const double each = std::abs(across->value - same->value) * placed_otherwise;
    EstimateLine& line = this->line("wakeup", "wakeups", wakeups, *wakeups * same->value / 2);
    line.estimated = {line.measured, std::max(0.0, line.measured - each * *wakeups), line.measured + each * *wakeups};
    line.note = "the same number; up to 10 % may wake on another CPU";
  }

  // ---- Facts without a line

  void fact(std::string id, std::string quantity, EstimateFact::State state, const std::optional<double>& count,
            Unit unit, const std::optional<double>& time, std::string note) {
    if (count.value_or(0) > 0) {
      estimate_.facts.push_back({std::move(id), std::move(quantity), state, count, unit, time, std::move(note)});
    }
  }

  void add_facts() {
    using State = EstimateFact::State;
    static const std::map<std::string, std::string> names{{"pipe", "bytes through pipes"},
                                                          {"unix_socket", "bytes through unix sockets"},
                                                          {"inet_socket", "bytes through inet sockets"},
                                                          {"message_queue", "bytes through message queues"}};
    for (const ChannelCounts& channel : program_.channels) {
      const auto name = names.find(channel.channel);
      fact(channel.channel, name == names.end() ? channel.channel : name->second, State::unchanged, channel.bytes,
           Unit::bytes, channel.kernel, "sent in both models");
    }
    double programs = 0;
    double time = 0;
    double unconverted = 0;
    for (const ProcessCounts& process : program_.processes) {
      if (!calls_no_exec(process) && !converted_.owner_ids.contains(process.id)) {
        programs += process.processes;
        time += process.work.running;
      }
      unconverted += process.origin == "vfork" || process.origin == "spawn" || process.origin == "clone_vm" ? 1 : 0;
    }
    fact("exec", "other programs (exec)", State::no_counterpart, programs, Unit::count, time,
         to_ == Model::threads ? "another program cannot become a thread: unchanged"
                               : "another program is a process already: unchanged");
    fact("other-creations", "vforks, spawns and clones with CLONE_VM", State::unchanged, unconverted, Unit::count,
         std::nullopt, "not converted");
    if (to_ == Model::threads) {
      fact("page-tables", "page tables of workers", State::falls_away, converted_.workers.page_table_bytes, Unit::bytes,
           std::nullopt, "threads share those of their process");
    } else if (const auto tables = prices_.find("page-tables.process"); tables && converted_.created > 0) {
      fact("page-tables", "page tables of workers", State::bound, tables->value * converted_.created, Unit::bytes,
           std::nullopt, "at least those of as many small processes");
      fact("shared-memory", "threads that share memory", State::no_counterpart, converted_.count, Unit::count,
           std::nullopt, "processes have to map or send what threads pass in memory: not priced");
    }
    fact("tlb-flush", "TLB flushes on a switch", State::included, both_.tlb_flushes, Unit::count, std::nullopt,
         "part of the price of a switch");
    fact("shootdown", "TLB shootdowns sent", State::included, both_.shootdowns, Unit::count, std::nullopt,
         to_ == Model::threads ? "part of the cost of forks and copies" : "part of the cost of map changes");
    if (to_ == Model::processes && converted_.created > 0 && !of_known_size()) {
      fact("size", "creations by a program of unknown size", State::bound, converted_.created, Unit::count,
           std::nullopt, "the program started before the window: if it is large, its forks cost more than estimated");
    }
  }

  void warn_of_hosts() {
    const MeasuredOn& a = estimate_.program_on;
    const MeasuredOn& b = estimate_.prices_on;
    std::vector<std::string> differ;
    const auto compare = [&differ](const char* what, const std::string& of_report, const std::string& of_prices) {
      if (of_report != of_prices) {
        differ.push_back(fmt::format("{} {} and {}", what, of_report.empty() ? "unknown" : of_report,
                                     of_prices.empty() ? "unknown" : of_prices));
      }
    };
    const auto cpus = [](const MeasuredOn& on) { return on.cpus ? fmt::format("{:.0f}", *on.cpus) : std::string(); };
    compare("kernel", a.kernel, b.kernel);
    compare("architecture", a.arch, b.arch);
    compare("virtualization", a.virtualization, b.virtualization);
    compare("CPUs", cpus(a), cpus(b));
    if (!differ.empty()) {
      std::string all;
      for (const std::string& each : differ) {
        all += (all.empty() ? "" : "; ") + each;
      }
      estimate_.warnings.push_back(
          fmt::format("The report and the prices are from different machines ({}): the estimate fits neither.", all));
    }
  }

  // ---- The sum

  [[nodiscard]] Estimate::Sum add_lines(const std::function<bool(const EstimateLine&)>& is_part, double all) const {
    Estimate::Sum total{all, exactly(all)};
    double lower = 0;
    double upper = 0;
    for (const EstimateLine& each : estimate_.lines) {
      if (is_part(each)) {
        total.estimated.value += each.estimated.value - each.measured;
        lower = std::hypot(lower, each.estimated.value - each.estimated.low);
        upper = std::hypot(upper, each.estimated.high - each.estimated.value);
      }
    }
    total.estimated.value = std::max(0.0, total.estimated.value);
    total.estimated.low = total.estimated.value / widen(total.estimated.value, total.estimated.value - lower);
    total.estimated.high = total.estimated.value > 0
                               ? total.estimated.value * widen(total.estimated.value + upper, total.estimated.value)
                               : upper * estimate_.run_to_run;
    return total;
  }

  // Combines the factor from `low` to `high` (infinite from 0) with the independent factor between two runs.
  [[nodiscard]] double widen(double high, double low) const {
    if (low <= 0 || high <= 0) {
      return high > 0 ? std::numeric_limits<double>::infinity() : 1;
    }
    return std::exp(std::hypot(std::log(high / low), std::log(estimate_.run_to_run)));
  }

  void add_up() {
    if (const auto scatter = prices_.one("scatter")) {
      estimate_.run_to_run_priced = scatter->value > min_run_to_run;
      estimate_.run_to_run = std::max(min_run_to_run, scatter->value);
    } else {
      estimate_.run_to_run = min_run_to_run;
    }
    estimate_.cpu = add_lines([](const EstimateLine&) { return true; }, program_.work.running);
    if (program_.calls_seen) {
      estimate_.kernel = add_lines([](const EstimateLine& each) { return !each.user; },
                                   std::max(0.0, program_.work.running - program_.work.user));
    }
    estimate_.rest = program_.work.running;
    for (const EstimateLine& each : estimate_.lines) {
      estimate_.rest -= each.measured;
    }
    estimate_.rest = std::max(0.0, estimate_.rest);
  }

  const ProgramCounts& program_;
  Prices prices_;
  Model to_;
  Converted converted_;
  WorkCounts both_;  // workers and owners
  double left_kernel_ = 0;
  Estimate estimate_;
};

}  // namespace

const char* to_string(Model model) { return model == Model::threads ? "threads" : "processes"; }

std::size_t Estimate::without_price() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(lines, [](const EstimateLine& line) { return line.state != EstimateLine::State::priced; }));
}

Result<Estimate> estimate(const ProgramCounts& program, const PriceList& prices, std::optional<Model> to) {
  Converted processes = find_worker_processes(program);
  Converted threads = find_worker_threads(program);
  const Model model = to.value_or(threads.count > processes.count ? Model::processes : Model::threads);
  Converted& chosen = model == Model::threads ? processes : threads;
  if (chosen.count == 0 || program.work.running == 0) {
    const char* const why = program.work.running == 0 ? "no task of the report was on a CPU"
                            : !to ? "no process was forked without an exec, and no process has a second thread"
                            : model == Model::threads ? "no process was forked without an exec"
                                                      : "no process has a second thread";
    return Error{"nothing to convert", why,
                 to && program.work.running > 0 ? "drop --as to convert whatever there is" : ""};
  }
  return Estimator(program, prices, model, std::move(chosen)).make();
}

}  // namespace taskcost
