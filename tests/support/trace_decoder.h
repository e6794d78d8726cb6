// SPDX-License-Identifier: Apache-2.0
//
// Reads Perfetto traces without the code that wrote them: it decodes the wire format itself, with the numbers of the
// fields in Perfetto's published definition (protos/perfetto/trace/ of its repository).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace taskcost::test {

struct Field;

// A message: its fields in the order of the file.
struct Message {
  std::vector<Field> fields;

  // The first field of that name; the test fails if it is missing.
  [[nodiscard]] const Message& message(std::string_view name) const;
  [[nodiscard]] std::uint64_t number(std::string_view name) const;
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] std::vector<const Field*> all(std::string_view name) const;

 private:
  [[nodiscard]] const Field* find(std::string_view name) const;
};

struct Field {
  std::string_view name;  // "unknown" for a number that the published definition lacks
  std::uint64_t number = 0;
  std::string text;
  Message message;
  enum class Kind { number, text, message } kind = Kind::number;
};

// The packets of a trace. Throws std::runtime_error for invalid bytes.
std::vector<Message> decode_trace(std::string_view bytes);

// For golden files: a line for each field, nested messages indented.
std::string to_text(const std::vector<Message>& packets);

// Slices as a viewer shows them: begins and ends of each track are paired, in the order of time.
struct Slice {
  std::uint64_t track = 0;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  // 0: it has none
  bool is_instant = false;
  std::size_t depth = 0;  // the number of slices around it
  std::string name;
  std::string category;
  std::map<std::string, std::string> arguments;
};

// Resolves interned names as a reader does: it forgets them where packets were dropped, and skips a packet whose names
// it lacks.
std::vector<Slice> slices_of(const std::vector<Message>& packets);

// ftrace events with their bundle's CPU, in the order of the file.
struct FtraceEvent {
  std::uint64_t cpu = 0;
  std::uint64_t at = 0;
  std::uint64_t pid = 0;
  std::string kind;
  const Message* event = nullptr;  // within the packets
};
std::vector<FtraceEvent> ftrace_events_of(const std::vector<Message>& packets);

}  // namespace taskcost::test
