// SPDX-License-Identifier: Apache-2.0
#include "collector/targets/ids.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace taskcost {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Child {
 public:
  template <typename Body>
  explicit Child(Body body) : pid_(fork()) {
    if (pid_ == 0) {
      body();
      _exit(0);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { reap(); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Waits until the child has exited, and leaves it as a zombie.
  void await_end() const {
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  void reap() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      pid_ = -1;
    }
  }

 private:
  pid_t pid_;
};

TEST(Ids, ALivingProcess) {
  const IdState state = inspect_id(getpid());
  EXPECT_TRUE(state.exists && state.leads && state.shown);
  EXPECT_FALSE(state.ended || state.others_live);
  EXPECT_EQ(state.thread_group, getpid());
  EXPECT_FALSE(wrong_id(getpid(), IdKind::process, state));
  EXPECT_THAT(why_ended(IdKind::process, state), IsEmpty());
}

TEST(Ids, AThreadIsNoProcess) {
  std::atomic<pid_t> tid = 0;
  std::atomic<bool> stop = false;
  std::thread thread([&] {
    tid = gettid();
    while (!stop) {
      std::this_thread::yield();
    }
  });
  while (tid == 0) {
    std::this_thread::yield();
  }
  const IdState state = inspect_id(tid);
  stop = true;
  thread.join();
  EXPECT_TRUE(state.exists && state.shown);
  EXPECT_FALSE(state.leads || state.ended);
  const auto wrong = wrong_id(tid, IdKind::process, state);
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->why, "it is a thread of process " + std::to_string(getpid()));
  EXPECT_THAT(wrong->hint, HasSubstr("-t " + std::to_string(tid)));
  EXPECT_FALSE(wrong_id(tid, IdKind::task, state));
}

TEST(Ids, AZombieHasEnded) {
  Child child([] {});
  child.await_end();
  const IdState state = inspect_id(child.pid());
  EXPECT_TRUE(state.exists && state.leads && state.ended);
  EXPECT_FALSE(state.others_live);
  EXPECT_THAT(why_ended(IdKind::process, state), HasSubstr("has not waited for it"));
  const pid_t pid = child.pid();
  child.reap();
  EXPECT_FALSE(inspect_id(pid).exists);
  EXPECT_EQ(why_ended(IdKind::process, inspect_id(pid)), "it does not exist");
}

// The other threads of the process still run, so it can be observed by its id.
TEST(Ids, ALeaderThatEndedFirst) {
  const Child child([] {
    std::thread([] { pause(); }).detach();
    syscall(SYS_exit, 0);  // pthread_exit() would unwind into the frames of the test
  });
  IdState state;
  for (int attempt = 0; attempt < 2000 && !state.ended; ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    state = inspect_id(child.pid());
  }
  EXPECT_TRUE(state.ended && state.leads && state.others_live);
  EXPECT_THAT(why_ended(IdKind::process, state), IsEmpty());
  EXPECT_THAT(why_ended(IdKind::task, state), HasSubstr("observe them with -p"));
}

// Each cause has its own message.
TEST(Ids, WhyAWalkDidNotComeUponIt) {
  const IdState gone{};
  const IdState shown{.exists = true, .leads = true, .shown = true, .thread_group = 7};
  const IdState hidden{.exists = true, .leads = true};
  IdState zombie = shown;
  zombie.ended = true;
  EXPECT_EQ(why_unseen(IdKind::process, shown, gone), "it exited while taskcost attached to it");
  EXPECT_EQ(why_unseen(IdKind::process, shown, zombie), "it exited while taskcost attached to it");
  EXPECT_EQ(why_unseen(IdKind::process, shown, shown),
            "it exists, but the kernel's task iterator for BPF programs does not show it");
  EXPECT_THAT(why_unseen(IdKind::process, hidden, hidden), HasSubstr("hidepid"));
  const IdState hidden_thread{.exists = true};
  const auto wrong = wrong_id(7, IdKind::process, hidden_thread);
  ASSERT_TRUE(wrong);
  EXPECT_THAT(wrong->why, HasSubstr("which /proc hides (hidepid)"));
}

}  // namespace
}  // namespace taskcost
