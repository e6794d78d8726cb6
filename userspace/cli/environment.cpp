// SPDX-License-Identifier: Apache-2.0
#include "cli/environment.h"

#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/caller.h"

namespace taskcost {
namespace {

// The hypervisor's name from CPUID; empty if the architecture has no CPUID.
std::string virtualization() {
#if defined(__x86_64__)
  constexpr unsigned features_leaf = 1;
  constexpr unsigned hypervisor_bit = 1U << 31U;
  constexpr unsigned hypervisor_leaf = 0x40000000;
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  if (__get_cpuid(features_leaf, &eax, &ebx, &ecx, &edx) == 0) {
    return {};
  }
  if ((ecx & hypervisor_bit) == 0) {
    return "none";
  }
  __cpuid(hypervisor_leaf, eax, ebx, ecx, edx);
  const std::array<unsigned, 3> words{ebx, ecx, edx};
  std::array<char, sizeof(words) + 1> signature{};
  std::memcpy(signature.data(), words.data(), sizeof(words));
  const std::map<std::string_view, const char*> names = {{"KVMKVMKVM", "kvm"},       {"Microsoft Hv", "hyper-v"},
                                                         {"VMwareVMware", "vmware"}, {"XenVMMXenVMM", "xen"},
                                                         {"TCGTCGTCGTCG", "qemu"},   {"bhyve bhyve ", "bhyve"}};
  const auto known = names.find(signature.data());
  return known == names.end() ? "unknown hypervisor" : known->second;
#else
  return {};
#endif
}

std::string read_first_word(const char* path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

unsigned terminal_width(int fd) {
  constexpr unsigned narrowest = 80;
  constexpr unsigned widest = 200;
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0) {
    return narrowest;
  }
  return std::clamp(unsigned{size.ws_col}, narrowest, widest);
}

}  // namespace

Environment detect_environment(int argc, const char* const* argv) {
  Environment result;
  result.descriptors = open_descriptors();
  occupy_closed_streams();
  for (int i = 0; i < argc; ++i) {
    result.command_line += (i == 0 ? "" : " ") + std::string(argv[i]);
  }
  utsname names{};
  uname(&names);
  result.host.kernel = names.release;
  result.host.arch = names.machine;
  result.host.name = names.nodename;
  result.host.machine_id = read_first_word("/etc/machine-id");
  if (result.host.machine_id.empty()) {
    result.host.machine_id = read_first_word("/var/lib/dbus/machine-id");
  }
  result.host.boot_id = read_first_word("/proc/sys/kernel/random/boot_id");
  result.host.cpus = static_cast<unsigned>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L));
  result.host.virtualization = virtualization();
  result.width = terminal_width(STDOUT_FILENO);
  result.error_width = terminal_width(STDERR_FILENO);
  const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
  const bool colors = no_color == nullptr || *no_color == '\0';
  result.color = colors && isatty(STDOUT_FILENO) == 1;
  result.error_terminal = isatty(STDERR_FILENO) == 1;
  result.error_color = colors && result.error_terminal;
  return result;
}

std::string workload_program() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return (self.parent_path() / "taskcost-workload").string();
}

}  // namespace taskcost
