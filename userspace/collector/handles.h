// SPDX-License-Identifier: Apache-2.0
//
// Owners of libbpf's objects. They are move-only, and their destructors release.
#pragma once

#include <bpf/libbpf.h>

#include <memory>

#include "base/fd.h"

namespace taskcost {

template <auto Release>
struct Releaser {
  template <typename T>
  void operator()(T* object) const {
    Release(object);
  }
};

template <typename T, auto Release>
using Owned = std::unique_ptr<T, Releaser<Release>>;

using Link = Owned<bpf_link, bpf_link__destroy>;
using Ring = Owned<ring_buffer, ring_buffer__free>;

inline bool is_loaded(const bpf_program* program) { return bpf_program__fd(program) >= 0; }

}  // namespace taskcost
