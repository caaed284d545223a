#pragma once

// Forgetting more than one operation can: in steps, each an operation of its own, so that writers go on between them and an
// interrupted one goes on where it was when it is asked for again.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include <penny/id.hpp>

namespace penny {

// What was done so far.
struct Forgotten {
  std::uint64_t users = 0;       // whose turns were looked at to the end
  std::uint64_t turns = 0;       // forgotten; in a dry run: that would be
  std::uint64_t operations = 0;  // that this took
  std::uint64_t revs_left = 0;   // of the user at hand, that may still have to be looked at
  bool is_complete = true;       // false: the progress callback ended it
};

// Called after each step, by the thread that asked. False ends it there; what was forgotten until then stays so.
using ForgettingProgress = std::function<bool(const Forgotten& so_far)>;

struct CleanUp {
  std::optional<std::string> user{};  // else every user
  Time older_than;                    // turns whose time is before it
  bool is_dry_run = false;            // counts, and writes nothing
};

}  // namespace penny
