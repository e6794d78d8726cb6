// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <utility>

#include "cli/commands.h"
#include "cli/launched.h"
#include "cli/log.h"
#include "cli/signals.h"
#include "collector/clocks.h"
#include "top/changes.h"
#include "top/once.h"
#include "top/screen/top_screen.h"

namespace taskcost {
namespace {

Result<View> make_view(const TopCommand& command) {
  const auto sort = find_sort_key(command.sort);
  if (!sort) {
    return Error{fmt::format("--sort {}", command.sort), "no such sort key", "see 'taskcost top --help'",
                 ErrorKind::usage};
  }
  View view;
  view.sort = *sort;
  view.shape = command.threads    ? View::Shape::threads
               : command.tree     ? View::Shape::tree
               : command.group_by ? View::Shape::groups
                                  : View::Shape::processes;
  view.by = command.group_by.value_or(view.by);
  view.user_kernel_split = command.detail == Detail::full;
  return view;
}

Result<int> show_once(Collector& collector, const TopCommand& command, const View& view, const StopSignals& signals,
                      const Environment& environment) {
  const Glance before = collector.glance();
  const auto end = collector.wait({command.interval, signals.fd(), -1});
  const Glance now = collector.glance();
  const Changes changes = changes_between(before, now);
  if (command.format == OutputFormat::json) {
    render_top_json(changes, view, {environment.host, read_clocks()}, std::cout);
  } else {
    render_top_text(changes, view, std::cout, environment.width);
  }
  std::cout.flush();
  if (!std::cout) {
    return Error{"cannot write to standard output", "it is closed or full", ""};
  }
  if (!end) {
    return end.error();
  }
  return 0;
}

}  // namespace

Result<int> top(const TopCommand& command, const Environment& environment) {
  const auto view = make_view(command);
  if (!view) {
    return view.error();
  }
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  CollectorOptions options;
  options.detail = command.detail;
  options.max_tasks = pool_size_for(command.target, command.max_tasks);
  auto opened = Collector::open(options);
  if (!opened) {
    return opened.error();
  }
  Collector& collector = **opened;
  const auto adopted = collector.adopt(command.target);
  if (!adopted) {
    return adopted.error();
  }
  for (const std::string& each : adopted->left_out) {
    log_line("{}", each);
  }
  if (command.once) {
    return show_once(collector, command, *view, *signals, environment);
  }
  return run_top_screen([&] { return collector.glance(); }, command.interval, *view, signals->fd());
}

}  // namespace taskcost
