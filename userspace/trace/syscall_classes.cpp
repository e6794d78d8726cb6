// SPDX-License-Identifier: Apache-2.0
#include "trace/syscall_classes.h"

#include <algorithm>
#include <array>

#include "taskcost/abi.h"

namespace taskcost {
namespace {

constexpr std::uint32_t receives = TC_CALL_BY_FD | TC_CALL_IN;
constexpr std::uint32_t sends = TC_CALL_BY_FD | TC_CALL_OUT;
constexpr std::uint32_t on_descriptor = TC_CALL_FD_FIRST;  // it waits for a file, but counts for none

constexpr SyscallClass calls(tc_activity activity, std::uint32_t bits, std::string_view names) {
  return {static_cast<std::uint32_t>(activity) | bits, names};
}

constexpr SyscallClass calls(tc_activity activity, std::uint32_t bits, tc_call_kind kind, std::string_view names) {
  return calls(activity, bits | static_cast<std::uint32_t>(kind) << TC_CALL_KIND_SHIFT, names);
}

// Names of 32-bit ABIs (mmap2, _llseek, futex_time64, ...) are in the class of their 64-bit counterparts.
constexpr std::array classes = {
    calls(TC_ACTIVITY_CREATE, 0, "clone clone3 fork"),
    calls(TC_ACTIVITY_CREATE, 0, TC_KIND_VFORK, "vfork"),
    calls(TC_ACTIVITY_EXEC, 0, "execve execveat"),
    calls(TC_ACTIVITY_EXIT, 0, "exit exit_group"),
    calls(TC_ACTIVITY_WAIT, 0, "wait4 waitpid"),
    calls(TC_ACTIVITY_WAIT, 0, TC_KIND_WAITID, "waitid"),
    calls(TC_ACTIVITY_MEMORY, 0, TC_KIND_MMAP, "mmap mmap2"),
    calls(TC_ACTIVITY_MEMORY, 0, TC_KIND_SHMAT, "shmat"),
    calls(TC_ACTIVITY_MEMORY, 0,
          "munmap mremap brk mprotect madvise process_madvise msync mincore mlock mlock2 munlock mlockall munlockall "
          "remap_file_pages mbind set_mempolicy get_mempolicy set_mempolicy_home_node migrate_pages move_pages "
          "pkey_mprotect pkey_alloc pkey_free shmget shmdt shmctl memfd_create memfd_secret userfaultfd "
          "process_mrelease map_shadow_stack mseal"),
    // Without FUTEX_PRIVATE_FLAG, the mapping decides if the futex is private or shared.
    calls(TC_ACTIVITY_FUTEX, TC_CALL_AT_ENTRY, TC_KIND_FUTEX, "futex futex_time64"),
    calls(TC_ACTIVITY_FUTEX, TC_CALL_AT_ENTRY, TC_KIND_FUTEX_FLAGS, "futex_wait futex_wake"),
    calls(TC_ACTIVITY_FUTEX, TC_CALL_AT_ENTRY, TC_KIND_FUTEX_LIST, "futex_waitv futex_requeue"),
    calls(TC_ACTIVITY_FUTEX, 0, "set_robust_list get_robust_list"),
    calls(TC_ACTIVITY_PIPE, 0, "pipe pipe2"),
    calls(TC_ACTIVITY_SOCKET, 0, "socket socketpair"),
    calls(TC_ACTIVITY_SOCKET, on_descriptor,
          "bind listen accept accept4 connect shutdown getsockname getpeername setsockopt getsockopt"),
    calls(TC_ACTIVITY_SOCKET, TC_CALL_AT_ENTRY, TC_KIND_SOCKETCALL, "socketcall"),
    // MSG_PEEK leaves the bytes in the socket.
    calls(TC_ACTIVITY_SOCKET, receives, TC_KIND_RECV, "recv recvfrom"),
    calls(TC_ACTIVITY_SOCKET, receives, TC_KIND_RECVMSG, "recvmsg"),
    calls(TC_ACTIVITY_SOCKET, sends, "send sendto sendmsg"),
    // Their result counts messages, not bytes.
    calls(TC_ACTIVITY_SOCKET, receives, TC_KIND_RECVMMSG, "recvmmsg recvmmsg_time64"),
    calls(TC_ACTIVITY_SOCKET, sends, TC_KIND_SENDMMSG, "sendmmsg"),
    calls(TC_ACTIVITY_FILE, receives, "read readv preadv preadv2"),
    calls(TC_ACTIVITY_FILE, sends, "write writev pwritev pwritev2 sendfile sendfile64"),
    // The first argument decides the class. Bytes come from it and go to the descriptor of another argument.
    calls(TC_ACTIVITY_FILE, receives, TC_KIND_SPLICE, "splice"),
    calls(TC_ACTIVITY_FILE, receives, TC_KIND_TEE, "tee"),
    calls(TC_ACTIVITY_FILE, sends, TC_KIND_VMSPLICE, "vmsplice"),
    calls(TC_ACTIVITY_FILE, 0, TC_KIND_OPEN, "open openat openat2 creat"),
    calls(TC_ACTIVITY_FILE, on_descriptor, TC_KIND_FLOCK, "flock"),
    calls(TC_ACTIVITY_FILE, on_descriptor, TC_KIND_FCNTL, "fcntl fcntl64"),
    calls(TC_ACTIVITY_FILE, on_descriptor,
          "fstat fstat64 fstatfs fstatfs64 lseek _llseek pread64 pwrite64 dup ioctl fsync fdatasync syncfs "
          "sync_file_range fallocate ftruncate ftruncate64 getdents getdents64 fchdir fchmod fchown fadvise64 "
          "fadvise64_64 readahead copy_file_range fsetxattr fgetxattr flistxattr fremovexattr timerfd_settime "
          "timerfd_gettime cachestat"),
    // These calls take a path, the descriptor of a start directory, or a descriptor that is closed when the wait
    // begins.
    calls(TC_ACTIVITY_FILE, 0,
          "close close_range dup2 dup3 stat stat64 lstat lstat64 fstatat64 newfstatat statx statfs statfs64 access "
          "faccessat faccessat2 sync truncate truncate64 getcwd chdir rename renameat renameat2 mkdir mkdirat rmdir "
          "link linkat unlink unlinkat symlink symlinkat readlink readlinkat chmod fchmodat fchmodat2 chown lchown "
          "fchownat mknod mknodat utime utimes futimesat utimensat utimensat_time64 setxattr lsetxattr setxattrat "
          "getxattr lgetxattr getxattrat listxattr llistxattr listxattrat removexattr lremovexattr removexattrat "
          "mount umount umount2 pivot_root chroot inotify_init inotify_init1 inotify_add_watch inotify_rm_watch "
          "fanotify_init fanotify_mark name_to_handle_at open_by_handle_at io_setup io_destroy io_submit io_cancel "
          "io_uring_setup io_uring_register eventfd eventfd2 timerfd_create"),
    calls(TC_ACTIVITY_FILE, 0, TC_KIND_ASYNC_IO, "io_getevents io_pgetevents io_pgetevents_time64 io_uring_enter"),
    // POSIX message queues are used by descriptor and have no activity of their own.
    calls(TC_ACTIVITY_OTHER, receives, "mq_timedreceive mq_timedreceive_time64"),
    calls(TC_ACTIVITY_OTHER, sends, TC_KIND_MQ_SEND, "mq_timedsend mq_timedsend_time64"),
    calls(TC_ACTIVITY_OTHER, 0, TC_KIND_SEMOP, "semop semtimedop semtimedop_time64"),
    calls(TC_ACTIVITY_OTHER, 0, TC_KIND_MSGSND, "msgsnd"),
    calls(TC_ACTIVITY_OTHER, 0, TC_KIND_MSGRCV, "msgrcv"),
    calls(TC_ACTIVITY_OTHER, TC_CALL_AT_ENTRY, TC_KIND_IPC, "ipc"),
    calls(TC_ACTIVITY_OTHER, TC_CALL_IN, TC_KIND_PROCESS_VM, "process_vm_readv"),
    calls(TC_ACTIVITY_OTHER, TC_CALL_OUT, TC_KIND_PROCESS_VM, "process_vm_writev"),
    calls(TC_ACTIVITY_OTHER, 0, TC_KIND_YIELD, "sched_yield"),
    calls(TC_ACTIVITY_OTHER, TC_CALL_AT_ENTRY, TC_KIND_PRCTL, "prctl"),
    calls(TC_ACTIVITY_POLL, 0, TC_KIND_EPOLL, "epoll_wait epoll_pwait epoll_pwait2"),
    calls(TC_ACTIVITY_POLL, 0,
          "poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create epoll_create1 epoll_ctl"),
    calls(TC_ACTIVITY_SLEEP, 0, "nanosleep clock_nanosleep clock_nanosleep_time64"),
    // It resumes the call that a signal interrupted.
    calls(TC_ACTIVITY_OTHER, TC_CALL_AT_ENTRY, TC_KIND_RESTART, "restart_syscall"),
    calls(TC_ACTIVITY_SIGNAL, 0,
          "kill tkill tgkill pause sigaltstack rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigtimedwait "
          "rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn sigaction sigprocmask sigpending "
          "sigsuspend sigreturn signal signalfd signalfd4 pidfd_send_signal"),
};

// The order is that of linux/net.h.
constexpr std::array<std::string_view, 21> of_socketcall = {
    "",           "socket",  "bind",    "connect",  "listen",   "accept",   "getsockname", "getpeername",
    "socketpair", "send",    "recv",    "sendto",   "recvfrom", "shutdown", "setsockopt",  "getsockopt",
    "sendmsg",    "recvmsg", "accept4", "recvmmsg", "sendmmsg"};

// The order is that of linux/ipc.h.
constexpr std::array<std::string_view, 25> of_ipc = {"", "semop",  "semget", "semctl", "semtimedop", "", "", "", "", "",
                                                     "", "msgsnd", "msgrcv", "msgget", "msgctl",     "", "", "", "", "",
                                                     "", "shmat",  "shmdt",  "shmget", "shmctl"};

static_assert(of_socketcall.size() <= TC_MULTIPLEXED_CALLS && of_ipc.size() <= TC_MULTIPLEXED_CALLS);

bool is_among(std::string_view name, std::string_view names) {
  while (!names.empty()) {
    const std::size_t end = names.find(' ');
    if (names.substr(0, end) == name) {
      return true;
    }
    names = end == std::string_view::npos ? std::string_view() : names.substr(end + 1);
  }
  return false;
}

}  // namespace

std::span<const SyscallClass> syscall_classes() { return classes; }

std::uint32_t call_of_name(std::string_view name) {
  for (const SyscallClass& group : classes) {
    if (is_among(name, group.names)) {
      return group.call;
    }
  }
  return TC_ACTIVITY_OTHER;
}

CallClasses classes_by_name(const std::function<std::string(std::uint32_t number, bool compat)>& name) {
  CallClasses classes;
  for (std::uint32_t number = 0; number < TC_MAX_SYSCALLS; ++number) {
    classes.native.push_back(call_of_name(name(number, false)));
    classes.compat.push_back(call_of_name(name(number, true)));
  }
  classes.socketcall.fill(TC_ACTIVITY_OTHER);
  classes.ipc.fill(TC_ACTIVITY_OTHER);
  std::ranges::transform(of_socketcall, classes.socketcall.begin(), call_of_name);
  std::ranges::transform(of_ipc, classes.ipc.begin(), call_of_name);
  return classes;
}

}  // namespace taskcost
