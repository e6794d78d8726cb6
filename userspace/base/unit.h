// SPDX-License-Identifier: Apache-2.0
//
// The units of figures. Their names are those in JSON.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace taskcost {

enum class Unit {
  ns,
  seconds,  // only in results in the format of hyperfine
  bytes,
  mebibytes,
  count,
  share,    // a part of a whole, from 0 to 1
  ratio,    // of two figures
  factor,   // between two measurements of the same
  identity  // a value that is only equal or not, as an address
};
inline constexpr int unit_count = static_cast<int>(Unit::identity) + 1;

constexpr const char* key_of(Unit unit) {
  constexpr std::array<const char*, unit_count> names{"ns",    "s",     "bytes",  "MiB",     "count",
                                                      "share", "ratio", "factor", "identity"};
  return names.at(static_cast<std::size_t>(unit));
}

// The unit of a number by its key in JSON.
constexpr Unit unit_of_key(std::string_view key) {
  return key.ends_with("_ns")                          ? Unit::ns
         : key.find("bytes") != std::string_view::npos ? Unit::bytes
         : key.find("share") != std::string_view::npos ? Unit::share
                                                       : Unit::count;
}

}  // namespace taskcost
