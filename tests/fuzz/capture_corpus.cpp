// SPDX-License-Identifier: Apache-2.0
//
// capture_corpus DIRECTORY: writes the captures from which fuzzing begins, a small one for each part of the format.
#include <fstream>
#include <iostream>

#include "capture/format.h"
#include "support/capture_files.h"

namespace {

using namespace taskcost;  // NOLINT(google-build-using-namespace): a program of one file
using test::Bytes;

Bytes cut(Bytes bytes, std::size_t at_the_end) {
  bytes.resize(bytes.size() - at_the_end);
  return bytes;
}

// The second chunk has no header, so that only the index leads to it.
Bytes damaged(Bytes bytes) {
  const CaptureReader reader = test::reader_of(bytes);
  const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(reader.chunks()[1].offset);
  std::fill(at, at + sizeof(capture_format::ChunkHeader), std::byte{0});
  return bytes;
}

// The writer drops records only when it is late. Here its first chunk becomes one of dropped records, without an index.
Bytes with_dropped() {
  Bytes bytes = test::small_capture(8);
  capture_format::FileHeader file{};
  std::memcpy(&file, bytes.data(), sizeof(file));
  const std::size_t begin = sizeof(file) + test::small_description.size();
  capture_format::ChunkHeader header{};
  std::memcpy(&header, bytes.data() + begin, sizeof(header));
  header.kind = capture_format::ChunkKind::dropped;
  header.size = 0;
  header.stored_size = 0;
  header.body_checksum = capture_format::checksum_of({}, file.salt);
  header.checksum = capture_format::checksum_of_structure(header, file.salt);
  std::memcpy(bytes.data() + begin, &header, sizeof(header));
  return bytes;
}

void save(const std::string& path, const Bytes& bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: capture_corpus DIRECTORY\n";
    return 2;
  }
  const std::string directory = std::string(arguments[1]) + "/";
  save(directory + "empty.tcap", test::small_capture(0));
  save(directory + "complete.tcap", test::small_capture(11));
  save(directory + "cut.tcap", cut(test::small_capture(11), 300));
  save(directory + "no-footer.tcap", cut(test::small_capture(3), sizeof(capture_format::Footer)));
  save(directory + "damaged.tcap", damaged(test::small_capture(11)));
  save(directory + "damaged-no-index.tcap", cut(damaged(test::small_capture(11)), 1));
  save(directory + "dropped.tcap", cut(with_dropped(), 1));
  return 0;
}
