// SPDX-License-Identifier: Apache-2.0
//
// calls LIBRARY OTHER TIMES: sleeps TIMES on each of several paths that languages make, in three rounds: in the handler
// and in the cleanup of an exception, behind a tail call, in a coroutine, below a call that does not return, and in two
// libraries (their function nap_in_library) of which only one is loaded at a time.
#include <dlfcn.h>

#include <coroutine>
#include <exception>

#include "program.h"

namespace {

std::int64_t times = 0;

// The asm keeps calls from being tail calls.
[[gnu::noinline]] void nap() {
  for (std::int64_t i = 0; i < times; ++i) {
    program::sleep_ns(2'000'000);
  }
  asm volatile("");
}

[[gnu::noinline]] void throws() { throw 1; }

[[gnu::noinline]] void handles() {
  try {
    throws();
  } catch (int) {
    nap();
  }
  asm volatile("");
}

class Cleanup {
 public:
  Cleanup() = default;
  Cleanup(const Cleanup&) = delete;
  Cleanup& operator=(const Cleanup&) = delete;
  [[gnu::noinline]] ~Cleanup() {
    nap();
    asm volatile("");
  }
};
[[gnu::noinline]] void unwinds() {
  const Cleanup cleanup;
  throws();
}
[[gnu::noinline]] void catches() {
  try {
    unwinds();
  } catch (int) {
    asm volatile("");
  }
}

[[gnu::noinline]] void called_last() {
  nap();
  asm volatile("");
}
[[gnu::noinline]] void calls_last() {
  asm volatile("");
  called_last();
}

struct Routine {
  struct promise_type {
    Routine get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};
Routine routine() {
  nap();
  co_await std::suspend_always();
  nap();
}
[[gnu::noinline]] void resumes() {
  const Routine some = routine();
  some.handle.resume();
  some.handle.resume();
  some.handle.destroy();
  asm volatile("");
}

[[noreturn, gnu::noinline]] void ends() {
  nap();
  _exit(0);
}
// Its last instruction is the call, so that the return address is behind it.
[[gnu::noinline]] void does_not_return() { ends(); }

[[gnu::noinline]] void loads(const char* path) {
  void* const library = dlopen(path, RTLD_NOW);
  auto* const nap_in = library == nullptr ? nullptr : reinterpret_cast<void (*)()>(dlsym(library, "nap_in_library"));
  if (nap_in == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::_Exit(program::kBroken);
  }
  nap_in();
  dlclose(library);
}

}  // namespace

int main(int argc, char** argv) {
  times = program::number(argc, argv, 3);
  for (int round = 0; round < 3; ++round) {
    handles();
    catches();
    calls_last();
    resumes();
  }
  const pid_t child = fork();
  if (child == 0) {
    does_not_return();
  }
  waitpid(child, nullptr, 0);
  for (int i = 0; i < 3; ++i) {
    loads(program::word(argc, argv, 1));
    loads(program::word(argc, argv, 2));
  }
  return 0;
}
