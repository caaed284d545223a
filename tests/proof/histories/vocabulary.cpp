#include "proof/histories/vocabulary.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>

#include <fmt/core.h>

namespace penny::proof::histories {
namespace {

constexpr std::array<std::string_view, kUsers> kUserTexts{"anna", "ben"};
constexpr std::array<std::string_view, 10> kNameTexts{"",
                                                      "?",
                                                      "tone",
                                                      "communication_formality",
                                                      "conversation_pace_preference",
                                                      "emotional_support_style",
                                                      "humor_style_preference",
                                                      "proactive_suggestions",
                                                      "response_length_preference",
                                                      "technical_depth_preference"};
constexpr std::array<std::string_view, 14> kOptionTexts{
    "dry",    "playful",  "roasting",      "dad_jokes",  "tech_humor", "balanced",         "brief",
    "medium", "detailed", "comprehensive", "analytical", "empathetic", "solution_focused", "cheerleading"};
constexpr std::array<std::string_view, 2> kLists{"first", "second"};

constexpr std::uint64_t kNamedBit = std::uint64_t{1} << 63U;
constexpr unsigned kListShift = 56;
constexpr std::uint64_t kFirstMillisecond = 0x0190'0000'0000;
constexpr std::uint64_t kIdsPerMillisecond = 8;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

std::string filler(std::uint64_t number, std::uint64_t most) {
  const std::uint64_t mixed = number * 0x9E37'79B9'7F4A'7C15U;
  return std::string((mixed >> 40U) % most, static_cast<char>('a' + (mixed >> 32U) % 26));
}

}  // namespace

std::string_view user_text(std::uint8_t user) { return kUserTexts.at(user); }
std::string_view name_text(Name name) { return kNameTexts.at(static_cast<std::size_t>(name)); }

Name find_name(std::string_view text) {
  const auto found = std::find(kNameTexts.begin() + 2, kNameTexts.end(), text);
  return found == kNameTexts.end() ? Name::kForeign : static_cast<Name>(found - kNameTexts.begin());
}

const std::vector<Name>& default_dimensions() {
  static const std::vector<Name> names{Name::kFormality, Name::kPace,   Name::kSupport, Name::kHumor,
                                       Name::kProactive, Name::kLength, Name::kDepth};
  return names;
}

std::string_view option_text(std::uint64_t number) { return kOptionTexts.at(number); }

std::uint64_t find_option(std::string_view text) {
  const auto found = std::ranges::find(kOptionTexts, text);
  return found == kOptionTexts.end() ? kNobodys : static_cast<std::uint64_t>(found - kOptionTexts.begin());
}

OperationId operation_id(std::uint64_t number) {
  OperationId id;
  const std::uint64_t time = kFirstMillisecond + number / kIdsPerMillisecond;
  for (unsigned i = 0; i < 6; ++i) id.bytes.at(i) = static_cast<std::uint8_t>(time >> (40 - 8 * i));
  id.bytes[6] = 0x70;
  for (unsigned i = 0; i < 8; ++i) id.bytes.at(8 + i) = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  id.bytes[8] |= 0x80U;
  return id;
}

std::uint64_t number_of(const OperationId& id) {
  std::uint64_t number = id.bytes[8] & 0x3FU;
  for (unsigned i = 1; i < 8; ++i) number = number << 8U | id.bytes.at(8 + i);
  return operation_id(number) == id ? number : kNobodys;
}

std::uint64_t named_session(unsigned list, std::uint64_t epoch) {
  return kNamedBit | std::uint64_t{list} << kListShift | epoch;
}

bool is_named(std::uint64_t session) { return session != kNobodys && (session & kNamedBit) != 0; }

std::string session_text(std::uint64_t session) {
  if (!is_named(session)) return operation_id(session).to_string();
  const std::uint64_t list = (session & ~kNamedBit) >> kListShift;
  return fmt::format("{}-{}", kLists.at(list), session & ((std::uint64_t{1} << kListShift) - 1));
}

std::uint64_t find_session(std::string_view text) {
  for (unsigned list = 0; list < kLists.size(); ++list) {
    const std::string_view begin = kLists.at(list);
    if (!text.starts_with(begin) || text.size() < begin.size() + 2 || text[begin.size()] != '-') continue;
    const auto epoch = parse_number(text.substr(begin.size() + 1));
    return epoch ? named_session(list, *epoch) : kNobodys;
  }
  const auto id = OperationId::parse(text);
  return id ? number_of(*id) : kNobodys;
}

std::uint64_t minute_of(std::uint64_t number) { return number * 7 % 90; }

std::string turn_input(std::uint64_t number) { return fmt::format("Turn {} {}", number, filler(number, 97)); }
std::string turn_response(std::uint64_t number) { return fmt::format("Answer {} {}", number, filler(number + 1, 193)); }
std::string fact_text(std::uint64_t number) { return fmt::format("Fact {} {}", number, filler(number + 2, 61)); }

}  // namespace penny::proof::histories
