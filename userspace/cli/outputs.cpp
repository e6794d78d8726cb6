// SPDX-License-Identifier: Apache-2.0
#include "cli/outputs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <ext/stdio_filebuf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "cli/signals.h"
#include "report/recorded/recording.h"
#include "report/render.h"
#include "trace/events/writers.h"
#include "trace/perfetto/export.h"

namespace taskcost {
namespace {

TraceInfo trace_info(const RecordingStart& start, std::vector<ReplayGap> gaps) {
  TraceInfo info;
  info.host = start.host.name;
  info.machine_id = start.host.machine_id;
  info.boot_id = start.host.boot_id;
  info.kernel = start.host.kernel;
  info.machine = start.host.arch;
  info.command = start.command;
  info.detail = start.calls ? "full" : "switches";
  info.calls = start.calls;
  info.classes = call_classes(start);
  info.gaps = std::move(gaps);
  info.cpus = start.host.cpus;
  info.start_ns = start.monotonic_ns;
  info.start_realtime_ns = start.realtime_ns;
  if (start.boottime_ns != 0) {
    info.start_boottime_ns = start.boottime_ns;
  }
  info.syscall_name = [&start](std::uint32_t number, bool compat) { return call_name(start, number, compat); };
  return info;
}

// A file that keeps the errno of the first failed write: a renderer continues after it and overwrites errno.
class FileBuffer : public __gnu_cxx::stdio_filebuf<char> {
 public:
  explicit FileBuffer(Fd file) : stdio_filebuf(file.release(), std::ios::out) {}

  // Flushes and closes: some file systems report errors only on close.
  bool finish() {
    note(sync() == 0);
    note(close() != nullptr);
    return error_ == 0;
  }
  [[nodiscard]] int error() const { return error_; }

 protected:
  int_type overflow(int_type character) override {
    const int_type result = stdio_filebuf::overflow(character);
    note(!traits_type::eq_int_type(result, traits_type::eof()));
    return result;
  }
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const std::streamsize written = stdio_filebuf::xsputn(text, size);
    note(written == size);
    return written;
  }

 private:
  void note(bool good) { error_ = good || error_ != 0 ? error_ : errno; }

  int error_ = 0;
};

template <typename Export>
Status of_events(EventSource& source, std::ostream& out) {
  CaptureReader& capture = source.capture;
  capture.seek(0);
  const auto start = read_start(capture.description());
  if (!start) {
    return start.error();
  }
  TraceInfo info = trace_info(*start, source.gaps);
  info.part = source.part;
  Export events(out, std::move(info));
  const TraceSpan& span = source.part.span;
  const CaptureWalk walked = walk(capture, {[&](const Record& record) {
                                              if (span.is_before_end(time_of(record))) {
                                                events.on_record(record);
                                              }
                                            },
                                            [&](const Interruption& each) { events.on_interruption(each); }});
  const auto end = end_of(capture, *start, walked);
  if (!end) {
    return end.error();
  }
  const auto end_ns = static_cast<std::uint64_t>(end->end.time_since_epoch().count());
  events.finish(std::min(end_ns, span.to_ns), end->clocks.end);
  return Done{};
}

template <void (*render)(const Report&, std::ostream&)>
void of_report(const Report& report, const TextOptions& /*text*/, std::ostream& out) {
  render(report, out);
}

void write_text(const Report& report, const TextOptions& text, std::ostream& out) { render_text(report, out, text); }

void write_folded(const Report& report, const TextOptions& /*text*/, std::ostream& out) {
  render_folded(report, StackWeight::time, out);
}

// The writer of a format is one of these functions, or nullptr.
struct Writer {
  constexpr Writer(std::nullptr_t /*none*/) {}
  constexpr Writer(void (*report)(const Report&, const TextOptions&, std::ostream&)) : report(report) {}
  constexpr Writer(Status (*events)(EventSource&, std::ostream&)) : events(events) {}

  void (*report)(const Report&, const TextOptions&, std::ostream&) = nullptr;
  Status (*events)(EventSource&, std::ostream&) = nullptr;
};
#define WRITER(name, ending, sets, source, writer) Writer(writer),
constexpr std::array writers = {TASKCOST_FORMATS(WRITER)};
#undef WRITER

}  // namespace

Result<Outputs> Outputs::open(const OutputOptions& options, const Environment& environment) {
  const bool error = options.stream == ReportStream::standard_error;
  Outputs outputs;
  outputs.group_by_ = options.group_by;
  outputs.per_ = options.per;
  outputs.format_ = options.format;
  outputs.stream_ = options.stream;
  outputs.terminal_ = {error ? environment.error_width : environment.width,
                       options.color.value_or(error ? environment.error_color : environment.color), options.verbose,
                       options.view};
  if (options.summary_on_terminal && environment.error_terminal && !options.quiet) {
    outputs.summary_of_report_ = true;
  }
  for (const OutputFile& file : options.outputs) {
    auto path = OutputPath::open(file.path, OutputPath::Access::write);
    if (!path) {
      return path.error();
    }
    outputs.files_.push_back({file.format, *std::move(path)});
  }
  return outputs;
}

Status Outputs::write_file(File& output, const Renderer& render) const {
  if (auto status = output.path.clear(); !status) {
    return status;
  }
  // Streams to the descriptor, because the text of tens of thousands of tasks would need more memory than the report.
  Fd copy(dup(output.path.fd()));
  if (!copy) {
    return output.path.error(errno);
  }
  FileBuffer buffer(std::move(copy));
  std::ostream out(&buffer);
  constexpr unsigned width = 80;
  ReportView view = terminal_.view;
  view.extent = ReportView::Extent::all;
  view.summary_last = false;
  if (auto status = render(output.format, {width, false /*color*/, terminal_.verbose, view}, out); !status) {
    return status;
  }
  if (!buffer.finish()) {
    return output.path.error(buffer.error());
  }
  if (!out) {
    return output.path.error(ENOMEM);  // a stream swallows bad_alloc and sets its state
  }
  output.path.keep();
  return Done{};
}

Status Outputs::write_stream(const Renderer& render) const {
  const bool error = stream_ == ReportStream::standard_error;
  const Error failure{fmt::format("cannot write to standard {}", error ? "error" : "output"), "it is closed or full",
                      "use -o FILE"};
  // std::cerr is unbuffered: a duplicate descriptor gets a buffer.
  Fd copy(dup(error ? STDERR_FILENO : STDOUT_FILENO));
  if (!copy) {
    return failure;
  }
  FileBuffer buffer(std::move(copy));
  std::ostream out(&buffer);
  if (auto status = render(*format_, terminal_, out); !status) {
    return status;
  }
  if (!buffer.finish() || !out) {
    return failure;
  }
  return Done{};
}

Status Outputs::write(Report& report, const OpenEvents& open_events) {
  report.group_by = group_by_ ? group_by_ : report.group_by;
  report.per = per_ ? per_ : report.per;
  if (summary_of_report_) {
    format_ = OutputFormat::text;
    terminal_.view.extent = ReportView::Extent::summary;
  }
  std::optional<Result<EventSource>> source;
  return write([&](OutputFormat format, const TextOptions& text, std::ostream& out) -> Status {
    const Writer& writer = writers.at(static_cast<std::size_t>(format));
    if (writer.report != nullptr) {
      writer.report(report, text, out);
    } else if (writer.events != nullptr) {
      if (!source) {
        source.emplace(open_events());
      }
      return *source ? writer.events(**source, out) : Status(source->error());
    }
    return Done{};
  });
}

Status Outputs::write(const Renderer& render) {
  block_file_size_signal();
  Status first = Done{};
  for (File& output : files_) {
    if (Status status = write_file(output, render); !status && first) {
      first = status;
    }
  }
  if (format_) {
    if (Status status = write_stream(render); !status && first) {
      first = status;
    }
  }
  return first;
}

}  // namespace taskcost
