// SPDX-License-Identifier: Apache-2.0
#include "symbols/kernel_symbols.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace taskcost::test {
namespace {

constexpr std::string_view kallsyms =
    "0000000000000000 A fixed_percpu_data\n"
    "ffffffff81000000 T _text\n"
    "ffffffff81000000 T start_of_kernel\n"
    "ffffffff81000000 t __local_alias\n"
    "ffffffff81002000 t helper\n"
    "ffffffff81003000 T ksys_read\n"
    "ffffffff81004000 D some_data\n"
    "ffffffffc0200100 t nf_hook\t[nf_tables]\n"
    "ffffffffc0100000 T ext4_sync\t[ext4]\n"
    "ffffffffc0300000 t bpf_prog_0123456789abcdef_on_switch\t[bpf]\n";

TEST(KernelSymbols, NamesAddressesInside) {
  const KernelSymbols symbols = KernelSymbols::parse(kallsyms);
  EXPECT_FALSE(symbols.hidden());
  EXPECT_EQ(symbols.name(0xffffffff81002000).function, "helper");
  EXPECT_EQ(symbols.name(0xffffffff81002fff).function, "helper");
  EXPECT_EQ(symbols.name(0xffffffff81003010).function, "ksys_read");
  EXPECT_EQ(symbols.name(0xffffffff81003010).module, "[kernel]");
  EXPECT_TRUE(symbols.name(0xffffffff81003010).kernel);
  EXPECT_EQ(symbols.name(0xffffffff81000001).function, "start_of_kernel") << "of one place the plainest";
  EXPECT_EQ(symbols.name(0xffffffff81004001).function, "ksys_read") << "data are no functions";
}

TEST(KernelSymbols, NamesModules) {
  const KernelSymbols symbols = KernelSymbols::parse(kallsyms);
  EXPECT_EQ(symbols.name(0xffffffffc0100020).function, "ext4_sync");
  EXPECT_EQ(symbols.name(0xffffffffc0100020).module, "[ext4]");
  EXPECT_EQ(symbols.name(0xffffffffc0200100).module, "[nf_tables]");
  EXPECT_EQ(symbols.name(0xffffffffc0300001).function, "bpf_prog_0123456789abcdef_on_switch");
}

TEST(KernelSymbols, BelowTheFirstThereIsNone) {
  const Frame frame = KernelSymbols::parse(kallsyms).name(0x1000);
  EXPECT_EQ(frame.function, "");
  EXPECT_EQ(frame.module, "[kernel]");
  EXPECT_TRUE(frame.kernel);
}

TEST(KernelSymbols, SaysThatTheyAreHidden) {
  const KernelSymbols symbols = KernelSymbols::parse(
      "0000000000000000 T _text\n"
      "0000000000000000 T ksys_read\n");
  EXPECT_TRUE(symbols.hidden());
  EXPECT_EQ(symbols.name(0xffffffff81003010).function, "");
  EXPECT_FALSE(KernelSymbols::parse("").hidden());
  EXPECT_FALSE(KernelSymbols().hidden());
}

TEST(KernelSymbols, PassesOverWhatIsNoLine) {
  const KernelSymbols symbols =
      KernelSymbols::parse("nonsense\n\nffff\nffff \nffff T\nffff T \nffffffff81003000 T last");
  EXPECT_EQ(symbols.name(0xffffffff81003010).function, "last");
}

TEST(KernelSymbols, ReadsThoseOfThisKernel) {
  const auto symbols = KernelSymbols::read();
  ASSERT_TRUE(symbols) << to_line(symbols.error());
}

}  // namespace
}  // namespace taskcost::test
