#pragma once

// What is searched for: words of a turn that was said, so that each question has an answer. Pure.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <penny/search.hpp>

#include "bench/figures/speech.hpp"

namespace penny::figures {

enum class QuestionKind : std::uint8_t { kRare, kCommon, kTenAny, kTenAll, kPhrase, kPrefix };

inline constexpr std::array<QuestionKind, 6> kQuestionKinds{QuestionKind::kRare,   QuestionKind::kCommon,
                                                            QuestionKind::kTenAny, QuestionKind::kTenAll,
                                                            QuestionKind::kPhrase, QuestionKind::kPrefix};

[[nodiscard]] std::string_view name_of(QuestionKind kind);

struct Question {
  std::uint32_t user = 0;
  SearchQuery query;
};

// Of the turn with this number, among `turns` turns of `users` users:
// rare    its word that this user used about three times
// common  one of the three most frequent words, which most turns have
// ten     ten of its words that are not the same, as a question in a sentence would have them
// phrase  two of its neighbouring words
// prefix  the first three letters of one of its longer words
[[nodiscard]] Question question_of(const Speech& speech, QuestionKind kind, std::uint64_t number, std::uint64_t turns,
                                   std::uint32_t users);

}  // namespace penny::figures
