// SPDX-License-Identifier: Apache-2.0
//
// Interprets the call frame instructions of .eh_frame, as far as a row of an unwind table needs them: the rules of the
// CFA, the stack pointer, the frame pointer, the return address and rbx.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace taskcost {

// Numbers of registers in DWARF.
struct CfiRegisters {
  std::uint64_t sp;
  std::uint64_t fp;
  std::uint64_t return_address;
  std::uint64_t rbx;
  std::uint64_t rdi;
  bool is_arm64;
};
inline constexpr std::uint64_t no_register = ~std::uint64_t{0};
inline constexpr CfiRegisters x86_64_registers{7, 6, 16, 3, 5, false};
inline constexpr CfiRegisters arm64_registers{31, 29, 30, no_register, no_register, true};

// Reads little-endian values. Behind the end, or after a value that does not fit, all are 0, and failed() is true.
class CfiBytes {
 public:
  CfiBytes() = default;
  explicit CfiBytes(std::span<const std::uint8_t> bytes) : left_(bytes) {}

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return left_.empty(); }
  [[nodiscard]] const std::uint8_t* position() const { return left_.data(); }
  [[nodiscard]] std::span<const std::uint8_t> rest() const { return left_; }

  std::span<const std::uint8_t> bytes(std::uint64_t size);
  std::uint64_t fixed(std::size_t size);  // 1, 2, 4 or 8 bytes
  std::uint64_t uleb();
  std::int64_t sleb();
  // A pointer in an encoding DW_EH_PE_*. `address` is that of the next byte. nullopt: such an encoding is not
  // supported.
  std::optional<std::uint64_t> pointer(std::uint8_t encoding, std::uint64_t address);

 private:
  std::uint64_t fail();
  // Reads the 7-bit groups of a LEB128 number. `shift` becomes the number of bits that they have.
  std::uint64_t leb(unsigned& shift, std::uint8_t& last);

  std::span<const std::uint8_t> left_;
  bool failed_ = false;
};

// How the caller's value of a register is found.
struct CfiRule {
  enum class How : std::uint8_t {
    unspecified,
    undefined,
    same,
    at_cfa,       // in memory at the CFA + `offset`
    expression,   // in memory where `expression` says
    in_register,  // in the register `number`
    other,        // computed
  };
  How how = How::unspecified;
  std::int64_t offset = 0;
  std::uint64_t number = 0;
  std::span<const std::uint8_t> expression{};
};

struct CfiState {
  enum class Cfa : std::uint8_t { none, at_register, expression };
  Cfa cfa = Cfa::none;
  std::uint64_t cfa_register = 0;
  std::int64_t cfa_offset = 0;
  std::span<const std::uint8_t> cfa_expression;
  CfiRule sp;
  CfiRule fp;
  CfiRule return_address;
  CfiRule rbx;
};

// What the functions of one CIE (common information entry) share.
struct CfiCommon {
  std::uint64_t code_factor = 1;
  std::int64_t data_factor = 1;
  std::uint8_t pointer_encoding = 0;
  bool is_sized = false;       // an FDE has the size of its augmentation
  bool is_signal = false;      // a frame that the kernel made
  bool is_other_link = false;  // the return address is in a register that this machine does not use for it
  bool is_unknown = false;     // has an instruction that is not known
  CfiState initial{};
};

class CfiProgram {
 public:
  // `address` is that of the first instruction in memory: a location can be relative to itself.
  CfiProgram(const CfiRegisters& registers, const CfiCommon& common, std::span<const std::uint8_t> instructions,
             std::uint64_t address, std::uint64_t location);

  enum class Stop { advanced, done, unknown_instruction, malformed };
  // Runs until the location changes. state() is that of the code before the new location.
  Stop run();
  [[nodiscard]] const CfiState& state() const { return state_; }
  [[nodiscard]] std::uint64_t location() const { return location_; }
  // After Stop::malformed.
  [[nodiscard]] const char* why() const { return why_; }

 private:
  std::optional<Stop> execute();
  std::optional<Stop> execute_extended(std::uint8_t instruction);
  std::optional<Stop> execute_cfa(std::uint8_t instruction);
  std::optional<Stop> execute_rule(std::uint8_t instruction);
  Stop advance(std::uint64_t units);
  Stop set_location();
  // The largest value, which no row has, if it overflows.
  [[nodiscard]] std::int64_t factored(std::int64_t units) const;
  // Returns the rule of a register in a state; nullptr: of a register that no row needs.
  template <typename State>
  auto* find_rule(State& state, std::uint64_t number) const;
  void set(std::uint64_t number, const CfiRule& rule);
  void set_offset(std::uint64_t number, std::int64_t units);
  void restore(std::uint64_t number);
  std::optional<Stop> restore_state();
  std::optional<Stop> remember_state();
  Stop malformed(const char* why);

  const CfiRegisters& registers_;
  const CfiCommon& common_;
  CfiBytes instructions_;
  const std::uint8_t* first_;
  std::uint64_t address_;
  std::uint64_t location_;
  CfiState state_;
  std::vector<CfiState> remembered_;
  const char* why_ = "";
};

}  // namespace taskcost
