// SPDX-License-Identifier: Apache-2.0
//
// Writes all manual pages and completions: taskcost-manual DIRECTORY SOURCE DATE. SOURCE is the top of the tree.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "cli/manual/manual.h"
#include "report/render.h"
#include "trace/events/writers.h"

namespace taskcost::manual {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  file << text;
  file.close();
}

void write_all(const std::filesystem::path& to, const std::filesystem::path& source, const Edition& edition) {
  const auto prose = [&source](const std::string& name) { return read(source / "docs/man" / (name + ".in")); };
  const auto pages = command_pages();
  for (const CommandPage& page : pages) {
    const std::string name = page.name.empty() ? "taskcost" : "taskcost-" + page.name;
    write(to / "man/man1" / (name + ".1"), command_manual(page, pages, prose(name), edition));
  }
  write(to / "man/man5/taskcost-report.5", report_manual(json_schema(), prose("taskcost-report.5"), edition));
  write(to / "man/man5/taskcost-capture.5", capture_manual(read(source / "userspace/capture/capture.h"), event_schema(),
                                                           prose("taskcost-capture.5"), edition));
  write(to / "completions/taskcost", bash_completion(pages));
  write(to / "completions/_taskcost", zsh_completion(pages));
  write(to / "completions/taskcost.fish", fish_completion(pages));
}

}  // namespace
}  // namespace taskcost::manual

int main(int argc, char** argv) {
  constexpr int arguments = 4;
  if (argc != arguments) {
    std::fputs("usage: taskcost-manual DIRECTORY SOURCE DATE\n", stderr);
    return 2;
  }
  taskcost::manual::write_all(argv[1], argv[2], {TASKCOST_VERSION, argv[3]});
}
