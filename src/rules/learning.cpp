#include "rules/learning.hpp"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "rules/signals.hpp"
#include "rules/topics.hpp"
#include "rules/words.hpp"

namespace penny::rules {
namespace {

constexpr double kSignalConfidenceMin = 0.5;  // a signal must be surer than this to be learned
constexpr std::size_t kTriggerCharacters = 50;
constexpr std::string_view kTriggerBegin = "Turn ";

constexpr auto kHelpful = std::to_array<std::string_view>({"thanks", "thank you", "great", "perfect"});
constexpr auto kHumorous = std::to_array<std::string_view>({"funny", "joke", "humor"});
constexpr auto kConcise = std::to_array<std::string_view>({"brief", "short", "quickly"});
constexpr auto kDetailed = std::to_array<std::string_view>({"explain", "detail", "more info"});

// What one group of words says; several of them say it once.
struct PreferenceRule {
  std::span<const std::string_view> phrases;
  std::string_view key;
  std::string_view value;
  double confidence;
};

constexpr std::array kPreferenceRules{
    PreferenceRule{kHelpful, "response_style", "helpful", 0.1},
    PreferenceRule{kHumorous, "response_style", "humorous", 0.2},
    PreferenceRule{kConcise, "response_length", "concise", 0.15},
    PreferenceRule{kDetailed, "response_length", "detailed", 0.15},
};

std::string_view part_of_day(int hour) {
  if (hour >= 6 && hour < 12) return "morning";
  if (hour >= 12 && hour < 18) return "afternoon";
  return "evening";
}

// One line: control characters become spaces.
std::string trigger_of(const OperationId& turn_id, std::string_view user_input) {
  std::string beginning(user_input.substr(0, base::utf8_prefix_bytes(user_input, kTriggerCharacters)));
  for (char& byte : beginning) {
    const bool is_control = static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F;
    if (is_control) byte = ' ';
  }
  return fmt::format("{}{}: {}...", kTriggerBegin, turn_id.to_string(), beginning);
}

}  // namespace

std::vector<Payload> learn(const AppendTurn& turn, int hour_of_day, const OperationId& turn_id) {
  std::vector<Payload> operations;
  const Words words(turn.user_input);
  if (words.empty()) return operations;

  for (const PreferenceRule& rule : kPreferenceRules) {
    if (words.count_present(rule.phrases) == 0) continue;
    operations.push_back(ObservePreference{
        .key = std::string(rule.key), .value = base::json_string(rule.value), .confidence = rule.confidence});
  }
  operations.push_back(ObservePreference{
      .key = "active_time", .value = base::json_string(part_of_day(hour_of_day)), .confidence = 0.05});
  for (const std::string& topic : topics_of(words)) {
    operations.push_back(ObservePreference{.key = "topic_interest_" + topic, .value = "true", .confidence = 0.1});
  }

  const std::string trigger = trigger_of(turn_id, turn.user_input);
  for (Signal& signal : signals_of(turn.user_input)) {
    if (signal.confidence <= kSignalConfidenceMin) continue;
    operations.push_back(ObserveDimension{.name = std::string(signal.dimension),
                                          .value = std::move(signal.value),
                                          .confidence = signal.confidence,
                                          .trigger = trigger});
  }
  return operations;
}

std::optional<OperationId> taught_by(std::string_view trigger) {
  constexpr std::size_t kIdCharacters = 36;
  if (!trigger.starts_with(kTriggerBegin)) return std::nullopt;
  trigger.remove_prefix(kTriggerBegin.size());
  if (trigger.size() <= kIdCharacters || trigger[kIdCharacters] != ':') return std::nullopt;
  return OperationId::parse(trigger.substr(0, kIdCharacters));
}

std::string_view trigger_in(const Payload& payload) {
  return std::visit(
      [](const auto& operation) -> std::string_view {
        if constexpr (requires { operation.trigger; }) return operation.trigger;
        return {};
      },
      payload);
}

}  // namespace penny::rules
