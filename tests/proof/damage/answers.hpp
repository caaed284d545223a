#pragma once

// All that the public interface tells of a store, in one form: whatever differs from a whole store's answers shows.

#include <optional>
#include <string>
#include <vector>

#include <penny/penny.hpp>

namespace penny::proof::damage {

struct Answer {
  std::string question;
  std::string text;  // doubles by their bits; of an error its message
  std::optional<ErrorCode> error{};
  bool operator==(const Answer&) const = default;
};

// Whom to ask about: names come from a whole store, so that a damaged one cannot hide any.
struct Subject {
  std::string user;
  std::vector<std::string> sessions;
};
[[nodiscard]] std::vector<Subject> subjects_of(const Store& store);

// Every read, of every user, whole lists, in a fixed order. What depends on the day or on the files' sizes is left out.
[[nodiscard]] std::vector<Answer> ask_everything(const Store& store, const std::vector<Subject>& subjects);

}  // namespace penny::proof::damage
