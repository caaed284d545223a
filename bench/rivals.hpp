#pragma once

// What both rivals have in common: a connection per thread, WAL, synchronous=FULL, a busy timeout of 5 s, and one
// transaction per write.

#include <cstdint>
#include <memory>
#include <string>

#include "bench/contender.hpp"
#include "bench/raw_sqlite.hpp"

namespace penny::bench {

// The connection of one writer, with the same cache that the store's writer has.
class RivalDatabase : public Database {
 public:
  explicit RivalDatabase(const std::string& path);
};

// What one transaction does. Its statements are prepared once.
class RivalWrite {
 public:
  virtual ~RivalWrite() = default;
  virtual void store(const Write& write) = 0;
};

// BEGIN IMMEDIATE, the write, COMMIT.
class RivalWriter : public Writer {
 public:
  RivalWriter(Contender rival, Task task, const std::string& path);
  [[nodiscard]] Acknowledgement write(const Write& write) override;

 private:
  RivalDatabase database_;
  Statement begin_{database_, "BEGIN IMMEDIATE"};
  Statement commit_{database_, "COMMIT"};
  std::unique_ptr<RivalWrite> stored_;
};

[[nodiscard]] std::string plain_schema();
[[nodiscard]] std::string same_schema();
[[nodiscard]] std::unique_ptr<RivalWrite> plain_write(Database& database, Task task);
[[nodiscard]] std::unique_ptr<RivalWrite> same_write(Database& database, Task task);

// The first hole in a user's revs, or the first row whose hashes are not the ones of its columns; empty if none.
[[nodiscard]] std::string problem_of_chain(Database& database);

// Users are counted from 1 in the rivals' tables.
[[nodiscard]] constexpr std::int64_t user_number(std::uint32_t user) { return std::int64_t{user} + 1; }

}  // namespace penny::bench
