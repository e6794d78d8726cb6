// SPDX-License-Identifier: Apache-2.0
//
// The entries of BPF hash maps.
#pragma once

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>

namespace taskcost {

template <typename Key>
void clear_map(const bpf_map* map) {
  const int fd = bpf_map__fd(map);
  for (Key key{}; bpf_map_get_next_key(fd, nullptr, &key) == 0;) {
    bpf_map_delete_elem(fd, &key);
  }
}

// Reads the value of each key to `value`, which has one for each CPU if the map does. Returns whether all were read.
template <typename Key, typename Visit>
bool for_each_key(const bpf_map* map, void* value, Visit visit) {
  const int fd = bpf_map__fd(map);
  Key key{};
  for (bool more = bpf_map_get_next_key(fd, nullptr, &key) == 0; more;
       more = bpf_map_get_next_key(fd, &key, &key) == 0) {
    if (bpf_map_lookup_elem(fd, &key, value) != 0) {
      return false;
    }
    visit(key);
  }
  return errno == ENOENT;
}

// Returns whether all entries were read.
template <typename Key, typename Sums, typename Visit>
bool for_each_entry(const bpf_map* map, Visit visit) {
  Sums sums{};
  return for_each_key<Key>(map, &sums, [&](const Key& key) { visit(key, sums); });
}

}  // namespace taskcost
