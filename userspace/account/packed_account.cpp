// SPDX-License-Identifier: Apache-2.0
#include "account/packed_account.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "account/account.h"

namespace taskcost {
namespace {

constexpr std::size_t number_size = sizeof(std::uint64_t);
constexpr unsigned group_bits = 7;
constexpr std::uint8_t more_groups = 1U << group_bits;

void numbers_of(auto& number, const auto& visit) { visit(number); }

template <typename Visit>
void numbers_of(CreationSums& sums, const Visit& visit) {
  static_assert(sizeof(CreationSums) == 9 * number_size);
  visit(sums.count);
  visit(sums.copy);
  visit(sums.copies);
  visit(sums.publish);
  visit(sums.returned);
  visit(sums.returns);
  visit(sums.child_start);
  visit(sums.starts);
  visit(sums.running);
}

template <typename Visit>
void numbers_of(ChannelUse& use, const Visit& visit) {
  static_assert(sizeof(ChannelUse) == 5 * number_size);
  visit(use.calls);
  visit(use.bytes_in);
  visit(use.bytes_out);
  visit(use.kernel);
  visit(use.uncounted);
}

template <typename Visit>
void numbers_of(WaitSums& sums, const Visit& visit) {
  static_assert(sizeof(WaitSums) == 3 * number_size);
  visit(sums.count);
  visit(sums.blocked);
  visit(sums.open);
}

template <typename Visit>
void numbers_of(TaskStats& stats, const Visit& visit) {
  static_assert(sizeof(TaskStats) == 7 * number_size);
  visit(stats.voluntary_switches);
  visit(stats.involuntary_switches);
  visit(stats.faults_minor);
  visit(stats.faults_major);
  visit(stats.cpu_time);
  visit(stats.user_time);
  visit(stats.system_time);
}

template <typename Visit>
void for_each_optional(Account& account, const Visit& visit) {
  std::ranges::for_each(account.entries, visit);
  std::ranges::for_each(account.counters, visit);
  std::ranges::for_each(account.channels, visit);
  visit(account.task_stats);
}
constexpr std::size_t optionals = std::size_t{TC_NR_ACTIVITIES} + TC_NR_COUNTERS + TC_NR_CHANNELS + 1;
constexpr std::size_t optional_bytes = (optionals + 7) / 8;
using Presence = std::array<std::uint8_t, optional_bytes>;

// Visits every number of an account whose optional figures all have values.
template <typename Visit>
void for_each_number(Account& account, const Visit& visit) {
  visit(account.lifetime);
  for (auto& row : account.cells) {
    std::ranges::for_each(row, visit);
  }
  for_each_optional(account, [&visit](auto& optional) { numbers_of(*optional, visit); });
  for (CreationSums& sums : account.creations) {
    numbers_of(sums, visit);
  }
  for (WaitSums& sums : account.waits) {
    numbers_of(sums, visit);
  }
}
constexpr std::size_t numbers =
    (sizeof(Account) - optionals * number_size /* the flags of the optionals */) / number_size;

using Offsets = std::array<std::uint16_t, numbers>;

Offsets find_offsets() {
  Account account = empty_account();
  Offsets offsets{};
  std::size_t i = 0;
  for_each_number(account, [&](auto& number) {
    static_assert(sizeof number == number_size);
    offsets.at(i++) = static_cast<std::uint16_t>(reinterpret_cast<const std::byte*>(&number) -
                                                 reinterpret_cast<const std::byte*>(&account));
  });
  return offsets;
}

// Where each number is in an account.
const Offsets& offsets() {
  static const Offsets found = find_offsets();
  return found;
}

std::uint8_t* put(std::uint8_t* to, std::uint64_t number) {
  for (; number >= more_groups; number >>= group_bits) {
    *to++ = static_cast<std::uint8_t>(number) | more_groups;
  }
  *to++ = static_cast<std::uint8_t>(number);
  return to;
}

std::uint64_t take(const std::uint8_t*& from) {
  std::uint64_t number = 0;
  unsigned shift = 0;
  for (; (*from & more_groups) != 0; shift += group_bits) {
    number |= std::uint64_t{*from++ & (more_groups - 1U)} << shift;
  }
  return number | std::uint64_t{*from++} << shift;
}

}  // namespace

PackedAccount::PackedAccount(const Account& account) {
  constexpr std::size_t longest_number = 10;
  std::array<std::uint8_t, optional_bytes + numbers*(longest_number + 2)> room;  // NOLINT: written before it is read
  Presence present{};
  Account whole = account;
  std::size_t bit = 0;
  for_each_optional(whole, [&](auto& optional) {
    if (optional) {
      present[bit / 8] |= static_cast<std::uint8_t>(1U << bit % 8);
    } else {
      optional.emplace();
    }
    ++bit;
  });
  std::uint8_t* to = std::ranges::copy(present, room.begin()).out;
  std::size_t after_last = 0;
  for (std::size_t i = 0; i < numbers; ++i) {
    std::uint64_t number = 0;
    std::memcpy(&number, reinterpret_cast<const std::byte*>(&whole) + offsets()[i], sizeof number);
    if (number != 0) {
      to = put(put(to, i - after_last), number);
      after_last = i + 1;
    }
  }
  bytes_.assign(room.data(), to);
}

PackedAccount::operator Account() const {
  Account account;
  if (bytes_.empty()) {
    return account;
  }
  const std::uint8_t* from = bytes_.data();
  std::size_t bit = 0;
  for_each_optional(account, [&](auto& optional) {
    if ((from[bit / 8] >> bit % 8 & 1U) != 0) {
      optional.emplace();
    }
    ++bit;
  });
  from += optional_bytes;
  for (std::size_t i = 0; from != bytes_.data() + bytes_.size(); ++i) {
    i += take(from);
    const std::uint64_t number = take(from);
    std::memcpy(reinterpret_cast<std::byte*>(&account) + offsets()[i], &number, sizeof number);
  }
  return account;
}

PackedAccount::Reading PackedAccount::operator->() const { return Reading(*this); }

PackedAccount::Editing PackedAccount::operator->() { return Editing(*this); }

}  // namespace taskcost
