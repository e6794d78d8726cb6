// SPDX-License-Identifier: Apache-2.0
#include "support/browser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>

#include "support/subprocess.h"

namespace taskcost::test {
namespace {

// Runs inside the page, at its end.
constexpr const char* asking = R"(<script>
const hex = (text) => [...new TextEncoder().encode(text)].map((each) => each.toString(16).padStart(2, '0')).join('');
const all = (selector) => [...document.querySelectorAll(selector)];
const closed = () => all('details:not([open])').length;
function blank({width, height}, i, canvases) {
  if (width * height === 0) {
    return true;
  }
  const copy = Object.assign(document.createElement('canvas'), {width, height});
  const pixels = copy.getContext('2d', {willReadFrequently: true});
  pixels.drawImage(canvases[i], 0, 0);
  return !pixels.getImageData(0, 0, width, height).data.some((each) => each !== 0);
}
function focusable(each) {
  each.focus();
  return document.activeElement === each;
}
function cut(each) {
  const box = each.getBoundingClientRect();
  return !each.closest('.scroll') && (box.right > innerWidth + 1 || box.left < -1);
}
const ink = Object.fromEntries([...Array(16).keys()].map((i) => `--colour-${i}`).concat(
    ['--page', '--text', '--faint', '--panel', '--link', '--confirmed', '--refuted', '--inconclusive', '--not-measurable'])
    .map((name) => [name, getComputedStyle(document.documentElement).getPropertyValue(name).trim()]));
const facts = {folded: closed(), ink};
window.dispatchEvent(new Event('beforeprint'));
facts.folded_in_print = closed();
facts.blank_in_print = all('canvas').filter(blank).length;
facts.paper = getComputedStyle(document.documentElement).getPropertyValue('--page').trim();
window.dispatchEvent(new Event('afterprint'));
facts.folded_after_print = closed();
unfoldAll();
// A page that has nothing more to paint may never be given another frame.
let asked = false;
const once = (then) => () => {
  if (!asked) {
    asked = true;
    then();
  }
};
const answer = once(() => {
  const root = document.documentElement;
  Object.assign(facts, {
    ready: root.dataset.ready === 'yes', width: innerWidth, overflow: root.scrollWidth > root.clientWidth,
    cut: all('h1, h2, h3, p, summary, li, .chart, .bar').filter(cut).map((each) => each.textContent.slice(0, 80)),
    title: document.title, headings: all('h2').map((each) => each.textContent), text: page.innerText,
    summaries: all('summary').map((each) => each.textContent),
    canvases: all('canvas').length, blank: all('canvas').filter(blank).length,
    unreachable: all('summary, a, .scroll').filter((each) => !focusable(each)).length,
    strangers: all('main script, main b, main img, main iframe').length,
    charts: charts.map((each) => ({
      label: each.canvas.getAttribute('aria-label'), data: each.data.datasets.map((set) => set.data),
      ticks: Object.values(each.scales).map((scale) => scale.ticks.map((tick) => tick.label)),
    })),
    tables: all('table').map((each) => ({
      label: each.getAttribute('aria-label'),
      rows: [...each.rows].map((row) => [...row.cells].map((cell) => {
        const data = cell.querySelector('data');
        return {text: cell.textContent, value: data ? Number(data.value) : null};
      })),
    })),
  });
  facts.answer = (@question@);
  parent.postMessage(hex(JSON.stringify(facts)), '*');
});
requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(answer, 100)));
setTimeout(answer, 3000);
</script>)";

std::string frame_of(const std::string& page_file, int width) {
  return "<!DOCTYPE html><pre id=\"facts\"></pre><script>addEventListener('message', (event) => {"
         "document.getElementById('facts').textContent = `[${event.data}]`; });</script>"
         "<iframe src=\"" +
         page_file + "\" style=\"border: 0; height: 1000px; width: " + std::to_string(width) + "px\"></iframe>\n";
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

}  // namespace

SeenPage look_at(const std::string& html, int width, Scheme scheme, const std::string& question) {
  const TemporaryDirectory directory;
  const std::string end = "</body>";
  const std::string place = "@question@";
  std::string script = asking;
  script.replace(script.find(place), place.size(), question);
  std::string page = html;
  page.insert(page.rfind(end), script);
  std::ofstream(directory.file("page.html")) << page;
  std::ofstream(directory.file("frame.html")) << frame_of("page.html", width);
  const Finished finished =
      run({"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
           "--user-data-dir=" + directory.file("profile"), "--window-size=1400,1100", "--enable-logging=stderr",
           std::string("--blink-settings=preferredColorScheme=") + (scheme == Scheme::dark ? "0" : "1"),
           "--virtual-time-budget=8000", "--dump-dom", "file://" + directory.file("frame.html")});
  EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
  const std::size_t from = finished.out.find('[');
  const std::size_t to = finished.out.find(']', from);
  if (to == std::string::npos) {
    ADD_FAILURE() << "the page did not answer: " << finished.describe();
    return {};
  }
  return {nlohmann::json::parse(from_hex(finished.out.substr(from + 1, to - from - 1))), console_lines(finished.err)};
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

void expect_sound(const SeenPage& seen) {
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
