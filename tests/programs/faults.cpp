// SPDX-License-Identifier: Apache-2.0
//
// faults KIND PAGES [FILE]: touches pages one by one. Prints "MINOR MAJOR NANOSECONDS": the kernel's count of minor and
// major faults during the touching alone, and the time that it took.
//
//   anonymous     first write to private memory
//   cow           write after a fork, while the child lives and shares the pages
//   file_read     read of a file's pages that are in the page cache (the kernel maps several at a time)
//   file_private  first write to a private mapping of a file
//   file_cold     read of a file's pages that the kernel was asked to drop before
//   kernel        first write to private memory by the kernel, in read()
#include <sys/prctl.h>

#include <csignal>
#include <string_view>

#include "program.h"

namespace {

const auto kPage = static_cast<size_t>(sysconf(_SC_PAGESIZE));

struct Counts {
  long minor = 0;
  long major = 0;
};

Counts counted() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return {usage.ru_minflt, usage.ru_majflt};
}

volatile char* map(size_t pages, int protection, int fd) {
  const int kind = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE;
  void* memory = mmap(nullptr, (pages > 0 ? pages : 1) * kPage, protection, kind, fd, 0);
  if (memory == MAP_FAILED) {
    program::die("mmap");
  }
  // Each page takes one fault: huge pages and read-ahead are off.
  madvise(memory, pages * kPage, MADV_NOHUGEPAGE);
  madvise(memory, pages * kPage, MADV_RANDOM);
  return static_cast<volatile char*>(memory);
}

void write_pages(volatile char* memory, size_t pages) {
  for (size_t i = 0; i < pages; ++i) {
    memory[i * kPage] = 1;
  }
}

void read_pages(const volatile char* memory, size_t pages) {
  for (size_t i = 0; i < pages; ++i) {
    (void)memory[i * kPage];  // volatile: the read happens
  }
}

int open_file(const char* path, size_t pages) {
  const int fd = program::must(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), path);
  static char page[4096];
  std::memset(page, 'x', sizeof(page));
  for (size_t written = 0; written < pages * kPage; written += sizeof(page)) {
    program::must(static_cast<int>(write(fd, page, sizeof(page))), path);
  }
  return fd;
}

void drop_cache(int fd) {
  program::must(fdatasync(fd), "fdatasync");
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

template <typename Touch>
void report(Touch touch) {
  const Counts before = counted();
  const std::int64_t begin = program::now_ns();
  touch();
  const std::int64_t end = program::now_ns();
  const Counts after = counted();
  std::printf("%ld %ld %lld\n", after.minor - before.minor, after.major - before.major,
              static_cast<long long>(end - begin));
}

void copy_on_write(volatile char* memory, size_t pages) {
  write_pages(memory, pages);
  const pid_t sharer = program::fork_child([] {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pause();
  });
  report([&] { write_pages(memory, pages); });
  kill(sharer, SIGKILL);
  waitpid(sharer, nullptr, 0);
}

void by_the_kernel(volatile char* memory, size_t pages) {
  const int zero = program::must(open("/dev/zero", O_RDONLY | O_CLOEXEC), "/dev/zero");
  report([&] {
    for (size_t i = 0; i < pages; ++i) {
      program::must(static_cast<int>(read(zero, const_cast<char*>(memory) + i * kPage, 1)), "read");
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = program::word(argc, argv, 1);
  const auto pages = static_cast<size_t>(program::number(argc, argv, 2));
  if (kind == "anonymous") {
    volatile char* memory = map(pages, PROT_READ | PROT_WRITE, -1);
    report([&] { write_pages(memory, pages); });
  } else if (kind == "cow") {
    copy_on_write(map(pages, PROT_READ | PROT_WRITE, -1), pages);
  } else if (kind == "kernel") {
    by_the_kernel(map(pages, PROT_READ | PROT_WRITE, -1), pages);
  } else {
    const int fd = open_file(program::word(argc, argv, 3), pages);
    if (kind == "file_cold") {
      drop_cache(fd);
    }
    volatile char* memory = map(pages, PROT_READ | PROT_WRITE, fd);
    report([&] { kind == "file_private" ? write_pages(memory, pages) : read_pages(memory, pages); });
  }
  return 0;
}
