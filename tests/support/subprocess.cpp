// SPDX-License-Identifier: Apache-2.0
#include "support/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace taskcost::test {

namespace {

using Clock = std::chrono::steady_clock;

// The tests cannot continue without these.
int must(long result, const char* what) {
  if (result < 0) {
    throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
  }
  return static_cast<int>(result);
}

// The output goes to memory files instead of pipes: a child that writes much never waits for a reader.
int memory_file(const std::string& content) {
  const int fd = must(memfd_create("test", MFD_CLOEXEC), "memfd_create");
  must(write(fd, content.data(), content.size()), "write");
  must(lseek(fd, 0, SEEK_SET), "lseek");
  return fd;
}

std::string content_of(int fd) {
  std::string content;
  std::array<char, 65536> part{};
  for (ssize_t size = 0; (size = pread(fd, part.data(), part.size(), static_cast<off_t>(content.size()))) > 0;) {
    content.append(part.data(), static_cast<std::size_t>(size));
  }
  return content;
}

std::vector<std::string> environment_of(const SpawnOptions& options) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (options.environment.count(text.substr(0, text.find('='))) == 0) {
      environment.push_back(text);
    }
  }
  for (const auto& [name, value] : options.environment) {
    if (value) {
      environment.push_back(name + "=" + *value);
    }
  }
  return environment;
}

std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) {
    pointers.push_back(string.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

bool wait_until_readable(int fd, std::chrono::milliseconds limit) {
  const auto end = Clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
    pollfd entry{fd, POLLIN, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready >= 0 || errno != EINTR) {
      return ready > 0;
    }
  }
}

}  // namespace

std::optional<int> Finished::exit_code() const {
  return WIFEXITED(wait_status) ? std::optional(WEXITSTATUS(wait_status)) : std::nullopt;
}

std::optional<int> Finished::signal() const {
  return WIFSIGNALED(wait_status) ? std::optional(WTERMSIG(wait_status)) : std::nullopt;
}

std::string Finished::describe() const {
  std::ostringstream text;
  text << (timed_out ? "timed out; " : "");
  if (exit_code()) {
    text << "exit status " << *exit_code();
  } else {
    text << "signal " << signal().value_or(0);
  }
  text << "\n--- standard output\n" << out.substr(0, 4000) << "\n--- standard error\n" << err.substr(0, 4000);
  return text.str();
}

Subprocess::Subprocess(const Words& command, const SpawnOptions& options) {
  std::vector<std::string> arguments = command;
  std::vector<std::string> environment = environment_of(options);
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const int input = memory_file(options.input);
  out_ = memory_file("");
  err_ = memory_file("");
  pid_ = must(fork(), "fork");
  if (pid_ == 0) {
    dup2(input, STDIN_FILENO);
    dup2(out_, STDOUT_FILENO);
    dup2(err_, STDERR_FILENO);
    if (options.directory.empty() || chdir(options.directory.c_str()) == 0) {
      execvpe(argument_pointers.front(), argument_pointers.data(), environment_pointers.data());
    }
    _exit(127);
  }
  close(input);
  pidfd_ = must(syscall(SYS_pidfd_open, pid_, 0), "pidfd_open");
}

Subprocess::~Subprocess() {
  if (!reaped_) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (const int fd : {pidfd_, out_, err_}) {
    close(fd);
  }
}

std::string Subprocess::out() const { return content_of(out_); }
std::string Subprocess::err() const { return content_of(err_); }

void Subprocess::send(int signal) const { kill(pid_, signal); }

bool Subprocess::ended(std::chrono::milliseconds within) const { return wait_until_readable(pidfd_, within); }

bool Subprocess::wait_for_output(const std::string& text, std::chrono::milliseconds limit) const {
  const auto end = Clock::now() + limit;
  while (out().find(text) == std::string::npos) {
    if (Clock::now() > end || ended()) {
      return out().find(text) != std::string::npos;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

Finished Subprocess::wait(std::chrono::milliseconds limit) {
  Finished finished;
  finished.pid = pid_;
  finished.timed_out = !ended(limit);
  if (finished.timed_out) {
    kill(pid_, SIGKILL);
  }
  while (wait4(pid_, &finished.wait_status, 0, &finished.usage) < 0 && errno == EINTR) {
  }
  reaped_ = true;
  finished.out = out();
  finished.err = err();
  return finished;
}

Finished run(const Words& command, const SpawnOptions& options, std::chrono::milliseconds limit) {
  return Subprocess(command, options).wait(limit);
}

TemporaryDirectory::TemporaryDirectory() {
  std::string name = "/tmp/taskcost-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) {
    must(-1, "mkdtemp");
  }
  must(chmod(name.c_str(), 0777), "chmod");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

}  // namespace taskcost::test
