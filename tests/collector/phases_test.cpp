// SPDX-License-Identifier: Apache-2.0
//
// What the kernel refuses to a process that only writes its report.
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>

#include "base/fd.h"
#include "base/fetcher.h"
#include "collector/privileges.h"
#include "support/subprocess.h"

namespace taskcost::test {
namespace {

// The errno of a call in a child that has entered the phase of the report; 0: it succeeded.
int error_in_report_phase(const std::function<long()>& call) {
  const pid_t child = fork();
  if (child == 0) {
    constexpr int phase_failed = 255;
    if (!enter_report_phase()) {
      _exit(phase_failed);
    }
    _exit(call() < 0 ? errno : 0);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status)) << status;
  return WEXITSTATUS(status);
}

TEST(ReportPhase, RefusesWhatNoReportNeeds) {
  const std::function<long()> execute = [] { return execl("/bin/true", "true", nullptr); };
  const std::function<long()> make_map = [] {
    bpf_attr attributes{};
    attributes.map_type = BPF_MAP_TYPE_ARRAY;
    attributes.key_size = 4;
    attributes.value_size = 4;
    attributes.max_entries = 1;
    return syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
  };
  const std::function<long()> trace = [] { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); };
  const std::function<long()> connect = [] { return socket(AF_UNIX, SOCK_STREAM, 0); };
  for (const auto& each : {execute, make_map, trace, connect}) {
    EXPECT_EQ(error_in_report_phase(each), EPERM);
  }
}

TEST(ReportPhase, ReadsAndWritesFiles) {
  const TemporaryDirectory directory;
  write_file(directory.file("read"), "content");
  EXPECT_EQ(error_in_report_phase([&directory] {
              write_file(directory.file("written"), read_file(directory.file("read")));
              return 0;
            }),
            0);
  EXPECT_EQ(read_file(directory.file("written")), "content");
}

TEST(ReportPhase, OpensNoFilesOfObservedPrograms) {
  EXPECT_TRUE(Fetcher().open("/proc/self/status").file);
  EXPECT_EQ(error_in_report_phase([] {
              errno = Fetcher().open("/proc/self/status").error;
              return errno == 0 ? 0 : -1;
            }),
            EPERM);
}

}  // namespace
}  // namespace taskcost::test
