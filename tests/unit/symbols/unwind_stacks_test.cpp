// SPDX-License-Identifier: Apache-2.0
//
// Stacks of this process by the rows of unwind tables, against those of the C++ runtime's unwinder.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unwind.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "support/table_unwinder.h"
#include "support/unwound_code.h"

#ifdef __x86_64__

namespace taskcost::test {
namespace {

using ::testing::ElementsAreArray;

// Addresses by _Unwind_Backtrace, from the caller's on.
UnwoundStack runtime_stack() {
  UnwoundStack stack;
  const auto add = [](_Unwind_Context* context, void* argument) {
    auto& into = *static_cast<UnwoundStack*>(argument);
    if (into.depth == into.frames.size()) {
      return _URC_END_OF_STACK;
    }
    if (const std::uint64_t ip = _Unwind_GetIP(context); ip != 0) {
      into.frames[into.depth++] = ip;
    }
    return _URC_NO_REASON;
  };
  _Unwind_Backtrace(add, &stack);
  std::shift_left(stack.frames.begin(), stack.frames.end(), 1);
  stack.depth -= stack.depth == 0 ? 0 : 1;
  return stack;
}

// Expects the stack above the caller to be the runtime's; its own frame is at another call in both.
int expect_same_stack(void* unwinder) {
  ucontext_t context{};
  getcontext(&context);
  const UnwoundStack ours = static_cast<TableUnwinder*>(unwinder)->unwind(registers_of(context));
  const UnwoundStack theirs = runtime_stack();
  EXPECT_EQ(ours.end, TC_STACK_END_COMPLETE);
  EXPECT_GT(ours.depth, 3U);
  EXPECT_THAT(ours.addresses().subspan(1), ElementsAreArray(theirs.addresses().subspan(1)));
  return 0;
}

// What a comparator and a signal handler look at.
TableUnwinder* at_work = nullptr;

TEST(UnwoundStacks, OfCodeWithoutFramePointer) {
  TableUnwinder unwinder;
  EXPECT_EQ(call_plainly(expect_same_stack, &unwinder), 1);
  EXPECT_EQ(call_with_saved_registers(expect_same_stack, &unwinder), 1);
  EXPECT_EQ(call_with_large_frame(expect_same_stack, &unwinder), 1);
}

TEST(UnwoundStacks, OfCodeThatMovesItsStackPointer) {
  TableUnwinder unwinder;
  for (const int size : {16, 1000, 60'000}) {
    EXPECT_EQ(call_with_alloca(expect_same_stack, &unwinder, size), 1);
    EXPECT_EQ(call_with_realigned_alloca(expect_same_stack, &unwinder, size), 1);
  }
  EXPECT_EQ(call_with_realigned_stack(expect_same_stack, &unwinder), 1);
}

TEST(UnwoundStacks, ThroughTheCLibrary) {
  TableUnwinder unwinder;
  at_work = &unwinder;
  std::array<int, 3> numbers{3, 1, 2};
  std::qsort(numbers.data(), numbers.size(), sizeof(int), [](const void* a, const void* b) {
    expect_same_stack(at_work);
    return *static_cast<const int*>(a) - *static_cast<const int*>(b);
  });
  EXPECT_EQ(numbers[0], 1);
  at_work = nullptr;
}

TEST(UnwoundStacks, OfThreads) {
  TableUnwinder unwinder;
  std::thread([&unwinder] { call_plainly(expect_same_stack, &unwinder); }).join();
}

// Installs a handler on a stack of its own, for its lifetime.
class Handler {
 public:
  Handler(int signal, void (*function)(int, siginfo_t*, void*)) : signal_(signal) {
    memory_ = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const stack_t alternate{.ss_sp = memory_, .ss_flags = 0, .ss_size = size};
    EXPECT_EQ(sigaltstack(&alternate, &stack_before_), 0);
    struct sigaction action {};
    action.sa_sigaction = function;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    EXPECT_EQ(sigaction(signal, &action, &action_before_), 0);
  }
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  ~Handler() {
    sigaction(signal_, &action_before_, nullptr);
    sigaltstack(&stack_before_, nullptr);
    munmap(memory_, size);
  }

 private:
  static constexpr std::size_t size = std::size_t{1} << 20;

  int signal_;
  void* memory_;
  stack_t stack_before_{};
  struct sigaction action_before_ {};
};

TEST(UnwoundStacks, OfSignalHandlersOnAnotherStack) {
  TableUnwinder unwinder;
  at_work = &unwinder;
  const Handler handler(SIGUSR1, [](int, siginfo_t*, void*) { expect_same_stack(at_work); });
  call_with_alloca(
      [](void*) {
        std::raise(SIGUSR1);
        return 0;
      },
      nullptr, 100);
  EXPECT_EQ(unwinder.used(TC_UNWIND_SIGNAL), 1U);
  at_work = nullptr;
}

// Compares the stacks at each instruction of a piece of code. The handler must not allocate memory.
struct Steps {
  TableUnwinder unwinder;
  std::uint64_t all = 0;
  std::uint64_t complete = 0;
  std::uint64_t ended_early = 0;  // without a rule, where the runtime's unwinder has one
  std::uint64_t different = 0;
  UnwoundStack at_return;  // what the stack was at the instruction before, if that is to be checked
  FrameRegisters first_different;
  UnwoundStack ours;
  UnwoundStack theirs;
  volatile bool stop = false;
};
Steps* steps = nullptr;
constexpr std::uint64_t most_steps = 6000;

bool is_return(std::uint64_t address) {
  constexpr std::uint8_t ret = 0xc3;
  return *reinterpret_cast<const std::uint8_t*>(address) == ret;  // NOLINT(performance-no-int-to-ptr)
}

void step(int /*signal*/, siginfo_t* /*info*/, void* argument) {
  auto& context = *static_cast<ucontext_t*>(argument);
  constexpr greg_t trap_flag = 0x100;
  auto& flags = context.uc_mcontext.gregs[REG_EFL];
  flags = steps->stop || steps->all == most_steps ? flags & ~trap_flag : flags | trap_flag;
  ++steps->all;
  const FrameRegisters at = registers_of(context);
  const UnwoundStack ours = steps->unwinder.unwind(at);
  const UnwoundStack theirs = runtime_stack();
  // Above the handler and its return to the kernel.
  const auto all = theirs.addresses();
  const auto above = all.subspan(static_cast<std::size_t>(std::ranges::find(all, at.ip) - all.begin()));
  const auto found = ours.addresses();
  const bool is_complete = ours.end == TC_STACK_END_COMPLETE;
  steps->complete += is_complete ? 1 : 0;
  steps->ended_early += is_complete ? 0 : 1;
  bool same = std::ranges::equal(found, is_complete ? above : above.first(std::min(found.size(), above.size())));
  // GCC describes rbp wrongly at the return of a function with a realigned stack, and the runtime believes it. Then its
  // stack at the next instruction has to be the rest of ours.
  if (steps->at_return.depth != 0) {
    same = same && std::ranges::equal(steps->at_return.addresses().subspan(1), above);
    steps->at_return.depth = 0;
  } else if (!same && is_complete && is_return(at.ip)) {
    steps->at_return = ours;
    same = true;
  }
  if (!same && ++steps->different == 1) {
    steps->first_different = at;
    steps->ours = ours;
    steps->theirs = theirs;
  }
}

// Calls through the PLT, the vDSO, code of the C library in assembly, and each of the functions above.
void work_in_steps() {
  std::raise(SIGTRAP);
  std::array<int, 6> numbers{3, 1, 2, 6, 5, 4};
  std::qsort(numbers.data(), numbers.size(), sizeof(int),
             [](const void* a, const void* b) { return *static_cast<const int*>(a) - *static_cast<const int*>(b); });
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const Visit nothing = [](void*) { return 0; };
  call_plainly(nothing, nullptr);
  call_with_saved_registers(nothing, nullptr);
  call_with_alloca(nothing, nullptr, 100);
  call_with_realigned_stack(nothing, nullptr);
  call_with_realigned_alloca(nothing, nullptr, 100);
  std::array<char, 64> text{};
  (void)std::snprintf(text.data(), text.size(), "%d %s %g", numbers[0], "text", std::sqrt(now.tv_nsec));
  steps->stop = true;
}

TEST(UnwoundStacks, AtEachInstruction) {
  Steps all;
  steps = &all;
  {
    const Handler handler(SIGTRAP, step);
    runtime_stack();  // what it needs once
    work_in_steps();
    steps = nullptr;
  }
  EXPECT_EQ(all.different, 0U);
  EXPECT_THAT(all.ours.addresses(), ElementsAreArray(all.theirs.addresses()))
      << "at " << std::hex << all.first_different.ip << ", behind the handler and its return to the kernel";
  EXPECT_GT(all.all, 1000U);
  EXPECT_GT(all.complete, all.all / 10 * 9) << all.ended_early << " of " << all.all << " ended early";
  RecordProperty("steps", std::to_string(all.all));
  RecordProperty("ended_early", std::to_string(all.ended_early));
}

}  // namespace
}  // namespace taskcost::test

#endif
