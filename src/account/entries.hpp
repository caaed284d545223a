#pragma once

// Entries of the log in the terms of the store's rows: ids, kinds, keys, texts.

#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>
#include <unordered_map>

#include <fmt/core.h>

#include "account/log_format.hpp"
#include "account/rows.hpp"

namespace penny::account {

inline constexpr std::uint8_t kSetPreference = 4;
inline constexpr std::uint8_t kAdjustDimension = 5;
inline constexpr std::uint8_t kSetDimension = 7;
inline constexpr std::uint8_t kRememberFact = 8;
inline constexpr std::uint8_t kAppendTurn = 1;

inline std::string kind_name(std::uint8_t kind) {
  static constexpr const char* kNames[] = {
      "unknown",          "append_turn",       "end_session",       "observe_preference", "set_preference",
      "adjust_dimension", "observe_dimension", "set_dimension",     "remember_fact",      "forget_fact",
      "forget_turn",      "forget_turns",      "forget_preference", "erase_user"};
  return kind < std::size(kNames) ? kNames[kind] : kNames[0];
}

struct HashId {
  std::size_t operator()(const Id& id) const {
    std::uint64_t word = 0;
    std::memcpy(&word, id.data() + 8, sizeof(word));
    std::uint64_t time = 0;
    std::memcpy(&time, id.data(), sizeof(time));
    return static_cast<std::size_t>(word * 0x9e3779b97f4a7c15U ^ time);
  }
};

template <class Value>
using ById = std::unordered_map<Id, Value, HashId>;

inline std::string to_text(const Id& id) {
  std::string text;
  for (const std::uint8_t byte : id) text += fmt::format("{:02x}", byte);
  return text;
}

inline Id id_of(const std::uint8_t (&bytes)[16]) {
  Id id{};
  std::memcpy(id.data(), bytes, id.size());
  return id;
}

inline std::string key_of(const Entry& entry) { return std::string(entry.key, strnlen(entry.key, sizeof(entry.key))); }

inline Fingerprint fingerprint_of(const Entry& entry) {
  return {entry.text_hash, entry.first_text_bytes, entry.second_text_bytes};
}

inline bool is_learned(const Entry& entry) { return (entry.flags & kFlagLearned) != 0; }

}  // namespace penny::account
