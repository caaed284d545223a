#include "assistant/setting_values.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/error.hpp"
#include "tools/formats.hpp"
#include "tools/owned_file.hpp"

namespace penny::assistant {
namespace {

constexpr std::size_t kKeyFileBytesMax = 4096;

}  // namespace

bool is_base_url(const std::string& text) {
  return (text.starts_with("http://") || text.starts_with("https://")) && tools::find_format("uri")->is_met(text) &&
         text.find_first_of("?#") == std::string::npos;
}

bool is_key(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<std::string> read_key(const std::string& path) {
  auto text = tools::read_owned_file(path, kKeyFileBytesMax);
  if (!text) return text;
  const std::size_t last = text->find_last_not_of(" \t\r\n");
  text->resize(last == std::string::npos ? 0 : last + 1);
  if (!is_key(*text))
    return base::fail(ErrorCode::kInvalid, "key_file holds what no key has", "write the key alone", "key_file");
  return text;
}

std::chrono::milliseconds to_milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1'000));
}

}  // namespace penny::assistant
