#include "recall/search_words.hpp"

#include <string>

#include <fmt/core.h>
#include <penny/limits.hpp>

#include "base/error.hpp"
#include "base/utf8.hpp"

namespace penny::recall {
namespace {

constexpr std::string_view kSpaces = " \t\n\r\v\f";

void take_term(std::string_view text, bool is_prefix, std::vector<model::SearchTerm>& terms) {
  if (text.find_first_not_of(kSpaces) == std::string_view::npos) return;
  terms.push_back({.text = std::string(text), .is_prefix = is_prefix});
}

std::unexpected<Error> refuse(std::string message, std::string advice) {
  return base::fail(ErrorCode::kInvalid, std::move(message), std::move(advice), "words");
}

}  // namespace

Result<std::vector<model::SearchTerm>> search_terms(std::string_view words) {
  if (words.size() > limits::kSearchBytesMax) {
    return refuse(fmt::format("the words have {} bytes; the limit is {}", words.size(), limits::kSearchBytesMax),
                  "search for fewer words");
  }
  if (!base::is_valid_utf8(words) || words.find('\0') != std::string_view::npos)
    return refuse("the words are no UTF-8 text", "send UTF-8");
  std::vector<model::SearchTerm> terms;
  std::size_t place = 0;
  while ((place = words.find_first_not_of(kSpaces, place)) != std::string_view::npos) {
    const bool is_quoted = words[place] == '"';
    if (is_quoted) place += 1;
    std::size_t end = is_quoted ? words.find('"', place) : words.find_first_of(" \t\n\r\v\f\"", place);
    if (end == std::string_view::npos) end = words.size();
    std::string_view text = words.substr(place, end - place);
    place = is_quoted && end < words.size() ? end + 1 : end;
    bool is_prefix = false;
    if (is_quoted && place < words.size() && words[place] == '*') {
      is_prefix = true;
      place += 1;
    } else if (!is_quoted && text.ends_with('*')) {
      is_prefix = true;
      text = text.substr(0, text.find_last_not_of('*') + 1);
    }
    take_term(text, is_prefix, terms);
  }
  if (terms.empty()) return refuse("there are no words to search for", "give at least one word");
  if (terms.size() > limits::kSearchTermsMax) {
    return refuse(fmt::format("there are {} words; the limit is {}", terms.size(), limits::kSearchTermsMax),
                  "search for fewer words, or put some of them into one phrase");
  }
  return terms;
}

}  // namespace penny::recall
