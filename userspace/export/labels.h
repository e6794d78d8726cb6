// SPDX-License-Identifier: Apache-2.0
//
// Values of labels. Names of cgroups and programs are hostile: a label is valid UTF-8 without control characters, and
// of bounded size.
#pragma once

#include <string>
#include <string_view>

namespace taskcost {

// Control characters and bytes that are not UTF-8 become \n or \xff. A long name ends with an ellipsis.
std::string label_value(std::string_view bytes);

// The numbers of transient units would make a new series for each login and each job: they become
// `session-*.scope`, `run-*.service`.
std::string fold_transient_units(std::string_view path);

// What the parts of a cgroup's path say of it; empty where they say nothing.
struct CgroupIdentity {
  std::string unit;          // of systemd: the last part that is one, but a slice
  std::string slice;         // of systemd: the last one
  std::string container_id;  // 64 hexadecimal digits
  std::string pod;           // uid of a Kubernetes pod

  bool operator==(const CgroupIdentity&) const = default;
};
CgroupIdentity identify_cgroup(std::string_view path);

}  // namespace taskcost
