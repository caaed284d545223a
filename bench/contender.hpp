#pragma once

// Who is compared: the store, and two programs as one writes them without it. Each does the same writes.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bench/workload.hpp"

namespace penny::bench {

struct Account;

// plain   what people use: a table of turns with a unique id and one index on (user, at); to raise a dimension, a table
//         of dimensions. One transaction per write, WAL, busy_timeout=5000.
// same    the same with Penny's tables, all their columns filled.
enum class Contender : std::uint32_t { kPenny, kPlain, kSame };

inline constexpr std::array<Contender, 3> kContenders{Contender::kPlain, Contender::kSame, Contender::kPenny};

[[nodiscard]] constexpr std::string_view name_of(Contender contender) {
  switch (contender) {
    case Contender::kPenny:
      return "penny";
    case Contender::kPlain:
      return "plain";
    case Contender::kSame:
      return "same";
  }
  return "";
}

enum class Answer : std::uint32_t {
  kStored,
  kRefused,  // certainly not stored, for example "database is locked"
  kUnknown,
};

struct Acknowledgement {
  Answer answer = Answer::kUnknown;
  std::uint64_t rev = 0;  // of what Penny stored
};

// Used by one thread. Blocks until the write is durable or refused.
class Writer {
 public:
  virtual ~Writer() = default;
  [[nodiscard]] virtual Acknowledgement write(const Write& write) = 0;
};

// A contender's store, open in this process. Outlives its writers. Everything here throws `std::runtime_error` for what
// makes the measurement worthless.
class OpenStore {
 public:
  virtual ~OpenStore() = default;

  // Everything that a first write would have to prepare is done by then. Any thread.
  [[nodiscard]] virtual std::unique_ptr<Writer> make_writer(Task task) = 0;

  // Blocks until everything that was stored can be found by its words.
  virtual void wait_until_searchable() = 0;
};

// With search: its words are kept from now on.
[[nodiscard]] std::unique_ptr<OpenStore> open_penny(const std::string& path, bool has_search);
[[nodiscard]] std::unique_ptr<OpenStore> open_rival(Contender rival, const std::string& path);

// Makes a store with `kPrefilledTurns` turns of users drawn uniformly, and the dimension to raise at 0.
void prefill_penny(const std::string& path);
void prefill_rival(Contender rival, const std::string& path, bool has_search);

// Counts, and looks whether the store is whole: Penny by its own `verify`, a rival by SQLite's `integrity_check`, its
// revs and its chain of digests.
void account_for_penny(const std::string& path, Account& account);
void account_for_rival(Contender rival, const std::string& path, Account& account);

}  // namespace penny::bench
