// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <fmt/format.h>
#include <malloc.h>
#include <netinet/in.h>
#include <prometheus/exposer.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/write_all.h"
#include "cli/caller/atomic_file.h"
#include "cli/commands.h"
#include "cli/launched.h"
#include "cli/log.h"
#include "cli/signals.h"
#include "collector/clocks.h"
#include "collector/collector.h"
#include "collector/privileges.h"
#include "export/families.h"
#include "export/group_counters.h"
#include "export/scrape_desk.h"

namespace taskcost {
namespace {

constexpr in_port_t first_free_for_all = 1024;
constexpr std::size_t ring_bytes = std::size_t{4} << 20U;  // the final records of a thousand tasks

// The HTTP server does not say why it cannot listen: this socket does, and is closed again.
Status check_address(const ListenAddress& address) {
  sockaddr_in version4{};
  sockaddr_in6 version6{};
  version4.sin_family = AF_INET;
  version4.sin_port = htons(address.port);
  version6.sin6_family = AF_INET6;
  version6.sin6_port = htons(address.port);
  inet_pton(AF_INET, address.host.c_str(), &version4.sin_addr);
  inet_pton(AF_INET6, address.host.c_str(), &version6.sin6_addr);
  const auto* const name = address.version6 ? static_cast<const void*>(&version6) : &version4;
  const auto size = static_cast<socklen_t>(address.version6 ? sizeof(version6) : sizeof(version4));
  const Fd socket(::socket(address.version6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (socket && setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
      bind(socket.get(), static_cast<const sockaddr*>(name), size) == 0) {
    return Done{};
  }
  const int why = errno;
  return Error{fmt::format("cannot listen on {}", address.text(address.port)), std::strerror(why),
               why == EADDRINUSE ? "choose another port with --listen"
               : why == EACCES   ? fmt::format("ports below {} need CAP_NET_BIND_SERVICE; choose another with --listen",
                                               first_free_for_all)
                                 : "choose an address of this machine with --listen"};
}

// Waits for several descriptors as one.
Result<Fd> watch(int signals, int scrapes) {
  Fd all(epoll_create1(EPOLL_CLOEXEC));
  for (const int fd : {signals, scrapes}) {
    epoll_event event{EPOLLIN, {.fd = fd}};
    if (!all || epoll_ctl(all.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
      return Error{"cannot wait for scrapes", std::strerror(errno), ""};
    }
  }
  return all;
}

ProcessFigures read_process(double start_time) {
  ProcessFigures process;
  process.cpu_seconds = std::chrono::duration<double>(own_cpu_time()).count();
  process.start_time_seconds = start_time;
  double pages = 0;
  double resident = 0;
  if (std::ifstream statm("/proc/self/statm"); statm >> pages >> resident) {
    process.resident_bytes = resident * static_cast<double>(sysconf(_SC_PAGESIZE));
  }
  std::error_code error;
  for (std::filesystem::directory_iterator fd("/proc/self/fd", error), end; !error && fd != end; fd.increment(error)) {
    ++process.open_fds;
  }
  return process;
}

// The figures of the open window.
class Exporter {
 public:
  Exporter(Collector& collector, const ExportCommand& command)
      : collector_(collector),
        by_(to_string(command.by)),
        serves_(!command.textfile),
        groups_(command.by, command.max_groups, group_series(command.detail == Detail::full)),
        start_time_(std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count()) {}

  // Takes the tasks that ended before there are more than a glance can hold.
  void take_ended() {
    if (collector_.ended_since_glance() >= EndedTasks::limit / 4) {
      groups_.take(collector_.glance());
    }
  }

  Families scrape() {
    Glance glance = collector_.glance();
    groups_.take(glance);
    MachineFigures machine;
    machine.losses = glance.losses;
    machine.userspace_cpu = glance.userspace_cpu;
    if (glance.per_transition) {
      machine.probes = *glance.per_transition * static_cast<Duration::rep>(glance.transitions);
    }
    for (int id = 0; id < TC_NR_HISTOGRAMS; ++id) {
      if (const auto each = static_cast<tc_histogram_id>(id); is_measured(each)) {
        machine.latencies.at(each).emplace().merge(collector_.latency(each));
      }
    }
    Families all = group_families(groups_.scrape(), groups_.series(), by_);
    const auto append = [&all](Families more) {
      all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    };
    append(latency_families(machine.latencies));
    append(counters_.families(machine));
    append(info_families(collector_.evidence(), TASKCOST_VERSION));
    if (serves_) {  // beside a file, node_exporter has its own process_* series
      append(process_families(read_process(start_time_)));
    }
    return all;
  }

 private:
  [[nodiscard]] bool is_measured(tc_histogram_id id) const {
    const SessionOptions& model = collector_.model();
    switch (id) {
      case TC_HISTOGRAM_RUN_QUEUE:
        return true;
      case TC_HISTOGRAM_SWITCH_SAME:
      case TC_HISTOGRAM_SWITCH_OTHER:
        return model.switch_latency;
      case TC_HISTOGRAM_EXEC:
        return model.calls;
      default:
        return model.fault_latency;
    }
  }

  Collector& collector_;
  std::string by_;
  bool serves_;
  GroupCounters groups_;
  MachineCounters counters_;
  double start_time_;
};

Status write_figures(Exporter& exporter, const AtomicFile& file) {
  const std::string text = exposition_of(exporter.scrape());
  return file.replace([&text](const Fd& to) -> Status {
    return write_all(to.get(), text) ? Status(Done{}) : Error{"", std::strerror(errno), ""};
  });
}

// Waits for scrapes, for the time of the next file, and for signals. Returns the exit status.
Result<int> export_until_stopped(Collector& collector, Exporter& exporter, ScrapeDesk& desk,
                                 const std::optional<AtomicFile>& file, const ExportCommand& command,
                                 StopSignals& signals) {
  const auto watched = watch(signals.fd(), desk.fd());
  if (!watched) {
    return watched.error();
  }
  collector.on_poll([&exporter] { exporter.take_ended(); });
  const auto interval = file ? std::optional<Duration>(command.interval) : std::nullopt;
  Instant due = now() + command.interval;
  while (true) {
    if (file && now() >= due) {
      due = now() + command.interval;
      if (auto status = write_figures(exporter, *file); !status) {
        log_line("{}", to_line(status.error()));  // the disk may have room at the next time
      }
    }
    const auto left = interval ? std::optional(std::max(due - now(), Duration::zero())) : std::nullopt;
    const auto end = collector.wait({left, watched->get(), -1});
    if (!end) {
      return end.error();
    }
    if (desk.is_asked()) {
      desk.answer(exporter.scrape());
    }
    const int signal = signals.take().signal;
    if (signal == SIGHUP) {
      log_line("SIGHUP: there is no configuration to read again");
    } else if (signal != 0 || *end == WindowEnd::target_exited) {
      return 0;
    }
  }
}

// `desk` outlives the server, whose threads end with it.
Result<std::unique_ptr<prometheus::Exposer>> serve(const std::shared_ptr<ScrapeDesk>& desk,
                                                   const ListenAddress& address) try {
  auto server = std::make_unique<prometheus::Exposer>(std::vector<std::string>{
      "listening_ports", address.text(address.port), "num_threads", "4", "request_timeout_ms", "10000"});
  server->RegisterCollectable(desk);
  return server;
} catch (const std::exception& error) {
  return Error{fmt::format("cannot listen on {}", address.text(address.port)), error.what(),
               "choose another address with --listen"};
}

}  // namespace

Result<int> export_figures(const ExportCommand& command, const Environment& /*environment*/) {
  auto signals = StopSignals::block();
  if (!signals) {
    return signals.error();
  }
  std::optional<AtomicFile> file;
  if (command.textfile) {
    auto opened = AtomicFile::open(*command.textfile);
    if (!opened) {
      return opened.error();
    }
    file.emplace(*std::move(opened));
  } else if (auto status = check_address(command.listen); !status) {
    return status.error();
  }
  CollectorOptions options;
  options.detail = command.detail;
  // Both are mapped for ever: they are most of the resident memory, the ring twice.
  options.max_tasks = pool_size_for(command.target, command.max_tasks, ExportCommand::usual_tasks);
  options.ring_bytes = ring_bytes;
  options.glances_only = true;
  auto opened = Collector::open(options);
  if (!opened) {
    return opened.error();
  }
  Collector& collector = **opened;
  const auto desk = ScrapeDesk::make();
  if (!desk) {
    return desk.error();
  }
  // The server's threads have the capabilities of this one, and only a port of the system needs another.
  const bool opens_system_port = !file && command.listen.port != 0 && command.listen.port < first_free_for_all;
  if (!opens_system_port) {
    if (auto status = enter_window_phase(); !status) {
      return status.error();
    }
  }
  std::unique_ptr<prometheus::Exposer> server;
  if (!file) {
    auto serving = serve(*desk, command.listen);
    if (!serving) {
      return serving.error();
    }
    server = *std::move(serving);
  }
  if (auto status = enter_window_phase(); !status) {
    (*desk)->close();
    return status.error();
  }
  const auto adopted = collector.adopt(command.target);
  if (!adopted) {
    (*desk)->close();
    return adopted.error();
  }
  for (const std::string& each : adopted->left_out) {
    log_line("{}", each);
  }
  Exporter exporter(collector, command);
  if (file) {
    if (auto status = write_figures(exporter, *file); !status) {
      return status.error();
    }
  }
  malloc_trim(0);  // loading the probes took more than observing does
  if (!command.quiet) {
    const std::string to =
        file ? file->path()
             : fmt::format("http://{}/metrics",
                           command.listen.text(static_cast<unsigned>(server->GetListeningPorts().front())));
    log_line("exporting {} task{} to {}, Ctrl-C to stop", adopted->tasks, adopted->tasks == 1 ? "" : "s", to);
  }
  auto status = export_until_stopped(collector, exporter, **desk, file, command, *signals);
  (*desk)->close();
  return status;
}

}  // namespace taskcost
