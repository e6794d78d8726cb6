// SPDX-License-Identifier: Apache-2.0
//
// `taskcost export` for tests, and what a scraper reads from it.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "support/servers.h"
#include "support/subprocess.h"
#include "support/taskcost.h"

namespace taskcost::test {

// The samples of a scrape by their names with labels, as they stand there.
using Samples = std::map<std::string, double>;

inline Samples samples_of(const std::string& text) {
  Samples samples;
  for (const std::string& line : lines_of(text)) {
    if (const std::size_t blank = line.rfind(' '); !line.starts_with('#') && blank != std::string::npos) {
      samples[line.substr(0, blank)] = std::stod(line.substr(blank + 1));
    }
  }
  return samples;
}

inline double sum_of(const Samples& samples, const std::string& metric, const std::string& label = "") {
  double sum = 0;
  for (const auto& [series, value] : samples) {
    sum += series.starts_with(metric + "{") && series.find(label) != std::string::npos ? value : 0;
  }
  return sum;
}

// A connection with a request, whose answer may stay unread. Without a path, nothing is sent.
class HttpRequest {
 public:
  HttpRequest(const std::string& port, const std::string& path) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<in_port_t>(std::stoi(port)));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // The socket interface requires this cast.
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);  // NOLINT
    if (connect(fd_, generic, sizeof(address)) == 0) {
      const std::string request = path.empty() ? "" : "GET " + path + " HTTP/1.0\r\n\r\n";
      sent_ = send(fd_, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
    }
  }
  ~HttpRequest() { close(fd_); }
  HttpRequest(const HttpRequest&) = delete;
  HttpRequest& operator=(const HttpRequest&) = delete;

  [[nodiscard]] bool sent() const { return sent_; }
  // The body of the answer; empty if it was not successful.
  [[nodiscard]] std::string read_body() const {
    std::string answer;
    std::vector<char> buffer(1U << 16U);
    for (ssize_t size = 1; size > 0;) {
      size = recv(fd_, buffer.data(), buffer.size(), 0);
      answer.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    }
    const std::size_t body = answer.find("\r\n\r\n");
    const bool good = answer.find(" 200 ") < answer.find('\r') && body != std::string::npos;
    return good ? answer.substr(body + 4) : "";
  }

 private:
  int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool sent_ = false;
};

// `taskcost export` on a free port of the loopback, ready for scrapes.
class Exporting {
 public:
  explicit Exporting(const Words& options = {}) : tool_(command(options)) {
    EXPECT_TRUE(
        eventually([this] { return tool_.err().find("exporting ") != std::string::npos; }, std::chrono::minutes(5)))
        << tool_.err();
    const std::string said = tool_.err();
    std::smatch found;
    if (std::regex_search(said, found, std::regex("http://127\\.0\\.0\\.1:([0-9]+)/metrics"))) {
      port_ = found[1];
    }
    EXPECT_FALSE(port_.empty()) << said;
  }
  // It ends with the status of success.
  Finished stop(int signal = SIGTERM) {
    tool_.send(signal);
    Finished finished = tool_.wait();
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    return finished;
  }
  [[nodiscard]] std::string text() const { return HttpRequest(port_, "/metrics").read_body(); }
  [[nodiscard]] Samples scrape() const { return samples_of(text()); }
  [[nodiscard]] const std::string& port() const { return port_; }
  [[nodiscard]] const Subprocess& tool() const { return tool_; }

 private:
  static Words command(const Words& options) {
    Words words = test::tool({"export"});
    if (std::ranges::find(options, "--listen") == options.end()) {
      words.insert(words.end(), {"--listen", "127.0.0.1:0"});
    }
    words.insert(words.end(), options.begin(), options.end());
    return words;
  }

  Subprocess tool_;
  std::string port_;
};

}  // namespace taskcost::test
