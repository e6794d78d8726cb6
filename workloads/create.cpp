// SPDX-License-Identifier: Apache-2.0
//
// create: makes tasks that do nothing, and reaps them. The loop is the same for all kinds of tasks.
#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "laps.h"
#include "placement.h"
#include "workload.h"

namespace taskcost::workload::create {
namespace {

constexpr std::uint64_t max_count = 100'000'000;
constexpr std::uint64_t max_at_once = 1'000'000;
constexpr std::uint64_t max_resident_mib = 1 << 20;
constexpr std::uint64_t max_mappings = 1 << 16;
constexpr std::size_t mib = 1 << 20;
constexpr std::uint64_t least_lap = 4;  // creations
constexpr std::size_t clone_stack_bytes = 64 * 1024;
constexpr const char* own_program = "/proc/self/exe";

struct Options {
  std::string model = "thread";
  std::uint64_t count = 2000;
  std::uint64_t resident_mib = 0;
  std::uint64_t at_once = 1;
  std::uint64_t mappings = 0;
  std::uint64_t warm_up = 0;
  std::string cpus = "any";
};

// Reads one byte, or the end of the file when the creator died.
void read_byte(int fd) {
  char byte = 0;
  while (read(fd, &byte, 1) == -1) {
    if (errno != EINTR) {
      fail("read from the gate", errno);
    }
  }
}

// Created tasks wait here until their whole batch exists. For one task at a time there is no gate, since it would add
// to the measured time: created tasks end at once.
class Gate {
 public:
  explicit Gate(bool wanted) {
    if (wanted) {
      // A program that a child execs must not inherit the write end: its close shows that the creator died.
      must(pipe2(ends_.data(), O_CLOEXEC), "make a pipe");
      must(fcntl(ends_[0], F_SETFD, 0), "let a pipe be inherited");
    }
  }

  // Called by a thread.
  void pass() const {
    if (exists()) {
      read_byte(ends_[0]);
    }
  }
  // Called by a process that has a file table of its own.
  void pass_as_child() const {
    if (exists()) {
      close(ends_[1]);
      read_byte(ends_[0]);
    }
  }
  void open(std::size_t tasks) const {
    for (std::size_t i = 0; exists() && i < tasks; ++i) {
      must(static_cast<int>(write(ends_[1], "", 1)), "write to the gate");
    }
  }
  [[nodiscard]] bool exists() const { return ends_[0] != -1; }
  [[nodiscard]] std::string word() const { return exists() ? std::to_string(ends_[0]) : ""; }

 private:
  std::array<int, 2> ends_ = {-1, -1};
};

// One way to create tasks. A slot stands for one of the tasks that live at the same time.
class Creator {
 public:
  Creator() = default;
  Creator(const Creator&) = delete;
  Creator& operator=(const Creator&) = delete;
  virtual ~Creator() = default;
  virtual void create(std::size_t slot) = 0;
  virtual void reap(std::size_t slot) = 0;

  // Counts the reaped tasks that started on another CPU than their creator was on. nullopt: they cannot know without
  // more work than an empty task does.
  void count_from_here() { elsewhere_ = 0; }
  [[nodiscard]] std::optional<std::uint64_t> elsewhere() const {
    return reports_cpu() ? std::optional(elsewhere_) : std::nullopt;
  }

 protected:
  [[nodiscard]] virtual bool reports_cpu() const { return false; }
  void count(unsigned creators_cpu, unsigned cpu) { elsewhere_ += cpu != creators_cpu ? 1 : 0; }

 private:
  std::uint64_t elsewhere_ = 0;
};

// sched_getcpu() would read the creator's rseq area in a process that shares its creator's memory.
unsigned current_cpu() {
  unsigned cpu = 0;
  getcpu(&cpu, nullptr);
  return cpu;
}

class ThreadCreator : public Creator {
 public:
  ThreadCreator(const Gate& gate, std::size_t slots) : gate_(gate), threads_(slots) {}

  void create(std::size_t slot) override {
    Thread& thread = threads_[slot];
    thread.creators_cpu = current_cpu();
    must_succeed(pthread_create(&thread.id, nullptr, &live, const_cast<Gate*>(&gate_)), "create a thread");
  }
  void reap(std::size_t slot) override {
    void* cpu = nullptr;
    must_succeed(pthread_join(threads_[slot].id, &cpu), "join a thread");
    count(threads_[slot].creators_cpu, static_cast<unsigned>(reinterpret_cast<std::uintptr_t>(cpu)));
  }

 private:
  struct Thread {
    pthread_t id{};
    unsigned creators_cpu = 0;
  };
  static void* live(void* gate) {
    const std::uintptr_t cpu = current_cpu();
    static_cast<const Gate*>(gate)->pass();
    return reinterpret_cast<void*>(cpu);  // NOLINT(performance-no-int-to-ptr): a result in the size of a pointer
  }
  [[nodiscard]] bool reports_cpu() const override { return true; }

  const Gate& gate_;
  std::vector<Thread> threads_;
};

// The part that is the same for all kinds of processes: how they are reaped.
class ProcessCreator : public Creator {
 public:
  ProcessCreator(const Gate& gate, std::size_t slots) : gate_(gate), processes_(slots) {}

  void create(std::size_t slot) override { processes_[slot] = must(start(slot), "create a process"); }
  void reap(std::size_t slot) override {
    int status = 0;
    must(waitpid(processes_[slot], &status, 0), "wait for a process");
    expect_success(status);
  }

 protected:
  virtual pid_t start(std::size_t slot) = 0;
  [[nodiscard]] const Gate& gate() const { return gate_; }

 private:
  const Gate& gate_;
  std::vector<pid_t> processes_;
};

class ForkCreator : public ProcessCreator {
 public:
  using ProcessCreator::ProcessCreator;

 private:
  pid_t start(std::size_t /*slot*/) override {
    const pid_t child = fork();
    if (child == 0) {
      gate().pass_as_child();
      _exit(0);
    }
    return child;
  }
};

class VforkCreator : public ProcessCreator {
 public:
  using ProcessCreator::ProcessCreator;

 private:
  pid_t start(std::size_t /*slot*/) override {
    const unsigned creators_cpu = current_cpu();
    // vfork is dangerous where the child does more than this. This workload exists to measure it.
    const pid_t child = vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
    if (child == 0) {
      cpu_ = current_cpu();
      _exit(0);
    }
    count(creators_cpu, cpu_);
    return child;
  }
  [[nodiscard]] bool reports_cpu() const override { return true; }

  volatile unsigned cpu_ = 0;  // written by the child, which shares this memory
};

// The words of a command that runs this program as `noop`.
class NoopCommand {
 public:
  explicit NoopCommand(const Gate& gate) : gate_(gate.word()) {
    if (gate.exists()) {
      words_[2] = gate_.data();
    }
  }
  NoopCommand(const NoopCommand&) = delete;
  NoopCommand& operator=(const NoopCommand&) = delete;
  ~NoopCommand() = default;

  [[nodiscard]] char* const* words() const { return words_.data(); }

 private:
  std::string name_ = "taskcost-workload";
  std::string command_ = "noop";
  std::string gate_;
  std::array<char*, 4> words_ = {name_.data(), command_.data(), nullptr, nullptr};
};

class ForkExecCreator : public ProcessCreator {
 public:
  ForkExecCreator(const Gate& gate, std::size_t slots) : ProcessCreator(gate, slots), command_(gate) {}

 private:
  pid_t start(std::size_t /*slot*/) override {
    const pid_t child = fork();
    if (child == 0) {
      execv(own_program, command_.words());
      fail("exec this program", errno);
    }
    return child;
  }

  NoopCommand command_;
};

class VforkExecCreator : public ProcessCreator {
 public:
  VforkExecCreator(const Gate& gate, std::size_t slots) : ProcessCreator(gate, slots), command_(gate) {}

 private:
  pid_t start(std::size_t /*slot*/) override {
    char* const* words = command_.words();
    const unsigned creators_cpu = current_cpu();
    // As above, this workload exists to measure vfork.
    const pid_t child = vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
    if (child == 0) {
      cpu_ = current_cpu();
      execv(own_program, words);
      _exit(1);
    }
    count(creators_cpu, cpu_);
    return child;
  }
  [[nodiscard]] bool reports_cpu() const override { return true; }

  NoopCommand command_;
  volatile unsigned cpu_ = 0;  // written by the child, which shares this memory until its exec
};

class SpawnCreator : public ProcessCreator {
 public:
  SpawnCreator(const Gate& gate, std::size_t slots) : ProcessCreator(gate, slots), command_(gate) {}

 private:
  pid_t start(std::size_t /*slot*/) override {
    pid_t child = -1;
    must_succeed(posix_spawn(&child, own_program, nullptr, nullptr, command_.words(), environ), "spawn a process");
    return child;
  }

  NoopCommand command_;
};

// A process that shares its parent's memory, and so needs a stack of its own.
class CloneVmCreator : public ProcessCreator {
 public:
  CloneVmCreator(const Gate& gate, std::size_t slots)
      : ProcessCreator(gate, slots),
        stacks_(map_memory(slots * clone_stack_bytes, MAP_PRIVATE)),
        children_(slots, Child{gate}) {}

  void reap(std::size_t slot) override {
    ProcessCreator::reap(slot);
    count(children_[slot].creators_cpu, children_[slot].cpu);
  }

 private:
  struct Child {
    const Gate& gate;
    unsigned creators_cpu = 0;
    volatile unsigned cpu = 0;
  };
  pid_t start(std::size_t slot) override {
    children_[slot].creators_cpu = current_cpu();
    return clone(&live, stacks_ + (slot + 1) * clone_stack_bytes, CLONE_VM | SIGCHLD, &children_[slot]);
  }
  static int live(void* self) {
    auto& child = *static_cast<Child*>(self);
    child.cpu = current_cpu();
    child.gate.pass_as_child();
    return 0;
  }
  [[nodiscard]] bool reports_cpu() const override { return true; }

  std::byte* stacks_;
  std::vector<Child> children_;
};

template <typename T>
std::unique_ptr<Creator> make(const Gate& gate, std::size_t slots) {
  return std::make_unique<T>(gate, slots);
}

struct Model {
  const char* name;
  const char* done;
  std::unique_ptr<Creator> (*make)(const Gate& gate, std::size_t slots);
};

constexpr std::array models = {
    Model{"thread", "threads created and joined", &make<ThreadCreator>},
    Model{"process", "processes forked and reaped", &make<ForkCreator>},
    Model{"fork", "processes forked and reaped", &make<ForkCreator>},
    Model{"vfork", "processes vforked and reaped", &make<VforkCreator>},
    Model{"vfork-exec", "processes vforked, executed and reaped", &make<VforkExecCreator>},
    Model{"spawn", "processes spawned and reaped", &make<SpawnCreator>},
    Model{"fork-exec", "processes forked, executed and reaped", &make<ForkExecCreator>},
    Model{"clone-vm", "processes created in the same memory and reaped", &make<CloneVmCreator>},
};

const Model& model_named(const std::string& name) {
  return *std::find_if(models.begin(), models.end(), [&](const Model& model) { return name == model.name; });
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  names.reserve(models.size());
  for (const Model& model : models) {
    names.emplace_back(model.name);
  }
  return names;
}

void create_and_reap(Creator& creator, const Gate& gate, std::uint64_t count, std::uint64_t at_once, Laps& laps) {
  laps.begin(count, least_lap);
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t batch = std::min(at_once, count - done);
    for (std::size_t slot = 0; slot < batch; ++slot) {
      creator.create(slot);
    }
    gate.open(batch);
    for (std::size_t slot = 0; slot < batch; ++slot) {
      creator.reap(slot);
    }
    done += batch;
    laps.after(done);
  }
}

// Touches memory of small pages: with huge pages fork would have next to nothing to copy.
void make_resident(std::uint64_t bytes) {
  if (bytes == 0) {
    return;
  }
  std::byte* memory = map_memory(bytes, MAP_PRIVATE);
  // EINVAL comes from a kernel without huge pages.
  if (madvise(memory, bytes, MADV_NOHUGEPAGE) == -1 && errno != EINVAL) {
    fail("ask for small pages", errno);
  }
  std::memset(memory, 1, bytes);
}

// Neighbors with the same protection would be merged into one mapping.
void make_mappings(std::uint64_t count) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  if (count == 0) {
    return;
  }
  std::byte* memory = map_memory(2 * count * page, MAP_PRIVATE);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::byte* mapping = memory + 2 * i * page;
    *mapping = std::byte{1};
    must(mprotect(mapping, page, PROT_READ), "make a mapping");
  }
}

void run(const Options& options, Regions& regions) {
  const Model& model = model_named(options.model);
  const Gate gate(options.at_once > 1);
  make_resident(options.resident_mib * mib);
  make_mappings(options.mappings);
  const std::unique_ptr<Creator> creator = model.make(gate, options.at_once);
  if (options.cpus == "apart") {
    start_children_elsewhere();
  } else {
    const Placement placement(options.cpus);
  }
  Laps laps;
  create_and_reap(*creator, gate, options.warm_up, options.at_once, laps);
  while (regions.next()) {
    creator->count_from_here();
    const auto start = now();
    create_and_reap(*creator, gate, options.count, options.at_once, laps);
    const auto wall = now() - start;
    Outcome outcome{"create",
                    options.model,
                    options.count,
                    wall,
                    laps.typical_ns(),
                    fmt::format("{} {}", options.count, model.done),
                    {{"created", options.count},
                     {"resident_mib", options.resident_mib},
                     {"mappings", options.mappings},
                     {"at_once", options.at_once},
                     {"cpus", options.cpus},
                     {"warm_up", options.warm_up}}};
    if (const auto elsewhere = creator->elsewhere()) {
      outcome.facts.emplace_back("elsewhere", *elsewhere);
    }
    regions.done(outcome);
  }
}

void refuse_what_cannot_be(const Options& options) {
  if ((options.model == "vfork" || options.model == "vfork-exec") && options.at_once > 1) {
    throw CLI::ValidationError("--at-once", "vfork returns when its child has exited or called exec: only 1 can live");
  }
  if (options.cpus == "apart" && options.at_once > 1) {
    throw CLI::ValidationError("--at-once", "with --cpus apart only 1 can live: others would have no CPU to start on");
  }
}

}  // namespace

Workload add(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("create", "Create tasks that do nothing, and reap them");
  add_choice(*command, "--model", "MODEL", options->model, model_names(),
             "What to create: thread, fork, vfork, vfork-exec,\n"
             "spawn, fork-exec, clone-vm, or process, which is\n"
             "fork\n"
             "(default thread)");
  add_number(*command, "--count", options->count, 1, max_count, "How many to create (default 2000)");
  add_number(*command, "--resident", options->resident_mib, 0, max_resident_mib,
             "MiB of memory that the creator has touched\nbefore (default 0)");
  add_number(*command, "--mappings", options->mappings, 0, max_mappings,
             "Separate mappings of one page that the creator\nhas touched before (default 0)");
  add_number(*command, "--at-once", options->at_once, 1, max_at_once, "How many live at the same time (default 1)");
  add_number(*command, "--warm-up", options->warm_up, 0, max_count, "Creations before the measured ones (default 0)");
  add_cpus_option(*command, options->cpus,
                  "same: the creator and what it creates on one CPU;\napart: each task starts on another CPU than its\n"
                  "creator's, as real-time tasks (SCHED_FIFO 1);\nany: wherever the kernel puts them (default any)");
  command->final_callback([options] { refuse_what_cannot_be(*options); });
  return {command, [options](Regions& regions) { run(*options, regions); }};
}

int noop(int argc, char** argv) {
  if (argc < 3) {
    return 0;
  }
  const std::string_view word = argv[2];
  int fd = -1;
  if (std::from_chars(word.data(), word.data() + word.size(), fd).ec != std::errc{}) {
    fail("wait at the gate", EINVAL);
  }
  read_byte(fd);
  return 0;
}

}  // namespace taskcost::workload::create
