// SPDX-License-Identifier: Apache-2.0
//
// The rules of an ELF file's .eh_frame as readelf interprets them, and the rows of an unwind table in its words.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "support/subprocess.h"
#include "taskcost/abi_unwind.h"

namespace taskcost::test {

// One line of `readelf --debug-dump=frames-interp`, for the code [from, to) by offsets in the file.
struct FrameLine {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string cfa;             // "rsp+8"; "exp": an expression
  std::string fp = "u";        // "c-16": at the CFA - 16; "u": not saved
  std::string rbx = "u";       // as the frame pointer
  std::string return_address;  // as the frame pointer
  bool is_signal = false;
};

inline std::vector<std::string> output_lines(const Words& command) {
  const Finished done = Subprocess(command).wait();
  EXPECT_NE(done.out, "") << done.err;  // readelf fails if a separate debug file is missing
  return lines_of(done.out);
}

inline std::vector<std::string> words_of(const std::string& line) {
  std::istringstream text(line);
  std::vector<std::string> words;
  for (std::string word; text >> word;) {
    if (word[0] == '(' && !words.empty()) {
      words.back() += word;  // "r1 (rdx)": in another register
    } else {
      words.push_back(word);
    }
  }
  return words;
}

// What to subtract from an address to get an offset in the file. There is one executable segment.
inline std::uint64_t code_bias(const std::string& path) {
  for (const std::string& line : output_lines({"readelf", "-lW", path})) {
    const auto words = words_of(line);
    if (words.size() > 7 && words[0] == "LOAD" && line.find(" R E ") != std::string::npos) {
      return std::stoull(words[2], nullptr, 16) - std::stoull(words[1], nullptr, 16);
    }
  }
  ADD_FAILURE() << "no executable segment in " << path;
  return 0;
}

class FrameLines {
 public:
  // Takes one of `every` functions.
  FrameLines(const std::string& path, std::string fp, int every = 1) : bias_(code_bias(path)), fp_(std::move(fp)) {
    int functions = 0;
    bool is_left_out = false;
    for (const std::string& line :
         output_lines({"readelf", "-W", "--debug-dump=frames-interp,no-follow-links", path})) {
      const bool is_function = line.find(" FDE ") != std::string::npos;
      if (is_function || line.find(" CIE ") != std::string::npos) {
        close();
        is_left_out = is_function && functions++ % every != 0;
      }
      if (!is_left_out) {
        take(words_of(line));
      }
    }
    close();
  }

  [[nodiscard]] const std::vector<FrameLine>& all() const { return all_; }

 private:
  struct Common {
    FrameLine initial;
    bool is_signal = false;
  };

  void take(const std::vector<std::string>& words) {
    if (words.size() > 4 && words[3] == "CIE") {
      common_ = &commons_[words[0]];
      common_->is_signal = words[4].find('S') != std::string::npos;
    } else if (words.size() > 5 && words[3] == "FDE") {
      common_ = &commons_[words[4].substr(words[4].find('=') + 1)];
      const std::string range = words[5].substr(words[5].find('=') + 1);
      begin_ = std::stoull(range, nullptr, 16) - bias_;
      end_ = std::stoull(range.substr(range.find("..") + 2), nullptr, 16) - bias_;
      in_function_ = true;
    } else if (!words.empty() && words[0] == "LOC") {
      columns_ = words;
    } else if (words.size() == columns_.size() && !words.empty() && words[0].size() == 16) {
      line(words);
    }
  }

  void line(const std::vector<std::string>& words) {
    FrameLine line;
    line.from = std::stoull(words[0], nullptr, 16) - bias_;
    line.cfa = words[1];
    for (std::size_t i = 2; i < words.size(); ++i) {
      const std::string& column = columns_[i];
      (column == fp_     ? line.fp
       : column == "rbx" ? line.rbx
       : column == "ra"  ? line.return_address
                         : ignored_) = words[i];
    }
    line.is_signal = common_->is_signal;
    if (in_function_) {
      lines_.push_back(line);
    } else {
      common_->initial = line;
    }
  }

  // Ends a function. Without lines it has that of its CIE.
  void close() {
    if (in_function_ && lines_.empty()) {
      lines_.push_back(common_->initial);
      lines_.back().from = begin_;
    }
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      lines_[i].to = i + 1 < lines_.size() ? lines_[i + 1].from : end_;
      if (lines_[i].from < lines_[i].to) {
        all_.push_back(lines_[i]);
      }
    }
    lines_.clear();
    columns_.clear();
    in_function_ = false;
  }

  std::uint64_t bias_;
  std::string fp_;
  std::map<std::string, Common> commons_;  // by position
  Common* common_ = nullptr;
  std::vector<std::string> columns_;
  std::uint64_t begin_ = 0;
  std::uint64_t end_ = 0;
  bool in_function_ = false;
  std::vector<FrameLine> lines_;
  std::string ignored_;
  std::vector<FrameLine> all_;
};

}  // namespace taskcost::test
