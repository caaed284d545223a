#pragma once

// Printing a page of a list, whatever its items are.

#include <cstdint>
#include <optional>
#include <string>

#include <fmt/format.h>

#include <penny/store.hpp>

#include "cli/escape.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_form.hpp"
#include "cli/output.hpp"

namespace penny::cli {

// With --json one object, else the text that `to_text(items)` makes, and how to go on if there is more. `nothing` is
// the note for a list without items.
template <class T, class Key, class ToText>
ExitCode print_page(Output& output, const Result<Page<T, Key>>& page, const std::string& nothing, ToText to_text) {
  if (!page) return output.fail(page.error());
  if (output.is_json()) {
    output.print(boost::json::value(list_json(page->rev, page->items, page->next)));
    return ExitCode::kDone;
  }
  if (page->items.empty()) output.note(nothing);
  if (!page->items.empty()) output.print(to_text(page->items));
  if (page->next) output.note(fmt::format("more: --after {}", escape_line(fmt::to_string(*page->next))));
  return ExitCode::kDone;
}

}  // namespace penny::cli
