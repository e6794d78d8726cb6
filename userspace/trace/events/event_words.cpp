// SPDX-License-Identifier: Apache-2.0
#include "trace/events/event_words.h"

#include <cstddef>

namespace taskcost {
namespace {

#define TC_NAME(C, n, t) #n,
#define TC_TEXT(C, n, t) t,

template <std::size_t N>
std::string_view at(const std::array<std::string_view, N>& list, std::size_t index) {
  return index < N ? list[index] : std::string_view();
}

constexpr std::array<std::string_view, TC_NR_ROWS> rows{TC_ACTIVITIES(TC_NAME) "page_fault", "call"};
constexpr std::array<std::string_view, TC_NR_CONDITIONS> conditions{TC_CONDITIONS(TC_NAME)};
constexpr std::array<std::string_view, TC_NR_WAITS> waits{TC_WAITS(TC_NAME)};
constexpr std::array<std::string_view, TC_NR_WAITS> wait_texts{TC_WAITS(TC_TEXT)};
constexpr std::array<std::string_view, TC_NR_CHANNELS> channels{TC_CHANNELS(TC_NAME)};
constexpr std::array<std::string_view, TC_NR_CREATIONS> creations{TC_CREATIONS(TC_NAME)};
constexpr std::array<std::string_view, TC_NR_EVENTS> event_names{TC_EVENTS(TC_NAME)};
constexpr std::array<std::string_view, TC_NR_EVENTS> event_texts{TC_EVENTS(TC_TEXT)};
constexpr std::array<std::string_view, 4> outcomes{"begun", "minor", "major", "unresolved"};

}  // namespace

std::string_view row_name(std::uint8_t row) { return at(rows, row); }
std::string_view condition_name(std::uint8_t condition) { return at(conditions, condition); }
std::string_view wait_name(std::uint8_t wait) { return at(waits, wait); }
std::string_view wait_text(std::uint8_t wait) { return at(wait_texts, wait); }
std::string_view channel_name(std::uint8_t channel) { return at(channels, channel); }
std::string_view creation_name(std::uint32_t how) { return at(creations, how); }
std::string_view event_name(std::uint32_t kind) { return at(event_names, kind); }
std::string_view event_text(std::uint32_t kind) { return at(event_texts, kind); }
std::string_view outcome_name(std::uint8_t outcome) { return at(outcomes, outcome); }

std::string_view CallNames::name(std::uint32_t call) {
  const std::uint32_t number = call & ~std::uint32_t{TC_FROM_COMPAT};
  const bool compat = (call & TC_FROM_COMPAT) != 0;
  if (number >= TC_MAX_SYSCALLS || !ask_) {
    return {};
  }
  auto& name = names_[compat ? 1 : 0][number];
  if (!name) {
    name = std::make_unique<std::string>(ask_(number, compat));
  }
  return *name;
}

WokenBy woken_by(std::uint64_t waker, const TaskTable& tasks) {
  switch (waker) {
    case 0:
      return {};
    case TC_WAKER_INTERRUPT:
      return {std::nullopt, {}, "interrupt"};
    case TC_WAKER_TIMER:
      return {std::nullopt, {}, "timer"};
    case TC_WAKER_SEVERAL:
      return {std::nullopt, {}, "several"};
    default:
      break;
  }
  if ((waker & TC_WAKER_UNOBSERVED) != 0) {
    return {static_cast<std::uint32_t>(waker), {}, "task"};
  }
  const TracedTask* task = tasks.find(waker);
  if (task == nullptr || task->tid == 0) {
    return {std::nullopt, {}, "task"};
  }
  return {task->tid, task->comm, "task"};
}

std::string_view woken_from(std::uint32_t from, CallNames& names) {
  switch (from) {
    case TC_FROM_EXIT:
      return "exit";
    case TC_FROM_INTERRUPT:
      return "interrupt";
    case TC_FROM_FAULT:
      return "page_fault";
    case TC_FROM_USER:
      return "user";
    case TC_FROM_KERNEL:
      return "kernel";
    default:
      break;
  }
  if (from >= TC_FROM_NOWHERE) {
    return {};
  }
  return names.name(plain_call(from));
}

}  // namespace taskcost
