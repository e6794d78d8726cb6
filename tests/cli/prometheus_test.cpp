// SPDX-License-Identifier: Apache-2.0
//
// A real Prometheus that scrapes `taskcost export` and answers the dashboard's questions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>

#include "support/exporting.h"
#include "support/servers.h"
#include "support/taskcost.h"

namespace taskcost::test {
namespace {

using namespace std::chrono_literals;

// It scrapes one port of the loopback every second.
class Prometheus : public Server {
 public:
  explicit Prometheus(const std::string& scraped) {
    write_file(file("prometheus.yml"),
               "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
               "scrape_configs: [{job_name: taskcost, static_configs: [{targets: ['127.0.0.1:" +
                   scraped + "']}]}]\n");
  }
  ~Prometheus() override { stop(SIGTERM); }
  bool start() override {
    return spawn({"prometheus", "--config.file=" + file("prometheus.yml"), "--storage.tsdb.path=" + file("data"),
                  "--web.listen-address=127.0.0.1:" + port_},
                 [this] { return !HttpRequest(port_, "/-/ready").read_body().empty(); });
  }
  // The value of an expression that is one number; nullopt: it has no value.
  [[nodiscard]] std::optional<double> value(const std::string& expression) const {
    const Json result = query(expression);
    return result.size() == 1 ? std::optional(std::stod(result[0].at("value")[1].get<std::string>())) : std::nullopt;
  }
  [[nodiscard]] Json query(const std::string& expression) const {
    const Json answer =
        Json::parse(HttpRequest(port_, "/api/v1/query?query=" + encoded(expression)).read_body(), nullptr, false);
    EXPECT_TRUE(answer.is_object() && answer.at("status") == "success") << expression;
    return answer.is_object() ? answer.at("data").at("result") : Json::array();
  }

 private:
  static std::string encoded(const std::string& text) {
    constexpr const char* digits = "0123456789ABCDEF";
    std::string all;
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      all += std::isalnum(byte) != 0 ? std::string(1, c) : std::string{'%', digits[byte / 16], digits[byte % 16]};
    }
    return all;
  }

  std::string port_ = free_port();
};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

TEST(ExportToPrometheus, SumsAreTasksAndEveryPanelHasAnAnswer) {
  Exporting exporting({"--detail", "full"});
  Subprocess load({program("steady"), "2"});
  Prometheus prometheus(exporting.port());
  ASSERT_TRUE(prometheus.start()) << prometheus.process().err();
  const auto scraped = [&prometheus](double times) {
    return prometheus.value("count_over_time(up[1h])").value_or(0) >= times;
  };
  ASSERT_TRUE(eventually([&] { return scraped(8); }, 60s));
  EXPECT_EQ(prometheus.value("min_over_time(up[1h])"), 1);
  EXPECT_EQ(prometheus.value("max(resets(taskcost_task_seconds_total[1h]))"), 0);
  const auto sum = prometheus.value("sum(rate(taskcost_task_seconds_total[5s]))");
  const auto tasks = prometheus.value("sum(avg_over_time(taskcost_tasks[5s]))");
  ASSERT_TRUE(sum && tasks);
  EXPECT_NEAR(*sum, *tasks, *tasks * 0.1);

  const Json dashboard = Json::parse(read_file(TASKCOST_EXPORT_EXAMPLES "/dashboard.json"));
  EXPECT_EQ(dashboard.at("panels").size(), 5);
  for (const Json& panel : dashboard.at("panels")) {
    for (const Json& target : panel.at("targets")) {
      const auto expression = target.at("expr").get<std::string>();
      const Json result = prometheus.query(replaced(replaced(expression, "$instance", ".*"), "$__rate_interval", "5s"));
      const bool may_be_empty = expression.ends_with("> 0");  // losses
      EXPECT_TRUE(!result.empty() || may_be_empty) << expression;
    }
  }

  // A restart is one reset, and no rate is negative.
  const std::string port = exporting.port();
  exporting.tool().send(SIGKILL);
  ASSERT_TRUE(exporting.tool().ended(60s));
  Exporting again({"--detail", "full", "--listen", "127.0.0.1:" + port});
  const double before = prometheus.value("count_over_time(up[1h])").value_or(0);
  ASSERT_TRUE(eventually([&] { return scraped(before + 6); }, 60s));
  EXPECT_EQ(prometheus.value("max(resets(taskcost_overhead_seconds_total{part=\"userspace\"}[1h]))"), 1);
  EXPECT_GE(prometheus.value("min(rate(taskcost_task_seconds_total[1h]))").value_or(-1), 0);
  again.stop();
  load.send(SIGTERM);
  load.wait();
}

}  // namespace
}  // namespace taskcost::test
