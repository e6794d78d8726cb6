// SPDX-License-Identifier: Apache-2.0
//
// Real servers, as Debian packages them: each runs in a directory of its own, on a port or socket of its own, never as
// a service of the machine. It stops with the object.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/subprocess.h"

namespace taskcost::test {

// Asks every few milliseconds. Returns false if the condition did not hold in time.
bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit = std::chrono::seconds(10));

// A free TCP port of the loopback.
std::string free_port();

std::vector<pid_t> children_of(pid_t pid);

class Server {
 public:
  virtual ~Server() = default;
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  [[nodiscard]] const Subprocess& process() const { return *process_; }
  [[nodiscard]] const std::string& directory() const { return directory_.path(); }
  // Returns false if it is not up in time; its output says why.
  virtual bool start() = 0;

 protected:
  Server() = default;
  bool spawn(const Words& command, const std::function<bool()>& is_up);
  // Stops it with `signal`; kills it if it does not end.
  void stop(int signal);
  [[nodiscard]] std::string file(const std::string& name) const { return directory_.file(name); }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Subprocess> process_;
};

// Runs as user postgres, on a unix socket only. Its long-lived processes all exist once it is up.
class Postgres : public Server {
 public:
  ~Postgres() override;
  bool start() override;
  // The command of a client, for example "psql", with the options to reach this server.
  [[nodiscard]] Words client(const std::string& name, const Words& arguments) const;
  // A backend ends some time after its client.
  [[nodiscard]] bool wait_until_at_rest() const;
};

// A master and workers, on a port of the loopback. It serves the file /page of 1000 bytes.
class Nginx : public Server {
 public:
  explicit Nginx(int workers) : workers_(workers) {}
  ~Nginx() override;
  bool start() override;
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + port_ + "/page"; }

 private:
  int workers_;
  std::string port_ = free_port();
};

// Redis on a unix socket and on a port of the loopback; it keeps no database on disk.
class Redis : public Server {
 public:
  ~Redis() override;
  bool start() override;
  [[nodiscard]] std::string socket() const { return file("socket"); }
  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  std::string port_ = free_port();
};

// A cgroup below the root of the version 2 hierarchy. It is removed with the object: tasks in it move to the root.
class Cgroup {
 public:
  Cgroup();
  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool take(pid_t pid) const;

 private:
  std::string root_;
  std::string path_;
};

// Runs `load` and returns the bytes that a running process and its children receive and send through sockets meanwhile,
// according to `strace -f`. -1 if strace failed.
struct SocketBytes {
  std::int64_t in = -1;
  std::int64_t out = -1;
};
SocketBytes socket_bytes_by_strace(pid_t pid, const std::function<void()>& load);

}  // namespace taskcost::test
