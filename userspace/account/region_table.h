// SPDX-License-Identifier: Apache-2.0
//
// Makes the table of marked regions from the sums of the kernel side.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/account.h"
#include "taskcost/abi_regions.h"

namespace taskcost {

// Adds the sums of one CPU to those of others.
void add(tc_region_sums& sum, const tc_region_sums& other);

// The name of a region, as the program gave it.
std::string region_name(const __u64 (&name)[TC_REGION_NAME_LEN / 8]);

class RegionTable {
 public:
  // Sums of the same program and name are added up.
  void add(const tc_region_key& key, const tc_region_sums& sums);
  // Sorted by total time, the largest first.
  [[nodiscard]] std::vector<MarkedRegion> take() const;

 private:
  std::map<std::pair<std::string, std::string>, tc_region_sums> entries_;  // by program and region
};

}  // namespace taskcost
