// The rival as people write it. Users are integers there and not names, which favours it.

#include "bench/rivals.hpp"

#include <vector>

#include <fmt/core.h>

namespace penny::bench {

namespace {

constexpr const char* kSchema = R"sql(
CREATE TABLE turns(
  id INTEGER PRIMARY KEY,
  turn_id BLOB NOT NULL UNIQUE,
  user INTEGER NOT NULL,
  session TEXT NOT NULL,
  modality INTEGER NOT NULL,
  at INTEGER NOT NULL,
  user_input TEXT NOT NULL,
  assistant_response TEXT NOT NULL,
  response_time_ms REAL NOT NULL,
  confidence REAL NOT NULL,
  metadata TEXT NOT NULL
);
CREATE INDEX turns_user ON turns(user, at);
CREATE TABLE dimensions(
  user INTEGER NOT NULL,
  name TEXT NOT NULL,
  value REAL NOT NULL,
  confidence REAL NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (user, name)
) WITHOUT ROWID;
)sql";

class PlainTurn : public RivalWrite {
 public:
  explicit PlainTurn(Database& database) : insert_(database, kInsert) {
    for (std::uint32_t user = 0; user < kUsers; ++user) {
      sessions_.push_back(fmt::format("00000000-0000-7000-8000-{:012}", user));
    }
  }

  void store(const Write& write) override {
    insert_.bind(std::span<const std::uint8_t>(write.id.bytes))
        .bind(user_number(write.user))
        .bind(std::string_view(sessions_[write.user]))
        .bind(std::int64_t{1})
        .bind(std::int64_t{write.at.time_since_epoch().count()})
        .bind(write.user_input)
        .bind(write.assistant_response)
        .bind(kResponseTimeMs)
        .bind(1.0)
        .bind(kMetadata)
        .run();
  }

 private:
  static constexpr const char* kInsert =
      "INSERT INTO turns(turn_id, user, session, modality, at, user_input, assistant_response, response_time_ms, "
      "confidence, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  Statement insert_;
  std::vector<std::string> sessions_;
};

class PlainRaise : public RivalWrite {
 public:
  explicit PlainRaise(Database& database) : read_(database, kRead), update_(database, kUpdate) {}

  void store(const Write&) override {
    read_.bind(user_number(kRaisedUser)).bind(std::string_view(kRaisedDimension));
    const bool is_there = read_.next();
    const double value = is_there ? read_.real(0) : 0;
    const std::int64_t version = is_there ? read_.integer(1) : 0;
    read_.reset();
    update_.bind(value + kRaiseStep)
        .bind(version + 1)
        .bind(user_number(kRaisedUser))
        .bind(std::string_view(kRaisedDimension))
        .run();
  }

 private:
  static constexpr const char* kRead = "SELECT value, version FROM dimensions WHERE user = ? AND name = ?";
  static constexpr const char* kUpdate = "UPDATE dimensions SET value = ?, version = ? WHERE user = ? AND name = ?";
  Statement read_;
  Statement update_;
};

}  // namespace

std::string plain_schema() {
  return fmt::format("{}INSERT INTO dimensions VALUES ({}, '{}', 0.0, 0.0, 1);", kSchema, user_number(kRaisedUser),
                     kRaisedDimension);
}

std::unique_ptr<RivalWrite> plain_write(Database& database, Task task) {
  if (task == Task::kRaise) return std::make_unique<PlainRaise>(database);
  return std::make_unique<PlainTurn>(database);
}

}  // namespace penny::bench
