#pragma once

// What a stopped process did to the others: judged from the journal, once all is over.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proof/kills/court.hpp"
#include "proof/kills/journal.hpp"

namespace penny::proof::kills {

struct Stop {
  std::size_t victim = 0;     // its place
  bool is_inside = false;     // it held the gate
  bool is_nameless = false;   // in a moment in which the page does not tell who does
  std::uint64_t from_ns = 0;  // it stands still from here on, or a little longer
  std::uint64_t until_ns = 0;
  std::string where;  // in words, for witnesses
};

struct StopFigures {
  std::uint64_t answers_in_stops = 0;  // of other processes, while the gate was held by a stopped one
  std::uint64_t refused = 0;           // of them, because of their deadlines
  std::uint64_t commits_beside = 0;    // of other processes, while one was stopped outside of the gate
  std::uint64_t late = 0;              // beyond a limit, but no more than threads were woken late on this machine
  std::uint64_t worst_answer_ns = 0;   // of a refusal
  std::uint64_t worst_kept_ns = 0;     // that a commit waited while the gate was held by a stopped process
  std::uint64_t worst_commit_ns = 0;   // beside a stopped process that does not hold the gate
  std::uint64_t worst_idle_ns = 0;     // of such a wait, while nobody was inside the gate
  std::uint64_t worst_victim_ns = 0;   // from SIGCONT to the answer of the stopped process
  std::uint64_t worst_late_ns = 0;     // that any thread was woken
};

inline constexpr std::uint64_t kMillisecond = 1'000'000;
inline constexpr std::uint64_t kDeadlineNs = 500 * kMillisecond;
inline constexpr std::uint64_t kAnswerSlackNs = 50 * kMillisecond;
inline constexpr std::uint64_t kStoppedWaiterCostsNs = 60 * kMillisecond;

// `processes`: how many write, from place 0 on. `figures` grows.
void judge_stop(const Journal& journal, std::size_t processes, const Stop& stop, const std::string& witness,
                Court& court, StopFigures& figures);

}  // namespace penny::proof::kills
