// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <utility>

#include "cli/options/observe_options.h"
#include "cli/options/values.h"

namespace taskcost::commandline {
namespace {

constexpr unsigned most_groups = 100'000;

// ADDRESS:PORT, where an address of IPv6 stands in brackets. Names are not resolved: that may ask the network.
Result<ListenAddress> parse_address(std::string_view option, const std::string& text) {
  constexpr const char* hint = "use ADDRESS:PORT, as in 127.0.0.1:9437 or [::1]:9437";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) {
    return bad_value(option, text, "it has no port", hint);
  }
  ListenAddress address;
  address.host = text.substr(0, colon);
  const bool brackets = address.host.starts_with('[') && address.host.ends_with(']');
  if (brackets) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  in6_addr binary{};
  if (inet_pton(brackets ? AF_INET6 : AF_INET, address.host.c_str(), &binary) != 1) {
    return bad_value(option, text, "not an IP address before the port", hint);
  }
  address.version6 = brackets;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (error != std::errc{} || rest != end) {
    return bad_value(option, text, "not a port after the address", "use 1 to 65535, or 0 for any free port");
  }
  return address;
}

}  // namespace

Result<Options> parse_export(const Words& words) {
  ExportCommand command;
  std::optional<Target> target;
  std::optional<ListenAddress> listen;
  std::optional<std::chrono::nanoseconds> interval;
  CommandParser parser(
      {"taskcost export", "taskcost export [TARGET] [OPTIONS]",
       "Serve figures of all tasks by cgroup to Prometheus, or write them to a file, until a signal comes. Default "
       "target: the whole machine.",
       "Example: sudo taskcost export --listen 127.0.0.1:9437"});
  add_target_options(parser, target);
  CLI::Option* const address =
      parser.value("--listen", "ADDRESS:PORT", listen, parse_address,
                   "Serve http://ADDRESS:PORT/metrics; port 0 is any free port. Default: 127.0.0.1:9437.");
  CLI::Option* const file =
      parser
          .value("--textfile", "FILE", command.textfile,
                 "Write the figures to FILE, again and again, instead of serving them: for the textfile collector of "
                 "node_exporter, which reads *.prom.")
          ->excludes(address);
  parser
      .value("--interval", "SECONDS", interval, parse_seconds,
             "With --textfile: seconds between two writes. Default: 15.")
      ->needs(file);
  parser.choice("--by", "KEY", command.by, {{"cgroup", GroupBy::cgroup}, {"comm", GroupBy::comm}},
                "Groups of tasks: cgroup (default: a systemd unit, a container), or comm (program name).");
  parser.value("--max-groups", "N", command.max_groups, count_up_to(most_groups),
               "Have at most N groups at a time; tasks of further ones are in '(others)'. Default: 100.");
  add_level_options(parser, command.detail, command.max_tasks, ExportCommand::usual_tasks);
  add_quiet_option(parser, command.quiet);
  if (auto end = parser.parse(words)) {
    return *end;
  }
  if (auto status = parser.refuse_positionals(); !status) {
    return status.error();
  }
  command.target = target.value_or(Target{Target::Kind::machine, {}, {}, {}});
  command.listen = listen.value_or(command.listen);
  command.interval = interval.value_or(command.interval);
  return Options(std::move(command));
}

}  // namespace taskcost::commandline
