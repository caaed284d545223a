#pragma once

// The words that writers say: real dialogues from files, or ones made from a seed.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <penny/error.hpp>
#include <penny/model.hpp>

namespace penny::cli::stress {

struct Line {
  std::size_t user = 0;  // place in `Conversations::users`
  Modality modality = Modality::kChat;
  std::string user_input;
  std::string assistant_response;
};

struct Conversations {
  std::vector<std::string> users;
  std::vector<Line> lines;
};

// Reads files of one JSON object a line (`user`, `modality`, `user_input`, `assistant_response`; other members are left
// alone); of a folder every file that ends in .jsonl, in order of their names. Lines without any text are left out.
// Errors name file and line.
[[nodiscard]] Result<Conversations> read_conversations(const std::vector<std::filesystem::path>& paths);

// Small talk of so many users; equal for equal seeds.
[[nodiscard]] Conversations make_conversations(std::size_t users, std::uint64_t seed);

// As many users as asked for: the first ones, or more of the same under further names.
[[nodiscard]] Conversations with_users(Conversations conversations, std::size_t users);

}  // namespace penny::cli::stress
