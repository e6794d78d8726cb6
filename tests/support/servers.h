// SPDX-License-Identifier: Apache-2.0
//
// Servers of others, as Debian packages them: each in a directory of its own, on a port or socket of its own, never as
// a service of the machine. Gone with the object.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/subprocess.h"

namespace taskcost::test {

// Asks every few milliseconds. False when it never held in time.
bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit = std::chrono::seconds(10));

// A TCP port of the loopback that nobody listens on.
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
  // False, and what it wrote is in its output, when it is not up in time.
  virtual bool start() = 0;

 protected:
  Server() = default;
  bool spawn(const Words& command, const std::function<bool()>& is_up);
  // By `signal`; killed when it does not end.
  void stop(int signal);
  [[nodiscard]] std::string file(const std::string& name) const { return directory_.file(name); }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<Subprocess> process_;
};

// As user postgres, on a unix socket only. Its processes that live for a while are all there once it is up.
class Postgres : public Server {
 public:
  ~Postgres() override;
  bool start() override;
  // A client of the server, "psql" for example, with what tells it where.
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

// On a unix socket and on a port of the loopback; without a data base on disk.
class Redis : public Server {
 public:
  ~Redis() override;
  bool start() override;
  [[nodiscard]] std::string socket() const { return file("socket"); }
  [[nodiscard]] const std::string& port() const { return port_; }

 private:
  std::string port_ = free_port();
};

// A cgroup below the root of the hierarchy of version 2, gone with the object: what is still in it goes to the root.
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

// What `strace -f` of a running process and its children counts while `load` runs: the bytes that came and went through
// sockets. -1 when strace could not be used.
struct SocketBytes {
  std::int64_t in = -1;
  std::int64_t out = -1;
};
SocketBytes socket_bytes_by_strace(pid_t pid, const std::function<void()>& load);

}  // namespace taskcost::test
