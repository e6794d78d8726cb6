// SPDX-License-Identifier: Apache-2.0
//
// A script's records as a capture, between description and trailer.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <variant>

#include "capture/record.h"
#include "capture/writer.h"
#include "report/recorded/recording.h"
#include "support/capture_files.h"
#include "support/fixture_script.h"

namespace taskcost::test {

inline RecordingStart fixture_start() {
  RecordingStart start;
  start.tool_version = "0.1.0";
  start.command_line = "taskcost record -- server --once";
  start.host = {"6.1.0-18-amd64", "x86_64", 2, "kvm", "lab", "0123456789abcdef", "0123-4567"};
  start.command = "server --once";
  start.monotonic_ns = 1000;
  start.realtime_ns = 1'700'000'000'000'000'000;
  start.boottime_ns = 5'000'001'000;
  for (std::uint32_t number = 0; number <= number_wait4; ++number) {
    start.calls_by_number.push_back(call_name(number, false));
  }
  return start;
}

inline RecordBytes bytes_of(const Record& record) {
  return std::visit(
      [](const auto& content) {
        const std::span bytes = std::as_bytes(std::span(&content, 1));
        return RecordBytes(bytes.first(header_of(bytes).size));
      },
      record);
}

// Records are `step_ns` apart. No trailer: the capture looks cut off. Throws if writing fails.
inline Bytes capture_of(const Script& script, const std::string& description, const std::optional<std::string>& trailer,
                        const CaptureOptions& options = {.chunk_size = 1 << 12, .buffers = 8},
                        std::uint64_t step_ns = 1000) {
  const Fd file = memory_file();
  auto writer = CaptureWriter::create(Fd(dup(file.get())), description, options);
  if (!writer) {
    throw std::runtime_error(to_line(writer.error()));
  }
  std::uint64_t now = 0;
  for (const Record& record : script.records()) {
    (*writer)->append(bytes_of(record), now += step_ns);
  }
  if (trailer) {
    if (const auto status = (*writer)->finish(*trailer); !status) {
      throw std::runtime_error(to_line(status.error()));
    }
  }
  writer->reset();
  return contents_of(file);
}

}  // namespace taskcost::test
