#pragma once

// What a tool answers, as its caller and the journal get it: one JSON value, of a bounded size.

#include <cstddef>
#include <string>
#include <string_view>

#include <penny/error.hpp>

namespace penny::tools {

struct Output {
  std::string text;     // JSON
  bool is_cut = false;  // then a JSON string with the begin of what was answered
};

// `kInvalid` (output) if the answer is no JSON, or no UTF-8. Longer than `bytes_max` it is cut between two characters.
[[nodiscard]] Result<Output> checked_output(std::string_view answer, std::size_t bytes_max);

// Words as a JSON string; what is no UTF-8 or cannot be printed is left out.
[[nodiscard]] Output said_output(std::string_view words, std::size_t bytes_max);

// What the journal keeps of it, and what can be told again from that.
[[nodiscard]] std::string for_journal(const Output& output, std::size_t bytes_max);
[[nodiscard]] Output journalled_output(std::string_view kept);

}  // namespace penny::tools
