// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include "cli/commands.h"
#include "collector/collector.h"
#include "report/render.h"

namespace taskcost {

Result<int> doctor(const DoctorCommand& command, const Environment& environment) {
  const Diagnosis diagnosis = diagnose();
  Checkup checkup{environment.host, std::nullopt, diagnosis.evidence, diagnosis.extras};
  if (!diagnosis.usable) {
    checkup.obstacle = diagnosis.usable.error();
  }
  if (command.json) {
    render_checkup_json(checkup, std::cout);
  } else {
    render_checkup_text(checkup, std::cout, {environment.width, command.color.value_or(environment.color)});
  }
  return checkup.obstacle ? 1 : 0;
}

}  // namespace taskcost
