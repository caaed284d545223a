#pragma once

// The words of the workload: what every number of a history stands for in the store, and back. Each text is made from its
// number alone, so that a text which comes back altered is known to be nobody's.
//
// At most eight keys are hot: anna's two lists of turns, her preference "tone" and her dimension
// "communication_formality"; ben's turns, his "tone", his "humor_style_preference" and his facts.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/operation.hpp>
#include <penny/outcome.hpp>

#include "proof/histories/history.hpp"

namespace penny::proof::histories {

inline constexpr std::uint8_t kAnna = 0;  // names her sessions
inline constexpr std::uint8_t kBen = 1;   // lets the store begin and end them

enum class HotKey : std::uint8_t { kFirst, kSecond, kAnnaTone, kFormality, kBenTurns, kBenTone, kHumor, kFacts };

[[nodiscard]] std::string_view user_text(std::uint8_t user);
[[nodiscard]] std::string_view name_text(Name name);
[[nodiscard]] Name find_name(std::string_view text);

// The dimensions that a user has from the beginning, in order of their names.
[[nodiscard]] const std::vector<Name>& default_dimensions();

// An option of a categorical dimension.
[[nodiscard]] std::string_view option_text(std::uint64_t number);
[[nodiscard]] std::uint64_t find_option(std::string_view text);

// Ids grow with their numbers, as made ones do.
[[nodiscard]] OperationId operation_id(std::uint64_t number);
[[nodiscard]] std::uint64_t number_of(const OperationId& id);

// A session that a caller names: one of two lists of anna's, begun anew from time to time. A session that the store named is
// the number of its first turn.
[[nodiscard]] std::uint64_t named_session(unsigned list, std::uint64_t epoch);
[[nodiscard]] bool is_named(std::uint64_t session);
[[nodiscard]] std::string session_text(std::uint64_t session);
[[nodiscard]] std::uint64_t find_session(std::string_view text);

[[nodiscard]] std::string turn_input(std::uint64_t number);
[[nodiscard]] std::string turn_response(std::uint64_t number);
[[nodiscard]] std::string fact_text(std::uint64_t number);

// When an observation of a dimension says that it was made: what it may move depends on that. Callers get ahead of each other, so
// these times go forward and back.
[[nodiscard]] std::uint64_t minute_of(std::uint64_t number);

[[nodiscard]] Operation operation_of(std::uint8_t user, const Action& action);
[[nodiscard]] Action action_of(const Operation& operation);
[[nodiscard]] std::string condition_key(const GuardKey& key);

[[nodiscard]] Entry entry_of(const OperationId& id, std::uint64_t rev, const OperationResult& result);
[[nodiscard]] Entry entry_of(const Session& session);
[[nodiscard]] Entry entry_of(const Turn& turn);
[[nodiscard]] Entry entry_of(const Preference& preference);
[[nodiscard]] Entry entry_of(const Dimension& dimension);
[[nodiscard]] Entry entry_of(const Evolution& evolution);
[[nodiscard]] Entry entry_of(const Fact& fact);

}  // namespace penny::proof::histories
