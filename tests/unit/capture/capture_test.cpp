// SPDX-License-Identifier: Apache-2.0
//
// Tests that a reader returns what a writer wrote, and reports what could not be written.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <thread>

#include "support/capture_files.h"

namespace taskcost {
namespace {

using test::Bytes;
using test::memory_file;
using test::number_of;
using test::numbered_record;
using test::numbers_of;
using test::read_on;
using test::reader_of;
using test::ReadItems;
using test::RecordBytes;
using test::small_capture;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<CaptureWriter> writer_to(Fd file, const CaptureOptions& options = {}) {
  auto writer = CaptureWriter::create(std::move(file), "", options);
  if (!writer) {
    throw std::runtime_error(to_line(writer.error()));
  }
  return std::move(*writer);
}

TEST(Capture, GivesBackWhatWasAppendedInItsOrder) {
  const std::vector<std::uint32_t> sizes = {16, 64, 8192, 24, 4096, 8, 5016};
  const Fd file = memory_file();
  auto created = CaptureWriter::create(Fd(dup(file.get())), "about", {.chunk_size = 8192, .buffers = 64});
  ASSERT_TRUE(created) << to_line(created.error());
  CaptureWriter& writer = **created;
  std::vector<Bytes> appended;
  for (std::uint64_t i = 0; i < 70; ++i) {
    Bytes record = numbered_record(i, std::max(sizes[i % sizes.size()], 16U));
    if (sizes[i % sizes.size()] == 8) {
      const tc_record header{.type = 1, .size = 8};
      record.resize(8);
      std::memcpy(record.data(), &header, sizeof(header));
    }
    writer.append(record, i);
    appended.push_back(record);
  }
  const auto status = writer.finish("the end");
  ASSERT_TRUE(status) << to_line(status.error());

  CaptureReader reader = reader_of(test::contents_of(file));
  EXPECT_EQ(reader.description(), "about");
  const ReadItems read = read_on(reader);
  EXPECT_EQ(read.records, appended);
  EXPECT_THAT(read.interruptions, IsEmpty());
  EXPECT_EQ(reader.end().state, CaptureEnd::State::complete);
  EXPECT_EQ(reader.end().trailer, "the end");
  EXPECT_EQ(reader.end().last_ns, 69U);
}

TEST(Capture, CanBeEmpty) {
  CaptureReader reader = reader_of(small_capture(0));
  EXPECT_TRUE(std::holds_alternative<EndOfCapture>(reader.next()));
  EXPECT_TRUE(std::holds_alternative<EndOfCapture>(reader.next()));
  EXPECT_THAT(reader.chunks(), IsEmpty());
  EXPECT_EQ(reader.end().state, CaptureEnd::State::complete);
  EXPECT_EQ(reader.end().last_ns, std::nullopt);
}

TEST(Capture, GivesRecordsAtAlignedAddresses) {
  CaptureReader reader = reader_of(small_capture(10));
  for (int i = 0; i < 10; ++i) {
    const auto item = reader.next();
    const auto* record = std::get_if<RecordBytes>(&item);
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(record->data()) % 8, 0U);
  }
}

TEST(Capture, ListsItsChunks) {
  const CaptureReader reader = reader_of(small_capture(10));
  ASSERT_EQ(reader.chunks().size(), 3U);
  std::uint64_t first = 0;
  for (const CaptureChunk& chunk : reader.chunks()) {
    const std::uint64_t records = std::min<std::uint64_t>(4, 10 - first);
    ASSERT_TRUE(chunk.span);
    EXPECT_EQ(chunk.span->records, records);
    EXPECT_EQ(chunk.span->first_ns, first * 1000);
    EXPECT_EQ(chunk.span->last_ns, (first + records - 1) * 1000);
    EXPECT_EQ(chunk.size, records * 64);
    first += records;
  }
}

TEST(Capture, CountsWhatItWrote) {
  const Fd file = memory_file();
  auto writer = writer_to(Fd(dup(file.get())));
  for (std::uint64_t i = 0; i < 5; ++i) {
    writer->append(numbered_record(i), i);
  }
  ASSERT_TRUE(writer->finish(""));
  const CaptureStatistics statistics = writer->statistics();
  EXPECT_EQ(statistics.records, 5U);
  EXPECT_EQ(statistics.bytes_in, 5U * 64U);
  EXPECT_EQ(statistics.bytes_out, test::contents_of(file).size());
  EXPECT_EQ(statistics.dropped.records, 0U);
  EXPECT_EQ(statistics.refused, 0U);
  EXPECT_EQ(statistics.unwritten, 0U);
}

TEST(Capture, RefusesWhatIsNoRecord) {
  const Fd file = memory_file();
  auto writer = writer_to(Fd(dup(file.get())), {.chunk_size = 256, .buffers = 2});
  const Bytes good = numbered_record(1);
  writer->append(RecordBytes(good).first(4), 0);
  writer->append(RecordBytes(good).first(56), 0);  // shorter than its size field
  Bytes odd = numbered_record(2, 68);
  writer->append(odd, 0);
  writer->append(numbered_record(3, 264), 0);  // larger than a chunk
  writer->append({}, 0);
  writer->append(good, 0);
  ASSERT_TRUE(writer->finish(""));
  EXPECT_EQ(writer->statistics().refused, 5U);
  CaptureReader reader = reader_of(test::contents_of(file));
  EXPECT_THAT(read_on(reader).records, ElementsAre(good));
}

TEST(Capture, AChunkSpansNoMoreThanItsTime) {
  const Fd file = memory_file();
  auto writer = writer_to(Fd(dup(file.get())), {.buffers = 8, .chunk_time_ns = 100});
  for (const std::uint64_t time_ns : {1000U, 1100U, 900U, 1101U, 1150U, 5000U}) {
    writer->append(numbered_record(time_ns), time_ns);
  }
  ASSERT_TRUE(writer->finish(""));
  CaptureReader reader = reader_of(test::contents_of(file));
  std::vector<std::pair<std::uint64_t, std::uint64_t>> spans;
  for (const CaptureChunk& chunk : reader.chunks()) {
    spans.emplace_back(chunk.span->first_ns, chunk.span->last_ns);
  }
  EXPECT_THAT(spans, ElementsAre(std::pair(900, 1100), std::pair(1101, 1150), std::pair(5000, 5000)));
  EXPECT_EQ(read_on(reader).records.size(), 6U);
}

TEST(Capture, SeeksToTheFirstChunkThatReachesATime) {
  CaptureReader reader = reader_of(small_capture(20));
  read_on(reader);
  for (std::uint64_t time_ns = 0; time_ns < 20'000; time_ns += 500) {
    reader.seek(time_ns);
    const auto numbers = numbers_of(read_on(reader).records);
    const std::uint64_t first_later = (time_ns + 999) / 1000;
    if (first_later == 20) {
      EXPECT_THAT(numbers, IsEmpty());
      continue;
    }
    ASSERT_FALSE(numbers.empty());
    EXPECT_EQ(numbers.front(), first_later / 4 * 4) << time_ns;
    EXPECT_EQ(numbers.back(), 19U);
  }
  reader.seek(std::numeric_limits<std::uint64_t>::max());
  EXPECT_TRUE(std::holds_alternative<EndOfCapture>(reader.next()));
}

TEST(Capture, SeeksInTheMiddleOfAChunk) {
  CaptureReader reader = reader_of(small_capture(20));
  reader.next();
  reader.seek(9000);
  const auto item = reader.next();
  ASSERT_TRUE(std::holds_alternative<RecordBytes>(item));
  EXPECT_EQ(number_of(std::get<RecordBytes>(item)), 8U);
}

TEST(Capture, SeeksWithoutAnIndex) {
  Bytes bytes = small_capture(20);
  bytes.pop_back();  // no footer: the index cannot be found
  CaptureReader reader = reader_of(bytes);
  EXPECT_EQ(reader.end().state, CaptureEnd::State::complete);
  reader.seek(9000);
  EXPECT_EQ(numbers_of(read_on(reader).records).front(), 8U);
}

TEST(Capture, NeedsNoFinishToBeReadable) {
  const Fd file = memory_file();
  {
    auto writer = writer_to(Fd(dup(file.get())), {.chunk_size = 256, .buffers = 8});
    for (std::uint64_t i = 0; i < 10; ++i) {
      writer->append(numbered_record(i), i);
    }
  }
  const Bytes bytes = test::contents_of(file);
  CaptureReader reader = reader_of(bytes);
  EXPECT_EQ(read_on(reader).records.size(), 10U);
  EXPECT_EQ(reader.end().state, CaptureEnd::State::cut);
  EXPECT_EQ(reader.end().offset, bytes.size());
  EXPECT_EQ(reader.end().last_ns, 9U);
}

TEST(Capture, AnIndexLongerThanOneChunkGoesOnInTheNext) {
  const std::uint64_t chunks = 70'000;  // an index chunk has room for 65,536
  const Fd file = memory_file();
  auto writer = writer_to(Fd(dup(file.get())), {.chunk_size = 16, .buffers = chunks});
  for (std::uint64_t i = 0; i < chunks; ++i) {
    writer->append(numbered_record(i, 16), i);
  }
  ASSERT_TRUE(writer->finish("all"));
  Bytes bytes = test::contents_of(file);
  // The header of the first chunk is destroyed: only the index has it.
  bytes[48] = std::byte{0};
  CaptureReader reader = reader_of(bytes);
  EXPECT_EQ(reader.chunks().size(), chunks);
  EXPECT_EQ(read_on(reader).records.size(), chunks);
  EXPECT_EQ(reader.end().trailer, "all");
}

// A pipe without a reader stands for a disk that is too slow.
class SlowDisk {
 public:
  SlowDisk() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
      throw std::bad_alloc();
    }
    from_ = Fd(ends[0]);
    to = Fd(ends[1]);
    fcntl(to.get(), F_SETPIPE_SZ, 4096);
  }
  ~SlowDisk() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  void become_fast() {
    thread_ = std::thread([this] {
      Bytes part(65536);
      for (ssize_t got = 0; (got = ::read(from_.get(), part.data(), part.size())) > 0;) {
        bytes_.insert(bytes_.end(), part.begin(), part.begin() + got);
      }
    });
  }

  Bytes all() {
    thread_.join();
    return std::move(bytes_);
  }

  Fd to;

 private:
  Fd from_;
  Bytes bytes_;
  std::thread thread_;
};

TEST(Capture, ReportsWhereTheDiskWasTooSlow) {
  SlowDisk disk;
  auto writer = writer_to(std::move(disk.to), {.chunk_size = 4096, .buffers = 2});
  std::uint64_t number = 0;
  const auto append = [&] {
    writer->append(numbered_record(number), 1000 + number);
    ++number;
  };
  while (writer->statistics().dropped.records < 100) {
    append();
  }
  disk.become_fast();
  for (std::uint64_t dropped = 0; dropped != writer->statistics().dropped.records;) {
    std::this_thread::yield();
    dropped = writer->statistics().dropped.records;
    append();
  }
  ASSERT_TRUE(writer->finish("slow"));
  const CaptureStatistics statistics = writer->statistics();
  EXPECT_EQ(statistics.records + statistics.dropped.records, number);

  CaptureReader reader = reader_of(disk.all());
  const ReadItems read = read_on(reader);
  const auto numbers = numbers_of(read.records);
  EXPECT_EQ(numbers.size(), statistics.records);
  ASSERT_GE(read.interruptions.size(), 1U);
  // Each missing number lies in a gap, and each gap counts exactly the numbers of its time range.
  std::uint64_t missing = 0;
  for (const Interruption& gap : read.interruptions) {
    EXPECT_EQ(gap.why, Interruption::Why::dropped);
    ASSERT_TRUE(gap.span);
    EXPECT_EQ(gap.span->records, gap.span->last_ns - gap.span->first_ns + 1);
    EXPECT_TRUE(std::none_of(numbers.begin(), numbers.end(), [&](std::uint64_t kept) {
      return kept + 1000 >= gap.span->first_ns && kept + 1000 <= gap.span->last_ns;
    }));
    missing += gap.span->records;
  }
  EXPECT_EQ(missing, statistics.dropped.records);
  EXPECT_EQ(read.interruptions.front().span->first_ns, statistics.dropped.first_ns);
  EXPECT_EQ(read.interruptions.back().span->last_ns, statistics.dropped.last_ns);
  EXPECT_EQ(reader.end().state, CaptureEnd::State::complete);
}

TEST(Capture, ReportsDropsAtTheVeryEnd) {
  SlowDisk disk;
  auto writer = writer_to(std::move(disk.to), {.chunk_size = 4096, .buffers = 2});
  std::uint64_t number = 0;
  for (; writer->statistics().dropped.records < 10; ++number) {
    writer->append(numbered_record(number), number);
  }
  disk.become_fast();
  ASSERT_TRUE(writer->finish(""));
  CaptureReader reader = reader_of(disk.all());
  const ReadItems read = read_on(reader);
  ASSERT_FALSE(read.interruptions.empty());
  EXPECT_EQ(read.interruptions.back().span->last_ns, number - 1);
  EXPECT_EQ(reader.end().state, CaptureEnd::State::complete);
}

TEST(Capture, AFullDiskIsReportedAtOnce) {
  const auto writer = CaptureWriter::create(Fd(open("/dev/full", O_WRONLY | O_CLOEXEC)), "", {});
  ASSERT_FALSE(writer);
  EXPECT_THAT(to_line(writer.error()), HasSubstr("cannot write the capture: No space left on device"));
}

// RLIMIT_FSIZE stands for a disk that is full.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t size) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{.rlim_cur = size, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST(Capture, ADiskThatBecomesFullLeavesWhatWasWritten) {
  const Fd file = memory_file();
  std::uint64_t number = 0;
  CaptureStatistics statistics;
  {
    const FileSizeLimit limit(20'000);
    auto writer = writer_to(Fd(dup(file.get())), {.chunk_size = 4096, .buffers = 4});
    for (; !writer->has_failed(); ++number) {
      writer->append(numbered_record(number), number);
    }
    const auto status = writer->finish("");
    ASSERT_FALSE(status);
    EXPECT_EQ(to_line(status.error()),
              "cannot write the capture: File too large (the part that was written is readable; free some space, "
              "or record for a shorter time)");
    statistics = writer->statistics();
  }
  EXPECT_GT(statistics.records, 0U);
  EXPECT_EQ(statistics.records + statistics.unwritten + statistics.dropped.records, number);
  CaptureReader reader = reader_of(test::contents_of(file));
  EXPECT_EQ(read_on(reader).records.size(), statistics.records);
  EXPECT_EQ(reader.end().state, CaptureEnd::State::cut);
}

TEST(Capture, AReaderThatWentAwayIsAnErrorAndNoSignal) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  auto writer = writer_to(Fd(ends[1]), {.chunk_size = 4096, .buffers = 4});
  close(ends[0]);
  std::uint64_t number = 0;
  while (!writer->has_failed()) {
    writer->append(numbered_record(number), number);
    ++number;
  }
  for (int i = 0; i < 1000; ++i) {
    writer->append(numbered_record(number), number);
    ++number;
  }
  const auto status = writer->finish("");
  ASSERT_FALSE(status);
  EXPECT_THAT(to_line(status.error()), HasSubstr("cannot write the capture: Broken pipe"));
  const CaptureStatistics statistics = writer->statistics();
  EXPECT_EQ(statistics.records, 0U);
  EXPECT_EQ(statistics.unwritten + statistics.dropped.records, number);
}

// A trailer with stacks is long, and repeats itself.
TEST(Capture, ALongTrailerIsCompressed) {
  const std::string trailer(std::size_t{20} << 20U, 'x');
  const Fd file = memory_file();
  auto writer = writer_to(Fd(dup(file.get())));
  writer->append(numbered_record(1), 1);
  ASSERT_TRUE(writer->finish(trailer));
  const auto contents = test::contents_of(file);
  EXPECT_LT(contents.size(), trailer.size() / 10);
  EXPECT_EQ(reader_of(contents).end().trailer, trailer);
}

TEST(Capture, TextsHaveALimit) {
  std::string too_long((16U << 20U) + 1, ' ');
  const auto created = CaptureWriter::create(memory_file(), too_long, {});
  ASSERT_FALSE(created);
  EXPECT_THAT(to_line(created.error()), HasSubstr("description is longer than 16 MiB"));

  const Fd file = memory_file();
  auto writer = writer_to(Fd(dup(file.get())));
  writer->append(numbered_record(1), 1);
  too_long.resize((256U << 20U) + 1, ' ');
  const auto status = writer->finish(too_long);
  ASSERT_FALSE(status);
  EXPECT_THAT(to_line(status.error()), HasSubstr("trailer is longer than 256 MiB"));
  CaptureReader reader = reader_of(test::contents_of(file));
  EXPECT_EQ(read_on(reader).records.size(), 1U);
}

TEST(Capture, OpensRegularFilesOnly) {
  const auto none = CaptureReader::open("/nowhere/x.tcap");
  ASSERT_FALSE(none);
  EXPECT_EQ(to_line(none.error()), "cannot read the capture '/nowhere/x.tcap': No such file or directory");

  const auto directory = CaptureReader::open("/");
  ASSERT_FALSE(directory);
  EXPECT_THAT(to_line(directory.error()), HasSubstr("not a regular file"));

  const std::string path = testing::TempDir() + "/capture-fifo-" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const auto fifo = CaptureReader::open(path);
  std::filesystem::remove(path);
  ASSERT_FALSE(fifo);
  EXPECT_THAT(to_line(fifo.error()), HasSubstr("not a regular file"));
}

}  // namespace
}  // namespace taskcost
