// SPDX-License-Identifier: Apache-2.0
//
// Makes an unwind table of any bytes: of a file, or of the .eh_frame of a good file.
#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>

#include "base/fd.h"
#include "fuzz/expect.h"
#include "support/eh_frame_file.h"
#include "symbols/unwind_table.h"

using namespace taskcost;  // NOLINT(google-build-using-namespace): a program of one file

namespace {

void check_rows(const UnwindTable& table) {
  const auto& rows = table.rows;
  fuzz::expect(!rows.empty() && rows.front().offset == 0, "there is a row for each offset");
  fuzz::expect(rows.back().kind == TC_UNWIND_GAP, "a table ends with a gap");
  std::uint64_t without_rule = 0;
  for (const auto& counted : table.counts.no_rule) {
    without_rule += counted.ranges;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const int kind = rows[i].kind & TC_UNWIND_KIND_MASK;
    fuzz::expect(i == 0 || rows[i - 1].offset < rows[i].offset, "rows are sorted");
    fuzz::expect(kind < TC_UNWIND_NR_KINDS, "a row has a kind");
    fuzz::expect(kind != TC_UNWIND_NONE || without_rule > 0, "code without a rule is counted");
    fuzz::expect(kind != TC_UNWIND_PLT || (rows[i].cfa_offset >= 0 && rows[i].cfa_offset < 16), "a PLT has 16 bytes");
  }
  const auto pages = to_pages(rows);
  fuzz::expect(!pages.empty() && pages.size() <= TC_UNWIND_FILE_PAGES, "pages are bounded");
  fuzz::expect(table.counts.gap_bytes <= table.counts.text_bytes, "gaps are in the code");
}

void check(const std::string& bytes) {
  const Fd file(memfd_create("elf", MFD_CLOEXEC));
  fuzz::expect(write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "there is memory");
  const auto of_file = make_unwind_table(file.get());
  const auto of_image = make_unwind_table(test::image_of(bytes));
  fuzz::expect(of_file.has_value() == of_image.has_value(), "a file and its image are alike");
  if (!of_file) {
    fuzz::expect(to_line(of_file.error()).size() < 200, "an error is one line");
    return;
  }
  check_rows(*of_file);
  const auto& rows = of_file->rows;
  fuzz::expect(rows.size() == of_image->rows.size() &&
                   std::memcmp(rows.data(), of_image->rows.data(), rows.size() * sizeof(tc_unwind_row)) == 0,
               "a file and its image have the same rows");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with(ELFMAG)) {
    check(bytes);
  } else {
    check(test::elf_with(bytes, size % 2 == 0 ? EM_X86_64 : EM_AARCH64));
  }
  return 0;
}
