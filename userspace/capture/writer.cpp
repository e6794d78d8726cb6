// SPDX-License-Identifier: Apache-2.0
#include <sys/random.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <thread>
#include <utility>

#include "base/start_thread.h"
#include "capture/capture.h"
#include "capture/format.h"
#include "capture/record.h"

namespace taskcost {

using namespace capture_format;  // NOLINT(google-build-using-namespace): all of this file is about them

void CaptureSpan::include(std::uint64_t first, std::uint64_t last, std::uint64_t count) {
  first_ns = records == 0 ? first : std::min(first_ns, first);
  last_ns = records == 0 ? last : std::max(last_ns, last);
  records += count;
}

namespace {

template <typename T>
std::span<const std::byte> bytes_of(const T& structure) {
  return std::as_bytes(std::span(&structure, 1));
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// Keeps the first error, and writes nothing more after it.
class Output {
 public:
  explicit Output(Fd file) : file_(std::move(file)) {}

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty() && error_ == 0) {
      const ssize_t written = ::write(file_.get(), bytes.data(), bytes.size());
      if (written > 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(written));
        size_ += static_cast<std::uint64_t>(written);
      } else if (written == 0 || errno != EINTR) {
        error_ = written == 0 ? ENOSPC : errno;
      }
    }
  }

  void fail(int error) { error_ = error_ != 0 ? error_ : error; }

  // Some file systems, such as NFS, report a failed write at close() only.
  void close() {
    if (::close(file_.release()) != 0 && error_ == 0) {
      error_ = errno;
    }
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool has_failed() const { return error_ != 0; }

  [[nodiscard]] Status status() const {
    if (error_ == 0) {
      return Done{};
    }
    const bool is_full = error_ == ENOSPC || error_ == EDQUOT || error_ == EFBIG;
    return Error{"cannot write the capture", std::strerror(error_),
                 is_full ? "the part that was written is readable; free some space, or record for a shorter time"
                         : "the part that was written is readable"};
  }

 private:
  Fd file_;
  std::uint64_t size_ = 0;
  int error_ = 0;
};

Result<std::uint64_t> random_salt() {
  std::uint64_t salt = 0;
  if (getrandom(&salt, sizeof(salt), 0) != static_cast<ssize_t>(sizeof(salt))) {
    return Error{"cannot start the capture", std::string("getrandom: ") + std::strerror(errno), ""};
  }
  return salt;
}

void write_header(Output& output, const std::string& description, std::uint64_t salt) {
  FileHeader header{.magic = file_magic,
                    .byte_order = byte_order,
                    .version = version,
                    .salt = salt,
                    .description_checksum = checksum_of(bytes_of(description), salt),
                    .description_size = static_cast<std::uint32_t>(description.size()),
                    .reserved = 0,
                    .checksum = 0};
  header.checksum = checksum_of_structure(header, salt);
  output.write(bytes_of(header));
  output.write(bytes_of(description));
}

Status check_text(const char* name, const std::string& text) {
  if (text.size() > max_text_size) {
    return Error{"cannot write the capture", std::string("its ") + name + " is longer than 16 MiB", ""};
  }
  return Done{};
}

struct FreeCompression {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

// Writes chunks to the file, and their index at the end.
class ChunkFile {
 public:
  ChunkFile(Output output, std::uint64_t salt, const CaptureOptions& options)
      : output_(std::move(output)),
        salt_(salt),
        level_(options.compression_level),
        context_(ZSTD_createCCtx()),
        compressed_(ZSTD_compressBound(options.chunk_size)) {
    if (!context_) {
      throw std::bad_alloc();
    }
  }

  // False if the records are not in the file.
  bool write_records(std::span<const std::byte> records, const CaptureSpan& span) {
    const std::size_t size = ZSTD_compressCCtx(context_.get(), compressed_.data(), compressed_.size(), records.data(),
                                               records.size(), level_);
    if (ZSTD_isError(size) != 0U) {
      write_dropped(span);
      return false;
    }
    index_.push_back(write_chunk(ChunkKind::records, span, records.size(), std::span(compressed_).first(size)));
    all_.include(span.first_ns, span.last_ns, span.records);
    return !output_.has_failed();
  }

  void write_dropped(const CaptureSpan& span) { index_.push_back(write_chunk(ChunkKind::dropped, span, 0, {})); }

  void write_end(const std::string& trailer) {
    Footer footer{.magic = footer_magic, .index_offset = output_.size(), .trailer_offset = 0, .checksum = 0};
    for (std::span<const ChunkHeader> rest(index_); !rest.empty();) {
      const auto part = rest.first(std::min(rest.size(), max_index_entries));
      write_chunk(ChunkKind::index, {.first_ns = 0, .last_ns = 0, .records = part.size()}, part.size_bytes(),
                  std::as_bytes(part));
      rest = rest.subspan(part.size());
    }
    footer.trailer_offset = output_.size();
    write_chunk(ChunkKind::trailer, all_, trailer.size(), bytes_of(trailer));
    footer.checksum = checksum_of_structure(footer, salt_);
    output_.write(bytes_of(footer));
  }

  void close() { output_.close(); }
  void fail(int error) { output_.fail(error); }
  [[nodiscard]] const Output& output() const { return output_; }

 private:
  ChunkHeader write_chunk(ChunkKind kind, const CaptureSpan& span, std::size_t size, std::span<const std::byte> body) {
    ChunkHeader header{.magic = chunk_magic,
                       .kind = kind,
                       .offset = output_.size(),
                       .first_ns = span.first_ns,
                       .last_ns = span.last_ns,
                       .records = span.records,
                       .size = static_cast<std::uint32_t>(size),
                       .stored_size = static_cast<std::uint32_t>(body.size()),
                       .body_checksum = checksum_of(body, salt_),
                       .checksum = 0};
    header.checksum = checksum_of_structure(header, salt_);
    output_.write(bytes_of(header));
    output_.write(body);
    return header;
  }

  Output output_;
  std::uint64_t salt_;
  int level_;
  std::unique_ptr<ZSTD_CCtx, FreeCompression> context_;
  std::vector<std::byte> compressed_;
  std::vector<ChunkHeader> index_;
  CaptureSpan all_;
};

// The appending thread fills a buffer, the writing thread empties it and returns it.
struct Buffer {
  std::vector<std::byte> bytes;
  std::size_t used = 0;
  CaptureSpan span;
  CaptureSpan dropped_before;
  bool is_last = false;

  void clear() {
    used = 0;
    span = {};
    dropped_before = {};
  }
};

// One thread writes the counter, any thread reads it.
class Counter {
 public:
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::uint64_t value) { set(get() + value); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

}  // namespace

// The buffers are a ring: the appending thread hands over the next one by incrementing `filled`, the writing thread
// returns it by incrementing `emptied`. With a lock, a preempted writer could block the appending thread, which has
// real-time priority.
struct CaptureWriter::State {
  State(Output output, std::uint64_t salt, const CaptureOptions& wanted)
      : options(wanted), file(std::move(output), salt, wanted), buffers(wanted.buffers) {
    for (Buffer& buffer : buffers) {
      buffer.bytes.resize(options.chunk_size);  // touches every page, so that append() has no page faults
    }
  }

  CaptureOptions options;
  ChunkFile file;  // the writing thread uses it
  std::vector<Buffer> buffers;
  std::atomic<std::uint32_t> filled = 0;
  std::atomic<std::uint32_t> emptied = 0;
  std::atomic<bool> failed = false;
  std::optional<std::string> trailer;  // set before the last buffer is handed over
  std::thread thread;

  // The appending thread uses these.
  Buffer* current = nullptr;
  std::size_t next_buffer = 0;
  CaptureSpan dropped;  // since the last buffer was handed over

  struct {
    Counter records, bytes_in, bytes_out, unwritten;              // the writing thread counts these
    Counter refused, dropped, dropped_first_ns, dropped_last_ns;  // the appending thread counts these
  } count;

  bool take_buffer() {
    if (filled.load(std::memory_order_relaxed) - emptied.load(std::memory_order_acquire) == buffers.size()) {
      return false;
    }
    current = &buffers[next_buffer];
    next_buffer = (next_buffer + 1) % buffers.size();
    current->dropped_before = std::exchange(dropped, {});
    return true;
  }

  void hand_over() {
    current = nullptr;
    filled.fetch_add(1, std::memory_order_release);
    filled.notify_one();
  }

  [[nodiscard]] bool has_room(std::size_t size, std::uint64_t time_ns) const {
    if (current->used + size > options.chunk_size) {
      return false;
    }
    const CaptureSpan& span = current->span;
    return span.records == 0 || time_ns < span.first_ns || time_ns - span.first_ns <= options.chunk_time_ns;
  }

  void drop(std::uint64_t time_ns) {
    dropped.include(time_ns, time_ns, 1);
    const std::uint64_t before = count.dropped.get();
    count.dropped_first_ns.set(before == 0 ? time_ns : std::min(count.dropped_first_ns.get(), time_ns));
    count.dropped_last_ns.set(std::max(count.dropped_last_ns.get(), time_ns));
    count.dropped.set(before + 1);
  }

  void hand_over_last() {
    while (current == nullptr && !take_buffer()) {
      const auto seen = emptied.load(std::memory_order_acquire);
      if (filled.load(std::memory_order_relaxed) - seen == buffers.size()) {
        emptied.wait(seen, std::memory_order_acquire);
      }
    }
    current->is_last = true;
    hand_over();
    thread.join();
  }

  void write_buffer(const Buffer& buffer) {
    if (buffer.dropped_before.records > 0) {
      file.write_dropped(buffer.dropped_before);
    }
    if (buffer.used > 0) {
      if (!failed.load(std::memory_order_relaxed) &&
          file.write_records(std::span(buffer.bytes).first(buffer.used), buffer.span)) {
        count.records.add(buffer.span.records);
        count.bytes_in.add(buffer.used);
      } else {
        count.unwritten.add(buffer.span.records);
      }
    }
    if (buffer.is_last && trailer) {
      file.write_end(*trailer);
    }
    count.bytes_out.set(file.output().size());
    failed.store(file.output().has_failed(), std::memory_order_relaxed);
  }

  // On a busy machine a thread of SCHED_OTHER may wait for a CPU until all buffers are full and records are dropped.
  // While few buffers are full, there is no need to preempt observed tasks.
  void keep_up(std::uint32_t waiting) {
    const bool behind = waiting > buffers.size() / 4;
    if (behind != has_priority) {
      (void)set_priority(behind ? Priority::writer : Priority::none);
      has_priority = behind;
    }
  }

  void write_all() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);  // a closed pipe makes write() fail with EPIPE, without SIGPIPE
    bool is_last = false;
    for (std::uint32_t done = 0; !is_last; ++done) {
      filled.wait(done, std::memory_order_acquire);
      Buffer& buffer = buffers[done_buffer];
      done_buffer = (done_buffer + 1) % buffers.size();
      is_last = buffer.is_last;
      keep_up(filled.load(std::memory_order_acquire) - done);
      try {
        write_buffer(buffer);
      } catch (const std::bad_alloc&) {
        file.fail(ENOMEM);
        failed.store(true, std::memory_order_relaxed);
      }
      buffer.clear();
      emptied.fetch_add(1, std::memory_order_release);
      emptied.notify_one();
    }
  }

  // The writing thread uses these.
  std::size_t done_buffer = 0;
  bool has_priority = false;
};

Result<std::unique_ptr<CaptureWriter>> CaptureWriter::create(Fd file, const std::string& description,
                                                             const CaptureOptions& options) {
  if (auto status = check_text("description", description); !status) {
    return status.error();
  }
  const auto salt = random_salt();
  if (!salt) {
    return salt.error();
  }
  Output output(std::move(file));
  write_header(output, description, *salt);
  if (auto status = output.status(); !status) {
    return status.error();
  }
  CaptureOptions bounded = options;
  bounded.chunk_size = std::clamp(options.chunk_size, sizeof(tc_record), max_chunk_size);
  bounded.buffers = std::max<std::size_t>(options.buffers, 2);
  auto state = std::make_unique<State>(std::move(output), *salt, bounded);
  state->count.bytes_out.set(state->file.output().size());
  auto thread = start_thread([raw = state.get()] { raw->write_all(); });
  if (!thread) {
    return thread.error();
  }
  state->thread = *std::move(thread);
  return std::unique_ptr<CaptureWriter>(new CaptureWriter(std::move(state)));
}

CaptureWriter::CaptureWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

CaptureWriter::~CaptureWriter() {
  if (state_->thread.joinable()) {
    state_->hand_over_last();
  }
}

void CaptureWriter::append(std::span<const std::byte> record, std::uint64_t time_ns) {
  State& state = *state_;
  const auto size = record_size(record);
  if (size != record.size() || record.size() > state.options.chunk_size) {
    state.count.refused.add(1);
    return;
  }
  if (state.current != nullptr && !state.has_room(record.size(), time_ns)) {
    state.hand_over();
  }
  if (state.current == nullptr && !state.take_buffer()) {
    state.drop(time_ns);
    return;
  }
  Buffer& buffer = *state.current;
  std::memcpy(buffer.bytes.data() + buffer.used, record.data(), record.size());
  buffer.used += record.size();
  buffer.span.include(time_ns, time_ns, 1);
}

Status CaptureWriter::finish(const std::string& trailer) {
  const Status status = check_text("trailer", trailer);
  if (status) {
    state_->trailer = trailer;
  }
  state_->hand_over_last();
  state_->file.close();
  return status ? state_->file.output().status() : status;
}

bool CaptureWriter::has_failed() const { return state_->failed.load(std::memory_order_relaxed); }

CaptureStatistics CaptureWriter::statistics() const {
  const auto& count = state_->count;
  return {.records = count.records.get(),
          .bytes_in = count.bytes_in.get(),
          .bytes_out = count.bytes_out.get(),
          .refused = count.refused.get(),
          .unwritten = count.unwritten.get(),
          .dropped = {.first_ns = count.dropped_first_ns.get(),
                      .last_ns = count.dropped_last_ns.get(),
                      .records = count.dropped.get()}};
}

}  // namespace taskcost
