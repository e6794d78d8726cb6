// SPDX-License-Identifier: Apache-2.0
//
// random_life LOG FIRST COUNT: runs the programs of the seeds FIRST to FIRST + COUNT - 1, one after the other, each as
// a process named "rl<seed>" that carries out its plan (random_plan.h). Writes what it did to LOG, one JSON object a
// line: each task that lived, each pair that exchanged bytes, each pair one of which waited for the other, and each
// process that a signal ended.
#include <linux/futex.h>
#include <sched.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "program.h"
#include "random_channels.h"

namespace random_life {
namespace {

// Memory that all workers of a program map: what each did, and the futex words by which they meet.
struct Board {
  std::array<Counts, 8> counts;
  std::array<std::atomic<std::uint32_t>, 16> words;
};

class AccountBuilder {
 public:
  AccountBuilder(std::uint64_t seed, int log, std::string directory)
      : seed_(seed), log_(log), directory_(std::move(directory)), plan_(plan_of(seed)) {
    void* memory = mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      program::die("mmap");
    }
    board_ = new (memory) Board{};
  }
  AccountBuilder(const AccountBuilder&) = delete;
  AccountBuilder& operator=(const AccountBuilder&) = delete;
  ~AccountBuilder() { munmap(board_, sizeof(Board)); }

  void live() {
    prctl(PR_SET_NAME, ("rl" + std::to_string(seed_)).c_str());
    name_ = "/rl-" + std::to_string(getpid()) + "-";
    open_channels();
    std::vector<std::thread> threads;
    std::vector<pid_t> processes;
    for (std::size_t worker = 1; worker < plan_.workers; ++worker) {
      if (plan_.are_threads[worker]) {
        continue;
      }
      ++mine(0).forks;
      processes.push_back(program::fork_child([this, worker] {
        own_only(worker);
        work(worker);
        if (plan_.exec[worker]) {
          ++mine(worker).execs;
          execl("/bin/true", "true", nullptr);
          program::die("/bin/true");
        }
      }));
    }
    for (std::size_t worker = 1; worker < plan_.workers; ++worker) {
      if (plan_.are_threads[worker]) {
        ++mine(0).threads;
        threads.emplace_back([this, worker] { work(worker); });
      }
    }
    work(0);
    for (std::thread& thread : threads) {
      thread.join();
    }
    for (const pid_t process : processes) {
      if (waitpid(process, nullptr, 0) != process) {
        program::die("waitpid");
      }
    }
    close_channels();
    write_log();
  }

 private:
  Counts& mine(std::size_t worker) { return board_->counts[worker]; }

  void open_channels() {
    if (needs_semaphores()) {
      semaphores_ = must(semget(IPC_PRIVATE, static_cast<int>(board_->words.size()), 0600), "semget");
    }
    for (std::size_t i = 0; i < plan_.channels.size(); ++i) {
      Channel& channel = plan_.channels[i];
      open_channel(channel, directory_, name_ + std::to_string(i));
    }
  }

  // System V objects outlive the processes that use them.
  void close_channels() {
    for (const Channel& channel : plan_.channels) {
      if (channel.kind == Kind::sysv_queue) {
        msgctl(channel.in, IPC_RMID, nullptr);
      }
    }
    if (semaphores_ >= 0) {
      semctl(semaphores_, 0, IPC_RMID);
    }
  }

  [[nodiscard]] bool needs_semaphores() const {
    return std::any_of(plan_.steps.begin(), plan_.steps.end(),
                       [](const Step& step) { return step.what == Step::What::await && step.sync == Sync::semaphore; });
  }

  // A process keeps only the ends that its worker reads and writes.
  void own_only(std::size_t worker) {
    for (const Channel& channel : plan_.channels) {
      if (channel.kind == Kind::sysv_queue) {
        continue;
      }
      if (channel.reader != worker) {
        close(channel.in);
      }
      if (channel.writer != worker) {
        close(channel.out);
      }
    }
  }

  void work(std::size_t worker) {
    Counts& counts = mine(worker);
    counts.tid = static_cast<pid_t>(syscall(SYS_gettid));
    counts.process = getpid();
    for (const Step& step : plan_.steps) {
      if (step.worker == worker) {
        take(step, counts);
      }
    }
  }

  void take(const Step& step, Counts& counts) {
    switch (step.what) {
      case Step::What::send:
        send_bytes(plan_.channels[step.channel], step, counts);
        break;
      case Step::What::receive:
        look_first(plan_.channels[step.channel], step.look);
        receive_bytes(plan_.channels[step.channel], step, counts);
        break;
      case Step::What::signal:
        signal_other(step);
        break;
      case Step::What::await:
        await_other(step);
        break;
      case Step::What::hold:
      case Step::What::want:
        share_lock(step);
        break;
      case Step::What::sleep:
        program::sleep_ns(300'000);
        break;
      case Step::What::yield:
        sched_yield();
        break;
      case Step::What::fork: {
        ++counts.forks;
        const pid_t child = program::fork_child([] {});
        waitpid(child, nullptr, 0);
        break;
      }
      case Step::What::thread:
        ++counts.threads;
        std::thread([] {}).join();
        break;
      case Step::What::program: {
        ++counts.forks;
        const pid_t child = program::fork_child([] { execl("/bin/true", "true", nullptr); });
        waitpid(child, nullptr, 0);
        break;
      }
      case Step::What::spawn: {
        ++counts.spawns;
        pid_t child = 0;
        char name[] = "true";
        char* const arguments[] = {name, nullptr};
        if (posix_spawn(&child, "/bin/true", nullptr, nullptr, arguments, environ) != 0) {
          program::die("posix_spawn");
        }
        waitpid(child, nullptr, 0);
        break;
      }
      case Step::What::vfork: {
        ++counts.vforks;
        const pid_t child = vfork();
        if (child == 0) {
          execl("/bin/true", "true", nullptr);
          _exit(program::kBroken);
        }
        waitpid(child, nullptr, 0);
        break;
      }
      case Step::What::kill: {
        ++counts.forks;
        const pid_t child = program::fork_child([] { pause(); });
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        counts.killed = child;
        break;
      }
      case Step::What::fail:
        (void)!rmdir("/nowhere");
        (void)!access("/nowhere", R_OK);
        break;
      case Step::What::stop: {
        ++counts.forks;
        const pid_t child = program::fork_child([] { raise(SIGSTOP); });
        waitpid(child, nullptr, WUNTRACED);
        kill(child, SIGCONT);
        waitpid(child, nullptr, 0);
        break;
      }
      case Step::What::lock: {
        const int file = must(open("/proc/self/exe", O_RDONLY | O_CLOEXEC), "open");
        flock(file, LOCK_SH);
        flock(file, LOCK_UN);
        close(file);
        break;
      }
      case Step::What::fault: {
        const std::size_t size = 16 * 4096;
        void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        std::memset(memory, 1, size);
        munmap(memory, size);
        break;
      }
    }
  }

  void signal_other(const Step& step) {
    if (step.sync == Sync::semaphore) {
      sembuf up{static_cast<unsigned short>(step.channel), 1, 0};
      must(semop(semaphores_, &up, 1), "semop");
      return;
    }
    std::atomic<std::uint32_t>& word = board_->words[step.channel];
    word = 1;
    syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
  }

  void await_other(const Step& step) {
    if (step.sync == Sync::semaphore) {
      sembuf down{static_cast<unsigned short>(step.channel), -1, 0};
      while (semop(semaphores_, &down, 1) != 0) {
        if (errno != EINTR) {
          program::die("semop");
        }
      }
      return;
    }
    std::atomic<std::uint32_t>& word = board_->words[step.channel];
    while (word == 0) {
      syscall(SYS_futex, &word, FUTEX_WAIT, 0, nullptr, nullptr, 0);
    }
  }

  static void set_lock(int file, Sync sync, bool held) {
    if (sync == Sync::flock) {
      must(flock(file, held ? LOCK_EX : LOCK_UN), "flock");
      return;
    }
    struct flock range {};
    range.l_type = static_cast<short>(held ? F_WRLCK : F_UNLCK);
    must(fcntl(file, F_OFD_SETLKW, &range), "fcntl");
  }

  // Each worker opens the file for itself: a lock belongs to the open file. One holds it while the other one asks for
  // it.
  void share_lock(const Step& step) {
    const std::string path = directory_ + name_ + "lock" + std::to_string(step.channel);
    if (step.what == Step::What::want) {
      await_other(step);
    }
    const int file = must(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open");
    set_lock(file, step.sync, true);
    if (step.what == Step::What::hold) {
      signal_other(step);
      program::sleep_ns(300'000);
    } else {
      unlink(path.c_str());
    }
    set_lock(file, step.sync, false);
    close(file);
  }

  void write_line(const std::string& line) const {
    if (write(log_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      program::die("the log");
    }
  }

  void write_log() {
    for (std::size_t worker = 0; worker < plan_.workers; ++worker) {
      const Counts& counts = mine(worker);
      std::string line =
          begin_line() + ",\"tid\":" + std::to_string(counts.tid) + ",\"process\":" + std::to_string(counts.process) +
          ",\"forks\":" + std::to_string(counts.forks) + ",\"threads\":" + std::to_string(counts.threads) +
          ",\"spawns\":" + std::to_string(counts.spawns) + ",\"vforks\":" + std::to_string(counts.vforks) +
          ",\"execs\":" + std::to_string(counts.execs);
      if (counts.own_pipe != 0) {
        const std::string bytes = std::to_string(counts.own_pipe);
        line += ",\"own\":{\"channel\":\"pipe\",\"in\":" + bytes + ",\"out\":" + bytes + "}";
      }
      for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
        if (counts.in[kind] + counts.out[kind] != 0) {
          line += ",\"" + std::to_string(kind) + "\":{\"channel\":\"" + std::string(channel_names[kind]) +
                  "\",\"in\":" + std::to_string(counts.in[kind]) + ",\"out\":" + std::to_string(counts.out[kind]) + "}";
        }
      }
      write_line(line + "}\n");
      if (counts.killed != 0) {
        write_line(begin_line() + ",\"killed\":" + std::to_string(counts.killed) + "}\n");
      }
    }
    write_bytes();
    write_meetings();
  }

  [[nodiscard]] std::string begin_line() const { return "{\"seed\":" + std::to_string(seed_); }

  void write_bytes() {
    for (std::size_t i = 0; i < plan_.channels.size(); ++i) {
      const Channel& channel = plan_.channels[i];
      std::size_t bytes = 0;
      for (const Step& step : plan_.steps) {
        bytes += step.what == Step::What::send && step.channel == i ? step.bytes : 0;
      }
      if (bytes != 0) {
        write_line(begin_line() + ",\"from\":" + std::to_string(mine(channel.writer).tid) +
                   ",\"to\":" + std::to_string(mine(channel.reader).tid) + ",\"channel\":\"" +
                   std::string(channel_names[static_cast<std::size_t>(channel.kind)]) +
                   "\",\"bytes\":" + std::to_string(bytes) + "}\n");
      }
    }
  }

  // Each line has a waker, the sleeper that it may wake, and the cause of the wait.
  void write_meetings() {
    for (const Step& step : plan_.steps) {
      if (step.what != Step::What::await && step.what != Step::What::want) {
        continue;
      }
      const bool is_lock = step.what == Step::What::want;
      const std::string pair = begin_line() + ",\"waker\":" + std::to_string(mine(step.other).tid) +
                               ",\"sleeper\":" + std::to_string(mine(step.worker).tid) + ",\"cause\":\"";
      write_line(pair + (step.sync == Sync::semaphore ? "sysv_semaphore" : "futex_shared") + "\"}\n");
      if (is_lock) {
        write_line(pair + "file_lock\"}\n");
      }
    }
  }

  std::uint64_t seed_;
  int log_;
  std::string directory_;
  std::string name_;  // the beginning of all names of channels and files
  int semaphores_ = -1;
  Plan plan_;
  Board* board_ = nullptr;
};

}  // namespace
}  // namespace random_life

int main(int argc, char** argv) {
  const std::string log_path = program::word(argc, argv, 1);
  const int log = program::must(open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666), "the log");
  const std::int64_t first = program::number(argc, argv, 2);
  const std::int64_t count = program::number(argc, argv, 3);
  const std::string directory = log_path.substr(0, log_path.rfind('/'));
  for (std::int64_t seed = first; seed < first + count; ++seed) {
    const pid_t life = program::fork_child(
        [&] { random_life::AccountBuilder(static_cast<std::uint64_t>(seed), log, directory).live(); });
    int status = 0;
    if (waitpid(life, &status, 0) != life || status != 0) {
      std::fprintf(stderr, "seed %lld failed\n", static_cast<long long>(seed));
      return program::kBroken;
    }
  }
  return 0;
}
