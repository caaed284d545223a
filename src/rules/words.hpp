#pragma once

// A text as the rules see it: its words. Everything that is learned from words is learned from these, so that "ai"
// never matches inside "rain". Pure.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace penny::rules {

// A word is a run of letters and digits of any script, with apostrophes inside it ("don't"; the typographic apostrophe
// counts as the plain one). Upper case is folded for ASCII letters only. Punctuation, symbols, emoji and bytes that are
// no UTF-8 separate words.
class Words {
 public:
  explicit Words(std::string_view text);

  [[nodiscard]] std::size_t size() const { return words_.size(); }
  [[nodiscard]] bool empty() const { return words_.empty(); }
  [[nodiscard]] const std::vector<std::string>& all() const { return words_; }  // in the order of the text

  // `phrase` is one word, or several with one space between them, as the text's words are: folded, no punctuation. They
  // must follow each other in the text. An empty phrase never occurs.
  [[nodiscard]] bool has(std::string_view phrase) const;

  // How often the phrase occurs; occurrences do not overlap.
  [[nodiscard]] int count(std::string_view phrase) const;

  // How many of the phrases occur at all.
  [[nodiscard]] int count_present(std::span<const std::string_view> phrases) const;

 private:
  std::vector<std::string> words_;
};

}  // namespace penny::rules
