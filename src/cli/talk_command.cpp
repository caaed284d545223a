#include "cli/talk_command.hpp"

#include <unistd.h>

#include <fmt/core.h>

#include "tools/configuration.hpp"

namespace penny::cli {

void TalkCommand::add_options(CLI::App& app) {
  app.add_option("--config", configuration_, "Model, speech and tools (default: $XDG_CONFIG_HOME/penny/penny.toml)")
      ->type_name("FILE");
  app.add_option("--channel", channel_,
                 fmt::format("Where this is, for example {0}@kitchen (default: {0}@ and the process id)", place_))
      ->type_name("NAME");
}

Result<std::string> TalkCommand::configuration() const {
  return configuration_.empty() ? tools::default_path() : Result<std::string>(configuration_);
}

std::string TalkCommand::channel() const {
  return channel_.empty() ? fmt::format("{}@{}", place_, ::getpid()) : channel_;
}

}  // namespace penny::cli
