#pragma once

// What is to be forgotten, found in reads beside the writers: spans that one `ForgetTurns` each can take.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/error.hpp>
#include <penny/id.hpp>

#include "backend/sqlite/connection.hpp"

namespace penny::backend::sqlite {

struct TurnSpan {
  std::uint64_t first_rev = 0;
  std::uint64_t last_rev = 0;
  std::uint64_t turns = 0;  // not forgotten yet, of those that are asked for
};

// Which turns of a user; those that are forgotten already never count.
struct TurnsWanted {
  std::optional<std::string> session{};
  std::optional<Time> before{};  // by their time
  std::uint64_t after_rev = 0;
};

// Between which revs the user's turns are, or those of one session: `kNotFound` if the user has no such session.
struct TurnRange {
  std::uint64_t first_rev = 1;
  std::uint64_t last_rev = 0;  // 0: there are none
};
Result<TurnRange> range_of_turns(Connection& connection, std::string_view user,
                                 const std::optional<std::string>& session);

// Walks back from the turn at or before `from` over a bounded number of turns, whatever lies between. Without a session the
// spans hold no turn that is not wanted, but forgotten ones.
struct SpanPage {
  std::vector<TurnSpan> spans;  // the latest first
  std::uint64_t next = 0;       // from where to go on; 0: that was all
};
Result<SpanPage> spans_of_turns(Connection& connection, std::string_view user, const TurnsWanted& wanted,
                                std::uint64_t from);

// Users in the order in which they came, after the one named (all, if empty).
Result<std::vector<std::string>> users_after(Connection& connection, std::string_view name, std::size_t limit);

}  // namespace penny::backend::sqlite
