#pragma once

// What attempts of every deed are made of.

#include <chrono>
#include <string>
#include <vector>

#include <penny/penny.hpp>

#include "proof/faults/attempt.hpp"
#include "proof/faults/ledger_check.hpp"

namespace penny::proof::faults {

inline constexpr std::uint32_t kWarmUpId = 200'000;
inline constexpr std::uint32_t kFollowUpId = 300'000;

[[nodiscard]] Store open_live(const Bench& bench, std::size_t queue_requests_max = 16);

// Writes and reads once, so that connections and statements are there.
void warm_up(Store& store, Expected& expected);

// One operation of the neighbour's, which is then expected to be there. `number` tells follow-ups of one store apart.
[[nodiscard]] Result<Outcome> follow_up(Store& store, Expected& expected, std::uint32_t number);

// Sends each request again, with the same id, and notes what it became.
void retry_all(Store& store, Expected& expected, const std::string& where, Findings& findings);

// `verify`, and the ledger.
void check_whole(Store& store, Expected& expected, const std::string& where, Findings& findings);

// Opens the store of these files as a new process would, and checks it, retries and all.
void check_reopened(const std::string& database, Expected& expected, const std::string& where, Findings& findings);

// Another one can enter the gate and begin to write.
void check_no_lock(const std::string& database, Findings& findings);

// No store is open.
void check_nothing_left(const Bench& bench, Findings& findings);

// "storage_failed" may mean that this store writes no more.
[[nodiscard]] bool is_off(const Error& error);

}  // namespace penny::proof::faults
