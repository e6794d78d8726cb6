// SPDX-License-Identifier: Apache-2.0
#include "cli/load_report.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/write_all.h"
#include "capture/reader.h"
#include "cli/options/values.h"
#include "cli/signals.h"
#include "cli/temporary_file.h"
#include "collector/handles.h"
#include "report/recorded/recording.h"
#include "report/render.h"

namespace taskcost {
namespace {

// About 100,000 tasks.
constexpr std::size_t max_report_bytes = std::size_t{2} << 30;

Error cannot_read(const std::string& path, std::string why, std::string hint = "") {
  return {fmt::format("cannot read {}", commandline::in_quotes(path)), std::move(why), std::move(hint)};
}

bool begins_like_json(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string::npos || text[first] == '{';
}

Result<std::string> read_all(int fd, const std::string& path) {
  std::string text;
  std::array<char, std::size_t{64} * 1024> chunk{};
  for (;;) {
    const ssize_t size = ::read(fd, chunk.data(), chunk.size());
    if (size < 0 && errno == EINTR) {
      continue;
    }
    if (size < 0) {
      return cannot_read(path, std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
    }
    if (size == 0) {
      return text;
    }
    text.append(chunk.data(), static_cast<std::size_t>(size));
    // Checked for every chunk, because a file that is no report may be endless.
    if (!begins_like_json(text)) {
      return cannot_read(path, "not a JSON report", "name a file that 'taskcost run -o FILE.json' has written");
    }
    if (text.size() > max_report_bytes) {
      return cannot_read(path, "it is larger than 2 GiB", "observe fewer tasks");
    }
  }
}

constexpr std::string_view magic = "\x89TCAP";

bool is_capture(int fd) {
  std::array<char, magic.size()> start{};
  return pread(fd, start.data(), start.size(), 0) == static_cast<ssize_t>(start.size()) &&
         std::string_view(start.data(), start.size()) == magic;
}

Result<Report> report_from_capture(int fd, const std::string& path) {
  auto capture = CaptureReader::read(Fd(dup(fd)), path);
  if (!capture) {
    return capture.error();
  }
  auto playback = play(*capture, read_gaps(*capture), false /*with_timeline*/);
  if (!playback) {
    return playback.error();
  }
  if (capture->end().state != CaptureEnd::State::complete) {
    return cannot_read(path, "the capture is incomplete", "use one that was recorded to its end");
  }
  return std::move(playback->report);
}

// Loads a JSON report by `of_text`, or the report of a capture by `of_report`.
template <typename T>
Result<T> load(int fd, const std::string& path, Result<T> (*of_text)(std::string_view), T (*of_report)(Report&&)) {
  struct stat status {};
  if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
    return cannot_read(path, "it is a directory", "name a JSON report");
  }
  if (is_capture(fd)) {
    auto report = report_from_capture(fd, path);
    return report ? Result<T>(of_report(*std::move(report))) : report.error();
  }
  const auto text = read_all(fd, path);
  if (!text) {
    return text.error();
  }
  if (text->empty()) {
    return cannot_read(path, "it is empty", "name a file that 'taskcost run -o FILE.json' has written");
  }
  auto value = of_text(*text);
  return value ? std::move(value) : with_report_name(value.error(), path);
}

template <typename T>
Result<T> load(const std::string& path, Result<T> (*of_text)(std::string_view), T (*of_report)(Report&&)) {
  if (path == "-") {
    const auto input = open_standard_input();
    return input ? load(input->get(), path, of_text, of_report) : input.error();
  }
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file) {
    return cannot_read(path, std::strerror(errno), "name a JSON report");  // NOLINT(concurrency-mt-unsafe)
  }
  return load(file.get(), path, of_text, of_report);
}

Report as_it_is(Report&& report) { return std::move(report); }

}  // namespace

Result<Fd> open_standard_input() {
  struct stat status {};
  if (fstat(STDIN_FILENO, &status) == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) {
    return Fd(dup(STDIN_FILENO));
  }
  auto copy = open_temporary_file("name the file");
  if (!copy) {
    return copy.error();
  }
  block_file_size_signal();
  std::array<char, std::size_t{64} * 1024> chunk{};
  std::string start;
  for (;;) {
    const ssize_t size = ::read(STDIN_FILENO, chunk.data(), chunk.size());
    if (size < 0 && errno == EINTR) {
      continue;
    }
    if (size < 0) {
      return cannot_read("-", std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
    }
    const std::string_view bytes(chunk.data(), static_cast<std::size_t>(size));
    if (start.size() < magic.size()) {
      start += bytes;
    }
    // Checked early, because a stream that is neither may be endless.
    if (!magic.starts_with(start.substr(0, magic.size())) && !begins_like_json(start)) {
      return cannot_read("-", "neither a capture nor a JSON report",
                         "pass what 'taskcost record' or 'taskcost run -o FILE.json' has written");
    }
    if (size == 0) {
      lseek(copy->get(), 0, SEEK_SET);
      return copy;
    }
    if (!write_all(copy->get(), bytes)) {
      return Error{fmt::format("cannot copy standard input to '{}'", temporary_directory()),
                   std::strerror(errno),  // NOLINT(concurrency-mt-unsafe)
                   "set TMPDIR to a directory with more room, or name the file"};
    }
  }
}

Error with_report_name(Error error, const std::string& path) {
  error.what = fmt::format("{}: {}", commandline::in_quotes(path), error.what);
  return error;
}

std::string report_name(const std::string& path) { return path == "-" ? "standard input" : path; }

bool is_json_report(int fd) {
  std::array<char, 64> start{};
  const ssize_t size = pread(fd, start.data(), start.size(), 0);
  return size > 0 && begins_like_json({start.data(), static_cast<std::size_t>(size)});
}

Result<Report> load_report(const std::string& path) { return load<Report>(path, &read_report, &as_it_is); }

Result<Report> load_report(int fd, const std::string& path) { return load<Report>(fd, path, &read_report, &as_it_is); }

Result<ReportFigures> load_figures(const std::string& path) {
  auto figures = load<ReportFigures>(path, &read_figures, [](Report&& report) { return report_figures(report); });
  if (figures) {
    figures->name = report_name(path);
  }
  return figures;
}

}  // namespace taskcost
