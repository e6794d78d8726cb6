// SPDX-License-Identifier: Apache-2.0
#include "support/browser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include "support/subprocess.h"

namespace taskcost::test {
namespace {

// The script of tests/page, and the function of it that is called.
std::string script(const std::string& call) {
  return "<script>\n" + read_file(TASKCOST_PAGE_SCRIPT) + "pageTest." + call + ";\n</script>\n";
}

std::string asking(const std::string& question) {
  return script(question.empty() ? "look()" : "look(pageTest.questions." + question + ")");
}

constexpr std::string_view answer_begin = "<pre id=\"answer\">";
constexpr std::string_view answer_end = "</pre>";

// The page stands in a frame, and posts to the document around it what was seen of it.
std::string frame_of(const std::string& page_file, int width) {
  std::string frame = "<!DOCTYPE html>\n";
  frame.append(answer_begin).append(answer_end).append("\n").append(script("receive()"));
  return frame + "<iframe src=\"" + page_file +
         "\" style=\"border: 0; height: 1000px; width: " + std::to_string(width) + "px\"></iframe>\n";
}

std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

std::string console_lines(const std::string& log) {
  std::string lines;
  for (const std::string& line : lines_of(log)) {
    if (line.find("CONSOLE") != std::string::npos) {
      lines += line + "\n";
    }
  }
  return lines;
}

// Runs the browser on a file, and returns the answer in the document that it writes; null, with a failure, if there is
// none. `log` is what the browser wrote beside it.
nlohmann::json answer_of(const TemporaryDirectory& directory, const std::string& file,
                         const std::vector<std::string>& options, std::string& log) {
  std::vector<std::string> command{"chromium",
                                   "--headless",
                                   "--no-sandbox",
                                   "--disable-gpu",
                                   "--disable-dev-shm-usage",
                                   "--user-data-dir=" + directory.file("profile"),
                                   "--window-size=1400,1100",
                                   "--enable-logging=stderr",
                                   "--dump-dom"};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back("file://" + directory.file(file));
  const Finished finished = run(command);
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  log = finished.err;
  const std::size_t from = finished.out.find(answer_begin);
  const std::size_t to = finished.out.find(answer_end, from);
  const std::string answer =
      to == std::string::npos ? "" : finished.out.substr(from + answer_begin.size(), to - from - answer_begin.size());
  if (answer.empty()) {
    ADD_FAILURE() << "the page did not answer: " << finished.describe();
    return nullptr;
  }
  return nlohmann::json::parse(from_hex(answer));
}

}  // namespace

SeenPage render_page(const std::string& html, int width, Scheme scheme, const std::string& question) {
  const TemporaryDirectory directory;
  std::string page = html;
  page.insert(page.rfind("</body>"), asking(question));
  std::ofstream(directory.file("page.html")) << page;
  std::ofstream(directory.file("frame.html")) << frame_of("page.html", width);
  std::string log;
  nlohmann::json facts =
      answer_of(directory, "frame.html",
                {std::string("--blink-settings=preferredColorScheme=") + (scheme == Scheme::dark ? "0" : "1"),
                 "--virtual-time-budget=8000"},
                log);
  return facts.is_null() ? SeenPage() : SeenPage{std::move(facts), console_lines(log)};
}

nlohmann::json measure_page(const std::string& html, const std::string& question) {
  const TemporaryDirectory directory;
  std::string page = html;
  page.insert(page.rfind("</body>"), script("measure(pageTest.questions." + question + ")"));
  std::ofstream(directory.file("page.html")) << page;
  std::string log;
  return answer_of(directory, "page.html", {}, log);
}

nlohmann::json SeenPage::rows(const std::string& label) const {
  for (const nlohmann::json& table : facts.value("tables", nlohmann::json::array())) {
    if (table.at("label") == label) {
      return table.at("rows");
    }
  }
  return nlohmann::json::array();
}

nlohmann::json SeenPage::row(const std::string& label, const std::string& name) const {
  for (const nlohmann::json& row : rows(label)) {
    if (row.at(0).at("text") == name) {
      return row;
    }
  }
  ADD_FAILURE() << "no row '" << name << "' in table '" << label << "'";
  return nlohmann::json::array();
}

void expect_well_rendered(const SeenPage& seen) {
  EXPECT_EQ(seen.console, "");
  EXPECT_EQ(seen.facts.value("ready", false), true) << "its script did not come to its end";
  EXPECT_EQ(seen.facts.value("overflow", true), false) << "it has to be scrolled sideways";
  EXPECT_EQ(seen.facts.value("cut", nlohmann::json()), nlohmann::json::array());
  EXPECT_EQ(seen.facts.value("blank", -1), 0) << "charts without anything in them";
  EXPECT_EQ(seen.facts.value("unreachable", -1), 0) << "not reached by the keyboard";
  EXPECT_EQ(seen.facts.value("strangers", -1), 0) << "a name became markup";
  EXPECT_THAT(seen.facts.value("text", ""), ::testing::Not(::testing::HasSubstr("could not be shown")));
}

}  // namespace taskcost::test
