#pragma once

// What one thread does: a random mixture of writes and reads on the few hot keys, and what it decides on from what it was
// answered. To add a kind of call, add a line to the table in workload.cpp.

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <vector>

#include "proof/histories/board.hpp"
#include "proof/histories/history.hpp"

namespace penny::proof::histories {

class Workload {
 public:
  Workload(Board& board, std::uint64_t seed) : board_(board), random_(seed) {}

  [[nodiscard]] Call next();
  // An answered call that `next` gave.
  void learn(const Call& call);

 private:
  struct Choice {
    unsigned weight;
    Call (Workload::*make)();
  };
  static const std::vector<Choice>& choices();

  // What the thread was told of a user.
  struct Known {
    std::uint64_t rev = 0;
    std::uint64_t tone_version = 0;
    std::uint64_t dimension_version = 0;
    std::uint64_t session = 0;  // the latest
    std::vector<std::uint64_t> facts;
  };

  Call append();
  Call append_in_a_hurry();
  Call batch();
  Call two_lists();
  Call batch_that_may_fail();
  Call guarded();
  Call guarded_preference();
  Call compare_and_set_preference();
  Call compare_and_set_dimension();
  Call set_preference();
  Call observe_preference();
  Call adjust_dimension();
  Call observe_dimension();
  Call set_dimension();
  Call remember();
  Call forget();
  Call end_session();
  Call retry();
  Call reuse_id();
  Call read_last_turns();
  Call read_session();
  Call read_preferences();
  Call read_personality();
  Call read_evolution();
  Call read_facts();
  Call read_changes();
  Call read_prompt_context();
  Call read_sessions();
  Call watch();

  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  template <class T, std::size_t n>
  T one_of(const T (&values)[n]) {
    return values[below(n)];
  }
  std::uint8_t any_user() { return static_cast<std::uint8_t>(below(kUsers)); }
  [[nodiscard]] std::uint64_t list(unsigned which, std::uint64_t epochs_ago = 0) const;
  Action action(Kind kind, Name name = Name::kNone);
  Action a_turn(std::uint8_t user);
  Action a_preference(Kind kind);
  Action a_dimension(std::uint8_t user, Kind kind);
  static Call write_of(std::uint8_t user, std::vector<Action> actions);
  static Call read_of(std::uint8_t user, Ask ask, std::uint32_t limit);
  // Asks first, and then makes the call from the answer.
  Call after(Call first, std::function<Call()> then);

  Board& board_;
  std::mt19937_64 random_;
  std::array<Known, kUsers> known_;
  std::function<Call()> planned_;
  Call last_;                // the latest call, answered
  std::deque<Call> stored_;  // some of the latest writes, to try again
};

}  // namespace penny::proof::histories
