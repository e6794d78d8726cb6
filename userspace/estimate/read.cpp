// SPDX-License-Identifier: Apache-2.0
//
// Reads counts and prices from JSON reports. The files are untrusted: every value is checked.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "diff/json_place.h"
#include "diff/report_document.h"
#include "taskcost/estimate.h"

namespace taskcost {
namespace {

MeasuredOn read_host(const JsonPlace& root) {
  const JsonPlace host = root.at("host");
  return {host.at("kernel").text(), host.at("arch").text(), host.at("virtualization").text(), host.at("cpus").amount()};
}

double running(const JsonPlace& account, const char* activity) {
  return account.at("activities").at(activity).at("running_ns").amount().value_or(0);
}

WorkCounts read_work(const JsonPlace& account) {
  WorkCounts work;
  account.at("activities").each_member([&work](const std::string& /*activity*/, const JsonPlace& place) {
    work.running += place.at("running_ns").amount().value_or(0);
  });
  work.user = running(account, "user");
  work.create = running(account, "create");
  work.exit = running(account, "exit");
  work.wait = running(account, "wait");
  work.memory = running(account, "memory");
  work.futex = running(account, "futex");
  work.signal_and_other = running(account, "signal") + running(account, "other");
  work.page_fault = running(account, "page_fault");
  const JsonPlace activities = account.at("activities");
  work.exits = activities.at("exit").at("count").amount();
  work.memory_calls = activities.at("memory").at("count").amount();
  work.futex_calls = activities.at("futex").at("count").amount();
  const JsonPlace counters = account.at("counters");
  work.faults = counters.at("faults_minor").amount();
  work.faults_copy_on_write = counters.at("faults_cow").amount();
  work.faults_copy_on_write_ns = counters.at("faults_cow_ns").amount();
  work.faults_file = counters.at("faults_file").amount();
  work.switches_same = counters.at("switches_same_address_space").amount();
  work.switches_other = counters.at("switches_other_address_space").amount();
  work.tlb_flushes = counters.at("tlb_flushes_on_switch").amount();
  work.shootdowns = counters.at("shootdowns_sent").amount();
  work.wakeups = counters.at("wakeups").amount();
  work.execs = counters.at("execs").amount();
  work.threads_created = counters.at("children_threads").amount();
  work.page_table_bytes = counters.at("page_table_bytes").amount();
  const JsonPlace shared_futexes = account.at("ipc").at("shared_memory");
  work.shared_futex_ns = shared_futexes.at("kernel_ns").amount();
  work.shared_futex_calls = shared_futexes.at("calls").amount();
  return work;
}

ProcessCounts read_process(const JsonPlace& place) {
  ProcessCounts process;
  process.id = place.at("id").amount().value_or(0);
  process.parent = place.at("parent").amount().value_or(0);
  process.comm = place.at("comm").text();
  process.command = place.at("command").text();
  process.how = place.at("how").text();
  process.tasks = std::max(1.0, place.at("threads").amount().value_or(1));
  process.reap = place.at("reap_ns").amount();
  process.work = read_work(place.at("total"));
  return process;
}

// The processes of this sum have all ended, so the number of exits is the number of tasks.
ProcessCounts read_aggregated(const JsonPlace& place) {
  ProcessCounts folded;
  folded.comm = place.at("comm").text();
  folded.processes = place.at("processes").amount().value_or(0);
  folded.work = read_work(place.at("total"));
  folded.tasks = std::max(folded.processes, folded.work.exits.value_or(0));
  return folded;
}

CreationCounts read_creations(const JsonPlace& root, const char* kind) {
  CreationCounts creations;
  root.at("totals").at("creations").each([&](const JsonPlace& place) {
    if (place.at("kind").text() == kind) {
      creations.count += place.at("count").amount().value_or(0);
      creations.running += place.at("running_ns").amount().value_or(0);
    }
  });
  const JsonPlace lives = root.at("prices").at(kind);
  const double start = lives.at("start_ns").amount().value_or(0);
  if (const double count = lives.at("count").amount().value_or(0); count > 0) {
    creations.start = start / count;
  }
  return creations;
}

std::optional<double> read_mean(const JsonPlace& histogram) {
  const auto sum = histogram.at("sum_ns").amount();
  const auto count = histogram.at("count").amount();
  return sum && count && *count > 0 ? std::optional(*sum / *count) : std::nullopt;
}

void read_channels(const JsonPlace& totals, ProgramCounts& program) {
  for (const char* const channel : {"pipe", "unix_socket", "inet_socket", "message_queue"}) {
    const JsonPlace place = totals.at("ipc").at(channel);
    ChannelCounts counts{channel, place.at("calls").amount().value_or(0), place.at("bytes_in").amount().value_or(0),
                         place.at("kernel_ns").amount().value_or(0)};
    if (counts.calls > 0) {
      program.channels.push_back(std::move(counts));
    }
  }
}

Condition parse_condition(const std::string& name) {
  for (const Condition condition : {Condition::same_cpu, Condition::across_cpus}) {
    if (name == to_string(condition)) {
      return condition;
    }
  }
  return Condition::none;
}

Price read_price(const JsonPlace& place) {
  Price price;
  price.id = place.at("id").text();
  price.name = place.at("name").text();
  price.unit = place.at("unit").text();
  price.condition = parse_condition(place.at("condition").text());
  price.value = place.at("value").amount();
  const auto low = place.at("low").number();
  const auto high = place.at("high").number();
  if (price.value && low && high && *low <= *high) {
    price.interval = Interval{std::min(*low, *price.value), std::max(*high, *price.value)};
  }
  return price;
}

}  // namespace

Result<ProgramCounts> read_program(std::string_view text) {
  const auto document = parse_report(text);
  if (!document) {
    return document.error();
  }
  if (is_of_rounds(*document)) {
    return Error{"this is a report of 'taskcost compare'", "it has medians of many runs",
                 "use a report of run, attach or workload"};
  }
  std::optional<std::string> complaint;
  const JsonPlace root(*document, complaint);
  ProgramCounts program;
  program.mode = root.at("target").at("mode").text();
  program.command = root.at("target").at("command").text();
  program.measured_on = read_host(root);
  const JsonPlace totals = root.at("totals");
  program.work = read_work(totals);
  program.calls_seen = !totals.at("counters").has("syscalls") || totals.at("counters").at("syscalls").is_there();
  root.at("processes").each([&program](const JsonPlace& place) {
    if (!place.at("kernel").flag().value_or(false)) {
      program.processes.push_back(read_process(place));
    }
  });
  root.at("folded").each([&program](const JsonPlace& place) { program.processes.push_back(read_aggregated(place)); });
  program.forks = read_creations(root, "fork");
  program.threads = read_creations(root, "thread");
  program.switch_latency_same = read_mean(root.at("histograms").at("switch_same"));
  program.switch_latency_other = read_mean(root.at("histograms").at("switch_other"));
  read_channels(totals, program);
  if (complaint) {
    return not_a_report(*std::move(complaint));
  }
  if (program.mode == "verify") {
    return Error{"this is a report of 'taskcost verify'", "it contains only bundled workloads",
                 "use a report of run, attach or workload; this one is for --prices"};
  }
  return program;
}

Result<PriceList> read_price_list(std::string_view text) {
  const auto document = parse_report(text);
  if (!document) {
    return document.error();
  }
  std::optional<std::string> complaint;
  const JsonPlace root(*document, complaint);
  PriceList list;
  list.measured_on = read_host(root);
  root.at("price_list").each([&list](const JsonPlace& place) { list.prices.push_back(read_price(place)); });
  if (complaint) {
    return not_a_report(*std::move(complaint));
  }
  if (list.prices.empty()) {
    return Error{"there is no price list in it", "only 'taskcost verify' measures one",
                 "use a file that 'taskcost verify -o FILE.json' has written, or drop --prices"};
  }
  return list;
}

}  // namespace taskcost
