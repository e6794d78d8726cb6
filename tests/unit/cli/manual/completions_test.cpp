// SPDX-License-Identifier: Apache-2.0
//
// bash runs its script here; those of zsh and fish are texts. tests/packaging/manual asks all three shells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cli/manual/manual.h"
#include "support/subprocess.h"

namespace taskcost::manual {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;

// bash-completion's own functions need not be installed: these say what they were asked for. The last word is
// completed.
constexpr const char* bash_stubs = R"(
_init_completion() { words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=${words[cword]}; prev=${words[cword-1]}; }
_filedir() { COMPREPLY=("files $*"); }
_pids() { COMPREPLY=(pids); }
_command_offset() { COMPREPLY=("command at $1"); }
)";

std::vector<std::string> bash_offers(const std::vector<CommandPage>& pages, std::vector<std::string> line) {
  const test::TemporaryDirectory directory;
  test::write_file(directory.file("completion"), bash_stubs + bash_completion(pages));
  std::vector<std::string> command{"bash",
                                   "--norc",
                                   "-c",
                                   ". \"$0\" || exit; COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1)); _taskcost; "
                                   "printf '%s\\n' \"${COMPREPLY[@]}\"",
                                   directory.file("completion"),
                                   "taskcost"};
  command.insert(command.end(), line.begin(), line.end());
  const test::Finished bash = test::run(command);
  EXPECT_EQ(bash.exit_code(), 0) << bash.describe();
  EXPECT_EQ(bash.err, "");
  auto offered = test::lines_of(bash.out);
  std::erase(offered, "");
  return offered;
}

TEST(BashCompletion, OffersCommandsAndTheirOptions) {
  const auto pages = command_pages();
  std::vector<std::string> commands;
  for (const CommandPage& page : pages) {
    if (page.name.empty()) {
      continue;
    }
    commands.push_back(page.name);
    const auto offered = bash_offers(pages, {page.name, "-"});
    for (const OptionPage& option : page.options) {
      EXPECT_THAT(offered, IsSupersetOf(option.names)) << page.name;
    }
    for (const OptionPage& option : page.common_options) {
      EXPECT_THAT(offered, IsSupersetOf(option.names)) << page.name;
    }
  }
  auto with_help = commands;
  with_help.emplace_back("help");
  EXPECT_EQ(bash_offers(pages, {""}), with_help);
  EXPECT_EQ(bash_offers(pages, {"help", ""}), with_help);
  EXPECT_THAT(bash_offers(pages, {"re"}), ElementsAre("record", "report"));
  EXPECT_THAT(bash_offers(pages, {"--v"}), ElementsAre("--version"));
}

TEST(BashCompletion, OffersWhatAValueCanBe) {
  const auto pages = command_pages();
  EXPECT_THAT(bash_offers(pages, {"doctor", "--format", ""}), ElementsAre("text", "json"));
  EXPECT_THAT(bash_offers(pages, {"report", "-o", ""}), ElementsAre("files "));
  EXPECT_THAT(bash_offers(pages, {"attach", "--cgroup", ""}), ElementsAre("files -d"));
  EXPECT_THAT(bash_offers(pages, {"attach", "--pid", ""}), ElementsAre("pids"));
  EXPECT_THAT(bash_offers(pages, {"attach", "-q", ""}), ElementsAre("pids")) << "a flag has no value";
  EXPECT_THAT(bash_offers(pages, {"run", "--timeout", ""}), IsEmpty()) << "a number";
  EXPECT_THAT(bash_offers(pages, {"workload", "sh"}), ElementsAre("share"));
}

// What a launched command is called with is its own.
TEST(BashCompletion, ACommandLineEndsTheOptions) {
  const auto pages = command_pages();
  EXPECT_THAT(bash_offers(pages, {"run", ""}), ElementsAre("command at 2"));
  EXPECT_THAT(bash_offers(pages, {"run", "-q", "--user", "daemon", "ls", "-"}), ElementsAre("command at 5"));
  EXPECT_THAT(bash_offers(pages, {"record", "--", "-"}), ElementsAre("command at 3"));
  EXPECT_THAT(bash_offers(pages, {"attach", "1", "--dur"}), ElementsAre("--duration"));
}

// A command whose help has what shells treat as their own.
std::vector<CommandPage> odd_page() {
  CommandPage all;
  all.options = {{{"-V", "--version"}, "", "Print the version.", {}}};
  CommandPage odd;
  odd.name = "odd";
  odd.summary = "don't [panic]: a\\b";
  odd.argument = "COMMAND";
  odd.options = {{{"-m", "--mode"}, "MODE", "It's a [mode]: one. And more.", {"fast", "slow"}}};
  odd.common_options = {
      {{"--user"}, "NAME", "Whose it is", {}}, {{"-o"}, "FILE", "Where.", {}}, {{"-q"}, "", "Less.", {}}};
  CommandPage bundled;
  bundled.name = "bundled";
  bundled.argument = "WORKLOAD";
  CommandPage read;
  read.name = "read";
  read.argument = "FILE";
  return {all, odd, bundled, read};
}

TEST(ZshCompletion, QuotesWhatTheHelpSays) {
  const std::string text = zsh_completion(odd_page());
  EXPECT_THAT(text, ::testing::StartsWith("#compdef taskcost\n"));
  EXPECT_THAT(text, HasSubstr(R"('*--mode=[It'\''s a \[mode\]\: one]:MODE:(fast slow)')")) << "the first sentence";
  EXPECT_THAT(text, HasSubstr(R"('*-m+[It'\''s a \[mode\]\: one]:MODE:(fast slow)')"));
  EXPECT_THAT(text, HasSubstr("'*--user=[Whose it is]:NAME:_users'"));
  EXPECT_THAT(text, HasSubstr("'*-o+[Where]:FILE:_files'"));
  EXPECT_THAT(text, HasSubstr("'*-q[Less]'"));
  EXPECT_THAT(text, HasSubstr(R"('odd:don'\''t [panic]: a\b')"));
  EXPECT_THAT(text, HasSubstr("'(-)1:command: _command_names -e'"));
  EXPECT_THAT(text, HasSubstr("'1:workload:(create switch "));
  EXPECT_THAT(text, HasSubstr("'*:argument:_files'"));
}

TEST(FishCompletion, QuotesWhatTheHelpSays) {
  const std::vector<std::string> lines = test::lines_of(fish_completion(odd_page()));
  EXPECT_THAT(lines, Contains(R"(complete -c taskcost -n __fish_use_subcommand -a odd -d 'don\'t [panic]: a\\b')"));
  EXPECT_THAT(
      lines,
      Contains(R"(complete -c taskcost -n '__fish_seen_subcommand_from help' -a odd -d 'don\'t [panic]: a\\b')"));
  const std::string odd = "complete -c taskcost -n '__fish_seen_subcommand_from odd' ";
  EXPECT_THAT(lines, Contains(odd + R"(-s m -l mode -x -a 'fast slow' -d 'It\'s a [mode]: one')"));
  EXPECT_THAT(lines, Contains(odd + "-l user -x -a '(__fish_complete_users)' -d 'Whose it is'"));
  EXPECT_THAT(lines, Contains(odd + "-s o -r -F -d 'Where'"));
  EXPECT_THAT(lines, Contains(odd + "-s q -d 'Less'"));
  EXPECT_THAT(lines, Contains(odd + "-x -a '(__fish_complete_subcommand --fcs-skip=2 -o -m --mode --user)'"))
      << "flags are no options with a value";
  EXPECT_THAT(lines, Contains("complete -c taskcost -n '__fish_seen_subcommand_from read' -r -F"));
  EXPECT_THAT(lines, Contains(HasSubstr("'__fish_seen_subcommand_from bundled' -a 'create switch ")));
  EXPECT_THAT(lines, Contains("complete -c taskcost -n __fish_use_subcommand -s V -l version -d 'Print the version'"));
  EXPECT_THAT(lines, Not(Contains(HasSubstr("-a  -d")))) << "taskcost itself is no command of its own";
}

}  // namespace
}  // namespace taskcost::manual
