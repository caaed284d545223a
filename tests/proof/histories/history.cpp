#include "proof/histories/history.hpp"

#include <array>
#include <bit>

#include <fmt/core.h>

#include "proof/histories/vocabulary.hpp"

namespace penny::proof::histories {
namespace {

constexpr std::array<std::string_view, 10> kKindTexts{"?",
                                                      "append turn",
                                                      "end session",
                                                      "observe preference",
                                                      "set preference",
                                                      "adjust dimension",
                                                      "observe dimension",
                                                      "set dimension",
                                                      "remember fact",
                                                      "forget fact"};
constexpr std::array<std::string_view, 12> kAskTexts{
    "write",     "read last turns", "read session", "read preferences",    "read personality",
    "evolution", "read facts",      "read changes", "read prompt context", "read sessions",
    "watch",     "verify",
};

constexpr std::uint32_t bit(HotKey key) { return 1U << static_cast<unsigned>(key); }

std::uint32_t turns_of(std::uint8_t user) {
  return user == kAnna ? bit(HotKey::kFirst) | bit(HotKey::kSecond) : bit(HotKey::kBenTurns);
}
std::uint32_t session_key(std::uint8_t user, std::uint64_t session) {
  for (const unsigned list : {0U, 1U}) {
    if (is_named(session) && named_session(list, 0) >> 56U == session >> 56U) return 1U << list;
  }
  return turns_of(user);
}
std::uint32_t preference_key(std::uint8_t user) { return bit(user == kAnna ? HotKey::kAnnaTone : HotKey::kBenTone); }
std::uint32_t dimension_key(std::uint8_t user) { return bit(user == kAnna ? HotKey::kFormality : HotKey::kHumor); }
std::uint32_t facts_key(std::uint8_t user) { return user == kAnna ? 0 : bit(HotKey::kFacts); }

std::uint32_t key_of(std::uint8_t user, const Action& action) {
  switch (action.kind) {
    case Kind::kAppendTurn:
    case Kind::kEndSession:
      return session_key(user, action.session);
    case Kind::kObservePreference:
    case Kind::kSetPreference:
      return preference_key(user);
    case Kind::kRememberFact:
    case Kind::kForgetFact:
      return facts_key(user);
    default:
      return dimension_key(user);
  }
}

std::string milliseconds(std::uint64_t moment, std::uint64_t origin) {
  if (moment == kNever) return "never";
  return fmt::format("{:.3f}", (static_cast<double>(moment) - static_cast<double>(origin)) / 1e6);
}

std::string id_text(std::uint64_t id) { return id == kNobodys ? "(nobody's)" : fmt::format("{}", id); }

}  // namespace

Value real(double number) { return {.bits = std::bit_cast<std::uint64_t>(number), .type = Value::Type::kReal}; }
double number_of(const Value& value) { return std::bit_cast<double>(value.bits); }

std::uint32_t keys_of(const Call& call) {
  std::uint32_t keys = 0;
  switch (call.ask) {
    case Ask::kWrite:
      for (const Action& action : call.actions) keys |= key_of(call.user, action);
      return keys;
    case Ask::kSessionTurns:
      return session_key(call.user, call.session);
    case Ask::kLastTurns:
    case Ask::kSessions:
      return turns_of(call.user);
    case Ask::kPreferences:
      return preference_key(call.user);
    case Ask::kPersonality:
    case Ask::kEvolution:
      return dimension_key(call.user);
    case Ask::kFacts:
      return facts_key(call.user);
    case Ask::kPromptContext:
      return turns_of(call.user) | preference_key(call.user);
    default:
      break;
  }
  return turns_of(call.user) | preference_key(call.user) | dimension_key(call.user) | facts_key(call.user);
}

std::string describe(const Value& value) {
  switch (value.type) {
    case Value::Type::kNone:
      return "nothing";
    case Value::Type::kReal:
      return fmt::format("{}", number_of(value));
    case Value::Type::kOption:
      return std::string(option_text(value.bits));
    case Value::Type::kWhole:
      return fmt::format("{}", value.bits);
    case Value::Type::kForeign:
      break;
  }
  return "(nobody's)";
}

std::string describe(const Action& action) {
  std::string text = fmt::format("{} {}", kKindTexts.at(static_cast<std::size_t>(action.kind)), id_text(action.id));
  if (action.session != 0) text += " in " + session_text(action.session);
  if (action.name != Name::kNone) text += fmt::format(" of {}", name_text(action.name));
  if (action.value.type != Value::Type::kNone) text += " to " + describe(action.value);
  if (action.amount != 0) text += fmt::format(" by or with {}", action.amount);
  if (action.confidence_change != 0) text += fmt::format(", confidence by {}", action.confidence_change);
  if (action.fact != 0) text += " fact " + id_text(action.fact);
  if (action.if_version != kNoVersion) text += fmt::format(" if version {}", action.if_version);
  return text;
}

std::string describe(const Entry& entry) {
  std::string text = fmt::format("rev {}", entry.rev);
  if (entry.id != 0) text += " " + id_text(entry.id);
  if (entry.name != Name::kNone) text += fmt::format(" {}", name_text(entry.name));
  if (entry.session != 0)
    text += fmt::format(" session {}", entry.session == kNobodys ? "(nobody's)" : session_text(entry.session));
  if (entry.number != 0) text += fmt::format(" number {}", entry.number);
  if (entry.version != 0) text += fmt::format(" version {}", entry.version);
  if (entry.before.type != Value::Type::kNone) text += " from " + describe(entry.before);
  if (entry.value.type != Value::Type::kNone) text += " value " + describe(entry.value);
  if (entry.confidence != 0) text += fmt::format(" confidence {}", entry.confidence);
  if (entry.confidence_change != 0) text += fmt::format(" confidence by {}", entry.confidence_change);
  if (entry.flag) text += " (flag)";
  return text;
}

std::string describe(const Call& call, std::uint64_t origin) {
  constexpr std::size_t kShownMax = 12;
  std::string text = fmt::format("[{}..{} ms] process {} thread {} call {}, {}: {}", milliseconds(call.invoked, origin),
                                 milliseconds(call.completed, origin), call.process, call.thread, call.number,
                                 user_text(call.user), kAskTexts.at(static_cast<std::size_t>(call.ask)));
  if (call.session != 0) text += " " + session_text(call.session);
  if (call.since != 0) text += fmt::format(" since {}", call.since);
  if (call.guard) text += fmt::format(" unless changed since {}", call.guard->rev);
  if (call.is_write()) {
    for (const Action& action : call.actions) text += fmt::format(" ({})", describe(action));
  }
  if (call.status == Status::kPending || call.status == Status::kUnknown) return text + " -> no answer";
  if (call.status == Status::kRefused) {
    return text + fmt::format(" -> refused, error {}: {}", static_cast<unsigned>(call.error), call.text);
  }
  text += call.is_already_stored ? " -> stored before" : " ->";
  if (call.rev != 0) text += fmt::format(" saw rev {}", call.rev);
  const std::size_t hidden = call.entries.size() > kShownMax ? call.entries.size() - kShownMax : 0;
  if (hidden > 0) text += fmt::format(" [{} more]", hidden);
  for (std::size_t i = hidden; i < call.entries.size(); ++i) {
    const bool is_untouched = call.ask == Ask::kPersonality && call.entries[i].version == 0;
    if (!is_untouched) text += fmt::format(" [{}]", describe(call.entries[i]));
  }
  if (!call.text.empty()) text += " \"" + call.text + "\"";
  return text;
}

}  // namespace penny::proof::histories
