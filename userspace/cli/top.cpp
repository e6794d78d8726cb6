// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <utility>

#include "cli/commands.h"
#include "cli/launched.h"
#include "cli/log.h"
#include "cli/signals.h"
#include "collector/clocks.h"
#include "collector/privileges.h"
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

// Prints one refresh, or a stream of them. The last one is shorter than the interval if a signal or the end of the
// target cuts it.
Result<int> print_refreshes(Collector& collector, const TopCommand& command, const View& view,
                            const StopSignals& signals, const Environment& environment) {
  const std::optional<unsigned> refreshes = command.once ? 1 : command.refreshes;
  Glance before = collector.glance();
  for (unsigned shown = 1;; ++shown) {
    const auto end = collector.wait({command.interval, signals.fd(), -1});
    const bool last = !end || *end != WindowEnd::duration || shown == refreshes;
    Glance now = last ? collector.last_glance() : collector.glance();
    const Changes changes = changes_between(before, now);
    before = std::move(now);
    if (command.format == TopCommand::Format::text) {
      render_top_text(changes, view, std::cout, environment.width);
    } else {
      const auto layout =
          command.format == TopCommand::Format::ndjson ? JsonWriter::Layout::row : JsonWriter::Layout::lines;
      render_top_json(changes, view, {environment.host, read_clocks()}, std::cout, layout);
    }
    std::cout.flush();
    if (!std::cout) {
      return Error{"cannot write to standard output", "it is closed or full", ""};
    }
    if (last) {
      return end ? Result<int>(0) : end.error();
    }
  }
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
  if (auto status = enter_window_phase(); !status) {
    return status.error();
  }
  Collector& collector = **opened;
  const auto adopted = collector.adopt(command.target);
  if (!adopted) {
    return adopted.error();
  }
  for (const std::string& each : adopted->left_out) {
    log_line("{}", each);
  }
  if (command.once || command.format == TopCommand::Format::ndjson) {
    if (!command.quiet && isatty(STDERR_FILENO) == 1) {
      log_start(adopted->tasks);
    }
    return print_refreshes(collector, command, *view, *signals, environment);
  }
  return run_top_screen([&] { return collector.glance(); },
                        {command.interval, command.refreshes, command.color.value_or(environment.color)}, *view,
                        signals->fd());
}

}  // namespace taskcost
