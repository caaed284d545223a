#pragma once

// Which call fails next, and what was seen of it.
//
// Calls are counted by kind from the moment of arming, over all threads of the process. An armed blow hits the n-th call of
// its kind and, if so ordered, those after it. At most two blows are armed at once; the code that stands in for SQLite's disk, system
// calls and memory asks at each call whether it is to fail.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace penny::proof::faults {

enum class Call : std::uint8_t {
  // Of SQLite to its file system (VFS).
  kOpen,
  kDelete,
  kAccess,
  kFullPath,
  kRead,
  kWrite,
  kTruncate,
  kSync,
  kSize,
  kLock,
  kUnlock,
  kShmMap,
  kShmGrow,  // a mapping that may make the file of shared memory longer
  kShmLock,
  kShmUnlock,
  // Of that file system to the operating system.
  kSystemOpen,
  kSystemRead,
  kSystemWrite,
  kSystemTruncate,
  kSystemStat,
  kSystemLock,
  kSystemMap,
  kSystemFolder,
  // Of SQLite to its allocator.
  kMemory,
  kNumber,
};
inline constexpr std::size_t kCalls = static_cast<std::size_t>(Call::kNumber);

// How the call fails, besides returning `code`.
enum class Harm : std::uint8_t {
  kNothingDone,
  kHalfDone,  // a write: the first half of the bytes is written; a read: the second half is zeros
  kDone,      // the call did its work, and says that it failed
};

struct Blow {
  Call call = Call::kNumber;
  int code = 0;  // SQLite's result code; errno for system calls
  Harm harm = Harm::kNothingDone;
  std::uint64_t nth = 0;    // from 1
  std::uint64_t times = 1;  // the n-th, and as many after it as make this
};
inline constexpr std::uint64_t kForEver = std::uint64_t{1} << 62U;

// Where the writing connection was.
enum class Phase : std::uint8_t { kOutside, kInTransaction, kInCommit };

struct Seen {
  std::uint64_t hits = 0;
  std::uint64_t hits_in_commit = 0;
  Phase first_phase = Phase::kOutside;
  std::string_view first_file;  // "database", "log" ...; empty if the call names none
  bool has_failed_sync = false;
  // Writes, truncations and syncs after the first failed sync.
  std::uint64_t writes_after_failed_sync = 0;
};

inline constexpr std::size_t kBlowsMax = 2;

// Forgets what was seen, and counts from now on. While no other thread runs SQLite.
void arm(std::span<const Blow> blows);
// Calls succeed again; what was seen is kept, and writes after a failed sync are counted further.
void disarm();
[[nodiscard]] Seen seen();
// No file grows beyond this many bytes; 0: no limit. A write that would is a hit.
void set_room(std::uint64_t bytes);
[[nodiscard]] bool is_beyond_room(std::uint64_t end, std::string_view file);
// What to do at the first hit after arming, in the moment of it, without SQLite. None: nothing.
using HitHook = void (*)();
void set_hit_hook(HitHook hook);
// Calls of each kind since the last `arm`.
[[nodiscard]] std::array<std::uint64_t, kCalls> calls();

// By the stand-ins, at each call: what to do to it. `file`: a constant.
[[nodiscard]] std::optional<Blow> blow_at(Call call, std::string_view file = {});
void set_phase(Phase phase);
void note_write_attempt();

[[nodiscard]] std::string_view name_of(Call call);
[[nodiscard]] std::string_view name_of(Phase phase);

}  // namespace penny::proof::faults
