#pragma once

// Words of a search as an expression of FTS5. Every word is quoted, so that nothing in it is syntax.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include <penny/search.hpp>

#include "model/search.hpp"

namespace penny::backend::sqlite {

// The terms in the columns of texts. Terms of which nothing is a word are left out by FTS5.
[[nodiscard]] std::string text_expression(std::span<const model::SearchTerm> terms, SearchMatch match);

// All documents that have the label.
[[nodiscard]] std::string label_expression(std::string_view label);

// As `text_expression` for documents that have all the labels; these are the first phrases of the expression.
[[nodiscard]] std::string labelled_expression(std::span<const std::string> labels, const std::string& text);

}  // namespace penny::backend::sqlite
