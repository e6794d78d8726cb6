// SPDX-License-Identifier: Apache-2.0
#include "symbols/address_space.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace taskcost {
namespace {

// Programs kept of a process besides its present one: enough for a launcher that execs a launcher.
constexpr std::size_t max_former_images = 3;

// True if both put the same bytes of the same file, or code of the same process, at an address.
bool have_same_code(const Mapping& a, const Mapping& b) {
  const auto identity = [](const Mapping& m) {
    return std::tie(m.path, m.device_major, m.device_minor, m.inode, m.inode_generation, m.build_id, m.jit);
  };
  return identity(a) == identity(b) && (a.jit != 0 || a.file_offset - a.start == b.file_offset - b.start);
}

}  // namespace

struct AddressSpaces::Image {
  using Mappings = std::map<std::uint64_t, Mapping>;  // by start; they do not overlap

  explicit Image(std::shared_ptr<std::size_t> counter) : kept(std::move(counter)) {}
  Image(const Image& other) : kept(other.kept), mappings(other.mappings) { *kept += mappings.size(); }
  Image& operator=(const Image&) = delete;
  ~Image() { *kept -= mappings.size(); }

  [[nodiscard]] const Mapping* find(std::uint64_t address) const {
    const auto after = mappings.upper_bound(address);
    if (after == mappings.begin()) {
      return nullptr;
    }
    const Mapping& candidate = std::prev(after)->second;
    return address < candidate.end ? &candidate : nullptr;
  }

  // The first mapping that ends behind the address.
  [[nodiscard]] Mappings::const_iterator first_behind(std::uint64_t address) const {
    const auto at = mappings.upper_bound(address);
    return at != mappings.begin() && std::prev(at)->second.end > address ? std::prev(at) : at;
  }

  // The most by which add_mapping() makes the number of mappings grow.
  [[nodiscard]] std::size_t most_growth(const Mapping& mapping) const {
    const auto behind = mappings.lower_bound(mapping.end);
    return 2 + 2 * static_cast<std::size_t>(std::distance(first_behind(mapping.start), behind));
  }

  void add_mapping(const Mapping& mapping) {
    const std::size_t before = mappings.size();
    std::vector<Mapping> seconds;
    for (auto each = first_behind(mapping.start); each != mappings.end() && each->first < mapping.end; ++each) {
      const Mapping& former = each->second;
      if (former.is_second || !have_same_code(former, mapping)) {
        const std::uint64_t start = std::max(former.start, mapping.start);
        if (seconds.empty() || seconds.back().end != start) {
          seconds.push_back(part_of(mapping, start, start));
          seconds.back().is_second = true;
        }
        seconds.back().end = std::min(former.end, mapping.end);
      }
    }
    clear(mapping.start, mapping.end);
    mappings.emplace(mapping.start, mapping);
    for (Mapping& second : seconds) {
      clear(second.start, second.end);
      mappings.emplace(second.start, std::move(second));
    }
    *kept += mappings.size() - before;
  }

  static Mapping part_of(const Mapping& mapping, std::uint64_t start, std::uint64_t end) {
    Mapping part = mapping;
    part.file_offset += start - mapping.start;
    part.start = start;
    part.end = end;
    return part;
  }

  // Removes [start, end) from all mappings, as munmap does.
  void clear(std::uint64_t start, std::uint64_t end) {
    auto each = mappings.lower_bound(start);
    if (each != mappings.begin() && std::prev(each)->second.end > start) {
      --each;
    }
    while (each != mappings.end() && each->second.start < end) {
      Mapping old = std::move(each->second);
      each = mappings.erase(each);
      if (old.end > end) {
        each = std::next(mappings.emplace(end, part_of(old, end, old.end)).first);
      }
      if (old.start < start) {
        old.end = start;
        const std::uint64_t from = old.start;
        mappings.emplace(from, std::move(old));
      }
    }
  }

  std::shared_ptr<std::size_t> kept;
  Mappings mappings;
};

AddressSpaces::AddressSpaces(std::size_t limit) : limit_(limit), kept_(std::make_shared<std::size_t>(0)) {}

AddressSpaces::~AddressSpaces() = default;

std::size_t AddressSpaces::mappings() const { return *kept_; }

AddressSpaces::Process* AddressSpaces::find_or_add(std::uint32_t pid, std::uint64_t time_ns) {
  const auto known = processes_.find(pid);
  if (known != processes_.end()) {
    return time_ns < known->second.snapshot_ns ? nullptr : &known->second;
  }
  if (processes_.size() >= limit_) {
    ++dropped_;
    return nullptr;
  }
  return &processes_[pid];
}

void AddressSpaces::begin_image(Process& process, std::shared_ptr<Image> image, std::uint64_t time_ns) {
  auto& images = process.images;
  if (!images.empty() && images.back().image->mappings.empty()) {
    images.pop_back();
  }
  if (images.size() > max_former_images) {
    images.erase(images.begin());
  }
  images.push_back({std::move(image), time_ns});
}

void AddressSpaces::add_mapping(Process& process, const Mapping& mapping) {
  if (mapping.start >= mapping.end) {
    return;
  }
  if (process.images.empty()) {
    process.images.push_back({std::make_shared<Image>(kept_), mapping.mapped_ns});
  }
  auto& image = process.images.back().image;
  const bool shared = image.use_count() > 1;
  const std::size_t needed = image->most_growth(mapping) + (shared ? image->mappings.size() : 0);
  if (*kept_ + needed > limit_) {
    ++dropped_;
    return;
  }
  if (shared) {
    image = std::make_shared<Image>(*image);
  }
  image->add_mapping(mapping);
}

void AddressSpaces::on_mmap(std::uint32_t pid, Mapping mapping, std::uint64_t time_ns) {
  if (Process* process = find_or_add(pid, time_ns)) {
    mapping.mapped_ns = time_ns;
    add_mapping(*process, mapping);
  }
}

void AddressSpaces::on_exec(std::uint32_t pid, std::uint64_t time_ns) {
  if (Process* process = find_or_add(pid, time_ns)) {
    begin_image(*process, std::make_shared<Image>(kept_), time_ns);
  }
}

void AddressSpaces::on_fork(std::uint32_t parent_pid, std::uint32_t pid, std::uint64_t time_ns) {
  Process* process = find_or_add(pid, time_ns);
  if (process == nullptr) {
    return;
  }
  const auto parent = processes_.find(parent_pid);
  const bool known = parent != processes_.end() && !parent->second.images.empty();
  begin_image(*process, known ? parent->second.images.back().image : std::make_shared<Image>(kept_), time_ns);
}

void AddressSpaces::on_snapshot(std::uint32_t pid, std::vector<Mapping> mappings, std::uint64_t time_ns) {
  Process* process = find_or_add(pid, time_ns);
  if (process == nullptr) {
    return;
  }
  process->snapshot_ns = time_ns;
  begin_image(*process, std::make_shared<Image>(kept_), time_ns);
  for (Mapping& mapping : mappings) {
    mapping.mapped_ns = time_ns;
    add_mapping(*process, mapping);
  }
}

const Mapping* AddressSpaces::find(std::uint32_t pid, std::uint64_t address) const {
  const auto process = processes_.find(pid);
  if (process == processes_.end() || process->second.images.empty()) {
    return nullptr;
  }
  return process->second.images.back().image->find(address);
}

// The kernel's record of an exec comes a little before the exec is over, that of a fork a little after the start time
// of the child.
const AddressSpaces::Version* AddressSpaces::version_at(const Process& process, const Program& program) {
  const auto& images = process.images;
  if (program.exec_ns != 0) {
    const auto after = std::ranges::upper_bound(images, program.exec_ns, {}, &Version::begin_ns);
    return after == images.begin() ? &images.front() : &*std::prev(after);
  }
  const auto first = std::ranges::lower_bound(images, program.start_ns, {}, &Version::begin_ns);
  return first == images.end() ? &images.back() : &*first;
}

std::vector<const Mapping*> AddressSpaces::find_together(std::uint32_t pid, std::span<const std::uint64_t> addresses,
                                                         const Program& program) const {
  std::vector<const Mapping*> best(addresses.size(), nullptr);
  const auto process = processes_.find(pid);
  if (process == processes_.end() || process->second.images.empty()) {
    return best;
  }
  const auto in = [&addresses](const Version& version) {
    std::vector<const Mapping*> found;
    found.reserve(addresses.size());
    std::ranges::transform(addresses, std::back_inserter(found), [&version](std::uint64_t address) {
      const Mapping* mapping = version.image->find(address);
      return mapping != nullptr && mapping->is_second ? nullptr : mapping;
    });
    return found;
  };
  if (program.exec_ns != 0 || program.start_ns != 0) {
    return in(*version_at(process->second, program));
  }
  std::size_t explained = 0;
  const auto& images = process->second.images;
  for (auto version = images.rbegin(); version != images.rend(); ++version) {
    std::vector<const Mapping*> found = in(*version);
    const std::size_t hits = found.size() - static_cast<std::size_t>(std::ranges::count(found, nullptr));
    if (hits > explained) {
      explained = hits;
      best = std::move(found);
    }
  }
  return best;
}

}  // namespace taskcost
