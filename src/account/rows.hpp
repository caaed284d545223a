#pragma once

// What the store's file holds, read with SQL alone, on one read-only connection and in one transaction.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace penny::account {

using Id = std::array<std::uint8_t, 16>;
using Value = std::variant<double, std::string>;

// Hash and sizes of two texts, as `log_format.hpp` defines them.
struct Fingerprint {
  std::uint64_t hash = 0;
  std::size_t first_bytes = 0;
  std::size_t second_bytes = 0;
  bool operator==(const Fingerprint&) const = default;
};

// A row of the view `operations`. In order of user and rev.
struct OperationRow {
  std::string user;
  std::uint64_t rev = 0;
  Id id{};
  std::string kind;
  std::string key;
  std::uint64_t batch_first = 0;
  std::uint64_t batch_size = 0;
};

// A row of the view `turns`. In order of user and rev.
struct TurnRow {
  std::string user;
  std::uint64_t rev = 0;
  Id id{};
  Fingerprint text;
  std::string session;
  std::uint64_t session_number = 0;
};

struct FactRow {
  std::string user;
  Id id{};
  Fingerprint text;
};

struct PreferenceRow {
  std::string user;
  std::string key;
  Fingerprint value;
  std::uint64_t rev = 0;
};

struct DimensionRow {
  std::string user;
  std::string name;
  Value value;
  std::uint64_t version = 0;
  std::uint64_t rev = 0;
};

// In order of user, name and version.
struct EvolutionRow {
  std::string user;
  std::string name;
  std::uint64_t version = 0;
  Value old_value;
  Value new_value;
  Id id{};
  std::uint64_t rev = 0;
};

struct Rows {
  std::string journal_mode;
  std::string integrity;  // what `PRAGMA quick_check` says: "ok"
  std::uint64_t conversations = 0;
  std::vector<OperationRow> operations;
  std::vector<TurnRow> turns;
  std::vector<FactRow> facts;
  std::vector<PreferenceRow> preferences;
  std::vector<DimensionRow> dimensions;
  std::vector<EvolutionRow> evolution;
};

// Throws std::runtime_error with SQLite's message.
Rows read_rows(const std::string& path);

}  // namespace penny::account
