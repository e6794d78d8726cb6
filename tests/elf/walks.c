// SPDX-License-Identifier: Apache-2.0
//
// Sleeps on paths that need unwind tables: there is no frame pointer. Before it sleeps it prints the path as the
// compiler's own unwinder sees it: the functions of this program, outermost first.
//
// walks LIBRARY: all paths, the last one after an exec.
#define _GNU_SOURCE
#include <alloca.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMES = 30, DEEP = 200, FRAMES = 64 };
#define NOINLINE __attribute__((noinline, section("walks")))
// Keeps a call from being a tail call.
#define STAY() __asm__ volatile("" ::: "memory")

extern const char __start_walks[];
extern const char __stop_walks[];
extern void _start(void);
static const char* function_at(uintptr_t address);

NOINLINE void rest(void) {
  void* addresses[FRAMES];
  const char* separator = "";
  for (int i = backtrace(addresses, FRAMES); i-- > 0;) {
    const char* const name = function_at((uintptr_t)addresses[i] - 1);
    if (name) {
      printf("%s%s", separator, name);
      separator = ";";
    }
  }
  printf("\n");
  fflush(stdout);
  const struct timespec time = {0, 2000000};
  for (int i = 0; i < TIMES; ++i) {
    nanosleep(&time, NULL);
  }
  STAY();
}

NOINLINE void plain_h(void) {
  rest();
  STAY();
}
NOINLINE void plain_g(void) {
  plain_h();
  STAY();
}
NOINLINE void plain_f(void) {
  plain_g();
  STAY();
}

NOINLINE void alloca_f(size_t size) {
  char* room = alloca(size);
  memset(room, 1, size);
  __asm__ volatile("" : : "r"(room) : "memory");
  rest();
  STAY();
}

NOINLINE void aligned_f(size_t size) {
  _Alignas(64) char buffer[256];
  char* room = alloca(size);
  memset(buffer, 1, sizeof(buffer));
  __asm__ volatile("" : : "r"(buffer), "r"(room) : "memory");
  rest();
  STAY();
}

NOINLINE void on_signal(int number) {
  (void)number;
  rest();
  STAY();
}

NOINLINE void signal_f(void) {
  static char other_stack[65536];
  const stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof(other_stack)};
  sigaltstack(&stack, NULL);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
  raise(SIGUSR1);
  STAY();
}

NOINLINE int compare_f(const void* a, const void* b) {
  static int calls;
  if (++calls == 1) {
    rest();
  }
  return *(const int*)a - *(const int*)b;
}

NOINLINE void callback_f(void) {
  int numbers[] = {3, 1, 2, 4};
  qsort(numbers, 4, sizeof(int), compare_f);
  STAY();
}

NOINLINE void from_library(void) {
  rest();
  STAY();
}

NOINLINE void library_f(const char* file) {
  void* const library = dlopen(file, RTLD_NOW);
  void (*call_back)(void (*)(void)) = library ? (void (*)(void (*)(void)))dlsym(library, "call_back") : NULL;
  if (call_back) {
    call_back(from_library);
  }
  STAY();
}

NOINLINE void thread_f(void) {
  rest();
  STAY();
}

NOINLINE void* thread_main(void* unused) {
  thread_f();
  STAY();
  return unused;
}

NOINLINE void child_f(void) {
  rest();
  STAY();
}
NOINLINE void exec_f(void) {
  rest();
  STAY();
}

NOINLINE int deep_f(int depth) {
  if (depth == 0) {
    const struct timespec time = {0, 2000000};
    nanosleep(&time, NULL);
    return 1;
  }
  const int sum = deep_f(depth - 1) + depth;
  STAY();
  return sum;
}

NOINLINE int main(int count, char** arguments);

static const char* function_at(uintptr_t address) {
#define FUNCTION(name) \
  { #name, (uintptr_t)name }
  static const struct {
    const char* name;
    uintptr_t start;
  } functions[] = {FUNCTION(rest),      FUNCTION(plain_h),    FUNCTION(plain_g),      FUNCTION(plain_f),
                   FUNCTION(alloca_f),  FUNCTION(aligned_f),  FUNCTION(on_signal),    FUNCTION(signal_f),
                   FUNCTION(compare_f), FUNCTION(callback_f), FUNCTION(from_library), FUNCTION(library_f),
                   FUNCTION(thread_f),  FUNCTION(child_f),    FUNCTION(thread_main),  FUNCTION(exec_f),
                   FUNCTION(deep_f),    FUNCTION(main)};
  const uintptr_t start = (uintptr_t)_start;
  if (address >= start && address < start + 64) {
    return "_start";
  }
  if (address < (uintptr_t)__start_walks || address >= (uintptr_t)__stop_walks) {
    return NULL;
  }
  unsigned nearest = 0;
  for (unsigned i = 0; i < sizeof(functions) / sizeof(functions[0]); ++i) {
    if (functions[i].start <= address &&
        (functions[nearest].start > address || functions[i].start > functions[nearest].start)) {
      nearest = i;
    }
  }
  return functions[nearest].name;
}

int main(int count, char** arguments) {
  if (count < 2) {
    exec_f();
    return 0;
  }
  plain_f();
  alloca_f((size_t)count * 1000);
  aligned_f((size_t)count * 1000);
  signal_f();
  callback_f();
  library_f(arguments[1]);
  pthread_t thread;
  if (pthread_create(&thread, NULL, thread_main, NULL) == 0) {
    pthread_join(thread, NULL);
  }
  const pid_t child = fork();
  if (child == 0) {
    child_f();
    _exit(0);
  }
  waitpid(child, NULL, 0);
  deep_f(DEEP);
  execl("/proc/self/exe", arguments[0], (char*)NULL);
  return 1;
}
