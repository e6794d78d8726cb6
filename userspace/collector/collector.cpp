// SPDX-License-Identifier: Apache-2.0
#include "taskcost/collector.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <utility>
#include <variant>

#include "collector/adopt.h"
#include "collector/calibrate.h"
#include "collector/extras.h"
#include "collector/launch.h"
#include "collector/libbpf_log.h"
#include "collector/privileges.h"
#include "collector/probes.h"
#include "collector/reader.h"
#include "collector/sources.h"
#include "collector/stack_reader.h"
#include "collector/syscall_numbers.h"
#include "taskcost/read_text.h"
#include "taskcost/session_builder.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;

// Tasks that are on their last steps when the command has ended get this long to take them.
constexpr Duration settle_limit = 200ms;
constexpr Duration settle_step = 1ms;
constexpr int look_every_ms = 10;

// CLOCK_MONOTONIC, as bpf_ktime_get_ns reads it.
Instant now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return Instant(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

Duration own_cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto duration_of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return duration_of(usage.ru_utime) + duration_of(usage.ru_stime);
}

bool readable(const pollfd& watched) { return (watched.revents & (POLLIN | POLLHUP | POLLERR)) != 0; }

// True when `condition` came to hold within the limit.
template <typename Condition>
bool wait_for(Condition condition, Duration limit) {
  for (const Instant start = now(); now() - start < limit;) {
    if (condition()) {
      return true;
    }
    std::this_thread::sleep_for(settle_step);
  }
  return condition();
}

// Arguments of a process that runs already, joined by spaces; empty when /proc does not tell.
std::string command_line_of(std::uint32_t tgid) {
  std::string text = read_text(fmt::format("/proc/{}/cmdline", tgid));
  while (!text.empty() && text.back() == '\0') {
    text.pop_back();
  }
  std::ranges::replace(text, '\0', ' ');
  return text;
}

// Both ends of each system call, page fault and time on a CPU; wake-ups are not counted.
std::uint64_t transitions_of(const Account& account) {
  constexpr std::uint64_t ends = 2;
  return ends * (account.counters[TC_COUNTER_SYSCALLS].value_or(0) +
                 account.counters[TC_COUNTER_FAULTS_TIMED].value_or(0) + account.switches());
}

SessionBuilder::Options builder_options(const Sources& sources, const CollectorOptions& chosen) {
  SessionBuilder::Options options;
  options.stints = chosen.stints;
  options.calls = chosen.detail == Detail::full;
  options.syscall_name = syscall_name;
  options.measured = sources.measured;
  options.exec_prepare = sources.exec_prepare;
  options.fault_latency = sources.fault_latency;
  options.switch_latency = sources.switch_latency;
  return options;
}

}  // namespace

struct Collector::State {
  State(const CollectorOptions& chosen, Sources found, Probes loaded, Instant began)
      : options(chosen),
        sources(std::move(found)),
        probes(std::move(loaded)),
        model(builder_options(sources, options)),
        builder(model),
        opened(began) {}

  CollectorOptions options;
  Sources sources;
  Probes probes;
  SessionBuilder::Options model;
  // Fed by the reader's thread, and by this one with command lines; after the reader stopped by this one alone.
  SessionBuilder builder;
  std::mutex builder_mutex;

  Instant opened;
  std::optional<Instant> start;         // of the window: before the first ledger
  std::optional<Duration> attach_time;  // opened -> start
  Duration own_cpu_at_start{};
  Duration own_cpu_in_window{};
  std::optional<Duration> per_transition;
  // Of the window's ledgers; lower ones were for the calibration. Read by the reader's thread.
  std::atomic<std::uint64_t> first_id = UINT64_MAX;
  PerLoss<std::uint64_t> losses_before{};
  std::uint64_t unread_tables = 0;      // of the last window that was closed
  std::uint64_t arrivals_seen = 0;      // tasks that came to the target and were looked for
  std::set<std::uint64_t> commands_of;  // processes of the window whose command lines were taken
  bool finished = false;                // a window was closed: what it left has to be cleared away before the next one
  Fd statistics;                        // while it is open the kernel counts runs and their time

  OnBytes on_bytes;                                        // empty: nobody wants the records as they are
  std::map<std::uint64_t, std::string> recorded_commands;  // by process, for on_bytes

  std::unique_ptr<StackReader> stacks;          // nullptr unless stacks were asked for
  std::vector<std::uint64_t> skipped_by_probe;  // when the window opened

  // Final ledgers for the next glance; the reader's thread brings them.
  std::atomic<bool> keeps_ended = false;
  std::mutex ended_mutex;
  std::uint64_t transitions_of_ended = 0;
  std::vector<Glance::Task> ended;

  // Last member: its thread uses the builder.
  std::unique_ptr<Reader> reader;

  Status start_reader();
  void calibrate(Duration untraced);
  void forget_the_past();
  Status open_window();
  void on_record(const Record& record);
  void record(std::span<const std::byte> bytes) const;
  template <typename T>
  void record_whole(T content, tc_record_type type) const;
  void record_gaps() const;
  // Announces the next child of this thread to the probes.
  void observe_next_child() const { probes.shared().launcher = probes.shared().collector_tid; }
  void follow_the_machine();
  void keep_for_glance(const tc_ledger& ledger);
  Glance glance();
  [[nodiscard]] bool someone_is_ending() const;
  // Skipped runs are those of the window.
  [[nodiscard]] std::vector<ProbeCost> costs(bool with_statistics) const;
  [[nodiscard]] Losses losses_now() const;
  void take_snapshots();
  void take_commands();
  [[nodiscard]] Observer observer(const Session& session) const;
};

Status Collector::State::start_reader() {
  auto started =
      Reader::start(bpf_map__fd(probes.object().maps.records), [this](const Record& record) { on_record(record); });
  if (!started) {
    return started.error();
  }
  reader = *std::move(started);
  return Done{};
}

void Collector::State::on_record(const Record& record) {
  const std::lock_guard lock(builder_mutex);
  if (const auto* ledger = std::get_if<tc_ledger>(&record)) {
    if (ledger->id >= first_id) {
      builder.on_ledger(*ledger);
      if (keeps_ended) {
        keep_for_glance(*ledger);
      }
    }
  } else if (const auto* exec = std::get_if<tc_exec>(&record)) {
    builder.on_exec(*exec);
  } else if (const auto* reap = std::get_if<tc_reap>(&record)) {
    builder.on_reap(*reap);
  } else if (const auto* stint = std::get_if<tc_stint>(&record)) {
    builder.on_stint(*stint);
  }
}

// An observed child makes the same system call as this process did before any probe was there. Its ledger, and what it
// left in histograms and stacks, is cleared away before the window opens.
void Collector::State::calibrate(Duration untraced) {
  auto& shared = probes.shared();
  observe_next_child();
  const auto traced = time_of_cheap_call_in_child();
  shared.launcher = 0;
  wait_for([this] { return probes.living_ledgers() == 0; }, settle_limit);
  constexpr int transitions_per_call = 2;
  if (traced && *traced > untraced) {
    per_transition = (*traced - untraced) / transitions_per_call;
  }
  forget_the_past();
}

void Collector::State::forget_the_past() {
  first_id = probes.shared().ledgers_made + 1;
  probes.clear_sums();
  std::ranges::copy(probes.shared().losses, losses_before.begin());
  skipped_by_probe.clear();
  for (const ProbeCost& probe : probes.costs(false)) {
    skipped_by_probe.push_back(probe.skipped);
  }
}

Status Collector::State::open_window() {
  if (finished) {
    if (auto status = probes.release_tasks(); !status) {
      return status;
    }
    builder = SessionBuilder(model);
    commands_of.clear();
    forget_the_past();
    if (auto status = reader->resume(); !status) {
      return status;
    }
    probes.reopen_window();
    start.reset();
    finished = false;
  }
  if (on_bytes) {
    // What the calibration left in the ring is taken first.
    reader->stop();
    reader->tap([this](std::span<const std::byte> bytes) { record(bytes); });
    if (auto status = reader->resume(); !status) {
      return status;
    }
  }
  if (!start) {
    start = now();
    if (!attach_time) {
      attach_time = *start - opened;
    }
    own_cpu_at_start = own_cpu_time();
  }
  return Done{};
}

// The time of an event stands right behind its header.
void Collector::State::record(std::span<const std::byte> bytes) const {
  tc_record header{};
  std::uint64_t at_ns = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.type < TC_RECORD_BIRTH || header.type > TC_RECORD_GAP) {
    on_bytes(bytes, std::nullopt);
    return;
  }
  std::memcpy(&at_ns, bytes.data() + sizeof header, sizeof at_ns);
  on_bytes(bytes, Instant(std::chrono::nanoseconds(at_ns)));
}

template <typename T>
void Collector::State::record_whole(T content, tc_record_type type) const {
  content.record = {type, sizeof(T)};
  record(std::as_bytes(std::span(&content, 1)));
}

// Those that no later event of their CPU could tell of.
void Collector::State::record_gaps() const {
  for (unsigned cpu = 0; cpu < std::min<unsigned>(possible_cpus(), TC_MAX_CPUS); ++cpu) {
    tc_cpu_note& note = probes.shared().notes[cpu];
    if (note.lost_events != 0) {
      record_whole(tc_gap{{}, note.lost_first_ns, note.lost_last_ns, note.lost_events, cpu, 0}, TC_RECORD_GAP);
      note.lost_events = 0;
    }
  }
}

// Beyond a limit the sum of all others has to do.
void Collector::State::keep_for_glance(const tc_ledger& ledger) {
  constexpr std::size_t limit = 4096;
  Glance::Task task = glance_of(ledger, Instant{}, model);
  const std::lock_guard lock(ended_mutex);
  transitions_of_ended += transitions_of(task.account);
  if (ended.size() < limit) {
    ended.push_back(std::move(task));
    return;
  }
  Glance::Task& others = ended.back();
  others.comm = "(others)";
  add(others.account, task.account);
}

Glance Collector::State::glance() {
  Glance glance;
  const Duration cpu_before = own_cpu_time();
  // Without it names are those of the last glance.
  (void)probes.walk_tasks(probes.object().progs.taskcost_names).has_value();
  keeps_ended = true;
  {
    const std::lock_guard lock(ended_mutex);
    glance.tasks = std::exchange(ended, {});
    glance.transitions = transitions_of_ended;
  }
  glance.at = now();
  for (const tc_ledger& ledger : probes.slots()) {
    if (ledger.live != 0 && ledger.id >= first_id) {
      glance.tasks.push_back(glance_of(ledger, glance.at, model));
    }
  }
  // A task may have ended between the two looks.
  std::ranges::stable_sort(glance.tasks, {}, &Glance::Task::id);
  const auto same = [](const Glance::Task& one, const Glance::Task& other) { return one.id == other.id; };
  glance.tasks.erase(std::unique(glance.tasks.begin(), glance.tasks.end(), same), glance.tasks.end());
  glance.losses = losses_now();
  glance.userspace_cpu = own_cpu_time() - own_cpu_at_start;
  glance.per_transition = per_transition;
  for (const Glance::Task& task : glance.tasks) {
    glance.transitions += task.ended ? 0 : transitions_of(task.account);
  }
  glance.cost = own_cpu_time() - cpu_before;
  return glance;
}

void Collector::State::follow_the_machine() {
  (void)probes.follow_cpus();  // what cannot be opened is counted, as unresolved faults
  const std::uint64_t arrivals = __atomic_load_n(&probes.shared().arrivals, __ATOMIC_ACQUIRE);
  // Where the walk fails, they are looked for again the next time.
  if (arrivals_seen != arrivals && taskcost::adopt_arrivals(probes)) {
    arrivals_seen = arrivals;
    take_commands();
  }
}

bool Collector::State::someone_is_ending() const {
  return std::ranges::any_of(
      probes.slots(), [](const tc_ledger& ledger) { return ledger.live != 0 && ledger.activity == TC_ACTIVITY_EXIT; });
}

std::vector<ProbeCost> Collector::State::costs(bool with_statistics) const {
  std::vector<ProbeCost> costs = probes.costs(with_statistics);
  for (std::size_t i = 0; i < std::min(costs.size(), skipped_by_probe.size()); ++i) {
    costs[i].skipped -= std::min(costs[i].skipped, skipped_by_probe[i]);  // the kernel may not tell at the end
  }
  return costs;
}

Losses Collector::State::losses_now() const {
  Losses losses;
  for (std::size_t loss = 0; loss < TC_NR_LOSSES; ++loss) {
    losses.counts[loss] = probes.shared().losses[loss] - losses_before[loss];
  }
  losses.counts[TC_LOSS_UNREAD_TABLES] = unread_tables;
  for (const ProbeCost& probe : costs(false /*with_statistics*/)) {
    // The walk of a stack can fault in the middle of the probe on faults: such a fault is nobody's.
    const bool own = options.stacks && probe.name == "taskcost_fault_kernel";
    losses.skipped_probes += own ? 0 : probe.skipped;
  }
  return losses;
}

void Collector::State::take_snapshots() {
  // Without it the ledgers lack the kernel's books of living tasks, which are then reported as not read.
  (void)probes.walk_tasks(probes.object().progs.taskcost_snapshot).has_value();
  if (on_bytes) {
    record_gaps();
    for (const auto& [process, text] : recorded_commands) {
      tc_command command{
          {}, process, static_cast<std::uint32_t>(std::min<std::size_t>(text.size(), TC_COMMAND_LEN)), 0, {}};
      std::copy_n(text.begin(), command.size, command.text);
      record_whole(command, TC_RECORD_COMMAND);
    }
  }
  for (const tc_ledger& ledger : probes.slots()) {
    if (ledger.live != 0 && ledger.id >= first_id) {
      builder.on_ledger(ledger);
      if (on_bytes) {
        record_whole(ledger, TC_RECORD_LEDGER);
      }
    }
  }
  const bool all_edges = probes.visit_edges([this](const tc_edge& edge) {
    builder.on_edge(edge);
    if (on_bytes) {
      record_whole(tc_edge_record{{}, edge}, TC_RECORD_EDGE);
    }
  });
  const bool all_flows = probes.visit_flows([this](const tc_flow& flow) {
    builder.on_flow(flow);
    if (on_bytes) {
      record_whole(tc_flow_record{{}, flow}, TC_RECORD_FLOW);
    }
  });
  unread_tables = (all_edges ? 0U : 1U) + (all_flows ? 0U : 1U);
  for (unsigned cpu = 0; cpu < possible_cpus(); ++cpu) {
    for (unsigned id = 0; id < TC_NR_HISTOGRAMS; ++id) {
      const tc_histogram& histogram = probes.histograms()[cpu * TC_NR_HISTOGRAMS + id];
      builder.on_histogram(static_cast<tc_histogram_id>(id), histogram);
      if (on_bytes && (cpu == 0 || histogram.max_ns != 0)) {  // an empty one once
        record_whole(tc_histogram_record{{}, id, 0, histogram}, TC_RECORD_HISTOGRAM);
      }
    }
  }
}

// Taken at attach: a process that ends in the window has no command line at its end.
void Collector::State::take_commands() {
  if (probes.shared().collector_level != 0) {
    return;  // the kernel's numbers are not those of our /proc
  }
  for (const tc_ledger& ledger : probes.slots()) {
    if (ledger.live != 0 && (ledger.flags & TC_LEDGER_OPEN_AT_START) != 0 &&
        commands_of.insert(ledger.process).second) {
      const std::string command = command_line_of(ledger.tgid);
      {
        const std::lock_guard lock(builder_mutex);
        builder.on_command(ledger.process, command);
      }
      if (on_bytes) {
        recorded_commands[ledger.process] = command;
      }
      if (stacks) {
        stacks->remember(ledger.tgid);
      }
    }
  }
}

Observer Collector::State::observer(const Session& session) const {
  Observer result;
  result.probes = costs(static_cast<bool>(statistics));
  result.userspace_cpu = own_cpu_in_window;
  result.per_transition = per_transition;
  result.attach_time = attach_time;
  result.transitions = transitions_of(session.totals) + transitions_of(session.kernel_totals);
  const Duration wall = session.end - session.start;
  if (per_transition && wall > Duration::zero()) {
    const Duration cost = *per_transition * result.transitions + result.userspace_cpu;
    result.share_of_wall = static_cast<double>(cost.count()) / static_cast<double>(wall.count());
  }
  return result;
}

Collector::Collector(std::unique_ptr<State> state) : state_(std::move(state)) {}
Collector::Collector(Collector&&) noexcept = default;
Collector& Collector::operator=(Collector&&) noexcept = default;
Collector::~Collector() = default;

Diagnosis diagnose() {
  keep_libbpf_messages();
  Diagnosis diagnosis;
  diagnosis.extras = all_extras();
  diagnosis.usable = check_privileges();
  if (!diagnosis.usable) {
    return diagnosis;
  }
  constexpr unsigned few = 64;
  CollectorOptions options;
  options.max_tasks = few;
  options.kernel_memory = true;
  const Sources sources = choose_sources(options);
  diagnosis.evidence = sources.evidence;
  if (auto probes = Probes::load(sources, options); !probes) {
    diagnosis.usable = probes.error();
  } else if (auto attached = probes->attach(); !attached) {
    diagnosis.usable = attached.error();
  }
  return diagnosis;
}

Result<Collector> Collector::open(const CollectorOptions& options) {
  keep_libbpf_messages();
  const Instant opened = now();
  if (auto status = check_privileges(); !status) {
    return status.error();
  }
  const Duration untraced = time_of_cheap_call();
  Sources sources = choose_sources(options);
  if (options.stacks) {
    add_lack_of(kernel_names(), sources.evidence);
    add_lack_of(user_names(), sources.evidence);
  }
  Fd statistics;
  if (options.probe_stats) {
    statistics = Fd(bpf_enable_stats(BPF_STATS_RUN_TIME));
    add_lack_of(probe_statistics(), sources.evidence);
  }
  auto probes = Probes::load(sources, options);
  if (!probes) {
    return probes.error();
  }
  auto state = std::make_unique<State>(options, std::move(sources), *std::move(probes), opened);
  state->statistics = std::move(statistics);
  if (auto status = state->probes.introduce_caller(); !status) {
    return status.error();
  }
  if (auto status = state->probes.attach(); !status) {
    return status.error();
  }
  if (auto status = state->start_reader(); !status) {
    return status.error();
  }
  if (options.stacks) {
    auto stacks = StackReader::start();
    if (!stacks) {
      return stacks.error();
    }
    state->stacks = *std::move(stacks);
  }
  state->calibrate(untraced);
  return Collector(std::move(state));
}

void Collector::record_to(OnBytes on_bytes) { state_->on_bytes = std::move(on_bytes); }

Result<pid_t> Collector::launch(const Command& command) {
  if (auto status = state_->open_window(); !status) {
    return status.error();
  }
  state_->observe_next_child();
  auto child = start_command(command);
  auto& launcher = state_->probes.shared().launcher;
  if (child && std::exchange(launcher, 0) != 0) {
    return kill_command(*child, {fmt::format("cannot observe '{}'", command.arguments.front()),
                                 "no ledger was made for it", "taskcost doctor tells what this kernel allows"});
  }
  launcher = 0;
  return child;
}

Result<std::uint64_t> Collector::adopt(const Target& target) {
  if (auto status = state_->open_window(); !status) {
    return status.error();
  }
  state_->arrivals_seen = state_->probes.shared().arrivals;
  auto adopted = adopt_tasks(state_->probes, target);
  if (adopted) {
    state_->take_commands();
  }
  return adopted;
}

Result<WindowEnd> Collector::wait(const Until& until) {
  const Instant start = now();
  std::array<pollfd, 2> watched{{{until.stop_fd, POLLIN, 0}, {until.exit_fd, POLLIN, 0}}};
  while (true) {
    if (poll(watched.data(), watched.size(), look_every_ms) < 0 && errno != EINTR) {
      return Error{"cannot wait for the target", std::strerror(errno), ""};
    }
    const bool may_grow = state_->probes.shared().target_kind >= TC_TARGET_GROWS;
    if (readable(watched[1]) || (until.exit_fd < 0 && !may_grow && state_->probes.living_ledgers() == 0)) {
      wait_for([this] { return !state_->someone_is_ending(); }, settle_limit);
      return WindowEnd::target_exited;
    }
    state_->follow_the_machine();
    if (state_->stacks) {
      state_->stacks->follow();
    }
    if (readable(watched[0])) {
      return WindowEnd::signal;
    }
    if (until.duration && now() - start >= *until.duration) {
      return WindowEnd::duration;
    }
  }
}

Collector::Observation Collector::finish() {
  const Instant end = now();
  state_->own_cpu_in_window = own_cpu_time() - state_->own_cpu_at_start;
  state_->probes.close_window();
  state_->reader->stop();
  state_->take_snapshots();
  const Losses losses = state_->losses_now();
  Observation observation;
  observation.session = state_->builder.finish(state_->start.value_or(end), end, losses.counts, losses.skipped_probes);
  observation.observer = state_->observer(observation.session);
  if (state_->stacks) {
    observation.stacks = state_->stacks->take(
        state_->probes, observation.session,
        [this](std::uint64_t process) { return state_->builder.process_number(process); },
        losses.counts[TC_LOSS_MISSED_STACKS]);
  }
  state_->finished = true;
  return observation;
}

Glance Collector::glance() {
  state_->follow_the_machine();
  return state_->glance();
}

const EvidenceList& Collector::evidence() const { return state_->sources.evidence; }

const SessionBuilder::Options& Collector::model() const { return state_->model; }

}  // namespace taskcost
