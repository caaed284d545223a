#pragma once

// What a run of the store did to the files of its folder, call by call, in the order in which the kernel saw it.
//
// Paths are relative to the recorded folder. Contents belong to a file, not to a name: a renamed file keeps its content, and a
// file whose name is lost may still be synced. What is written through a mapping (`-shm`, `-gate`, `-bell`) is no part of a
// trace: after a power cut it may hold anything (see `is_traced`).

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/gate_page.hpp"

namespace penny::proof::power {

inline constexpr std::size_t kSectorBytes = 512;  // what a disk writes whole
inline constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

using FileId = std::uint32_t;
inline constexpr FileId kFolder = std::numeric_limits<FileId>::max();
inline constexpr FileId kUnknownFile = kFolder - 1;

enum class EntryKind : std::uint8_t { kWrite, kResize, kSync, kName, kUnname, kRename, kSyncFolder };

struct Entry {
  EntryKind kind = EntryKind::kWrite;
  FileId file = kUnknownFile;
  std::uint64_t offset = 0;  // of a write; the new size of a resize
  std::string bytes;
  std::string path;      // of the file or folder at that moment
  std::string new_path;  // of a rename
};

// Names of files and folders; a folder has the file `kFolder`.
using Names = std::map<std::string, FileId>;

// The shared page as it stood at a position of the trace.
struct SharedPage {
  std::size_t position = 0;
  std::string bytes;
  std::optional<store::Anchor> anchor;
};

struct Trace {
  std::vector<std::string> base;  // contents, by file, of what was there at the begin; durable, as are their names
  Names base_names;
  std::vector<Entry> entries;
  std::vector<SharedPage> pages;
};

// "data" of "data/memory.db", empty at the top.
[[nodiscard]] inline std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? std::string_view() : path.substr(0, slash));
}

// Files that every opener rebuilds, and so are no part of what must last.
[[nodiscard]] inline bool is_traced(std::string_view path) {
  for (const std::string_view rebuilt : {"-shm", "-gate", "-bell", "-ballast"}) {
    if (path.ends_with(rebuilt)) return false;
  }
  return true;
}

// "write memory.db-wal", "sync memory.db": what a crash just before the entry is counted as.
[[nodiscard]] std::string kind_of(const Entry& entry);
// With the place in the file, for a witness.
[[nodiscard]] std::string text_of(const Entry& entry);

}  // namespace penny::proof::power
