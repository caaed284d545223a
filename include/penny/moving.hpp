#pragma once

// Moving a user to another store: everything that the store knows of him as lines of JSON, see docs/moving.md.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <penny/error.hpp>

namespace penny {

struct Exported {
  std::uint64_t operations = 0;
  std::uint64_t operations_known = 0;  // that the user has, as far as was seen until then
  bool is_complete = true;             // false: the sink or the callback ended it, and the last line is missing
};

// Takes whole lines, each with its line end. False ends the export there.
using LineSink = std::function<bool(std::string_view lines)>;

struct ExportOptions {
  // Called between two pages by the thread that asked. False ends it there.
  std::function<bool(const Exported& so_far)> progress{};
};

// Fills the begin of the buffer with the next bytes and says how many; 0: there are no more. May block.
using ByteSource = std::function<Result<std::size_t>(std::span<char> buffer)>;

// What a file of an export says of itself.
struct ImportSummary {
  std::string user;
  std::uint64_t operations = 0;
};

struct Imported {
  std::string user;                 // under whose name
  std::uint64_t operations = 0;     // of the file, that are in the store now
  std::uint64_t already_there = 0;  // of these: before this call
  std::uint64_t skipped = 0;        // that have nothing left to do here; see docs/moving.md
  bool is_complete = true;          // false: the callback ended it
};

struct ImportOptions {
  std::optional<std::string> as_user{};  // under this name instead of the one in the file
  // Also into a user who has other operations already: those of the file come after them, with other revs. Else `kConflict`.
  bool is_joined = false;
  // Called after each step by the thread that asked. False ends it there; what was imported until then stays so.
  std::function<bool(const Imported& so_far)> progress{};
};

}  // namespace penny
