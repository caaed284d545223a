// completion, man: what is made of the commands themselves.

#include <string>

#include <penny/version.hpp>

#include "cli/command.hpp"
#include "cli/command_tree.hpp"
#include "cli/completion.hpp"
#include "cli/man_page.hpp"

namespace penny::cli {
namespace {

const CLI::App& root_of(const CLI::App& app) {
  const CLI::App* root = &app;
  while (root->get_parent() != nullptr) root = root->get_parent();
  return *root;
}

class Completion : public Command {
 public:
  [[nodiscard]] UsesUser uses_user() const override { return UsesUser::kNoStore; }

  void add_options(CLI::App& app) override {
    app_ = &app;
    add_value(app, "shell", shell_, parse_shell, "SHELL", "bash, zsh or fish", "bash, zsh or fish")->required();
  }

  ExitCode run(Output& output) override {
    output.print(completion_script(command_tree(root_of(*app_)), shell_));
    return ExitCode::kDone;
  }

 private:
  const CLI::App* app_ = nullptr;
  Shell shell_ = Shell::kBash;
};

class Man : public Command {
 public:
  [[nodiscard]] UsesUser uses_user() const override { return UsesUser::kNoStore; }

  void add_options(CLI::App& app) override { app_ = &app; }

  ExitCode run(Output& output) override {
    output.print(man_page(command_tree(root_of(*app_)), kVersion));
    return ExitCode::kDone;
  }

 private:
  const CLI::App* app_ = nullptr;
};

}  // namespace

void add_tree_commands(CLI::App& app, Commands& commands) {
  commands.add<Completion>(app, "completion", "Print a script that completes commands in a shell",
                           "source <(penny completion bash)");
  commands.add<Man>(app, "man", "Print the manual page", "penny man > penny.1 && man -l penny.1");
}

}  // namespace penny::cli
