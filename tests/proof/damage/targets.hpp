#pragma once

// What can be damaged: every part of every file by its name, with the places that belong to it.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proof/damage/image.hpp"

namespace penny::proof::damage {

// A store that a killed process left, and the same one after its log was copied into the database and emptied.
struct Images {
  Image killed;
  Image copied;
};
enum class Base : std::uint8_t { kKilled, kCopied };

struct Place {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

// How a target may be damaged.
enum class Shape : std::uint8_t {
  kPages,  // bits, bytes, sectors zeroed and exchanged
  kField,  // bits, bytes, the field zeroed or made garbage
  kFile,   // cut, or something appended
};

// What must come of it, beyond what must come of every damage.
enum class Must : std::uint8_t {
  kNothing,
  kBeHarmless,           // the file is no memory, or nobody reads this part of it
  kBeRefusedIfItCounts,  // at open, if any answer changed
};

struct Target {
  std::string name;
  Base base = Base::kCopied;
  File file = File::kDatabase;
  Shape shape = Shape::kPages;
  Must must = Must::kNothing;
  bool is_page_gone = false;  // the shared page with its anchor is missing, as if the machine had lost it
  std::vector<Place> places{};
};

// In a fixed order. `folder` is for a copy to look into.
[[nodiscard]] std::vector<Target> find_targets(const Images& images, const std::string& folder);

// The log of the killed store, as its own header and frame headers tell.
struct Log {
  std::uint64_t frames = 0;            // of this log; leftovers of an older one may stand behind
  std::vector<std::uint64_t> commits;  // their last frames, from 1
};
[[nodiscard]] Log read_log(const std::string& bytes);

// False for the last few commits, where a crash may look like a damage, and for a sector that takes header and first frame
// away together, since SQLite leaves such a log when it is interrupted while it begins it anew: only the anchor tells.
// `offset` is of the first damaged byte.
[[nodiscard]] bool is_provable_without_anchor(const Log& log, Shape shape, std::uint64_t offset);

inline constexpr std::uint64_t kPageBytes = 4096;
inline constexpr std::uint64_t kLogHeaderBytes = 32;
inline constexpr std::uint64_t kFrameHeaderBytes = 24;
inline constexpr std::uint64_t kFrameBytes = kFrameHeaderBytes + kPageBytes;

}  // namespace penny::proof::damage
