// SPDX-License-Identifier: Apache-2.0
//
// Programs and price lists for tests of the estimate: round numbers, so that a reader can add them up.
#pragma once

#include <string>

#include "support/report_builder.h"
#include "verdict/estimate/estimate.h"

namespace taskcost::test {

inline Price price_of(const std::string& id, double value, double low, double high) {
  Price price;
  price.id = id;
  price.name = id;
  price.unit = Unit::ns;
  price.condition = id.ends_with(".across-cpus") ? Condition::across_cpus : Condition::same_cpu;
  price.value = value;
  price.interval = Interval{low, high};
  price.rounds = 9;
  return price;
}

// Every price is exactly known, and is the same on one CPU as across CPUs unless it says otherwise.
inline PriceList exact_prices() {
  PriceList list;
  list.name = "verify.json";
  list.measured_on = {"6.1.0-18-amd64", "x86_64", "kvm", 2};
  const auto add = [&list](const char* id, double value) { list.prices.push_back(price_of(id, value, value, value)); };
  add("clone.process", 60'000);
  add("clone.thread", 10'000);
  add("exit.process", 80'000);
  add("exit.thread", 8'000);
  add("reap", 10'000);
  add("join", 4'000);
  add("calls.thread", 3'000);
  add("user.process", 30'000);
  add("user.thread", 10'000);
  add("faults.process", 20);
  add("fault.process", 2'000);
  add("page-tables.process", 40'960);
  add("switch.same", 800);
  add("switch.other", 1'200);
  add("futex.private", 1'000);
  add("futex.shared", 1'400);
  add("switch.user.same", 1'000);
  add("switch.user.other", 1'500);
  add("handoff.kernel.thread", 3'000);
  add("handoff.kernel.process", 3'400);
  add("remap.thread", 12'000);
  add("remap.process", 12'000);
  return list;
}

// A program that was executed in the window with 16 forked workers: each fork costs 120 us, twice the list's price.
inline Report forking_report() {
  ReportBuilder builder;
  builder
      .process(4000, "server", TaskOrigin::fork, 0ms,
               AccountBuilder()
                   .runs(TC_ACTIVITY_USER, 100ms, 12)
                   .runs(TC_ACTIVITY_CREATE, 1920us, 16)
                   .runs(TC_ACTIVITY_WAIT, 320us, 16)
                   .blocks(TC_ACTIVITY_WAIT, 100ms, TC_WAIT_CHILD)
                   .counts(TC_COUNTER_EXECS, 1)
                   .counts(TC_COUNTER_FAULTS_MINOR, 1000)
                   .counts(TC_COUNTER_FAULTS_FILE, 500)
                   .counts(TC_COUNTER_WAKEUPS, 16)
                   .counts(TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE, 16)
                   .creates(TC_CREATION_FORK, 16, 100us))
      .exits(0);
  builder.report().session.totals.creations[TC_CREATION_FORK].running = 1920us;
  for (std::uint32_t worker = 0; worker < 16; ++worker) {
    builder
        .process(4001 + worker, "server", TaskOrigin::fork, 1ms,
                 AccountBuilder()
                     .runs(TC_ACTIVITY_USER, 50ms, 20)
                     .runs(TC_ACTIVITY_SOCKET, 40ms, 100)
                     .runs(TC_ACTIVITY_PAGE_FAULT, 300us, 100)
                     .runs(TC_ACTIVITY_EXIT, 80us, 1)
                     .counts(TC_COUNTER_FAULTS_MINOR, 100)
                     .counts(TC_COUNTER_FAULTS_COW, 40)
                     .counts(TC_COUNTER_FAULTS_COW_NS, 120'000)
                     .counts(TC_COUNTER_FAULTS_FILE, 50)
                     .counts(TC_COUNTER_WAKEUPS, 100)
                     .counts(TC_COUNTER_SWITCHES_OTHER_ADDRESS_SPACE, 100)
                     .counts(TC_COUNTER_PAGE_TABLE_BYTES, 40960)
                     .transfers(TC_CHANNEL_UNIX_SOCKET, 100, 5000, 5000))
        .child_of(4000)
        .exits(0);
    builder.report().session.processes.back().reap = 10us;
  }
  return builder.build();
}

// Ten threads hand work to each other by futex.
inline Report threaded_report() {
  ReportBuilder builder;
  builder.process(4000, "pool", TaskOrigin::fork, 0ms,
                  AccountBuilder()
                      .runs(TC_ACTIVITY_USER, 50ms, 12)
                      .runs(TC_ACTIVITY_CREATE, 100us, 10)
                      .runs(TC_ACTIVITY_EXIT, 500us, 1)
                      .runs(TC_ACTIVITY_MEMORY, 400us, 100)
                      .runs(TC_ACTIVITY_PAGE_FAULT, 2ms, 1000)
                      .counts(TC_COUNTER_EXECS, 1)
                      .counts(TC_COUNTER_FAULTS_MINOR, 1000)
                      .counts(TC_COUNTER_FAULTS_FILE, 500)
                      .creates(TC_CREATION_THREAD, 10, 8us));
  builder.report().session.totals.creations[TC_CREATION_THREAD].running = 100us;
  for (std::uint32_t worker = 0; worker < 10; ++worker) {
    AccountBuilder account;
    account.runs(TC_ACTIVITY_USER, 20ms, 20)
        .runs(TC_ACTIVITY_FUTEX, 1ms, 100)
        .runs(TC_ACTIVITY_EXIT, 8us, 1)
        .counts(TC_COUNTER_WAKEUPS, 100)
        .counts(TC_COUNTER_SWITCHES_SAME_ADDRESS_SPACE, 100);
    for (int wait = 0; wait < 100; ++wait) {
      account.blocks(TC_ACTIVITY_FUTEX, 10us, TC_WAIT_FUTEX_PRIVATE);
    }
    builder.thread(4001 + worker, "pool", 1ms, account);
  }
  return builder.build();
}

}  // namespace taskcost::test
