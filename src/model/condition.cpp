#include "model/condition.hpp"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "model/validation.hpp"

namespace penny::model {
namespace {

using What = ConditionKey::What;

constexpr std::string_view kField = "if_unchanged_since";

constexpr std::array<std::pair<std::string_view, What>, 4> kPrefixes{{
    {"session:", What::kSession},
    {"preference:", What::kPreference},
    {"dimension:", What::kDimension},
    {"fact:", What::kFact},
}};

std::unexpected<Error> refuse(std::string_view key, std::string_view why) {
  constexpr std::size_t kShownBytesMax = 64;
  const bool is_shown = key.size() <= kShownBytesMax && base::is_printable_utf8(key);
  return base::fail(ErrorCode::kInvalid,
                    is_shown ? fmt::format("{}: key \"{}\" {}", kField, key, why)
                             : fmt::format("{}: a key of {} bytes {}", kField, key.size(), why),
                    "use turns, session:<id>, preference:<key>, dimension:<name> or fact:<uuid>", std::string(kField));
}

}  // namespace

Result<ConditionKey> parse_condition_key(std::string_view key) {
  if (key == "turns") return ConditionKey{What::kTurns, {}};
  for (const auto& [prefix, what] : kPrefixes) {
    if (!key.starts_with(prefix)) continue;
    const std::string_view name = key.substr(prefix.size());
    if (what == What::kFact) {
      const auto id = OperationId::parse(name);
      if (!id) return refuse(key, "names no fact: a fact's id is a UUID of 36 characters");
      return ConditionKey{what, id->to_string()};
    }
    if (auto valid = validate_name(name, kField); !valid) return std::unexpected(valid.error());
    return ConditionKey{what, std::string(name)};
  }
  return refuse(key, "is of no known form");
}

}  // namespace penny::model
