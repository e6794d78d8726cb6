// SPDX-License-Identifier: Apache-2.0
//
// thread_pool WORKERS JOBS: workers take jobs from a queue that a mutex and a condition variable guard. The main
// thread hands out one job for every worker, waits until all are done, and goes on with the next. Prints how many jobs
// were done and how often a worker went to wait for one.
#include <condition_variable>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

#include "program.h"

namespace {

class Pool {
 public:
  explicit Pool(int workers) {
    for (int i = 0; i < workers; ++i) {
      workers_.emplace_back([this] { work(); });
    }
  }

  void add(std::int64_t duration_ns) {
    const std::lock_guard lock(mutex_);
    jobs_.push(duration_ns);
    ++unfinished_;
    work_to_do_.notify_one();
  }

  void wait_until_done() {
    std::unique_lock lock(mutex_);
    all_done_.wait(lock, [this] { return unfinished_ == 0; });
  }

  void end() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    work_to_do_.notify_all();
    for (std::thread& worker : workers_) {
      worker.join();
    }
  }

  // Valid after end().
  [[nodiscard]] std::int64_t done() const { return done_; }
  [[nodiscard]] std::int64_t waits() const { return waits_; }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      while (jobs_.empty() && !ending_) {
        ++waits_;
        work_to_do_.wait(lock);
      }
      if (jobs_.empty()) {
        return;
      }
      const std::int64_t duration_ns = jobs_.front();
      jobs_.pop();
      lock.unlock();
      program::spin_ns(duration_ns);
      lock.lock();
      ++done_;
      if (--unfinished_ == 0) {
        all_done_.notify_one();
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable work_to_do_;
  std::condition_variable all_done_;
  std::queue<std::int64_t> jobs_;
  std::int64_t unfinished_ = 0;
  std::int64_t done_ = 0;
  std::int64_t waits_ = 0;
  bool ending_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace

int main(int argc, char** argv) {
  const auto workers = static_cast<int>(program::number(argc, argv, 1));
  const auto jobs = program::number(argc, argv, 2);
  constexpr std::int64_t kJobNs = 200'000;
  Pool pool(workers);
  for (std::int64_t i = 0; i < jobs; ++i) {
    pool.add(kJobNs);
    if ((i + 1) % workers == 0) {
      pool.wait_until_done();
    }
  }
  pool.end();
  std::printf("%lld %lld\n", static_cast<long long>(pool.done()), static_cast<long long>(pool.waits()));
  return 0;
}
