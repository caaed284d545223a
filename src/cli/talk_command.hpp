#pragma once

// What the commands that talk have in common.

#include <string>
#include <utility>

#include <penny/error.hpp>

#include "cli/command.hpp"

namespace penny::cli {

class TalkCommand : public Command {
 public:
  // `place`: the modality's name, with which a channel begins that the user does not name.
  explicit TalkCommand(std::string place) : place_(std::move(place)) {}
  void add_options(CLI::App& app) override;

 protected:
  // The file that was named, or the user's own; it need not be there.
  [[nodiscard]] Result<std::string> configuration() const;
  [[nodiscard]] std::string channel() const;

 private:
  const std::string place_;
  std::string configuration_;
  std::string channel_;
};

}  // namespace penny::cli
