// SPDX-License-Identifier: Apache-2.0
#include "symbols/unwind_table.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "symbols/eh_frame.h"
#include "symbols/elf_file.h"

namespace taskcost {
namespace {

constexpr std::size_t most_rows = std::size_t{TC_UNWIND_FILE_PAGES} * TC_UNWIND_PAGE_ROWS;

constexpr std::uint32_t most_entry_bytes = 128;

bool same_rule(const tc_unwind_row& a, const tc_unwind_row& b) {
  return a.cfa_offset == b.cfa_offset && a.kind == b.kind && a.fp_slot == b.fp_slot;
}

class Maker {
 public:
  explicit Maker(EhFrame frame) : frame_(std::move(frame)) {}

  Result<UnwindTable> make() {
    auto& functions = frame_.functions;
    if (functions.empty()) {
      return no_unwind_table(".eh_frame describes no function");
    }
    table_.is_arm64 = frame_.registers.is_arm64;
    table_.counts.functions = functions.size();
    table_.counts.outside = frame_.outside;
    for (const CodeSegment& code : frame_.code) {
      table_.counts.text_bytes += code.size;
    }
    std::ranges::stable_sort(functions, {}, &DescribedFunction::from);
    for (std::size_t i = 0; i < functions.size(); ++i) {
      DescribedFunction& function = functions[i];
      if (i + 1 < functions.size() && functions[i + 1].from < function.to) {
        function.to = functions[i + 1].from;
        ++table_.counts.overlapped;
      }
      if (const char* why = add(function); why != nullptr) {
        return no_unwind_table(why);
      }
    }
    append_gap(TC_UNWIND_PAD);
    table_.counts.gap_bytes = table_.counts.text_bytes - std::min(described_, table_.counts.text_bytes);
    return std::move(table_);
  }

 private:
  // Returns why the file is malformed.
  const char* add(const DescribedFunction& function) {
    if (function.from >= function.to) {
      return nullptr;  // another one begins here as well
    }
    if (function.from > end_) {
      append_gap(function.from);
    }
    end_ = function.to;
    described_ += function.to - function.from;
    const CfiCommon& common = frame_.commons[function.common];
    CfiProgram program(frame_.registers, common, frame_.bytes.subspan(function.instructions, function.size),
                       frame_.address + function.instructions, function.address);
    std::uint64_t from = function.from;
    while (from < function.to) {
      const auto stop = common.is_unknown ? CfiProgram::Stop::unknown_instruction : program.run();
      if (stop == CfiProgram::Stop::malformed) {
        return program.why();
      }
      if (table_.rows.size() + 2 > most_rows) {
        return "more rows than a table can have";
      }
      const bool is_known = stop != CfiProgram::Stop::unknown_instruction;
      const std::uint64_t done = program.location() - function.address;
      const bool is_inside = stop == CfiProgram::Stop::advanced && done < function.to - function.from;
      const std::uint64_t to = is_inside ? function.from + done : function.to;
      if (from < to) {
        add(from, to,
            is_known ? to_unwind_rule(frame_.registers, common, program.state())
                     : no_unwind_rule(NoUnwindRule::instruction));
      }
      from = to;
    }
    return nullptr;
  }

  void add(std::uint64_t from, std::uint64_t to, const UnwindRule& rule) {
    tc_unwind_row row = rule.row;
    row.offset = static_cast<std::uint32_t>(from);
    append(row);
    if (rule.reason) {
      auto& counted = table_.counts.no_rule[static_cast<std::size_t>(*rule.reason)];
      ++counted.ranges;
      counted.bytes += to - from;
    }
  }

  // The code that the dynamic linker begins with is assembly that nothing describes. It has no caller.
  void append_gap(std::uint32_t to) {
    const std::uint32_t entry = frame_.entry.value_or(0);
    const bool has_entry = frame_.entry && entry >= end_ && entry < std::min(to, TC_UNWIND_PAD - most_entry_bytes);
    if (!has_entry || entry > end_) {
      append(plain_row(end_, TC_UNWIND_GAP));
    }
    if (has_entry) {
      append(plain_row(entry, TC_UNWIND_END));
      if (entry + most_entry_bytes < to) {
        append(plain_row(entry + most_entry_bytes, TC_UNWIND_GAP));
      }
    }
  }

  void append(const tc_unwind_row& row) {
    if (table_.rows.empty() || !same_rule(table_.rows.back(), row)) {
      table_.rows.push_back(row);
    }
  }

  EhFrame frame_;
  UnwindTable table_;
  std::uint32_t end_ = 0;        // of the function before
  std::uint64_t described_ = 0;  // bytes
};

Result<UnwindTable> make_table(const Result<ElfHandle>& elf, std::uint64_t size) {
  if (!elf) {
    return no_unwind_table(elf.error().why);
  }
  auto frame = read_eh_frame(elf->get(), size);
  return frame ? Maker(std::move(*frame)).make() : Result<UnwindTable>(frame.error());
}

}  // namespace

Result<UnwindTable> make_unwind_table(int file) {
  struct stat status {};
  if (fstat(file, &status) != 0) {
    return no_unwind_table(std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return no_unwind_table("not a regular file");
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size >= std::uint64_t{4} << 30) {
    return no_unwind_table("larger than 4 GiB");
  }
  return make_table(open_elf(file), size);
}

Result<UnwindTable> make_unwind_table(std::span<const std::byte> image) {
  return make_table(open_elf(image), image.size());
}

std::vector<tc_unwind_page> to_pages(std::span<const tc_unwind_row> rows) {
  std::vector<tc_unwind_page> pages((rows.size() + TC_UNWIND_PAGE_ROWS - 1) / TC_UNWIND_PAGE_ROWS);
  for (std::size_t i = 0; i < pages.size() * TC_UNWIND_PAGE_ROWS; ++i) {
    pages[i / TC_UNWIND_PAGE_ROWS].rows[i % TC_UNWIND_PAGE_ROWS] =
        i < rows.size() ? rows[i] : plain_row(TC_UNWIND_PAD, TC_UNWIND_GAP);
  }
  return pages;
}

}  // namespace taskcost
