#include "cli/command_tree.hpp"

namespace penny::cli {
namespace {

TreeOption option_of(const CLI::Option& option) {
  TreeOption result{.names = {},
                    .type_name = option.get_items_expected_max() > 0 ? option.get_type_name() : "",
                    .description = option.get_description(),
                    .group = option.get_group(),
                    .is_required = option.get_required()};
  for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
  return result;
}

void add_to(std::vector<TreeCommand>& tree, const CLI::App& app, const std::string& name) {
  const auto is_shown = [](const CLI::App* command) { return !command->get_group().empty(); };
  const auto subcommands = app.get_subcommands(is_shown);
  TreeCommand command{
      .name = name, .description = app.get_description(), .footer = app.get_footer(), .options = {}, .subcommands = {}};
  for (const CLI::Option* option : app.get_options()) command.options.push_back(option_of(*option));
  for (const CLI::App* subcommand : subcommands) command.subcommands.push_back(subcommand->get_name());
  tree.push_back(std::move(command));
  for (const CLI::App* subcommand : subcommands) add_to(tree, *subcommand, name + " " + subcommand->get_name());
}

}  // namespace

std::vector<TreeCommand> command_tree(const CLI::App& root) {
  std::vector<TreeCommand> tree;
  add_to(tree, root, root.get_name());
  return tree;
}

}  // namespace penny::cli
