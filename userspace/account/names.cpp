// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstddef>
#include <string>

#include "account/account.h"
#include "account/evidence.h"
#include "account/stacks.h"

namespace taskcost {
namespace {

#define KEY(constant, key, text) #key,
#define TEXT(constant, key, text) text,

constexpr std::array activity_keys = {TC_ACTIVITIES(KEY)};
constexpr std::array condition_keys = {TC_CONDITIONS(KEY)};
constexpr std::array creation_keys = {TC_CREATIONS(KEY)};
constexpr std::array channel_keys = {TC_CHANNELS(KEY)};
constexpr std::array histogram_keys = {TC_HISTOGRAMS(KEY)};
constexpr std::array interrupt_keys = {TC_INTERRUPTS(KEY)};
constexpr std::array lock_type_keys = {TC_LOCK_TYPES(KEY)};
constexpr std::array lock_name_keys = {TC_LOCK_NAMES(KEY)};
constexpr std::array loss_keys = {TC_LOSSES(KEY)};
constexpr std::array shared_keys = {TC_SHARED_OBJECTS(KEY)};
constexpr std::array stack_end_keys = {TC_STACK_ENDS(KEY)};
constexpr std::array wait_keys = {TC_WAITS(KEY)};

constexpr std::array activity_texts = {TC_ACTIVITIES(TEXT)};
constexpr std::array creation_texts = {TC_CREATIONS(TEXT)};
constexpr std::array channel_texts = {TC_CHANNELS(TEXT)};
constexpr std::array histogram_texts = {TC_HISTOGRAMS(TEXT)};
constexpr std::array interrupt_texts = {TC_INTERRUPTS(TEXT)};
constexpr std::array lock_type_texts = {TC_LOCK_TYPES(TEXT)};
constexpr std::array loss_texts = {TC_LOSSES(TEXT)};
constexpr std::array shared_texts = {TC_SHARED_OBJECTS(TEXT)};
constexpr std::array stack_end_texts = {TC_STACK_ENDS(TEXT)};
constexpr std::array wait_texts = {TC_WAITS(TEXT)};

#define COUNTER_KEY(constant, key, counted, text) #key,
#define COUNTER_TEXT(constant, key, counted, text) text,
#define COUNTED(constant, key, counted, text) Counted::counted,

enum class Counted { ALWAYS, SOURCE };
constexpr std::array counter_keys = {TC_COUNTERS(COUNTER_KEY)};
constexpr std::array counter_texts = {TC_COUNTERS(COUNTER_TEXT)};
constexpr std::array counted = {TC_COUNTERS(COUNTED)};

#undef COUNTER_KEY
#undef COUNTER_TEXT
#undef COUNTED
#undef KEY
#undef TEXT

// The enumerators count from 0 without gaps; the last one ends the list and has no name.
template <std::size_t Size, typename Enum>
const char* pick(const std::array<const char*, Size>& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < Size ? names[index] : "unknown";
}

}  // namespace

const char* key_of(tc_activity activity) { return pick(activity_keys, activity); }
const char* key_of(tc_condition condition) { return pick(condition_keys, condition); }
const char* key_of(tc_creation creation) { return pick(creation_keys, creation); }
const char* key_of(tc_counter counter) { return pick(counter_keys, counter); }
const char* key_of(tc_channel channel) { return pick(channel_keys, channel); }
const char* key_of(tc_histogram_id histogram) { return pick(histogram_keys, histogram); }
const char* key_of(tc_interrupt interrupt) { return pick(interrupt_keys, interrupt); }
const char* key_of(tc_lock_type type) { return pick(lock_type_keys, type); }
const char* key_of(tc_lock_name name) { return pick(lock_name_keys, name); }
const char* key_of(tc_loss loss) { return pick(loss_keys, loss); }
const char* key_of(tc_shared object) { return pick(shared_keys, object); }
const char* key_of(tc_stack_end end) { return pick(stack_end_keys, end); }
const char* key_of(tc_wait wait) { return pick(wait_keys, wait); }

bool is_always_counted(tc_counter counter) { return counted.at(static_cast<std::size_t>(counter)) == Counted::ALWAYS; }

std::string latency_key::of(tc_creation kind) { return std::string(creation) + "_" + key_of(kind); }

const char* text_of(tc_activity activity) { return pick(activity_texts, activity); }
const char* text_of(tc_creation creation) { return pick(creation_texts, creation); }
const char* text_of(tc_counter counter) { return pick(counter_texts, counter); }
const char* text_of(tc_channel channel) { return pick(channel_texts, channel); }
const char* text_of(tc_histogram_id histogram) { return pick(histogram_texts, histogram); }
const char* text_of(tc_interrupt interrupt) { return pick(interrupt_texts, interrupt); }
const char* text_of(tc_lock_type type) { return pick(lock_type_texts, type); }
const char* text_of(tc_loss loss) { return pick(loss_texts, loss); }
const char* text_of(tc_shared object) { return pick(shared_texts, object); }
const char* text_of(tc_stack_end end) { return pick(stack_end_texts, end); }
const char* text_of(tc_wait wait) { return pick(wait_texts, wait); }

const char* to_string(StackKind kind) {
  switch (kind) {
    case StackKind::creation:
      return "creation";
    case StackKind::fault:
      return "fault";
    case StackKind::wait:
      return "wait";
    case StackKind::involuntary_switch:
      return "involuntary switch";
    case StackKind::on_cpu:
      return "on CPU";
  }
  return "wait";
}

const char* to_string(Waker::Kind kind) {
  switch (kind) {
    case Waker::Kind::task:
      return "task";
    case Waker::Kind::unobserved:
      return "unobserved";
    case Waker::Kind::timer:
      return "timer";
    case Waker::Kind::interrupt:
      return "interrupt";
    case Waker::Kind::several:
      return "several";
    case Waker::Kind::unknown:
      break;
  }
  return "unknown";
}

const char* to_string(TaskOrigin how) {
  switch (how) {
    case TaskOrigin::fork:
      return "fork";
    case TaskOrigin::vfork:
      return "vfork";
    case TaskOrigin::spawn:
      return "spawn";
    case TaskOrigin::clone_vm:
      return "clone_vm";
    case TaskOrigin::thread:
      return "thread";
    case TaskOrigin::attached:
      return "attached";
    case TaskOrigin::worker:
      return "worker";
  }
  return "unknown";
}

const char* to_string(EvidenceKind kind) {
  switch (kind) {
    case EvidenceKind::exact:
      return "exact";
    case EvidenceKind::bound:
      return "bound";
    case EvidenceKind::counts:
      return "counts";
    case EvidenceKind::unavailable:
      return "unavailable";
  }
  return "unknown";
}

}  // namespace taskcost
