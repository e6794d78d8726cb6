// SPDX-License-Identifier: Apache-2.0
//
// fuse_files DIRECTORY FILE: mounts a file system on DIRECTORY that has one file, "file", with the content of FILE, and
// serves it through /dev/fuse. Prints "ready". While it is stopped, nothing there answers. Unmounts on SIGTERM.
#include <fcntl.h>
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <csignal>
#include <string>
#include <vector>

#include "program.h"

namespace {

constexpr std::uint64_t kRoot = 1;
constexpr std::uint64_t kFile = 2;
std::string directory;

class Server {
 public:
  Server(int device, int content) : device_(device), content_(content) {
    struct stat status {};
    program::must(fstat(content, &status), "fstat");
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  void serve() {
    std::vector<char> request(1 << 18);
    for (;;) {
      const ssize_t size = read(device_, request.data(), request.size());
      if (size < 0 && errno == ENODEV) {
        return;
      }
      if (size >= static_cast<ssize_t>(sizeof(fuse_in_header))) {
        answer(*reinterpret_cast<fuse_in_header*>(request.data()), request.data() + sizeof(fuse_in_header));
      }
    }
  }

 private:
  void reply(const fuse_in_header& request, int error, const void* content = nullptr, std::size_t size = 0) const {
    std::vector<char> out(sizeof(fuse_out_header) + size);
    const fuse_out_header header{static_cast<std::uint32_t>(out.size()), error, request.unique};
    std::memcpy(out.data(), &header, sizeof(header));
    if (size > 0) {
      std::memcpy(out.data() + sizeof(header), content, size);
    }
    (void)!write(device_, out.data(), out.size());
  }
  template <typename T>
  void reply_with(const fuse_in_header& request, const T& content) const {
    reply(request, 0, &content, sizeof(content));
  }

  [[nodiscard]] fuse_attr attributes(std::uint64_t node) const {
    fuse_attr attr{};
    attr.ino = node;
    attr.size = node == kFile ? size_ : 0;
    attr.mode = node == kFile ? S_IFREG | 0755U : S_IFDIR | 0755U;
    attr.nlink = 1;
    attr.blksize = 4096;
    return attr;
  }

  void answer(const fuse_in_header& request, const char* body) const {
    switch (request.opcode) {
      case FUSE_INIT: {
        fuse_init_out out{};
        out.major = FUSE_KERNEL_VERSION;
        out.minor = 31;
        out.max_write = 4096;
        return reply_with(request, out);
      }
      case FUSE_LOOKUP: {
        if (std::string(body) != "file") {
          return reply(request, -ENOENT);
        }
        fuse_entry_out out{};
        out.nodeid = kFile;
        out.attr = attributes(kFile);
        return reply_with(request, out);
      }
      case FUSE_GETATTR: {
        fuse_attr_out out{};
        out.attr = attributes(request.nodeid);
        return reply_with(request, out);
      }
      case FUSE_OPEN:
      case FUSE_OPENDIR: {
        fuse_open_out out{};
        out.open_flags = FOPEN_KEEP_CACHE;
        return reply_with(request, out);
      }
      case FUSE_READ: {
        const auto& in = *reinterpret_cast<const fuse_read_in*>(body);
        std::vector<char> content(in.size);
        const ssize_t size = pread(content_, content.data(), content.size(), static_cast<off_t>(in.offset));
        return reply(request, 0, content.data(), static_cast<std::size_t>(size > 0 ? size : 0));
      }
      case FUSE_RELEASE:
      case FUSE_RELEASEDIR:
      case FUSE_FLUSH:
        return reply(request, 0);
      case FUSE_FORGET:
      case FUSE_BATCH_FORGET:
      case FUSE_INTERRUPT:
        return;
      default:
        return reply(request, -ENOSYS);
    }
  }

  int device_;
  int content_;
  std::uint64_t size_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  directory = program::word(argc, argv, 1);
  const int content = program::must(open(program::word(argc, argv, 2), O_RDONLY | O_CLOEXEC), "open");
  const int device = program::must(open("/dev/fuse", O_RDWR | O_CLOEXEC), "/dev/fuse");
  const std::string options =
      "fd=" + std::to_string(device) + ",rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions";
  program::must(mount("taskcost-test", directory.c_str(), "fuse", MS_NOSUID, options.c_str()), "mount");
  std::signal(SIGTERM, [](int) {
    umount2(directory.c_str(), MNT_DETACH);
    std::_Exit(0);
  });
  std::puts("ready");
  std::fflush(stdout);
  Server(device, content).serve();
  return 0;
}
