#include "recall/prompt_context.hpp"

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "model/origin.hpp"

namespace penny::recall {
namespace {

constexpr std::size_t kTurnsMax = 3;
constexpr double kConfidenceMin = 0.5;

// How many bytes at `position` break a line or steer a terminal: C0, DEL, C1 (with U+0085), U+2028, U+2029. 0 if none.
std::size_t control_bytes_at(std::string_view text, std::size_t position) {
  const auto byte = [&](std::size_t offset) {
    return position + offset < text.size() ? static_cast<unsigned char>(text[position + offset]) : 0U;
  };
  if (byte(0) < 0x20 || byte(0) == 0x7F) return 1;
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) < 0xA0) return 2;
  if (byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9)) return 3;
  return 0;
}

// The text on one line.
std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (std::size_t position = 0; position < text.size();) {
    std::size_t controls = 0;
    while (position < text.size()) {
      const std::size_t bytes = control_bytes_at(text, position);
      if (bytes == 0) break;
      controls += bytes;
      position += bytes;
    }
    if (controls > 0) line += ' ';
    if (position < text.size()) line += text[position++];
  }
  return line;
}

// A JSON text without its quotes and escapes, any other JSON value as it is written.
std::string plain_value(std::string_view json) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(json, error);
  return one_line(!error && value.is_string() ? std::string_view(value.get_string()) : json);
}

void add_side(std::string& context, std::string_view who, std::string_view text) {
  if (text.empty()) return;
  context.append(who).append(": ").append(one_line(text)).append("\n");
}

}  // namespace

std::string prompt_context(std::span<const Turn> last_turns, std::span<const Preference> preferences) {
  std::vector<const Turn*> told;  // newest first
  for (const Turn& turn : last_turns | std::views::reverse) {
    if (told.size() == kTurnsMax) break;
    if (!turn.is_forgotten && !model::is_of_others(turn.origin)) told.push_back(&turn);
  }

  std::string context;
  for (const Turn* turn : told | std::views::reverse) {
    add_side(context, "User", turn->user_input);
    add_side(context, "Assistant", turn->assistant_response);
  }
  if (!context.empty()) context.insert(0, "Recent conversation:\n");

  std::string sure;
  for (const Preference& preference : preferences) {
    if (preference.confidence <= kConfidenceMin) continue;
    if (!sure.empty()) sure += ", ";
    sure.append(one_line(preference.key)).append(": ").append(plain_value(preference.value));
  }
  if (!sure.empty()) context.append("User preferences: ").append(sure).append("\n");
  if (!context.empty()) context.pop_back();
  return context;
}

}  // namespace penny::recall
