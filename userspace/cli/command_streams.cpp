// SPDX-License-Identifier: Apache-2.0
#include "cli/command_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

#include "cli/options/values.h"

namespace taskcost {
namespace {

void drain_pipe(int fd) {
  std::array<char, std::size_t{64} * 1024> discarded{};
  ssize_t size = 0;
  while ((size = read(fd, discarded.data(), discarded.size())) > 0 || (size < 0 && errno == EINTR)) {
  }
  close(fd);
}

}  // namespace

Result<CommandStreams> CommandStreams::open(const std::string& input, const CommandOutput& output) {
  CommandStreams streams;
  streams.input_ = input.empty() ? "/dev/null" : input;
  streams.input_file_ = Fd(::open(streams.input_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!streams.input_file_) {
    return Error{"cannot read " + commandline::in_quotes(streams.input_), std::strerror(errno),
                 "name a readable file in --input"};
  }
  streams.dev_null_ = Fd(::open("/dev/null", O_WRONLY | O_CLOEXEC));
  streams.inherit_ = output.kind == CommandOutput::Kind::inherit;
  if (output.kind == CommandOutput::Kind::file) {
    auto path = OutputPath::open(output.path, OutputPath::Access::write);
    if (!path) {
      return path.error();
    }
    streams.output_file_.emplace(*std::move(path));
  }
  if (output.kind == CommandOutput::Kind::pipe) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) {
      return Error{"cannot create a pipe", std::strerror(errno), ""};
    }
    streams.pipe_ = Fd(ends[1]);
    streams.reader_ = std::thread(drain_pipe, ends[0]);
  }
  return streams;
}

CommandStreams::~CommandStreams() {
  pipe_ = Fd();
  if (reader_.joinable()) {
    reader_.detach();
  }
}

Status CommandStreams::set_streams(Command& command) {
  command.standard_input = input_file_.get();
  // Fails for a pipe or a terminal, which cannot be rewound.
  (void)!lseek(input_file_.get(), 0, SEEK_SET);
  if (inherit_) {
    return Done{};
  }
  command.standard_error = dev_null_.get();
  command.standard_output = dev_null_.get();
  if (pipe_) {
    command.standard_output = pipe_.get();
  }
  if (output_file_) {
    if (auto status = output_file_->clear(); !status) {
      return status;
    }
    (void)!lseek(output_file_->fd(), 0, SEEK_SET);
    command.standard_output = output_file_->fd();
  }
  return Done{};
}

void CommandStreams::keep() {
  if (output_file_) {
    output_file_->keep();
  }
}

}  // namespace taskcost
