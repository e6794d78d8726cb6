// SPDX-License-Identifier: Apache-2.0
#include "collector/unwinder.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "base/read_text.h"
#include "base/start_thread.h"
#include "symbols/needed_libraries.h"
#include "symbols/own_vdso.h"
#include "symbols/regular_file.h"

namespace taskcost {
namespace {

using namespace std::chrono_literals;

constexpr auto most_preparation = 2s;
constexpr unsigned most_tries = 8;  // to open a file; each is in another process
constexpr std::size_t most_waiting = 4096;
constexpr std::size_t most_libraries = 256;
constexpr std::size_t most_seen = 16384;
constexpr std::size_t page_bytes = sizeof(tc_unwind_page);

// Libraries of this process that other programs are likely to use too.
bool is_common(std::string_view path) {
  constexpr std::array<std::string_view, 6> common = {"ld-", "libc.so", "libc-", "libm.", "libstdc++.", "libgcc_s."};
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return std::ranges::any_of(common, [name](std::string_view prefix) { return name.starts_with(prefix); });
}

// The program, and the libraries below it that lie in `folder`.
std::vector<std::string> with_libraries(const std::string& program, const std::string& folder) {
  std::vector<std::string> paths{program};
  std::set<std::string> names;
  for (std::size_t i = 0; i < paths.size() && paths.size() < most_libraries; ++i) {
    const RegularFile file(paths[i], {.quick = true});
    if (!file) {
      continue;
    }
    for (std::string& name : needed_libraries(file.get())) {
      if (name.find('/') == std::string::npos && names.insert(name).second) {
        paths.push_back(folder + name);
      }
    }
  }
  return paths;
}

// The folder of the C library that this process uses, where most programs have their libraries.
std::string find_library_folder() {
  for (const Mapping& mapping : parse_maps(read_text("/proc/self/maps"))) {
    const std::size_t name = mapping.path.rfind('/') + 1;
    if (mapping.path.compare(name, std::string_view("libc").size(), "libc") == 0) {
      return mapping.path.substr(0, name);
    }
  }
  return "";
}

// Where a link of /proc leads, else the path itself.
std::string name_of(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = readlink(path.c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : path;
}

bool same_file(const tc_code_file& a, const tc_code_file& b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

}  // namespace

Unwinder::Unwinder(const Probes& probes, std::size_t memory)
    : probes_(probes), max_pages_(memory / page_bytes), folder_(find_library_folder()) {
  tables_.limit_bytes = memory;
}

Result<std::unique_ptr<Unwinder>> Unwinder::start(const Probes& probes, std::size_t memory) {
  std::unique_ptr<Unwinder> unwinder(new Unwinder(probes, memory));
  if (auto status = unwinder->open_sources(); !status) {
    return status.error();
  }
  unwinder->add_vdso();
  auto thread = start_thread([self = unwinder.get()] { self->run(); });
  if (!thread) {
    return thread.error();
  }
  unwinder->thread_ = *std::move(thread);
  return unwinder;
}

Unwinder::~Unwinder() {
  stop_ = true;
  wake();
  if (thread_.joinable()) {
    thread_.join();
  }
}

Status Unwinder::open_sources() {
  wake_ = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  ring_.reset(ring_buffer__new(bpf_map__fd(probes_.object().maps.wanted_tables), on_wanted, this, nullptr));
  return wake_ && ring_ ? Status(Done{})
                        : Error{"cannot read which unwind tables are wanted", std::strerror(errno), ""};
}

void Unwinder::prepare(const std::string& program) {
  for (const Mapping& mapping : parse_maps(read_text("/proc/self/maps"))) {
    if (is_common(mapping.path)) {
      add(static_cast<std::uint32_t>(getpid()), mapping);
    }
  }
  for (const std::string& path : with_libraries(program, folder_)) {
    add(path);
  }
  wait();
}

void Unwinder::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, most_preparation, [this] { return waiting_.empty() && !busy_; });
}

void Unwinder::add(std::uint32_t proc_pid, const Mapping& mapping) {
  if (!mapping.path.starts_with('/')) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (seen_.size() >= most_seen) {
      seen_.clear();
    }
    if (!seen_
             .insert(
                 fmt::format("{}:{}:{} {}", mapping.device_major, mapping.device_minor, mapping.inode, mapping.path))
             .second) {
      return;
    }
  }
  add(fmt::format("/proc/{}/map_files/{:x}-{:x}", proc_pid, mapping.start, mapping.end));
}

void Unwinder::add(std::string path) {
  {
    const std::lock_guard lock(mutex_);
    if (path.empty() || waiting_.size() >= most_waiting) {
      return;
    }
    waiting_.push_back(std::move(path));
  }
  wake();
}

void Unwinder::wake() {
  const std::uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof(one));
}

std::vector<Unwinder::Missed> Unwinder::take_missed() {
  const std::lock_guard lock(mutex_);
  return std::exchange(missed_, {});
}

UnwindTables Unwinder::tables() const {
  const std::lock_guard lock(mutex_);
  return tables_;
}

// Without memory no more tables are made: code that has none is unwound by frame pointers.
void Unwinder::run() {
  try {
    work();
  } catch (const std::bad_alloc&) {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    busy_ = false;
    full_ = true;
    changed_.notify_all();
  }
}

void Unwinder::work() {
  lower_nice();  // the sooner a table is there, the fewer stacks lack it
  std::array<pollfd, 2> sources{{{ring_buffer__epoll_fd(ring_.get()), POLLIN, 0}, {wake_.get(), POLLIN, 0}}};
  while (!stop_) {
    (void)ring_buffer__consume(ring_.get());
    if (!wanted_.empty()) {
      // The last one first: it is the most likely to be still in use.
      const tc_wanted_table wanted = wanted_.back();
      wanted_.pop_back();
      make_wanted(wanted);
    } else if (const std::string path = take_waiting(); !path.empty()) {
      (void)add_file(path);
    } else {
      poll(sources.data(), sources.size(), -1);
      std::uint64_t count = 0;
      (void)!read(wake_.get(), &count, sizeof(count));
    }
  }
}

std::string Unwinder::take_waiting() {
  const std::lock_guard lock(mutex_);
  busy_ = !waiting_.empty();
  if (!busy_) {
    changed_.notify_all();
    return "";
  }
  std::string path = std::move(waiting_.front());
  waiting_.pop_front();
  return path;
}

// Called by libbpf, which is C: no exception may leave it. What finds no memory is asked for again by a later stack.
int Unwinder::on_wanted(void* context, void* data, std::size_t size) {
  auto* const unwinder = static_cast<Unwinder*>(context);
  tc_wanted_table wanted{};
  std::memcpy(&wanted, data, std::min(size, sizeof(wanted)));
  try {
    unwinder->wanted_.push_back(wanted);
  } catch (const std::bad_alloc&) {
    bpf_map_delete_elem(bpf_map__fd(unwinder->probes_.object().maps.asked_tables), &wanted.file);
  }
  return 0;
}

void Unwinder::make_wanted(const tc_wanted_table& wanted) {
  const tc_code_file& file = wanted.file;
  const bool is_program = wanted.start == 0;
  const std::string path =
      is_program ? fmt::format("/proc/{}/exe", wanted.tgid_seen)
                 : fmt::format("/proc/{}/map_files/{:x}-{:x}", wanted.tgid_seen, wanted.start, wanted.end);
  const Added added = add_file(path);
  const bool is_made = added.file && same_file(*added.file, file);
  if (is_made && is_program && added.is_new) {
    for (const std::string& each : with_libraries(path, folder_)) {
      add(each);
    }
  }
  if (!is_made && added.error == EOPNOTSUPP) {
    publish_none(file, name_of(path), "its file system may not answer in time");
  } else if (!is_made) {
    if (tries_.size() >= most_seen) {
      tries_.clear();
    }
    const Key key{file.inode, file.bytes, file.modified_ns, file.device, file.generation};
    if (++tries_[key] >= most_tries) {
      publish_none(file, added.file ? name_of(path) : fmt::format("inode {}", file.inode),
                   added.file ? "it has changed since it was mapped"
                              : "it could not be opened before the processes with it had ended");
    } else if (!is_program) {
      const std::lock_guard lock(mutex_);
      if (missed_.size() < most_waiting) {
        missed_.push_back({wanted.tgid_seen, wanted.start});
      }
    }
  }
  bpf_map_delete_elem(bpf_map__fd(probes_.object().maps.asked_tables), &file);
}

Unwinder::Added Unwinder::add_file(const std::string& path) {
  const RegularFile file(path, {.quick = true});
  if (!file) {
    return {std::nullopt, false, errno};
  }
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const at = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (at == MAP_FAILED) {
    return {std::nullopt, false, errno};
  }
  Added added{code_file_at(at), false, 0};
  munmap(at, size);
  tc_unwind_table known{};
  if (added.file && bpf_map_lookup_elem(bpf_map__fd(probes_.object().maps.unwind_tables), &*added.file, &known) != 0) {
    add_table(*added.file, name_of(fmt::format("/proc/self/fd/{}", file.get())), make_unwind_table(file.get()));
    added.is_new = true;
  }
  return added;
}

void Unwinder::add_vdso() {
  const auto image = own_vdso_image();
  if (const auto file = image.empty() ? std::nullopt : code_file_at(image.data())) {
    add_table(*file, "[vdso]", make_unwind_table(image));
  }
}

std::optional<tc_code_file> Unwinder::code_file_at(const void* address) const {
  const auto argument = reinterpret_cast<std::uint64_t>(address);
  LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &argument, .ctx_size_in = sizeof(argument));
  if (bpf_prog_test_run_opts(bpf_program__fd(probes_.object().progs.taskcost_code_file), &options) != 0 ||
      options.retval != 0) {
    return std::nullopt;
  }
  return probes_.shared().found_code_file;
}

void Unwinder::add_table(const tc_code_file& file, const std::string& name, const Result<UnwindTable>& table) {
  if (!table) {
    publish_none(file, name, table.error().why);
    return;
  }
  const std::vector<tc_unwind_page> pages = to_pages(table->rows);
  publish(file, store(pages), name, fmt::format("no room for its {} KiB", pages.size() * page_bytes >> 10U));
}

void Unwinder::publish_none(const tc_code_file& file, const std::string& name, const std::string& why) {
  publish(file, {0, 0, TC_TABLE_NONE}, name, why);
}

void Unwinder::publish(const tc_code_file& file, const tc_unwind_table& table, const std::string& name,
                       const std::string& why) {
  const bool kept = bpf_map_update_elem(bpf_map__fd(probes_.object().maps.unwind_tables), &file, &table, BPF_ANY) == 0;
  __atomic_fetch_add(&probes_.shared().unwind_tables_made, 1, __ATOMIC_RELEASE);
  const std::lock_guard lock(mutex_);
  tables_.bytes = pages_ * page_bytes;
  if (kept && table.state == TC_TABLE_READY) {
    ++tables_.files;
    return;
  }
  ++(kept && table.state == TC_TABLE_NONE ? tables_.without : tables_.no_room);
  if (tables_.failures.size() < UnwindTables::most_failures) {
    tables_.failures.push_back({name, kept ? why : "more files than have tables"});
  }
}

tc_unwind_table Unwinder::store(const std::vector<tc_unwind_page>& pages) {
  if (pages.empty()) {
    return {0, 0, TC_TABLE_NONE};
  }
  if (full_ || pages.size() > max_pages_ - pages_) {
    return {0, 0, TC_TABLE_NO_ROOM};
  }
  for (std::size_t i = 0; i < pages.size(); ++i) {
    const std::size_t number = pages_ + i;
    const auto index = static_cast<std::uint32_t>(number % TC_UNWIND_CHUNK_PAGES);
    if ((index == 0 && !add_chunk(number / TC_UNWIND_CHUNK_PAGES)) ||
        bpf_map_update_elem(chunk_.get(), &index, &pages[i], BPF_ANY) != 0) {
      full_ = true;  // the kernel has no memory
      return {0, 0, TC_TABLE_NO_ROOM};
    }
  }
  const auto first = static_cast<std::uint32_t>(pages_);
  pages_ += pages.size();
  return {first, static_cast<std::uint32_t>(pages.size()), TC_TABLE_READY};
}

bool Unwinder::add_chunk(std::size_t number) {
  chunk_ = Fd(bpf_map_create(BPF_MAP_TYPE_ARRAY, "unwind_chunk", sizeof(std::uint32_t), page_bytes,
                             TC_UNWIND_CHUNK_PAGES, nullptr));
  const auto index = static_cast<std::uint32_t>(number);
  const int descriptor = chunk_.get();
  return chunk_ &&
         bpf_map_update_elem(bpf_map__fd(probes_.object().maps.unwind_chunks), &index, &descriptor, BPF_ANY) == 0;
}

}  // namespace taskcost
