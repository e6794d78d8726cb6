// SPDX-License-Identifier: Apache-2.0
//
// fifos twins: makes FIFOs with the same inode number on two file systems, each with a writer and a reader (needs
// root).
// fifos again FILE: makes FIFOs named FILE one after the other, which mostly get the same inode number.
// Prints "WRITER READER BYTES" for each pair, and at the end the number of different inode numbers.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <set>
#include <string>
#include <vector>

#include "program.h"

namespace {

using program::must;

struct Pair {
  pid_t writer;
  pid_t reader;
  std::int64_t bytes;
};

char buffer[65536];

Pair pass_through(const std::string& path, std::int64_t bytes) {
  Pair pair{0, 0, bytes};
  pair.writer = program::fork_child([&] {
    const int fd = must(open(path.c_str(), O_WRONLY), path.c_str());
    for (std::int64_t left = bytes; left > 0;) {
      left -= must(static_cast<int>(write(fd, buffer, 4096)), "write");
    }
  });
  pair.reader = program::fork_child([&] {
    const int fd = must(open(path.c_str(), O_RDONLY), path.c_str());
    while (must(static_cast<int>(read(fd, buffer, sizeof buffer)), "read") > 0) {
    }
  });
  return pair;
}

void wait_for(const Pair& pair) {
  waitpid(pair.writer, nullptr, 0);
  waitpid(pair.reader, nullptr, 0);
}

ino_t make(const std::string& path) {
  struct stat status {};
  must(mkfifo(path.c_str(), 0600), path.c_str());
  must(stat(path.c_str(), &status), path.c_str());
  return status.st_ino;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = program::word(argc, argv, 1);
  std::vector<Pair> pairs;
  std::set<ino_t> inodes;
  if (what == "twins") {
    must(unshare(CLONE_NEWNS), "unshare");
    must(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr), "mount");
    char directory[] = "/tmp/fifos.XXXXXX";
    if (mkdtemp(directory) == nullptr) {
      program::die("mkdtemp");
    }
    must(mount("none", directory, "tmpfs", 0, ""), "mount");
    for (const char* name : {"/a", "/b"}) {
      const std::string mount_point = directory + std::string(name);
      must(mkdir(mount_point.c_str(), 0700), "mkdir");
      must(mount("none", mount_point.c_str(), "tmpfs", 0, ""), "mount");
      inodes.insert(make(mount_point + "/fifo"));
      pairs.push_back(pass_through(mount_point + "/fifo", (1 + static_cast<std::int64_t>(pairs.size())) << 20));
    }
    for (const Pair& pair : pairs) {
      wait_for(pair);
    }
    umount2(directory, MNT_DETACH);
    rmdir(directory);
  } else {
    constexpr int kFifos = 4;
    const std::string path = program::word(argc, argv, 2);
    for (int i = 0; i < kFifos; ++i) {
      inodes.insert(make(path));
      pairs.push_back(pass_through(path, (i + 1) << 20));
      wait_for(pairs.back());
      unlink(path.c_str());
    }
  }
  for (const Pair& pair : pairs) {
    std::printf("%d %d %lld\n", pair.writer, pair.reader, static_cast<long long>(pair.bytes));
  }
  std::printf("%zu\n", inodes.size());
  return 0;
}
