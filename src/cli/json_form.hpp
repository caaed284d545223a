#pragma once

// What the store holds, as the JSON objects that --json prints. The names of the members are those of the library's
// structures; times are ISO 8601 in UTC, ids their 36 characters, stored JSON stands as JSON. Members are only added.

#include <optional>
#include <string_view>

#include <boost/json.hpp>

#include <penny/model.hpp>
#include <penny/operation.hpp>
#include <penny/outcome.hpp>
#include <penny/store.hpp>

namespace penny::cli {

[[nodiscard]] boost::json::object to_json(const Turn& turn);
[[nodiscard]] boost::json::object to_json(const Session& session);
[[nodiscard]] boost::json::object to_json(const Preference& preference);
[[nodiscard]] boost::json::object to_json(const Dimension& dimension);
[[nodiscard]] boost::json::object to_json(const Evolution& evolution);
[[nodiscard]] boost::json::object to_json(const Fact& fact);
[[nodiscard]] boost::json::object to_json(const PreferenceEvent& event);
[[nodiscard]] boost::json::object to_json(const FactEvent& event);
[[nodiscard]] boost::json::object to_json(const Change& change);
[[nodiscard]] boost::json::object to_json(const OperationResult& result);
[[nodiscard]] boost::json::object to_json(const UserStatistics& statistics);
[[nodiscard]] boost::json::object to_json(const StoreStatistics& statistics);
[[nodiscard]] boost::json::object to_json(const Diagnosis& diagnosis);
[[nodiscard]] boost::json::object to_json(const VerifyReport& report);

// The payload's own members; `kind_name` tells which they are.
[[nodiscard]] boost::json::object to_json(const Payload& payload);

// {"id", "rev", "kind", "outcome": "stored" or "already_stored", "result"}.
[[nodiscard]] boost::json::object to_json(const Outcome& outcome, std::string_view kind);

// {"rev", "items", "next"}; `next` is null at the end of the list.
template <class Items, class Key>
[[nodiscard]] boost::json::object list_json(std::uint64_t rev, const Items& items, const std::optional<Key>& next) {
  boost::json::array array;
  for (const auto& item : items) array.emplace_back(to_json(item));
  return {{"rev", rev}, {"items", std::move(array)}, {"next", next ? boost::json::value(*next) : nullptr}};
}

}  // namespace penny::cli
