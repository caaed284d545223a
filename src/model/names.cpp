// The names of the model's enumerations, as they are printed and read.

#include <array>
#include <cstddef>

#include <penny/model.hpp>

#include "model/kind.hpp"

namespace penny {
namespace {

// Each name stands at its number less one.
constexpr std::array<std::string_view, 3> kModalities{"chat", "voice", "agent"};
constexpr std::array<std::string_view, 5> kOrigins{"user", "assistant", "tool", "web", "import"};
constexpr std::array<std::string_view, 5> kToolCallStatuses{"unknown", "succeeded", "failed", "timed_out", "cancelled"};
constexpr std::array<std::string_view, 15> kKinds{
    "append_turn",       "end_session",       "observe_preference", "set_preference",   "adjust_dimension",
    "observe_dimension", "set_dimension",     "remember_fact",      "forget_fact",      "forget_turn",
    "forget_turns",      "forget_preference", "erase_user",         "take_tool_permit", "record_tool_outcome"};
static_assert(kKinds.size() == std::variant_size_v<Payload>);

template <class Enumeration, std::size_t kCount>
std::string_view name_of(Enumeration value, const std::array<std::string_view, kCount>& names) {
  const auto place = static_cast<std::size_t>(value) - 1;
  return place < names.size() ? names[place] : "unnamed";
}

template <class Enumeration, std::size_t kCount>
std::optional<Enumeration> value_of(std::string_view text, const std::array<std::string_view, kCount>& names) {
  for (std::size_t place = 0; place < names.size(); ++place) {
    if (names[place] == text) return static_cast<Enumeration>(place + 1);
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Modality modality) { return name_of(modality, kModalities); }

std::string_view to_string(Origin origin) { return name_of(origin, kOrigins); }

std::string_view to_string(ToolCallStatus status) { return name_of(status, kToolCallStatuses); }

std::optional<ToolCallStatus> parse_tool_call_status(std::string_view text) {
  return value_of<ToolCallStatus>(text, kToolCallStatuses);
}

std::optional<Modality> parse_modality(std::string_view text) { return value_of<Modality>(text, kModalities); }

std::optional<Origin> parse_origin(std::string_view text) { return value_of<Origin>(text, kOrigins); }

std::string_view kind_name(const Payload& payload) { return model::kind_name(model::kind_of(payload)); }

namespace model {

Kind kind_of(const Payload& payload) { return static_cast<Kind>(payload.index() + 1); }

bool gives_space(Kind kind) {
  switch (kind) {
    case Kind::kForgetFact:
    case Kind::kForgetTurn:
    case Kind::kForgetTurns:
    case Kind::kForgetPreference:
    case Kind::kEraseUser:
      return true;
    default:
      return false;
  }
}

std::string_view kind_name(Kind kind) { return name_of(kind, kKinds); }

std::optional<Kind> kind_from_number(std::int64_t number) {
  if (number < 1 || number > static_cast<std::int64_t>(kKinds.size())) return std::nullopt;
  return static_cast<Kind>(number);
}

}  // namespace model
}  // namespace penny
