// SPDX-License-Identifier: Apache-2.0
#include "support/servers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace taskcost::test {

using namespace std::chrono_literals;

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

std::string free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  // The socket interface requires this cast.
  auto* generic = reinterpret_cast<sockaddr*>(&address);  // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
  const bool bound = fd >= 0 && bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0;
  close(fd);
  if (!bound) {
    throw std::runtime_error("no free port");
  }
  return std::to_string(ntohs(address.sin_port));
}

std::vector<pid_t> children_of(pid_t pid) {
  const std::string directory = "/proc/" + std::to_string(pid);
  std::istringstream text(read_file(directory + "/task/" + std::to_string(pid) + "/children"));
  std::vector<pid_t> children;
  for (pid_t child = 0; text >> child;) {
    children.push_back(child);
  }
  return children;
}

bool Server::spawn(const Words& command, const std::function<bool()>& is_up) {
  process_ = std::make_unique<Subprocess>(command);
  return eventually([&] { return process_->ended() || is_up(); }) && !process_->ended();
}

void Server::stop(int signal) {
  if (process_ && !process_->ended()) {
    process_->send(signal);
    process_->wait(10s);
  }
}

namespace {

// PostgreSQL refuses to run as root.
Words as_postgres(const Words& command) {
  if (geteuid() != 0) {
    return command;
  }
  Words words{"/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"};
  words.insert(words.end(), command.begin(), command.end());
  return words;
}

// Debian installs each major version in a directory of its own.
std::string postgres_program(const std::string& name) {
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql")) {
    const auto path = version.path() / "bin" / name;
    if (std::filesystem::exists(path)) {
      return path;
    }
  }
  throw std::runtime_error("no " + name + " of PostgreSQL");
}

}  // namespace

bool Postgres::start() {
  const std::string data = file("data");
  const Finished made = run(as_postgres({postgres_program("initdb"), "--username=postgres", "--no-sync", "--auth=trust",
                                         "--no-locale", "--encoding=UTF8", "--pgdata", data}));
  if (made.exit_code() != 0) {
    return false;
  }
  // POSIX shared memory is a file in its own directory, and no autovacuum starts processes by itself.
  const Words server =
      as_postgres({postgres_program("postgres"), "-D", data, "-k", directory(), "-c", "listen_addresses=", "-c",
                   "dynamic_shared_memory_type=mmap", "-c", "autovacuum=off", "-c", "fsync=off"});
  const Words question = client("psql", {"-c", "select 1"});
  return spawn(server, [&] { return run(question).exit_code() == 0; });
}

Postgres::~Postgres() { stop(SIGINT); }

Words Postgres::client(const std::string& name, const Words& arguments) const {
  Words words{postgres_program(name), "-h", directory(), "-U", "postgres"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  words.emplace_back("postgres");
  return words;
}

bool Postgres::wait_until_at_rest() const {
  // Until a backend sets its title to "postgres: postgres postgres [local] idle", it has the postmaster's command line;
  // once it ends, it has none.
  const std::string own_command = read_file("/proc/" + std::to_string(pid()) + "/cmdline");
  return eventually([&] {
    const std::vector<pid_t> children = children_of(pid());
    return std::none_of(children.begin(), children.end(), [&](pid_t child) {
      const std::string command = read_file("/proc/" + std::to_string(child) + "/cmdline");
      return command.empty() || command == own_command || command.find("[local]") != std::string::npos;
    });
  });
}

bool Nginx::start() {
  std::ofstream(file("page")) << std::string(1000, 'x');
  std::ofstream(file("nginx.conf")) << "daemon off;\n"
                                    << "user nobody nogroup;\n"
                                    << "worker_processes " << workers_ << ";\n"
                                    << "pid " << file("pid") << ";\n"
                                    << "error_log " << file("errors") << ";\n"
                                    << "events { worker_connections 64; }\n"
                                    << "http {\n"
                                    << "  access_log off;\n";
  std::ofstream configuration(file("nginx.conf"), std::ios::app);
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    configuration << "  " << kind << "_temp_path " << file(kind) << ";\n";
  }
  configuration << "  server { listen 127.0.0.1:" << port_ << "; root " << directory() << "; }\n}\n";
  configuration.close();
  return spawn({"/usr/sbin/nginx", "-e", file("errors"), "-p", directory(), "-c", file("nginx.conf")},
               [this] { return children_of(pid()).size() == static_cast<std::size_t>(workers_); });
}

Nginx::~Nginx() { stop(SIGTERM); }

bool Redis::start() {
  return spawn({"/usr/bin/redis-server", "--bind", "127.0.0.1", "--port", port_, "--unixsocket", socket(), "--save", "",
                "--appendonly", "no", "--dir", directory()},
               [this] { return process().out().find("eady to accept connections") != std::string::npos; });
}

Redis::~Redis() { stop(SIGTERM); }

Cgroup::Cgroup() {
  std::ifstream mounts("/proc/mounts");
  for (std::string line; root_.empty() && std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device;
    std::string directory;
    std::string type;
    words >> device >> directory >> type;
    if (type == "cgroup2") {
      root_ = directory;
    }
  }
  if (root_.empty()) {
    throw std::runtime_error("no cgroup hierarchy of version 2");
  }
  path_ = root_ + "/taskcost-test-" + std::to_string(getpid());
  std::filesystem::create_directory(path_);
}

Cgroup::~Cgroup() {
  for (const std::string& pid : lines_of(read_file(path_ + "/cgroup.procs"))) {
    std::ofstream(root_ + "/cgroup.procs") << pid << std::flush;
  }
  rmdir(path_.c_str());
}

bool Cgroup::take(pid_t pid) const {
  return static_cast<bool>(std::ofstream(path_ + "/cgroup.procs") << pid << std::flush);
}

namespace {

// "4711 recvfrom(5<socket:[99]>, "...", 8192, 0, NULL, NULL) = 14", or the end of a call that another task interrupted:
// "4711 <... recvfrom resumed>"...", 8192, 0, NULL, NULL) = 14".
class StraceCounter {
 public:
  void read_line(const std::string& line) {
    std::istringstream words(line);
    std::string task;
    words >> task;
    std::string rest;
    std::getline(words >> std::ws, rest);
    const bool resumed = rest.starts_with("<... ");
    const std::string call = resumed ? rest.substr(5, rest.find(' ', 5) - 5) : rest.substr(0, rest.find('('));
    const bool on_socket = resumed ? std::exchange(unfinished_[task], false) : rest.find("<socket:[") == rest.find('<');
    if (rest.ends_with("<unfinished ...>")) {
      unfinished_[task] = on_socket;
      return;
    }
    const std::size_t result = rest.rfind(" = ");
    if (!on_socket || result == std::string::npos) {
      return;
    }
    const std::int64_t bytes = std::strtoll(rest.c_str() + result + 3, nullptr, 10);  // 0 for "?"
    (call.starts_with("re") ? bytes_.in : bytes_.out) += std::max<std::int64_t>(bytes, 0);
  }
  [[nodiscard]] SocketBytes bytes() const { return bytes_; }

 private:
  std::map<std::string, bool> unfinished_;  // task -> whether its unfinished call is on a socket
  SocketBytes bytes_{0, 0};
};

}  // namespace

SocketBytes socket_bytes_by_strace(pid_t pid, const std::function<void()>& load) {
  const TemporaryDirectory directory;
  Subprocess strace({"/usr/bin/strace", "-f", "-y", "-s", "0", "-e",
                     "trace=read,write,readv,writev,sendto,recvfrom,sendmsg,recvmsg", "-o", directory.file("trace"),
                     "-p", std::to_string(pid)});
  if (!eventually([&] { return strace.err().find(" attached") != std::string::npos; })) {
    return {};
  }
  load();
  strace.send(SIGINT);
  strace.wait(10s);
  StraceCounter counter;
  for (const std::string& line : lines_of(read_file(directory.file("trace")))) {
    counter.read_line(line);
  }
  return counter.bytes();
}

}  // namespace taskcost::test
