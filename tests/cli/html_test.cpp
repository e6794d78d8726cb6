// SPDX-License-Identifier: Apache-2.0
//
// The HTML report as a person would see it: in a browser, without a window.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "support/subprocess.h"
#include "support/taskcost.h"

namespace taskcost::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Seen {
  std::string dom;
  std::string messages;
};

// The page after its script has run. `width`: of the window, in CSS pixels.
Seen look_at(const TemporaryDirectory& directory, const std::string& file, int width) {
  // The same page, and a question at its end: does it need to be scrolled sideways?
  const std::string asking = directory.file("asking.html");
  std::ofstream(asking) << read_file(file)
                        << "<script>document.querySelectorAll('details').forEach((each) => { each.open = true; });"
                           "const root = document.documentElement;"
                           "root.dataset.overflow = root.scrollWidth > root.clientWidth ? 'yes' : 'no';</script>\n";
  const Finished finished =
      run({"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
           "--user-data-dir=" + directory.file("profile"), "--window-size=" + std::to_string(width) + ",1000",
           "--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", "file://" + asking});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  return {finished.out, finished.err};
}

void expect_sound_page(const Seen& seen) {
  EXPECT_THAT(seen.dom, HasSubstr("data-ready=\"yes\"")) << "its script did not come to its end";
  EXPECT_THAT(seen.dom, HasSubstr("data-overflow=\"no\""));
  EXPECT_THAT(seen.messages, Not(HasSubstr("CONSOLE"))) << seen.messages;
}

class Page : public ::testing::TestWithParam<int> {};

TEST_P(Page, ShowsARun) {
  const TemporaryDirectory directory;
  const std::string html = directory.file("r.html");
  const std::string json = directory.file("r.json");
  const Finished finished =
      run({taskcost_binary(), "run", "-q", "--format", "none", "-o", html, "-o", json, "--", program("hostile_comm")});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(json);
  ASSERT_TRUE(report);
  const Seen seen = look_at(directory, html, GetParam());
  expect_sound_page(seen);
  for (const Json& process : report->processes()) {
    EXPECT_THAT(seen.dom, HasSubstr("(" + std::to_string(process.at("tgid").get<int>()) + ")"));
  }
  const Json& calls = (*report)["totals"].at("counters").at("syscalls");
  EXPECT_THAT(seen.dom, HasSubstr("<td class=\"word\">syscalls</td><td class=\"\">" + calls.dump() + "</td>"));
  EXPECT_THAT(seen.dom, Not(HasSubstr("<b>"))) << "a name became markup";
}

TEST_P(Page, ShowsVerdicts) {
  const TemporaryDirectory directory;
  const std::string html = directory.file("v.html");
  const std::string json = directory.file("v.json");
  const Finished finished = run({taskcost_binary(), "verify", "-q", "--format", "none", "--claim", "cost.new-memory",
                                 "--claim", "ipc.complex", "-o", html, "-o", json});
  ASSERT_EQ(finished.exit_code(), 0) << finished.describe();
  const auto report = read_report(json);
  ASSERT_TRUE(report);
  const Seen seen = look_at(directory, html, GetParam());
  expect_sound_page(seen);
  for (const Json& claim : (*report)["claims"]) {
    EXPECT_THAT(seen.dom, HasSubstr("id=\"" + claim.at("id").get<std::string>() + "\""));
    EXPECT_THAT(seen.dom, HasSubstr(claim.at("meaning").get<std::string>()));
  }
  EXPECT_THAT(seen.dom, HasSubstr("<canvas"));
}

INSTANTIATE_TEST_SUITE_P(Widths, Page, ::testing::Values(1280, 400),
                         [](const auto& width) { return "px" + std::to_string(width.param); });

}  // namespace
}  // namespace taskcost::test
