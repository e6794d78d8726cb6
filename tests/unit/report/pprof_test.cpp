// SPDX-License-Identifier: Apache-2.0
//
// Decompresses and decodes profiles for pprof.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "pprof/profile.pb.h"
#include "report/render.h"
#include "support/fixture_stacks.h"

namespace taskcost::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string decompressed(const std::string& bytes) {
  z_stream stream{};
  constexpr int gzip_header = 16;
  EXPECT_EQ(inflateInit2(&stream, MAX_WBITS + gzip_header), Z_OK);
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  std::string out;
  int result = Z_OK;
  while (result == Z_OK) {
    std::array<char, 1000> buffer{};
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = buffer.size();
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  EXPECT_EQ(result, Z_STREAM_END);
  inflateEnd(&stream);
  return out;
}

class Decoded {
 public:
  explicit Decoded(const Report& report) {
    std::ostringstream out;
    render_pprof(report, out);
    EXPECT_TRUE(profile.ParseFromString(decompressed(out.str())));
  }

  [[nodiscard]] std::string text(std::int64_t index) const { return profile.string_table(static_cast<int>(index)); }
  [[nodiscard]] std::vector<std::string> frames(int sample) const {
    std::vector<std::string> names;
    for (const std::uint64_t id : profile.sample(sample).location_id()) {
      const auto& location = profile.location(static_cast<int>(id) - 1);
      EXPECT_EQ(location.id(), id);
      names.push_back(text(profile.function(static_cast<int>(location.line(0).function_id()) - 1).name()));
    }
    return names;
  }
  [[nodiscard]] std::map<std::string, std::string> labels(int sample) const {
    std::map<std::string, std::string> labels;
    for (const auto& label : profile.sample(sample).label()) {
      labels[text(label.key())] = label.str() != 0 ? text(label.str()) : std::to_string(label.num());
    }
    return labels;
  }
  // The values that are not 0, by type.
  [[nodiscard]] std::map<std::string, std::int64_t> values(int sample) const {
    std::map<std::string, std::int64_t> values;
    EXPECT_EQ(profile.sample(sample).value_size(), profile.sample_type_size());
    for (int i = 0; i < profile.sample_type_size(); ++i) {
      if (const std::int64_t value = profile.sample(sample).value(i); value != 0) {
        values[text(profile.sample_type(i).type()) + "/" + text(profile.sample_type(i).unit())] = value;
      }
    }
    return values;
  }

  pprof::Profile profile;
};

TEST(Pprof, HasRunningAndWaiting) {
  const Decoded decoded(report_with_samples());
  ASSERT_EQ(decoded.profile.sample_size(), 4);
  EXPECT_EQ(decoded.text(0), "");
  EXPECT_EQ(decoded.text(decoded.profile.default_sample_type()), "cpu");
  EXPECT_EQ(decoded.profile.period(), 1'000'000'000 / 99);
  EXPECT_GT(decoded.profile.duration_nanos(), 0);
  EXPECT_THAT(decoded.frames(0), ElementsAre("knead", "main", "_start"));
  EXPECT_THAT(decoded.values(0), UnorderedElementsAre(Pair("samples/count", 30), Pair("cpu/nanoseconds", 300'000'000)));
  EXPECT_THAT(decoded.labels(0), UnorderedElementsAre(Pair("cause", "on CPU"), Pair("thread", "oven-*"),
                                                      Pair("comm", "bakery"), Pair("pid", "4711")));
  EXPECT_THAT(decoded.values(1),
              UnorderedElementsAre(Pair("waits/count", 7), Pair("off_cpu/nanoseconds", 200'000'000)));
  EXPECT_THAT(decoded.values(2), UnorderedElementsAre(Pair("off_cpu/nanoseconds", 50'000'000)));
  EXPECT_EQ(decoded.labels(2).at("cause"), "run queue");
}

TEST(Pprof, FilesHaveTheirBuildIds) {
  const Decoded decoded(report_with_samples());
  ASSERT_EQ(decoded.profile.mapping_size(), 2);
  EXPECT_EQ(decoded.text(decoded.profile.mapping(0).filename()), "/usr/bin/bakery");
  EXPECT_EQ(decoded.text(decoded.profile.mapping(0).build_id()), "00ff");
  EXPECT_EQ(decoded.text(decoded.profile.mapping(1).filename()), "[kernel]");
}

TEST(Pprof, CutStacksAndFaults) {
  const Decoded decoded(report_with_stacks());
  EXPECT_EQ(decoded.text(decoded.profile.default_sample_type()), "off_cpu");
  EXPECT_THAT(decoded.frames(2), ElementsAre("Dough::knead(int)", "dough.so (unlinked)+0x1234", "[cut]"));
  EXPECT_THAT(decoded.values(2), UnorderedElementsAre(Pair("faults/count", 301), Pair("fault/nanoseconds", 250'000)));
}

TEST(Pprof, IsCompleteWithoutStacksAndWithHostileNames) {
  EXPECT_THAT(Decoded(full_report()).profile.sample(), IsEmpty());
  Report report = full_report();
  report.stacks.emplace();
  report.stacks->stacks = {waiting(1, TC_WAIT_PIPE, 1, 5ns, {user_frame("\n\xff\x1b", std::string("/a\0b", 4))})};
  EXPECT_THAT(Decoded(report).frames(0), ElementsAre("\\n\\xff\\x1b"));
}

}  // namespace
}  // namespace taskcost::test
