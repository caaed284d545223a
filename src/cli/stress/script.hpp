#pragma once

// Conversations in shared memory, so that a process that starts (under --kill one every 50 ms) has them at once.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <penny/error.hpp>
#include <penny/model.hpp>

#include "cli/stress/conversations.hpp"
#include "cli/stress/shared_memory.hpp"

namespace penny::cli::stress {

class Script {
 public:
  [[nodiscard]] static Result<Script> make(const Conversations& conversations);
  explicit Script(SharedMemory memory) : memory_(std::move(memory)) {}

  [[nodiscard]] std::size_t users() const;
  [[nodiscard]] std::size_t lines() const;
  [[nodiscard]] std::string_view user(std::size_t user) const;
  [[nodiscard]] std::string_view user_input(std::size_t line) const;
  [[nodiscard]] std::string_view assistant_response(std::size_t line) const;

  // The lines of a user's modality; if it has none, all of the user's.
  [[nodiscard]] std::vector<std::uint32_t> lines_of(std::size_t user, Modality modality) const;

  [[nodiscard]] int descriptor() const { return memory_.descriptor(); }

 private:
  struct Header;
  struct Text;
  struct LineRecord;

  [[nodiscard]] const Header& header() const;
  [[nodiscard]] const Text* user_records() const;
  [[nodiscard]] const LineRecord* line_records() const;
  [[nodiscard]] std::string_view text(const Text& place) const;

  SharedMemory memory_;
};

}  // namespace penny::cli::stress
