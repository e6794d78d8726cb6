// SPDX-License-Identifier: Apache-2.0
//
// Real servers under load: the account adds up, and agrees with the kernel's task stats and with the known work of the
// program. The load ends before the window does, so that living tasks are idle when their task stats are read.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <sstream>
#include <string>

#include "support/expect.h"
#include "support/servers.h"
#include "support/window.h"

namespace taskcost::test {
namespace {

std::int64_t blocked(const Json& account, std::initializer_list<const char*> causes) {
  std::int64_t sum = 0;
  for (const char* cause : causes) {
    if (account.at("waits").contains(cause)) {
      sum += account.at("waits").at(cause).at("blocked_ns").get<std::int64_t>();
    }
  }
  return sum;
}

// The share of blocked time with these causes. It leaves out waits for the disk, which depend on other programs.
double blocked_share(const Json& account, std::initializer_list<const char*> causes) {
  const std::int64_t all = time_in_condition(account, "blocked_ns") - blocked(account, {"disk"});
  return static_cast<double>(blocked(account, causes)) / static_cast<double>(std::max<std::int64_t>(all, 1));
}

std::int64_t wait_count(const Json& account, const char* cause) {
  const Json& waits = account.at("waits");
  return waits.contains(cause) ? waits.at(cause).at("count").get<std::int64_t>() : 0;
}

std::int64_t ipc(const std::vector<const Json*>& processes, const char* channel, const char* figure) {
  std::int64_t sum = 0;
  for (const Json* process : processes) {
    sum += process->at("total").at("ipc").at(channel).at(figure).get<std::int64_t>();
  }
  return sum;
}

void expect_waits_fill_blocked_cells(const Json& account) {
  std::int64_t waits = 0;
  for (const Json& wait : account.at("waits")) {
    waits += wait.at("blocked_ns").get<std::int64_t>();
  }
  EXPECT_EQ(waits, time_in_condition(account, "blocked_ns")) << account.at("waits").dump();
}

// The kernel's figures of a living task are read a little later: they may be higher, never lower.
void expect_living_as_counted(const Json& task) {
  const Json& account = task.at("account");
  ASSERT_FALSE(account.at("task_stats").is_null()) << task.at("comm");
  for (const char* figure : {"voluntary_switches", "involuntary_switches", "faults_minor", "faults_major"}) {
    const std::int64_t ledger = counter(task, figure);
    const auto kernel = account.at("task_stats").at(figure).get<std::int64_t>();
    EXPECT_LE(ledger, kernel) << figure << " of " << task.at("comm");
    EXPECT_GE(ledger + ledger / 100 + 10, kernel) << figure << " of " << task.at("comm");
  }
}

void expect_agreement(const Report& report) {
  expect_sound(report);
  expect_waits_fill_blocked_cells(report["totals"]);
  for (const Json& process : report.processes()) {
    SCOPED_TRACE(process.at("command").dump());
    expect_waits_fill_blocked_cells(process.at("total"));
    for (const Json& task : process.at("tasks")) {
      expect_waits_fill_blocked_cells(task.at("account"));
      if (task.at("open_at_end").get<bool>()) {
        expect_living_as_counted(task);
      }
    }
  }
}

std::vector<const Json*> with_comm(const Report& report, const std::string& comm) {
  std::vector<const Json*> found;
  for (const Json& process : report.processes()) {
    if (process.at("comm") == comm) {
      found.push_back(&process);
    }
  }
  return found;
}

// All processes of a family but the first.
std::vector<const Json*> children_in(const Report& report, const Json* first) {
  auto family = report.family(*first);
  std::erase(family, first);
  return family;
}

// Leaves out the helpers of a server, which lived before the window.
std::vector<const Json*> new_children_in(const Report& report, const Json* parent) {
  std::vector<const Json*> children = children_in(report, parent);
  std::erase_if(children, [](const Json* process) { return process->at("origin") == "attached"; });
  return children;
}

class PostgresServer : public ::testing::Test {
 protected:
  static constexpr std::int64_t kClients = 4;

  void SetUp() override {
    ASSERT_TRUE(server_.start());
    const Finished made = run(server_.client("pgbench", {"--initialize", "--quiet"}));
    ASSERT_EQ(made.exit_code(), 0) << made.describe();
    ASSERT_TRUE(server_.wait_until_at_rest());
  }
  // pgbench's default transaction has seven statements.
  void load(std::int64_t transactions) const {
    const Finished finished = run(server_.client(
        "pgbench", {"--no-vacuum", "-c", std::to_string(kClients), "-t", std::to_string(transactions / kClients)}));
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    const std::string all = std::to_string(transactions) + "/" + std::to_string(transactions);
    EXPECT_NE(finished.out.find(all), std::string::npos) << finished.out;
    EXPECT_TRUE(server_.wait_until_at_rest());
  }
  // The backends that served a client of the benchmark end with it.
  static void expect_backends(const std::vector<const Json*>& backends, std::int64_t transactions) {
    std::int64_t busy = 0;
    for (const Json* backend : backends) {
      const std::int64_t calls = ipc({backend}, "unix_socket", "calls");
      // Each statement is received and answered.
      if (calls >= transactions / kClients * 7 * 2) {
        ++busy;
        EXPECT_EQ(backend->at("origin"), "fork");
        EXPECT_EQ(backend->at("exit_code"), 0);
        // A backend waits for its client's next statement, or until another backend releases a row: both through epoll.
        // The locks of the shared memory are semaphores there. On a busy machine the kernel itself can make it wait for
        // 0.1 s once.
        EXPECT_GT(blocked_share(backend->at("total"), {"epoll", "unix_socket", "futex_shared"}), 0.5)
            << backend->at("total").at("waits").dump();
        EXPECT_GT(wait_count(backend->at("total"), "epoll"), 0);
      }
    }
    EXPECT_EQ(busy, kClients);
    EXPECT_GE(ipc(backends, "unix_socket", "calls"), transactions * 7 * 2);
  }

  Postgres server_;
};

TEST_F(PostgresServer, BackendsThatComeLaterAreFollowedAndWaitForClientsAndRows) {
  constexpr std::int64_t kTransactions = 800;
  Window window({"-p", std::to_string(server_.pid())});
  load(kTransactions);
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_agreement(*report);
  const Json* postmaster = report->find(server_.pid());
  ASSERT_NE(postmaster, nullptr);
  const auto backends = new_children_in(*report, postmaster);
  expect_backends(backends, kTransactions);
  EXPECT_EQ(counter(*postmaster, "children_forks"), backends.size());
}

TEST_F(PostgresServer, IsFoundByNameWithAllItsProcesses) {
  constexpr std::int64_t kTransactions = 400;
  Window window({"--comm", "postgres*"});
  load(kTransactions);
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_agreement(*report);
  std::vector<pid_t> helpers = children_of(server_.pid());
  EXPECT_GE(helpers.size(), 3);
  for (const pid_t pid : helpers) {
    const Json* helper = report->find(pid);
    ASSERT_NE(helper, nullptr) << pid;
    EXPECT_EQ(helper->at("origin"), "attached");
  }
  const Json* postmaster = report->find(server_.pid());
  ASSERT_NE(postmaster, nullptr);
  auto backends = report->family(*postmaster);
  std::erase_if(backends, [](const Json* process) { return process->at("origin") != "fork"; });
  expect_backends(backends, kTransactions);
}

// Figures that need no probes of system calls are the same without them.
TEST_F(PostgresServer, SwitchesAloneShowWhatBackendsWaitFor) {
  constexpr std::int64_t kTransactions = 400;
  Window window({"-p", std::to_string(server_.pid()), "--detail", "switches"});
  load(kTransactions);
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_agreement(*report);
  const Json* postmaster = report->find(server_.pid());
  ASSERT_NE(postmaster, nullptr);
  const auto backends = new_children_in(*report, postmaster);
  EXPECT_EQ(counter(*postmaster, "children_forks"), backends.size());
  std::int64_t busy = 0;
  for (const Json* backend : backends) {
    // The statements of a client, except those that it sent before its backend was found.
    if (wait_count(backend->at("total"), "epoll") > kTransactions / kClients) {
      ++busy;
      EXPECT_EQ(backend->at("origin"), "fork");
      EXPECT_GT(blocked_share(backend->at("total"), {"epoll", "unix_socket", "futex_shared"}), 0.9)
          << backend->at("total").at("waits").dump();
    }
  }
  EXPECT_EQ(busy, kClients);
}

TEST(NginxServer, WorkersWaitInEpollAndSendWhatTheClientGot) {
  constexpr int kWorkers = 2;
  Nginx server(kWorkers);
  ASSERT_TRUE(server.start()) << server.process().err();
  const std::vector<pid_t> old_workers = children_of(server.pid());
  Window window({"-p", std::to_string(server.pid())});
  // The workers are new, instead of those that lived before the window.
  server.process().send(SIGHUP);
  std::vector<pid_t> workers;
  ASSERT_TRUE(eventually([&] {
    workers = children_of(server.pid());
    return workers.size() == kWorkers &&
           std::find_first_of(workers.begin(), workers.end(), old_workers.begin(), old_workers.end()) == workers.end();
  }));
  const Finished bench = run({"/usr/bin/wrk", "-t", "1", "-c", "8", "-d", "1", server.url()});
  EXPECT_EQ(bench.exit_code(), 0) << bench.describe();
  std::int64_t requests = 0;
  for (const std::string& line : lines_of(bench.out)) {
    if (line.find(" requests in ") != std::string::npos) {
      requests = std::stoll(line);
    }
  }
  ASSERT_GT(requests, 0) << bench.out;
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_agreement(*report);

  std::vector<const Json*> processes;
  for (const pid_t pid : workers) {
    const Json* worker = report->find(pid);
    ASSERT_NE(worker, nullptr);
    EXPECT_EQ(worker->at("origin"), "fork");
    EXPECT_GT(blocked_share(worker->at("total"), {"epoll"}), 0.9) << worker->at("total").at("waits").dump();
    processes.push_back(worker);
  }
  // wrk does not count the requests in flight at its end.
  EXPECT_GE(ipc(processes, "inet_socket", "bytes_out"), requests * 1000);
  EXPECT_LE(ipc(processes, "inet_socket", "bytes_out"), (requests + 100) * 1500);
  EXPECT_GE(ipc(processes, "inet_socket", "calls"), requests * 2);
  const Json& master = report->find(server.pid())->at("total");
  EXPECT_GT(blocked_share(master, {"signal"}), 0.9) << master.at("waits").dump();
}

TEST(RedisServer, ItsCgroupIsAccountedAndWaitsInEpoll) {
  Redis server;
  ASSERT_TRUE(server.start()) << server.process().out();
  const Cgroup cgroup;
  ASSERT_TRUE(cgroup.take(server.pid()));
  Window window({"--cgroup", cgroup.path()});
  const Finished bench =
      run({"/usr/bin/redis-benchmark", "-p", server.port(), "-q", "-t", "set,get", "-c", "10", "-n", "10000"});
  EXPECT_EQ(bench.exit_code(), 0) << bench.describe();
  EXPECT_EQ(run({"/usr/bin/redis-cli", "-p", server.port(), "BGSAVE"}).out, "Background saving started\n");
  EXPECT_TRUE(eventually([&] { return children_of(server.pid()).empty(); }));
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_agreement(*report);
  ASSERT_EQ(report->processes().size(), 2);  // with the process that saved
  const Json* process = report->find(server.pid());
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(counter(*process, "children_forks"), 1);
  for (const Json& task : process->at("tasks")) {
    // Redis reads and writes in its main thread; the others wait for work.
    const bool leader = task.at("leader").get<bool>();
    EXPECT_GT(blocked_share(task.at("account"), {leader ? "epoll" : "futex_private"}), 0.9) << task.at("comm");
  }
  // A request has at least 40 bytes, and an answer at least 5.
  EXPECT_GE(ipc({process}, "inet_socket", "bytes_in"), 20'000 * 30);
  EXPECT_GE(ipc({process}, "inet_socket", "bytes_out"), 20'000 * 5);
}

TEST(RedisServer, SwitchesAloneShowItsWaits) {
  Redis server;
  ASSERT_TRUE(server.start()) << server.process().out();
  Window window({"-p", std::to_string(server.pid()), "--detail", "switches"});
  const Finished bench =
      run({"/usr/bin/redis-benchmark", "-p", server.port(), "-q", "-t", "set,get", "-c", "10", "-n", "10000"});
  EXPECT_EQ(bench.exit_code(), 0) << bench.describe();
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_agreement(*report);
  const Json* process = report->find(server.pid());
  ASSERT_NE(process, nullptr);
  for (const Json& task : process->at("tasks")) {
    const bool leader = task.at("leader").get<bool>();
    EXPECT_GT(blocked_share(task.at("account"), {leader ? "epoll" : "futex_private"}), 0.9) << task.at("comm");
  }
}

void expect_near(std::int64_t ours, std::int64_t known) {
  ASSERT_GT(known, 1000);
  EXPECT_NEAR(static_cast<double>(ours), static_cast<double>(known), 0.01 * static_cast<double>(known));
}

void expect_bytes_as_strace(pid_t server, const std::function<void()>& load) {
  const SocketBytes known = socket_bytes_by_strace(server, load);
  Window window({"-p", std::to_string(server)});
  load();
  const auto report = window.close();
  ASSERT_TRUE(report);
  expect_agreement(*report);
  const auto family = report->family(*report->find(server));
  expect_near(ipc(family, "unix_socket", "bytes_in"), known.in);
  expect_near(ipc(family, "unix_socket", "bytes_out"), known.out);
}

TEST(RedisServer, BytesAreThoseThatStraceCounts) {
  Redis server;
  ASSERT_TRUE(server.start()) << server.process().out();
  std::ostringstream commands;
  for (int i = 0; i < 100; ++i) {
    commands << "SET key:" << i << " " << std::string(100 + static_cast<std::size_t>(i), 'v') << "\nGET key:" << i
             << "\n";
  }
  SpawnOptions options;
  options.input = commands.str();
  expect_bytes_as_strace(server.pid(), [&] {
    const Finished finished = run({"/usr/bin/redis-cli", "-s", server.socket()}, options);
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    EXPECT_EQ(lines_of(finished.out).size(), 200);
  });
}

TEST_F(PostgresServer, BytesAreThoseThatStraceCounts) {
  const std::string query =
      "select i, repeat('x', i) from generate_series(1, 200) i where '" + std::string(5000, 'y') + "' <> ''";
  expect_bytes_as_strace(server_.pid(), [&] {
    const Finished finished = run(server_.client("psql", {"-At", "-c", query}));
    EXPECT_EQ(finished.exit_code(), 0) << finished.describe();
    EXPECT_EQ(lines_of(finished.out).size(), 200);
    EXPECT_TRUE(server_.wait_until_at_rest());
  });
}

TEST(ThreadPool, WorkersWaitForAFutexOfTheirProcess) {
  constexpr std::size_t kWorkers = 4;
  constexpr std::int64_t kJobs = 800;
  const TemporaryDirectory directory;
  const WatchedRun watched =
      watch(directory, {program("thread_pool"), std::to_string(kWorkers), std::to_string(kJobs)});
  expect_ran(watched.observed);
  ASSERT_TRUE(watched.observed.report);
  const Report& report = *watched.observed.report;
  expect_agreement(report);
  expect_as_waited(report, watched.waited);
  std::int64_t done = 0;
  std::int64_t waits = 0;
  std::istringstream(watched.observed.finished.out) >> done >> waits;
  EXPECT_EQ(done, kJobs);

  const Json* pool = report.find(watched.waited.front().pid);
  ASSERT_NE(pool, nullptr);
  ASSERT_EQ(pool->at("tasks").size(), kWorkers + 1);
  EXPECT_EQ(counter(*pool, "children_threads"), kWorkers);
  std::int64_t waits_of_workers = 0;
  for (const Json& task : pool->at("tasks")) {
    if (!task.at("leader").get<bool>()) {
      EXPECT_GT(blocked_share(task.at("account"), {"futex_private"}), 0.95) << task.at("account").at("waits").dump();
      waits_of_workers += wait_count(task.at("account"), "futex_private");
    }
  }
  // A worker that starts to wait may not have to sleep, and it can sleep for the mutex as well.
  EXPECT_GT(waits_of_workers, 0);
  EXPECT_LE(waits_of_workers, waits + 2 * kJobs);
  // Jobs take 200 us each.
  EXPECT_GE(time_in_condition(pool->at("total"), "running_ns"), kJobs * 200'000);
}

// The largest number of processes that live when one of them begins.
std::ptrdiff_t most_at_once(const std::vector<const Json*>& processes) {
  std::ptrdiff_t most = 0;
  for (const Json* process : processes) {
    const auto begin = process->at("start_ns").get<std::int64_t>();
    most = std::max(most, std::count_if(processes.begin(), processes.end(), [begin](const Json* other) {
                      return other->at("start_ns") <= begin && other->at("end_ns") > begin;
                    }));
  }
  return most;
}

TEST(Build, MakeWaitsForItsChildrenAndTheirTokens) {
  constexpr int kFiles = 12;
  const TemporaryDirectory directory;
  std::string objects;
  for (int i = 0; i < kFiles; ++i) {
    const std::string name = "part" + std::to_string(i);
    objects += " " + name + ".o";
    std::ofstream(directory.file(name + ".c"))
        << "#include <stdio.h>\nint " << name << "(int x)\n{\n\tprintf(\"%d\\n\", x);\n\treturn x + " << i << ";\n}\n";
  }
  std::ofstream(directory.file("main.c")) << "int part0(int);\nint main(void)\n{\n\treturn part0(0);\n}\n";
  std::ofstream(directory.file("Makefile"))
      << "CC = /usr/bin/gcc\nprogram: main.o" << objects << "\n\t$(CC) -o $@ $^\n";

  const WatchedRun watched = watch(directory, {"/usr/bin/make", "-j2", "-C", directory.path()});
  expect_ran(watched.observed);
  ASSERT_TRUE(watched.observed.report);
  const Report& report = *watched.observed.report;
  expect_agreement(report);
  expect_as_waited(report, watched.waited);
  EXPECT_EQ(run({directory.file("program")}).out, "0\n");

  const Json* make = report.find(watched.waited.front().pid);
  ASSERT_NE(make, nullptr);
  EXPECT_GT(blocked_share(make->at("total"), {"child", "pipe", "poll", "creation"}), 0.9)
      << make->at("total").at("waits").dump();
  EXPECT_GT(blocked(make->at("total"), {"child"}), 0);
  const auto compilers = with_comm(report, "cc1");
  EXPECT_EQ(compilers.size(), kFiles + 1);
  EXPECT_EQ(with_comm(report, "as").size(), kFiles + 1);
  EXPECT_EQ(with_comm(report, "ld").size(), 1);
  EXPECT_LE(most_at_once(compilers), 2);
  for (const Json* compiler : compilers) {
    EXPECT_EQ(compiler->at("exit_code"), 0);
  }
  // Each driver starts a compiler and an assembler and waits for them.
  const auto drivers = with_comm(report, "gcc");
  EXPECT_EQ(drivers.size(), kFiles + 2);
  for (const Json* driver : drivers) {
    EXPECT_GT(blocked_share(driver->at("total"), {"child", "creation"}), 0.7) << driver->at("total").at("waits").dump();
  }
}

}  // namespace
}  // namespace taskcost::test
