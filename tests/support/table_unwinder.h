// SPDX-License-Identifier: Apache-2.0
//
// Unwinds stacks of this process by unwind tables, as the probes do.
#pragma once

#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/read_text.h"
#include "support/unwind_rows.h"
#include "symbols/address_space.h"

namespace taskcost::test {

struct FrameRegisters {
  std::uint64_t ip = 0;
  std::uint64_t sp = 0;
  std::uint64_t fp = 0;
  std::uint64_t rbx = 0;
  std::uint64_t rbx_at = 0;  // where it was saved; 0: it is in the register
  bool rbx_lost = false;
};

#ifdef __x86_64__
inline FrameRegisters registers_of(const ucontext_t& context) {
  const auto* saved = context.uc_mcontext.gregs;
  const auto value = [saved](int number) { return static_cast<std::uint64_t>(saved[number]); };
  return {value(REG_RIP), value(REG_RSP), value(REG_RBP), value(REG_RBX)};
}
#endif

struct UnwoundStack {
  std::array<std::uint64_t, 200> frames{};
  std::size_t depth = 0;
  tc_stack_end end = TC_STACK_END_TOO_DEEP;

  [[nodiscard]] std::span<const std::uint64_t> addresses() const { return std::span(frames).first(depth); }
};

class TableUnwinder {
 public:
  // Makes the tables of all code that this process has mapped.
  TableUnwinder() {
    std::map<std::string, UnwindTable> tables;
    for (const Mapping& mapping : parse_maps(read_text("/proc/self/maps"))) {
      const auto* memory = reinterpret_cast<const std::byte*>(mapping.start);  // NOLINT(performance-no-int-to-ptr)
      auto table =
          mapping.path == "[vdso]" ? make_unwind_table({memory, mapping.end - mapping.start}) : table_of(mapping.path);
      if (table) {
        code_.push_back({mapping.start, mapping.end, mapping.file_offset, std::move(table->rows)});
      }
    }
  }

  // Allocates no memory, and can be called in a signal handler.
  [[nodiscard]] UnwoundStack unwind(FrameRegisters at) {
    UnwoundStack stack;
    bool is_call = false;  // `ip` is behind a call
    while (stack.depth < stack.frames.size()) {
      stack.frames[stack.depth++] = at.ip;
      const tc_unwind_row* row = find(at.ip - (is_call ? 1 : 0));
      const int kind = row == nullptr ? TC_UNWIND_GAP : row->kind & TC_UNWIND_KIND_MASK;
      ++used_.at(static_cast<std::size_t>(kind));
      if (kind == TC_UNWIND_GAP || kind == TC_UNWIND_NONE || kind == TC_UNWIND_RDI || kind == TC_UNWIND_END) {
        stack.end = kind == TC_UNWIND_END   ? TC_STACK_END_COMPLETE
                    : kind == TC_UNWIND_GAP ? TC_STACK_END_NO_TABLE
                                            : TC_STACK_END_NO_RULE;
        return stack;
      }
      is_call = kind != TC_UNWIND_SIGNAL;
      if (!(is_call ? to_caller(*row, at) : to_interrupted(at))) {
        stack.end = TC_STACK_END_UNREADABLE;
        return stack;
      }
    }
    return stack;
  }

  // How many frames had a row of this kind.
  [[nodiscard]] std::uint64_t used(tc_unwind_kind kind) const { return used_.at(kind); }

 private:
  struct Code {
    std::uint64_t start;
    std::uint64_t end;
    std::uint64_t file_offset;
    std::vector<tc_unwind_row> rows;
  };

  [[nodiscard]] const tc_unwind_row* find(std::uint64_t address) const {
    for (const Code& code : code_) {
      if (address >= code.start && address < code.end) {
        const std::uint64_t offset = address - code.start + code.file_offset;
        return &*(std::ranges::upper_bound(code.rows, offset, {}, &tc_unwind_row::offset) - 1);
      }
    }
    return nullptr;
  }

  // Memory that is not readable is no fault.
  static bool read(std::uint64_t address, std::uint64_t& value) {
    const iovec here{&value, sizeof value};
    const iovec there{reinterpret_cast<void*>(address), sizeof value};  // NOLINT(performance-no-int-to-ptr)
    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == static_cast<ssize_t>(sizeof value);
  }

  static bool to_caller(const tc_unwind_row& row, FrameRegisters& at) {
    const int kind = row.kind & TC_UNWIND_KIND_MASK;
    const int rbx_slot = row.kind >> TC_UNWIND_RBX_SHIFT;
    const bool by_fp = kind == TC_UNWIND_FP || kind == TC_UNWIND_DEREF_FP;
    std::uint64_t base = by_fp ? at.fp : at.sp;
    if (kind == TC_UNWIND_RBX && !read_rbx(at, base)) {
      return false;
    }
    std::uint64_t cfa = base + 8 * static_cast<std::uint64_t>(std::int64_t{row.cfa_offset});
    if (kind == TC_UNWIND_PLT) {
      cfa = at.sp + 8 + ((at.ip & 15) >= static_cast<std::uint64_t>(row.cfa_offset) ? 8 : 0);
    } else if (kind == TC_UNWIND_DEREF_FP || kind == TC_UNWIND_DEREF_SP) {
      if (!read(cfa, cfa)) {
        return false;
      }
      cfa += kind == TC_UNWIND_DEREF_SP ? 8 : 0;
    }
    const std::uint64_t saved_fp = row.fp_slot == TC_UNWIND_SLOT_BASE ? base : cfa - 8 * row.fp_slot;
    if (row.fp_slot != 0 && !read(saved_fp, at.fp)) {
      return false;
    }
    if (rbx_slot != 0) {
      at.rbx_at = cfa - 8 * static_cast<std::uint64_t>(rbx_slot);
      at.rbx_lost = rbx_slot == TC_UNWIND_RBX_LOST;
    }
    at.sp = cfa;
    return read(cfa - 8, at.ip);
  }

  static bool read_rbx(const FrameRegisters& at, std::uint64_t& value) {
    value = at.rbx;
    return !at.rbx_lost && (at.rbx_at == 0 || read(at.rbx_at, value));
  }

  // The kernel has pushed a ucontext.
  static bool to_interrupted(FrameRegisters& at) {
    constexpr std::uint64_t rbp = 120;
    constexpr std::uint64_t rbx = 128;
    constexpr std::uint64_t rsp = 160;
    constexpr std::uint64_t rip = 168;
    const std::uint64_t context = at.sp;
    at.rbx_at = context + rbx;
    at.rbx_lost = false;
    return read(context + rip, at.ip) && read(context + rsp, at.sp) && read(context + rbp, at.fp);
  }

  std::vector<Code> code_;
  std::array<std::uint64_t, TC_UNWIND_NR_KINDS> used_{};
};

}  // namespace taskcost::test
