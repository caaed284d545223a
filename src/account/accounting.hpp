#pragma once

// Compares what writers were told with what the store holds. Pure: no I/O.
//
// What must hold, each with the count that shows its breach:
//  1. Every acknowledged operation is there once (`lost`, `doubled`), and what it did to a dimension, a preference or a
//     fact is there too (`lost`).
//  2. It is there as it was sent and answered: user, rev, kind, key, texts, with its whole batch (`altered`).
//  3. Nothing is there that nobody asked for, and nothing that was refused (`phantom`).
//  4. A user's revs are 1..n without a gap, and a session's turns are numbered 1..n (`gaps`).
//  5. A dimension's evolution has versions 1..n, each old value is the new value before it, each new value is what the
//     acknowledged operation makes of the old one, and the dimension has the last (`broken_chains`).
//  6. Each observer saw each of its users' revs in order, with the right operations, up to the last (`observers`).
//  7. An operation that was sent again after its acknowledgement was answered as already stored (`wrong_retries`).

#include <cstdint>
#include <string>
#include <vector>

#include "account/logs.hpp"
#include "account/rows.hpp"

namespace penny::account {

struct ObserverAccount {
  std::uint32_t process = 0;
  std::uint64_t seen = 0;
  std::uint64_t missed = 0;  // revs left out, seen twice or out of order, or seen with another operation
};

struct Account {
  std::uint64_t asked = 0;  // operations that were handed to the store
  std::uint64_t acknowledged = 0;
  std::uint64_t in_doubt = 0;  // asked, without an answer
  std::uint64_t refused = 0;
  std::uint64_t stored = 0;     // asked, and there
  std::uint64_t retried = 0;    // sent again after their acknowledgement
  std::uint64_t recovered = 0;  // sent again by the next life of a killed process
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t phantom = 0;
  std::uint64_t altered = 0;
  std::uint64_t gaps = 0;
  std::uint64_t broken_chains = 0;
  std::uint64_t wrong_retries = 0;
  std::uint64_t conversations = 0;
  std::string journal_mode;
  std::string integrity;
  std::vector<ObserverAccount> observers;
  double lag_p50_ms = 0;  // from a writer's acknowledgement to an observer's seeing it; 0 if seen before
  double lag_p99_ms = 0;
  std::vector<std::string> problems;  // the first of them, in words

  // Nothing is wrong. Refusals and doubts are not judged here.
  [[nodiscard]] bool is_clean() const;
};

Account account(const Logs& logs, const Rows& rows);

}  // namespace penny::account
