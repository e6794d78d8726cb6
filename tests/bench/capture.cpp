// SPDX-License-Identifier: Apache-2.0
//
// taskcost-bench-capture FILE [MILLIONS-OF-RECORDS]: how fast captures are written and read. The records have 64 bytes
// and resemble switches: their times rise, and they are of few tasks and few CPUs. It asserts nothing.
#include <fcntl.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <thread>

#include "capture/reader.h"
#include "capture/writer.h"
#include "taskcost/abi.h"

namespace {

using namespace taskcost;  // NOLINT(google-build-using-namespace): a program of one file
using Clock = std::chrono::steady_clock;

struct Switch {
  tc_record record{.type = 100, .size = sizeof(Switch)};
  std::uint64_t time_ns = 0;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint32_t cpu = 0;
  std::uint32_t state = 0;
  std::array<std::uint64_t, 3> more{};
};
static_assert(sizeof(Switch) == 64);

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

int fail(const Error& error) {
  std::cerr << "taskcost-bench-capture: " << to_line(error) << '\n';
  return 1;
}

// It appends in bursts with pauses between them, so that the disk keeps up: the figure is the cost of append() itself.
Status write(const char* path, std::uint64_t records) {
  constexpr std::uint64_t burst = 100'000;
  auto writer = CaptureWriter::create(Fd(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)), "{}");
  if (!writer) {
    return writer.error();
  }
  Switch next;
  std::uint64_t noise = 1;
  double appending_s = 0;
  const auto begin = Clock::now();
  for (std::uint64_t done = 0; done < records; done += burst) {
    const auto burst_begin = Clock::now();
    for (std::uint64_t i = 0; i < burst; ++i) {
      noise = noise * 6364136223846793005U + 1442695040888963407U;
      next.time_ns += 500 + (noise >> 54U);
      next.from = std::exchange(next.to, noise >> 32U & 31U);
      next.cpu = noise >> 40U & 7U;
      next.state = noise >> 50U & 1U;
      (*writer)->append(std::as_bytes(std::span(&next, 1)), next.time_ns);
    }
    appending_s += seconds_since(burst_begin);
    while ((*writer)->statistics().records + 16 * (1U << 14U) < done) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  if (auto status = (*writer)->finish("{}"); !status) {
    return status;
  }
  const double written_s = seconds_since(begin);
  const auto statistics = (*writer)->statistics();
  const auto kept = static_cast<double>(statistics.records);
  std::cout << "append: " << appending_s * 1e9 / static_cast<double>(records) << " ns a record\n"
            << "write:  " << kept / written_s / 1e6 << " million records a second, "
            << static_cast<double>(statistics.bytes_out) / kept << " bytes a record, " << statistics.dropped.records
            << " dropped\n";
  return Done{};
}

Status read(const char* path) {
  const auto begin = Clock::now();
  auto reader = CaptureReader::open(path);
  if (!reader) {
    return reader.error();
  }
  std::uint64_t records = 0;
  std::uint64_t sum = 0;
  for (auto item = reader->next(); !std::holds_alternative<EndOfCapture>(item); item = reader->next()) {
    if (const auto* record = std::get_if<std::span<const std::byte>>(&item)) {
      Switch found;
      std::memcpy(&found, record->data(), sizeof(found));
      sum += found.time_ns;
      ++records;
    }
  }
  const double took_s = seconds_since(begin);
  std::cout << "read:   " << static_cast<double>(records) / took_s / 1e6 << " million records a second (" << records
            << " records, " << reader->chunks().size() << " chunks, sum " << sum << ")\n";
  return Done{};
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2 || count > 3) {
    std::cerr << "usage: taskcost-bench-capture FILE [MILLIONS-OF-RECORDS]\n";
    return 2;
  }
  const std::uint64_t millions = count == 3 ? std::strtoull(arguments[2], nullptr, 10) : 20;
  if (const auto status = write(arguments[1], millions * 1'000'000); !status) {
    return fail(status.error());
  }
  if (const auto status = read(arguments[1]); !status) {
    return fail(status.error());
  }
  return 0;
}
