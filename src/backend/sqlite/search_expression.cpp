#include "backend/sqlite/search_expression.hpp"

#include <fmt/core.h>

#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

std::string in_quotes(std::string_view text) {
  std::string made = "\"";
  for (const char c : text) {
    if (c == '"') made += '"';
    made += c;
  }
  return made + '"';
}

}  // namespace

std::string text_expression(std::span<const model::SearchTerm> terms, SearchMatch match) {
  std::string words;
  for (const model::SearchTerm& term : terms) {
    // Words side by side must all be there. Unlike AND, that leaves out a term without words.
    if (!words.empty()) words += match == SearchMatch::kAny ? " OR " : " ";
    words += base::proof::is_planted("words_taken_as_syntax") ? term.text : in_quotes(term.text);
    if (term.is_prefix) words += " *";
  }
  return fmt::format("{{user_input assistant_response}} : ({})", words);
}

std::string label_expression(std::string_view label) { return fmt::format("labels : {}", in_quotes(label)); }

std::string labelled_expression(std::span<const std::string> labels, const std::string& text) {
  std::string wanted;
  for (const std::string& label : labels) wanted += label_expression(label) + " AND ";
  return wanted + text;
}

}  // namespace penny::backend::sqlite
