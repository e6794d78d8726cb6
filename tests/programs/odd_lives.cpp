// SPDX-License-Identifier: Apache-2.0
//
// odd_lives DIRECTORY LOG: runs seven programs of DIRECTORY one after the other, each with tasks that start or end in
// an unusual way. It logs the result of wait4 for each program to LOG. Programs that wait for children of their own log
// these to `LOG.inner`.
#include <csignal>
#include <string>
#include <vector>

#include "program.h"

namespace {

using Command = std::vector<std::string>;

// Runs a program of `directory` and waits for it. Exits with kBroken if the program did.
void run(const program::WaitLog& log, const std::string& directory, Command command) {
  command.front().insert(0, directory + "/");
  const pid_t child = program::fork_child([&] {
    std::vector<char*> arguments;
    for (std::string& word : command) {
      arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    execv(arguments.front(), arguments.data());
    program::die(arguments.front());
  });
  if (program::exit_status(log.wait_for(child)) == program::kBroken) {
    std::exit(program::kBroken);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string directory = program::word(argc, argv, 1);
  const std::string log_path = program::word(argc, argv, 2);
  const std::string inner = log_path + ".inner";
  const program::WaitLog log(log_path.c_str());
  // Numbers are counts of threads, children or system calls, but the 20 of leader_exits_first is in ms.
  run(log, directory, {"fork_from_threads", "4", "5", inner});
  run(log, directory, {"exec_from_thread", directory + "/forks", "3", inner});
  run(log, directory, {"leader_exits_first", "20"});
  run(log, directory, {"vforks", "5", inner});
  run(log, directory, {"spawns", "5", inner, directory + "/syscalls", "10"});
  run(log, directory, {"clone_vm", "5", inner});
  run(log, directory, {"signal_death", std::to_string(SIGSEGV)});
  return 0;
}
