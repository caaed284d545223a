#include "recall/prompt_context.hpp"

#include <algorithm>
#include <cstddef>
#include <ranges>
#include <string_view>
#include <vector>

#include <boost/json.hpp>

#include "base/one_line.hpp"
#include "model/origin.hpp"

namespace penny::recall {
namespace {

constexpr std::size_t kTurnsMax = 3;
constexpr double kConfidenceMin = 0.5;

// A JSON text without its quotes and escapes, any other JSON value as it is written.
std::string plain_value(std::string_view json) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(json, error);
  return base::on_one_line(!error && value.is_string() ? std::string_view(value.get_string()) : json);
}

void add_side(std::string& context, std::string_view who, std::string_view text) {
  if (text.empty()) return;
  context.append(who).append(": ").append(base::on_one_line(text)).append("\n");
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
    sure.append(base::on_one_line(preference.key)).append(": ").append(plain_value(preference.value));
  }
  if (!sure.empty()) context.append("User preferences: ").append(sure).append("\n");
  if (!context.empty()) context.pop_back();
  return context;
}

}  // namespace penny::recall
