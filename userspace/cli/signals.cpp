// SPDX-License-Identifier: Apache-2.0
#include "cli/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace taskcost {

void block_file_size_signal() {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGXFSZ);
  pthread_sigmask(SIG_BLOCK, &mask, nullptr);
}

Result<StopSignals> StopSignals::block() {
  StopSignals signals;
  sigset_t mask;
  sigemptyset(&mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
    sigaddset(&mask, signal);
  }
  signals.fd_ = Fd(signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals.fd_) {
    return Error{"cannot wait for signals", std::strerror(errno), ""};
  }
  pthread_sigmask(SIG_BLOCK, &mask, &signals.previous_);
  return signals;
}

StopSignals::Received StopSignals::take() {
  signalfd_siginfo info{};
  if (read(fd_.get(), &info, sizeof(info)) != sizeof(info)) {
    return {};
  }
  return {static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL};
}

}  // namespace taskcost
