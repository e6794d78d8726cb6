// SPDX-License-Identifier: Apache-2.0
#include "report/sections/order.h"

#include "account/idle_waits.h"

namespace taskcost::sections {
namespace {

double count_of(const Account& account, tc_counter one, tc_counter other) {
  return static_cast<double>(account.counters[one].value_or(0) + account.counters[other].value_or(0));
}

}  // namespace

Order::Order(const Session& session, ReportOrder key) : key_(key) {
  if (key == ReportOrder::busy) {
    busy_ = busy_times(session);
  }
}

double Order::figure(const Task& task) const {
  if (key_ == ReportOrder::busy) {
    return in_ns(busy_.at(task.id));
  }
  const Account account = task.account;
  switch (key_) {
    case ReportOrder::cpu:
      return in_ns(account.total(TC_CONDITION_RUNNING));
    case ReportOrder::blocked:
      return in_ns(account.total(TC_CONDITION_BLOCKED));
    case ReportOrder::wait:
      return in_ns(account.total(TC_CONDITION_PREEMPTED) + account.total(TC_CONDITION_RUNNABLE));
    case ReportOrder::faults:
      return count_of(account, TC_COUNTER_FAULTS_MINOR, TC_COUNTER_FAULTS_MAJOR);
    case ReportOrder::switches:
      return count_of(account, TC_COUNTER_VOLUNTARY_SWITCHES, TC_COUNTER_INVOLUNTARY_SWITCHES);
    case ReportOrder::busy:
    case ReportOrder::lifetime:
      break;
  }
  return in_ns(account.lifetime);
}

double Order::figure(const Process& process) const {
  double sum = 0;
  for (const Task& task : process.tasks) {
    sum += figure(task);
  }
  return sum;
}

double Order::figure(const std::vector<const Process*>& processes) const {
  double sum = 0;
  for (const Process* const process : processes) {
    sum += figure(*process);
  }
  return sum;
}

}  // namespace taskcost::sections
