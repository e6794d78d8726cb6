// SPDX-License-Identifier: Apache-2.0
#include "bench/peers/small_probes.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "collector/handles.h"
#include "collector/kernel_trials.h"
#include "collector/libbpf_log.h"
#include "collector/probes.h"
#include "collector/sources.h"

namespace taskcost::bench {
namespace {

Fd load(Content content, bpf_prog_type type, const bpf_prog_load_opts* options) {
  const std::array<bpf_insn, 3> instructions{{{BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ktime_get_ns},
                                              {BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0},
                                              {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
  const std::size_t skipped = content == Content::clock ? 0 : 1;
  return Fd(bpf_prog_load(type, "small", "GPL", instructions.data() + skipped, instructions.size() - skipped, options));
}

// A program and its attachments to its hook.
struct Attached {
  Fd program;
  Fd link;
};

Attached on_fault_event(Content content, Fd event) {
  Attached attached{load(content, BPF_PROG_TYPE_PERF_EVENT, nullptr), std::move(event)};
  if (ioctl(attached.link.get(), PERF_EVENT_IOC_SET_BPF, attached.program.get()) != 0) {
    attached.link = Fd();
  }
  return attached;
}

Attached beside(const bpf_program* program, Content content) {
  bpf_prog_info info{};
  __u32 size = sizeof(info);
  if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) != 0) {
    return {};
  }
  LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = bpf_program__expected_attach_type(program),
              .attach_btf_id = info.attach_btf_id);
  Attached attached{load(content, BPF_PROG_TYPE_TRACING, &options), Fd()};
  attached.link = Fd(bpf_raw_tracepoint_open(nullptr, attached.program.get()));
  return attached;
}

std::vector<Attached> attach_beside(const bpf_program* program, Content content) {
  std::vector<Attached> all;
  if (bpf_program__type(program) == BPF_PROG_TYPE_PERF_EVENT) {
    for (unsigned cpu = 0; cpu < possible_cpus(); ++cpu) {
      Fd event(open_fault_event(bpf_program__name(program), static_cast<int>(cpu)));
      if (event) {  // no event: the CPU is offline
        all.push_back(on_fault_event(content, std::move(event)));
      }
    }
  } else if (bpf_program__type(program) == BPF_PROG_TYPE_TRACING &&
             bpf_program__expected_attach_type(program) != BPF_TRACE_ITER) {
    all.push_back(beside(program, content));
  }
  return all;
}

}  // namespace

Result<SmallProbes> SmallProbes::attach(Detail detail, Content content) {
  keep_libbpf_messages();
  CollectorOptions options;
  options.detail = detail;
  options.max_tasks = 64;
  options.syscalls = detail == Detail::full;
  options.interference = true;
  // This skeleton is loaded to learn the hooks, and never attached.
  const auto probes = Probes::load(choose_sources(options), options);
  if (!probes) {
    return probes.error();
  }
  SmallProbes small;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, probes->object().obj) {
    if (bpf_program__fd(program) < 0) {
      continue;
    }
    for (Attached& attached : attach_beside(program, content)) {
      if (!attached.link) {
        return Error{fmt::format("cannot put a program on the hook of {}", bpf_program__name(program)),
                     std::strerror(errno), ""};
      }
      small.programs_.push_back(std::move(attached.program));
      small.links_.push_back(std::move(attached.link));
    }
  }
  return small;
}

}  // namespace taskcost::bench
