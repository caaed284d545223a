#pragma once

// The answers of reads in words, to compare them: all that they say about the memory, and nothing that changes by itself.

#include <string>
#include <string_view>

#include <fmt/format.h>

#include <penny/penny.hpp>

namespace penny::proof::faults {

[[nodiscard]] std::string words(const Turn& turn);
[[nodiscard]] std::string words(const Session& session);
[[nodiscard]] std::string words(const Preference& preference);
[[nodiscard]] std::string words(const Dimension& dimension);
[[nodiscard]] std::string words(const Evolution& evolution);
[[nodiscard]] std::string words(const Fact& fact);
[[nodiscard]] std::string words(const Change& change);
[[nodiscard]] std::string words(const UserStatistics& statistics);
[[nodiscard]] std::string words(const StoreStatistics& statistics);
[[nodiscard]] std::string words(const Diagnosis& diagnosis);
[[nodiscard]] std::string words(const VerifyReport& report);
[[nodiscard]] inline std::string words(const std::string& text) { return text; }

template <class T>
[[nodiscard]] std::string words(const std::vector<T>& items) {
  std::string all;
  for (const T& item : items) all += words(item) + "\n";
  return all;
}

template <class T, class Key>
[[nodiscard]] std::string words(const Page<T, Key>& page) {
  return fmt::format("rev {}, {} more\n{}", page.rev, page.next ? "with" : "no", words(page.items));
}

template <class T>
[[nodiscard]] std::string words(const Read<T>& read) {
  return fmt::format("rev {}\n{}", read.rev, words(read.value));
}

template <class T>
[[nodiscard]] Result<std::string> words(const Result<T>& result) {
  if (!result) return std::unexpected(result.error());
  return words(*result);
}

// The first change that a watch gives.
[[nodiscard]] Result<std::string> words_of_watch(Store& store, std::string_view user);
// Known once it was asked for.
[[nodiscard]] std::string session_of_cleo(Store& store);

}  // namespace penny::proof::faults
