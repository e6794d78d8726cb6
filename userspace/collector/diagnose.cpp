// SPDX-License-Identifier: Apache-2.0
#include "collector/extras.h"
#include "collector/libbpf_log.h"
#include "collector/privileges.h"
#include "collector/probes.h"
#include "collector/sources.h"
#include "taskcost/collector.h"

namespace taskcost {

Diagnosis diagnose() {
  keep_libbpf_messages();
  Diagnosis diagnosis;
  diagnosis.extras = all_extras();
  diagnosis.usable = check_privileges();
  if (!diagnosis.usable) {
    return diagnosis;
  }
  constexpr unsigned few = 64;
  CollectorOptions options;
  options.max_tasks = few;
  options.kernel_memory = true;
  const Sources sources = choose_sources(options);
  diagnosis.evidence = sources.evidence;
  if (auto probes = Probes::load(sources, options); !probes) {
    diagnosis.usable = probes.error();
  } else if (auto attached = probes->attach(); !attached) {
    diagnosis.usable = attached.error();
  }
  return diagnosis;
}

}  // namespace taskcost
