// SPDX-License-Identifier: Apache-2.0
//
// An account in about as many bytes as it has figures that are not zero. A session keeps one for each task, and most
// tasks do few kinds of things.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace taskcost {

struct Account;

class PackedAccount {
 public:
  PackedAccount() = default;  // Account{}
  // NOLINTBEGIN(google-explicit-constructor): the same value in another form
  PackedAccount(const Account& account);
  operator Account() const;
  // NOLINTEND(google-explicit-constructor)

  // packed->total() unpacks the account for one expression. Where several figures are needed, convert it once.
  class Reading;
  Reading operator->() const;
  // packed->lifetime = ... packs it again at the end of the expression.
  class Editing;
  Editing operator->();

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  // For each optional figure of an account a bit, if it has a value. Then for each number that is not zero: how many
  // numbers further it is than the one before, and the number, both in groups of 7 bits, the lowest first; each group
  // but the last has 128 added. Empty: Account{}.
  std::vector<std::uint8_t> bytes_;
};

}  // namespace taskcost
