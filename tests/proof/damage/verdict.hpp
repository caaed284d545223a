#pragma once

// What came of one damage, and its form on the line from a worker to whoever started it.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proof/damage/targets.hpp"

namespace penny::proof::damage {

enum class Claim : std::uint8_t { kSurvives, kFound, kFits, kRotIsRefused, kTailIsRefused, kHarmless, kWrites };

inline constexpr std::array<std::string_view, 7> kClaims{
    "No damage crashes or hangs a process that opens, reads, verifies or writes the store",
    "Every damage that changes the answer of any read is reported: at open, by that read, or by verify",
    "What is refused because of damage is refused with an error that says so",
    "A broken place of the -wal with later commits behind it is refused at open, without the anchor too",
    "A damage of the -wal that takes anything away is refused at open, by the scan or the anchor",
    "Damage to -shm, shared page, bell, and to leftovers in the -wal changes nothing",
    "A store in which verify finds nothing takes writes, and is whole afterwards"};

struct Red {
  Claim claim;
  std::string witness;
};

struct Verdict {
  bool is_refused = false;       // at open; else:
  bool has_changed = false;      // an answer, or it became an error
  bool is_read_refused = false;  // a read was answered with an error
  bool is_found = false;         // by verify
  bool is_written = false;
  std::vector<Red> reds;
};

[[nodiscard]] std::string to_line(const Verdict& verdict);
// Throws if it is none.
[[nodiscard]] Verdict verdict_from(const std::string& line);

// From a folder with one folder per prepared store.
[[nodiscard]] Images load_images(const std::string& folder);

}  // namespace penny::proof::damage
