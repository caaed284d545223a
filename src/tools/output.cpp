#include "tools/output.hpp"

#include <boost/json.hpp>

#include <penny/limits.hpp>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"

namespace penny::tools {
namespace {

// The begin of a text that is valid UTF-8, without half a character at its end.
std::string_view begin_of(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return text.substr(0, end);
}

bool is_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = limits::kJsonDepthMax;
  boost::json::stream_parser parser({}, options);
  boost::system::error_code failed;
  parser.write(text.data(), text.size(), failed);
  if (!failed) parser.finish(failed);
  return !failed;
}

}  // namespace

Result<Output> checked_output(std::string_view answer, std::size_t bytes_max) {
  if (!base::is_valid_utf8(answer))
    return base::fail(ErrorCode::kInvalid, "the tool answered with no UTF-8", "mend the tool", "output");
  if (answer.size() > bytes_max) return Output{.text = base::json_string(begin_of(answer, bytes_max)), .is_cut = true};
  if (!is_json(answer))
    return base::fail(ErrorCode::kInvalid, "the tool answered with no JSON", "mend the tool", "output");
  return Output{.text = std::string(answer)};
}

Output said_output(std::string_view words, std::size_t bytes_max) {
  std::string printable;
  for (const char byte : base::is_valid_utf8(words) ? words : std::string_view("words that are no UTF-8")) {
    if (byte != '\0') printable += byte;
  }
  const std::string_view begin = begin_of(printable, bytes_max);
  return {.text = base::json_string(begin), .is_cut = begin.size() < printable.size()};
}

std::string for_journal(const Output& output, std::size_t bytes_max) {
  return std::string(begin_of(output.text, bytes_max));
}

Output journalled_output(std::string_view kept) {
  if (is_json(kept)) return {.text = std::string(kept)};
  return {.text = base::json_string(kept), .is_cut = true};
}

}  // namespace penny::tools
