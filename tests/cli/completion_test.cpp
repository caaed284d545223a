// Completion and the man page, by the shells and programs that use them.

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "test_paths.hpp"

namespace penny::cli {
namespace {

class Completion : public CommandLine {
 protected:
  [[nodiscard]] Finished run(const std::string& program, const std::vector<std::string>& arguments) const {
    return Process("/usr/bin/env",
                   [&] {
                     std::vector<std::string> all{program};
                     all.insert(all.end(), arguments.begin(), arguments.end());
                     return all;
                   }())
        .finish();
  }
  [[nodiscard]] std::string file_with(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
  [[nodiscard]] std::string output_of(const std::vector<std::string>& words) const {
    const Finished finished = Process(PENNY_TEST_PROGRAM, words).finish();
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.out;
  }
  // What bash offers for the last of the words.
  [[nodiscard]] std::set<std::string> offered(const std::vector<std::string>& words) const {
    std::string command = "source " + script_ + "; COMP_WORDS=(";
    for (const std::string& word : words) command += "'" + word + "' ";
    command += "); COMP_CWORD=" + std::to_string(words.size() - 1) + "; _penny; printf '%s\\n' \"${COMPREPLY[@]}\"";
    const Finished finished = run("bash", {"-c", command});
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_EQ(finished.err, "");
    std::set<std::string> all;
    std::istringstream lines(finished.out);
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) all.insert(line);
    }
    return all;
  }
  // What fish offers at the end of the line.
  [[nodiscard]] std::set<std::string> offered_by_fish(const std::string& line) const {
    const std::string command = "cd '" + folder_.path() + "'; source " + script_ + "; complete -C '" + line + "'";
    const Finished finished = run("fish", {"--no-config", "-c", command});
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    EXPECT_EQ(finished.err, "");
    std::set<std::string> all;
    std::istringstream lines(finished.out);
    for (std::string each; std::getline(lines, each);) all.insert(each.substr(0, each.find('\t')));
    return all;
  }
  // What becomes of a line in an interactive zsh after the tab key; empty if zsh does not answer.
  [[nodiscard]] std::string completed_by_zsh(const std::string& line) const {
    const std::string program = R"script(
      zmodload zsh/zpty
      zpty inner zsh -f -i
      zpty -w inner "PROMPT=; autoload -Uz compinit; compinit -u -D; source $1; cd $2"
      zpty -w inner "show() { print -r -- \"\$BUFFER\" >| $2/line }; zle -N show; bindkey '^X' show"
      zpty -w inner 'bindkey "^I" complete-word; print is_""ready'
      zpty -r inner said '*is_ready*'
      zpty -w -n inner "$3"$'\t\x18'
      repeat 200 { [[ -s $2/line ]] && break; sleep 0.05 }
      zpty -d inner
      cat $2/line && rm $2/line
    )script";
    const Finished finished = run("zsh", {"-f", "-c", program, "zsh", script_, folder_.path(), line});
    EXPECT_EQ(finished.exit_code, 0) << finished.err;
    return finished.out.substr(0, finished.out.find('\n'));
  }
  std::string script_;
};

TEST_F(Completion, BashKnowsCommandsOptionsAndValues) {
  script_ = file_with("penny.bash", output_of({"completion", "bash"}));
  using Words = std::set<std::string>;
  const Words commands = offered({"penny", ""});
  for (const char* name : {"turn", "turns", "export", "import", "erase", "completion", "stress", "--help", "--version"})
    EXPECT_TRUE(commands.contains(name)) << name;
  EXPECT_FALSE(commands.contains("stress-worker"));
  EXPECT_EQ(offered({"penny", "exp"}), Words{"export"});
  EXPECT_EQ(offered({"penny", "turn", "a"}), Words{"add"});
  EXPECT_EQ(offered({"penny", "turn", "add", "--mod"}), Words{"--modality"});
  EXPECT_EQ(offered({"penny", "turn", "add", "--modality", ""}), (Words{"chat", "voice", "agent"}));
  EXPECT_EQ(offered({"penny", "turn", "add", "--origin", "w"}), Words{"web"});
  EXPECT_EQ(offered({"penny", "turn", "add", "--input", ""}), Words{});
  EXPECT_EQ(offered({"penny", "turn", "add", "--no-learn", "--chan"}), Words{"--channel"});
  EXPECT_EQ(offered({"penny", "completion", ""}), (Words{"bash", "zsh", "fish", "-h", "--help"}));
  const std::string with_space = file_with("a file.jsonl", "");
  EXPECT_EQ(offered({"penny", "import", folder_ / "a f"}), Words{with_space});
  EXPECT_EQ(offered({"penny", "import", "--as", ""}), Words{});
  EXPECT_EQ(offered({"penny", "import", "--jo"}), Words{"--join"});
  EXPECT_EQ(offered({"penny", "turns", "--store", folder_ / "a f"}), Words{with_space});
  EXPECT_EQ(offered({"penny", "nonsense", "x"}), Words{});
}

TEST_F(Completion, FishKnowsCommandsOptionsAndValues) {
  script_ = file_with("penny.fish", output_of({"completion", "fish"}));
  (void)file_with("a file.jsonl", "");
  using Words = std::set<std::string>;
  const Words commands = offered_by_fish("penny ");
  for (const char* name : {"turn", "turns", "export", "import", "erase", "completion", "stress"})
    EXPECT_TRUE(commands.contains(name)) << name;
  EXPECT_FALSE(commands.contains("stress-worker"));
  EXPECT_EQ(offered_by_fish("penny turn a"), Words{"add"});
  EXPECT_EQ(offered_by_fish("penny turn add --mod"), Words{"--modality"});
  EXPECT_EQ(offered_by_fish("penny turn add --modality "), (Words{"chat", "voice", "agent"}));
  EXPECT_EQ(offered_by_fish("penny turn add --input "), Words{});
  EXPECT_EQ(offered_by_fish("penny import a"), Words{"a file.jsonl"});
}

TEST_F(Completion, ZshCompletesCommandsOptionsAndValues) {
  script_ = file_with("_penny", output_of({"completion", "zsh"}));
  (void)file_with("a file.jsonl", "");
  EXPECT_EQ(completed_by_zsh("penny exp"), "penny export ");
  EXPECT_EQ(completed_by_zsh("penny turn a"), "penny turn add ");
  EXPECT_EQ(completed_by_zsh("penny turn add --mod"), "penny turn add --modality ");
  EXPECT_EQ(completed_by_zsh("penny turn add --modality v"), "penny turn add --modality voice ");
  EXPECT_EQ(completed_by_zsh("penny import a"), "penny import a\\ file.jsonl ");
  EXPECT_EQ(completed_by_zsh("penny stress-w"), "penny stress-w");
}

TEST_F(Completion, EveryShellReadsItsScript) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    const std::string script = output_of({"completion", shell});
    for (const char* part : {"turn", "modality", "chat voice agent", "personality"})
      EXPECT_NE(script.find(part), std::string::npos) << shell << " " << part;
    EXPECT_EQ(script.find("stress-worker"), std::string::npos);
    const Finished read = run(shell, {"-n", file_with("script", script)});
    EXPECT_EQ(read.exit_code, 0) << shell << ": " << read.err;
  }
  EXPECT_EQ(Process(PENNY_TEST_PROGRAM, {"completion", "tcsh"}).finish().exit_code, 2);
}

TEST_F(Completion, TheManPageTellsOfEveryCommand) {
  const std::string page = output_of({"man"});
  for (const char* part : {".TH PENNY 1", ".SH NAME\npenny \\- ", ".SS penny turn add", ".SS penny import",
                           ".SH EXIT STATUS", ".SH ENVIRONMENT", "\\-\\-if\\-unchanged\\-since"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
  EXPECT_EQ(page.find("stress-worker"), std::string::npos);
  const Finished read = run("groff", {"-man", "-Tutf8", "-ww", "-rCHECKSTYLE=3", file_with("penny.1", page)});
  EXPECT_EQ(read.exit_code, 0);
  EXPECT_EQ(read.err, "");
  EXPECT_NE(read.out.find("penny"), std::string::npos);
}

}  // namespace
}  // namespace penny::cli
