// SPDX-License-Identifier: Apache-2.0
//
// What the opener answers, by its own words, and without a process of its own.
#include "base/opener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string>

#include "support/subprocess.h"

namespace taskcost::opener {
namespace {

struct Answer {
  Head head;
  std::string text;
  Fd file;
};

std::string all_of(const Fd& file) {
  std::string text;
  std::array<char, 4096> part{};
  for (ssize_t size = 0; (size = read(file.get(), part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(size));
  }
  return text;
}

class Opener : public ::testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    ours_ = Fd(ends[0]);
    theirs_ = Fd(ends[1]);
    std::filesystem::create_directories(directory_.file("root/etc"));
    test::write_file(directory_.file("root/etc/inner"), "inner");
    test::write_file(directory_.file("outer"), "outer");
    std::filesystem::create_symlink("/etc/inner", directory_.file("root/link"));
  }

  Answer ask(Kind kind, const std::string& path, Request request = {}, int root = -1) {
    request.kind = kind;
    request.limit = request.limit != 0 ? request.limit : 1'000'000;
    std::ranges::copy(path, request.path.begin());
    iovec question{&request, offsetof(Request, path) + path.size() + 1};
    Message sent(std::span(&question, 1));
    sent.attach(root);
    EXPECT_GT(sendmsg(ours_.get(), &sent.header, 0), 0);
    EXPECT_TRUE(answer_request(theirs_.get()));
    Answer answer;
    answer.text.resize(inline_bytes);
    std::array<iovec, 2> parts{{{&answer.head, sizeof(answer.head)}, {answer.text.data(), answer.text.size()}}};
    Message message(parts);
    const ssize_t got = recvmsg(ours_.get(), &message.header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    EXPECT_GE(got, static_cast<ssize_t>(sizeof(Head)));
    answer.text.resize(static_cast<std::size_t>(std::max<ssize_t>(got - static_cast<ssize_t>(sizeof(Head)), 0)));
    EXPECT_EQ(answer.text.size(), answer.head.size);
    answer.file = message.take();
    return answer;
  }

  test::TemporaryDirectory directory_;
  Fd ours_;
  Fd theirs_;
};

TEST_F(Opener, AFileComesWithItsStatus) {
  const Answer outer = ask(kind_file, directory_.file("outer"));
  EXPECT_EQ(outer.head.error, 0);
  EXPECT_EQ(outer.head.is_copy, 0U);
  EXPECT_EQ(all_of(outer.file), "outer");
  struct stat status {};
  ASSERT_EQ(stat(directory_.file("outer").c_str(), &status), 0);
  EXPECT_EQ(outer.head.status.st_ino, status.st_ino);
  EXPECT_EQ(outer.head.status.st_size, status.st_size);
  EXPECT_NE(fcntl(outer.file.get(), F_GETFL) & O_NONBLOCK, 0);
}

// A FIFO would wait for a writer, and a device may have effects: neither is opened.
TEST_F(Opener, OtherFilesAreRefused) {
  ASSERT_EQ(mkfifo(directory_.file("fifo").c_str(), 0600), 0);
  for (const auto& [path, error] :
       {std::pair(directory_.file("fifo"), EINVAL), std::pair(directory_.path(), EINVAL),
        std::pair(std::string("/dev/zero"), EINVAL), std::pair(directory_.file("none"), ENOENT),
        std::pair(directory_.file("outer/below"), ENOTDIR)}) {
    const Answer refused = ask(kind_file, path);
    EXPECT_EQ(refused.head.error, error) << path;
    EXPECT_FALSE(refused.file) << path;
  }
}

TEST_F(Opener, PathsStayBelowTheirRoot) {
  const Answer root = ask(kind_directory, directory_.file("root"));
  ASSERT_TRUE(root.file) << root.head.error;
  EXPECT_EQ(all_of(ask(kind_file, "/link", {}, root.file.get()).file), "inner");
  EXPECT_EQ(all_of(ask(kind_file, "/../../etc/inner", {}, root.file.get()).file), "inner");
  EXPECT_EQ(ask(kind_file, directory_.file("outer"), {}, root.file.get()).head.error, ENOENT);
  EXPECT_EQ(ask(kind_text, "/link", {}, root.file.get()).text, "inner");
  Request no_link;
  no_link.no_follow = 1;
  EXPECT_EQ(ask(kind_file, "/link", no_link, root.file.get()).head.error, EINVAL);
  EXPECT_EQ(all_of(ask(kind_file, "/etc/inner", no_link, root.file.get()).file), "inner");
  EXPECT_EQ(all_of(ask(kind_file, directory_.file("outer")).file), "outer") << "a root is for one request";
}

TEST_F(Opener, DirectoriesAreOnlyADirectory) {
  EXPECT_EQ(ask(kind_directory, directory_.file("outer")).head.error, ENOTDIR);
  EXPECT_EQ(ask(kind_directory, directory_.file("none")).head.error, ENOENT);
}

// The temporary directory is on a file system of this machine.
TEST_F(Opener, AQuickLookTakesLocalFiles) {
  Request quick;
  quick.quick = 1;
  EXPECT_EQ(all_of(ask(kind_file, directory_.file("outer"), quick).file), "outer");
}

TEST_F(Opener, AShortTextIsInTheAnswer) {
  Request cut;
  cut.limit = 3;
  EXPECT_EQ(ask(kind_text, directory_.file("outer")).text, "outer");
  EXPECT_EQ(ask(kind_text, directory_.file("outer"), cut).text, "out");
  test::write_file(directory_.file("empty"), "");
  const Answer empty = ask(kind_text, directory_.file("empty"));
  EXPECT_EQ(empty.head.error, 0);
  EXPECT_EQ(empty.text, "");
  EXPECT_EQ(ask(kind_text, directory_.path()).head.error, EISDIR) << "no byte could be read";
  EXPECT_EQ(ask(kind_text, directory_.file("none")).head.error, ENOENT);
}

TEST_F(Opener, ALongTextIsCopied) {
  for (const std::size_t size : {inline_bytes - 1, inline_bytes, 5 * inline_bytes + 7}) {
    std::string text(size, 'x');
    text.back() = 'y';
    test::write_file(directory_.file("long"), text);
    const Answer answer = ask(kind_text, directory_.file("long"));
    EXPECT_EQ(answer.head.error, 0) << size;
    EXPECT_EQ(answer.head.is_copy, size < inline_bytes ? 0U : 1U) << size;
    EXPECT_EQ(answer.head.is_copy != 0 ? all_of(answer.file) : answer.text, text) << size;
  }
  Request limited;
  limited.limit = 2 * inline_bytes;
  const Answer refused = ask(kind_text, directory_.file("long"), limited);
  EXPECT_EQ(refused.head.error, EFBIG);
  EXPECT_FALSE(refused.file);
}

// A request need not end with a zero byte: the path is cut to what has room.
TEST_F(Opener, APathWithoutAnEndIsRefused) {
  Request request;
  request.kind = kind_file;
  request.path.fill('x');
  iovec question{&request, sizeof(request)};
  Message sent(std::span(&question, 1));
  sent.attach(-1);
  ASSERT_GT(sendmsg(ours_.get(), &sent.header, 0), 0);
  EXPECT_TRUE(answer_request(theirs_.get()));
  Head head;
  ASSERT_GE(recv(ours_.get(), &head, sizeof(head), MSG_DONTWAIT), static_cast<ssize_t>(sizeof(head)));
  EXPECT_EQ(head.error, ENAMETOOLONG);
}

TEST_F(Opener, EndsWithTheOtherEnd) {
  ours_ = Fd();
  EXPECT_FALSE(answer_request(theirs_.get()));
}

}  // namespace
}  // namespace taskcost::opener
