// SPDX-License-Identifier: Apache-2.0
#include "account/syscall_classes.h"

#include <array>

#include "taskcost/abi.h"

namespace taskcost {
namespace {

constexpr std::uint8_t receives = TC_CALL_BY_FD | TC_CALL_IN;
constexpr std::uint8_t sends = TC_CALL_BY_FD | TC_CALL_OUT;

constexpr SyscallClass calls(tc_activity activity, std::uint8_t bits, std::string_view names) {
  return {static_cast<std::uint8_t>(activity | bits), names};
}

// Names of 32-bit ABIs (mmap2, _llseek, futex_time64, ...) stand with their 64-bit siblings.
constexpr std::array classes = {
    calls(TC_ACTIVITY_CREATE, 0, "clone clone3 fork vfork"),
    calls(TC_ACTIVITY_EXEC, 0, "execve execveat"),
    calls(TC_ACTIVITY_EXIT, 0, "exit exit_group"),
    calls(TC_ACTIVITY_WAIT, 0, "wait4 waitid waitpid"),
    calls(TC_ACTIVITY_MEMORY, 0,
          "mmap mmap2 munmap mremap brk mprotect madvise process_madvise msync mincore mlock mlock2 munlock mlockall "
          "munlockall remap_file_pages mbind set_mempolicy get_mempolicy set_mempolicy_home_node migrate_pages "
          "move_pages pkey_mprotect pkey_alloc pkey_free shmget shmat shmdt shmctl memfd_create memfd_secret "
          "userfaultfd process_mrelease map_shadow_stack mseal"),
    calls(TC_ACTIVITY_FUTEX, 0,
          "futex futex_time64 futex_waitv futex_wake futex_wait futex_requeue set_robust_list get_robust_list"),
    calls(TC_ACTIVITY_PIPE, 0, "pipe pipe2"),
    calls(TC_ACTIVITY_SOCKET, 0,
          "socket socketpair socketcall bind listen accept accept4 connect shutdown getsockname getpeername setsockopt "
          "getsockopt"),
    calls(TC_ACTIVITY_SOCKET, receives, "recv recvfrom recvmsg"),
    calls(TC_ACTIVITY_SOCKET, sends, "send sendto sendmsg"),
    // Their result counts messages, not bytes.
    calls(TC_ACTIVITY_SOCKET, TC_CALL_BY_FD, "recvmmsg recvmmsg_time64 sendmmsg"),
    calls(TC_ACTIVITY_FILE, receives, "read readv preadv preadv2 splice"),
    calls(TC_ACTIVITY_FILE, sends, "write writev pwritev pwritev2 sendfile sendfile64 vmsplice"),
    calls(TC_ACTIVITY_FILE, 0,
          "open openat openat2 creat close close_range stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat "
          "statx statfs statfs64 fstatfs fstatfs64 lseek _llseek pread64 pwrite64 tee access faccessat faccessat2 dup "
          "dup2 dup3 fcntl fcntl64 ioctl flock fsync fdatasync sync syncfs sync_file_range fallocate truncate "
          "truncate64 ftruncate ftruncate64 getdents getdents64 getcwd chdir fchdir rename renameat renameat2 mkdir "
          "mkdirat rmdir link linkat unlink unlinkat symlink symlinkat readlink readlinkat chmod fchmod fchmodat "
          "fchmodat2 chown fchown lchown fchownat mknod mknodat utime utimes futimesat utimensat utimensat_time64 "
          "fadvise64 fadvise64_64 readahead copy_file_range setxattr lsetxattr fsetxattr setxattrat getxattr lgetxattr "
          "fgetxattr getxattrat listxattr llistxattr flistxattr listxattrat removexattr lremovexattr fremovexattr "
          "removexattrat mount umount umount2 pivot_root chroot inotify_init inotify_init1 inotify_add_watch "
          "inotify_rm_watch fanotify_init fanotify_mark name_to_handle_at open_by_handle_at io_setup io_destroy "
          "io_submit io_cancel io_uring_setup io_uring_register eventfd eventfd2 timerfd_create timerfd_settime "
          "timerfd_gettime cachestat"),
    // Message queues, by descriptor; there is no activity of their own.
    calls(TC_ACTIVITY_OTHER, receives, "mq_timedreceive mq_timedreceive_time64"),
    calls(TC_ACTIVITY_OTHER, sends, "mq_timedsend mq_timedsend_time64"),
    calls(TC_ACTIVITY_POLL, 0,
          "poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create epoll_create1 epoll_ctl "
          "epoll_wait epoll_pwait epoll_pwait2 io_getevents io_pgetevents io_pgetevents_time64 io_uring_enter"),
    // restart_syscall resumes a sleep that a signal stopped.
    calls(TC_ACTIVITY_SLEEP, 0, "nanosleep clock_nanosleep clock_nanosleep_time64 restart_syscall"),
    calls(TC_ACTIVITY_SIGNAL, 0,
          "kill tkill tgkill pause sigaltstack rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigtimedwait "
          "rt_sigtimedwait_time64 rt_sigqueueinfo rt_tgsigqueueinfo rt_sigreturn sigaction sigprocmask sigpending "
          "sigsuspend sigreturn signal signalfd signalfd4 pidfd_send_signal"),
};

}  // namespace

std::span<const SyscallClass> syscall_classes() { return classes; }

}  // namespace taskcost
