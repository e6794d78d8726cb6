// SPDX-License-Identifier: Apache-2.0
//
// CSV and JSON lines walk the same columns, so only their form differs.
#include "trace/events/writers.h"

#include <charconv>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>

#include "base/escape.h"
#include "base/json_writer.h"

namespace taskcost {
namespace {

constexpr std::size_t buffer_size = 1U << 16U;

template <typename Number>
void append_number(std::string& out, Number number) {
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  out.append(digits, end);
}

// Calls form.number, form.word (our own text) or form.name (text of an observed program) for each column in order.
template <typename Form>
void walk(const EventRow& row, Form& form) {
  form.number("time_ns", row.time_ns);
  form.number("cpu", row.cpu);
  form.word("event", row.event);
  form.number("tid", row.tid);
  form.number("pid", row.pid);
  form.name("comm", row.comm);
  form.word("activity", row.activity);
  form.word("condition", row.condition);
  form.word("wait", row.wait);
  form.number("duration_ns", row.duration_ns);
  form.number("runnable_ns", row.runnable_ns);
  form.word("syscall", row.syscall);
  form.number("syscall_number", row.syscall_number);
  form.number("result", row.result);
  form.number("bytes_in", row.bytes_in);
  form.number("bytes_out", row.bytes_out);
  form.word("channel", row.channel);
  form.number("waker_tid", row.waker_tid);
  form.name("waker_comm", row.waker_comm);
  form.word("waker_kind", row.waker_kind);
  form.word("waker_call_site", row.waker_call_site);
  form.number("other_tid", row.other_tid);
  if (row.detail_is_from_program) {
    form.name("detail", row.detail);
  } else {
    form.word("detail", row.detail);
  }
  form.number("value", row.value);
  form.number("doubtful", row.doubtful ? std::optional(1U) : std::nullopt);
  form.number("realtime_ns", row.realtime_ns);
  form.number("boottime_ns", row.boottime_ns);
  form.name("host", row.host);
  form.name("machine_id", row.machine_id);
  form.name("boot_id", row.boot_id);
}

// Writes the line of column names.
class CsvHeader {
 public:
  explicit CsvHeader(std::string& out) : out_(out) {}
  template <typename Value>
  void number(std::string_view column, const Value&) {
    add(column);
  }
  void word(std::string_view column, std::string_view) { add(column); }
  void name(std::string_view column, std::string_view) { add(column); }

 private:
  void add(std::string_view column) { out_.append(out_.empty() ? "" : ",").append(column); }

  std::string& out_;
};

// Writes the names and types of the columns.
class SchemaColumns {
 public:
  explicit SchemaColumns(JsonWriter& json) : json_(json) {}
  template <typename Number>
  void number(std::string_view column, const std::optional<Number>&) {
    add(column, "integer");
  }
  void word(std::string_view column, std::string_view) { add(column, "string"); }
  void name(std::string_view column, std::string_view) { add(column, "string"); }

 private:
  void add(std::string_view column, std::string_view type) {
    json_.object(
        column,
        [&] {
          json_.field("type", type);
          if (column.ends_with("_ns")) {
            json_.field("unit", "ns");
          }
        },
        JsonWriter::Layout::row);
  }

  JsonWriter& json_;
};

class CsvLine {
 public:
  explicit CsvLine(std::string& out) : out_(out) {}
  template <typename Number>
  void number(std::string_view, const std::optional<Number>& value) {
    separate();
    if (value) {
      append_number(out_, *value);
    }
  }
  void word(std::string_view, std::string_view value) {
    separate();
    out_.append(value);
  }
  // The TaskTable escaped and quoted the name already.
  void name(std::string_view column, std::string_view value) { word(column, value); }
  void end() { out_ += '\n'; }

 private:
  void separate() {
    if (!is_first_) {
      out_ += ',';
    }
    is_first_ = false;
  }

  std::string& out_;
  bool is_first_ = true;
};

class JsonLine {
 public:
  explicit JsonLine(std::string& out) : out_(out) { out_ += '{'; }
  template <typename Number>
  void number(std::string_view column, const std::optional<Number>& value) {
    if (value) {
      key(column);
      append_number(out_, *value);
    }
  }
  void word(std::string_view column, std::string_view value) {
    if (!value.empty()) {
      key(column);
      out_.append("\"").append(value).append("\"");
    }
  }
  void name(std::string_view column, std::string_view value) {
    if (!value.empty()) {
      key(column);
      out_.append(value);
    }
  }
  void end() { out_ += "}\n"; }

 private:
  void key(std::string_view column) { out_.append(out_.back() == '{' ? "\"" : ",\"").append(column).append("\":"); }

  std::string& out_;
};

// Escapes a name to one line, and quotes it if necessary. A hostile name can neither end its field nor start with a
// character that makes a spreadsheet take it for a formula.
std::string csv_name(std::string_view bytes) {
  std::string text = TerminalText(bytes).text();
  if (!text.empty() && std::string_view("=+-@").find(text.front()) != std::string_view::npos) {
    text.insert(0, 1, '\'');
  }
  if (text.find_first_of(",\"") == std::string::npos) {
    return text;
  }
  std::string quoted = "\"";
  for (const char c : text) {
    quoted.append(c == '"' ? 2 : 1, c);
  }
  return quoted + '"';
}

std::string json_name(std::string_view bytes) {
  std::string quoted;
  if (!bytes.empty()) {
    append_json_string(quoted, bytes);
  }
  return quoted;
}

template <typename Line>
void append_row(std::string& text, const EventRow& row) {
  Line line(text);
  walk(row, line);
  line.end();
}

std::string csv_header() {
  std::string text;
  CsvHeader header(text);
  walk({}, header);
  return text + '\n';
}

}  // namespace

std::string event_schema() {
  std::ostringstream out;
  JsonWriter json(out);
  json.object([&] {
    json.field("$schema", "http://json-schema.org/draft-07/schema#");
    json.field("description", "A recorded event. A field that does not apply, or was not seen, is absent.");
    json.field("type", "object");
    json.array(
        "required", [&] { json.element("event"); }, JsonWriter::Layout::row);
    json.object("properties", [&] {
      SchemaColumns columns(json);
      walk({}, columns);
    });
  });
  json.end_document();
  return std::move(out).str();
}

EventTable::EventTable(std::ostream& out, TraceInfo info, const WriteName& write_name, AppendRow append_row,
                       std::string head)
    : part_(info.part),
      rows_(std::move(info), write_name),
      append_row_(append_row),
      out_(&out),
      text_(std::move(head)) {
  write(rows_.first_rows().front());
}

void EventTable::finish(std::uint64_t end_ns, const std::optional<ClockAnchor>& clocks) {
  write(rows_.last_rows(end_ns, clocks).front());
  drain(1);
  out_->flush();
}

void EventTable::write_shown(const std::vector<EventRow>& rows) {
  for (const EventRow& row : rows) {
    const bool chosen = (row.task == 0 || part_.has(row.task)) && (row.process == 0 || part_.has_process(row.process));
    if (chosen && (!row.time_ns || part_.span.contains(*row.time_ns))) {
      write(row);
    }
  }
  drain(buffer_size);
}

void EventTable::drain(std::size_t at_least) {
  if (text_.size() >= at_least) {
    out_->write(text_.data(), static_cast<std::streamsize>(text_.size()));
    text_.clear();
  }
}

EventCsv::EventCsv(std::ostream& out, TraceInfo info)
    : EventTable(out, std::move(info), csv_name, append_row<CsvLine>, csv_header()) {}

EventNdjson::EventNdjson(std::ostream& out, TraceInfo info)
    : EventTable(out, std::move(info), json_name, append_row<JsonLine>, "") {}

}  // namespace taskcost
