#pragma once

// Stores of a size.

#include <cstdint>
#include <functional>
#include <string>

#include <penny/store.hpp>

namespace penny::figures {

struct FillOptions {
  std::uint64_t bytes = 0;  // of the database file
  std::uint32_t users = 1'000;
  std::uint32_t batch_turns = 16;
  std::uint32_t threads = 64;
  std::uint64_t seed = 1;
};

struct Filled {
  std::uint64_t turns = 0;
  double seconds = 0;
};

// Writes turns, batch by batch of users drawn uniformly, until the database file has the size; then for each user five
// preferences, and `kLatestTurns` turns more, one by one over all users, so that a user's latest turns lie as far apart as in a store
// that many write to. Throws `std::runtime_error`.
inline constexpr std::uint32_t kLatestTurns = 12;
[[nodiscard]] Filled fill(Store& store, const std::string& path, const FillOptions& options);

// One user's turns, batch by batch.
void fill_one_user(Store& store, const std::string& user, std::uint64_t turns, std::uint64_t seed);

}  // namespace penny::figures
