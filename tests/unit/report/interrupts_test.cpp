// SPDX-License-Identifier: Apache-2.0
// Tests the figures of interrupts, from the records to the sections.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "account/session_builder.h"
#include "report/sections/sections.h"
#include "support/report_builder.h"
#include "support/section_queries.h"
#include "support/session.h"

namespace taskcost::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Interrupts, AreThoseThatHappened) {
  SessionBuilder builder(everything_measured());
  for (int kind = 0; kind < TC_NR_INTERRUPTS; ++kind) {
    builder.on_interrupts(static_cast<tc_interrupt>(kind), {kind == TC_INTERRUPT_NET_RX ? 4U : 0U, 900});
  }
  const Session session = finish(builder, 1ms);
  ASSERT_TRUE(session.interrupts);
  ASSERT_EQ(session.interrupts->size(), 1U);
  EXPECT_EQ(session.interrupts->front().kind, TC_INTERRUPT_NET_RX);
  EXPECT_EQ(session.interrupts->front().count, 4U);
  EXPECT_EQ(session.interrupts->front().time, 900ns);
}

TEST(Interrupts, AreNullIfTheyWereNotMeasured) {
  SessionBuilder builder(everything_measured());
  EXPECT_EQ(finish(builder, 1ms).interrupts, std::nullopt);
}

Report server() {
  ReportBuilder builder;
  builder.process(10, "server", TaskOrigin::fork, 0ms,
                  AccountBuilder()
                      .runs(TC_ACTIVITY_SOCKET, 200ms)
                      .counts(TC_COUNTER_SOFTIRQ_NS, 20'000'000)
                      .counts(TC_COUNTER_IRQ_NS, 1'000'000));
  Report report = builder.build();
  report.session.interrupts = {{{TC_INTERRUPT_NET_RX, 500, 20ms}, {TC_INTERRUPT_HANDLER, 30, 1ms}}};
  return report;
}

TEST(Interrupts, HaveATable) {
  const sections::Section section = sections::interrupts(server());
  EXPECT_THAT(row_of(section, "NET_RX"), ElementsAre("NET_RX", "500", "20.0 ms", "10.0%"));
  EXPECT_THAT(row_of(section, "interrupt handlers"), ElementsAre(testing::_, "30", "1.00 ms", "0.5%"));
  Report report = server();
  report.session.interrupts.reset();
  EXPECT_THAT(sections::interrupts(report).blocks, IsEmpty());
}

TEST(Interrupts, StealTimeIsOfTheMachine) {
  Report report = server();
  report.host.cpus = 2;
  report.stolen = 100ms;
  report.session.end = report.session.start + 1s;
  EXPECT_THAT(said(sections::interrupts(report)),
              Contains("steal: the hypervisor took 100 ms, 5.0% of the time of all CPUs of this machine."));
  report.stolen = 0ms;
  EXPECT_THAT(said(sections::interrupts(report)), Not(Contains(HasSubstr("steal"))));
}

TEST(Interrupts, AreSaidBelowAnAccountThatTheyTookAPartOf) {
  EXPECT_THAT(said(sections::accounts(server().session, false)),
              Contains("running: 20.0 ms of it in softirqs, 1.00 ms in interrupt handlers."));
  ReportBuilder builder;
  builder.process(10, "server", TaskOrigin::fork, 0ms,
                  AccountBuilder().runs(TC_ACTIVITY_SOCKET, 200ms).counts(TC_COUNTER_SOFTIRQ_NS, 200'000));
  EXPECT_THAT(said(sections::accounts(builder.build().session, false)), Not(Contains(HasSubstr("softirqs"))));
}

}  // namespace
}  // namespace taskcost::test
