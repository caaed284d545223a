#include "proof/power/trace.hpp"

#include <fmt/core.h>

namespace penny::proof::power {
namespace {

std::string_view word(EntryKind kind) {
  switch (kind) {
    case EntryKind::kWrite:
      return "write";
    case EntryKind::kResize:
      return "resize";
    case EntryKind::kSync:
      return "sync";
    case EntryKind::kName:
      return "create";
    case EntryKind::kUnname:
      return "unlink";
    case EntryKind::kRename:
      return "rename";
    default:
      return "sync folder";
  }
}

}  // namespace

std::string kind_of(const Entry& entry) {
  const std::string& path = entry.path;
  const std::size_t slash = path.rfind('/');
  return fmt::format("{} {}", word(entry.kind), slash == std::string::npos ? path : path.substr(slash + 1));
}

std::string text_of(const Entry& entry) {
  switch (entry.kind) {
    case EntryKind::kWrite:
      return fmt::format("write {} [{}, {})", entry.path, entry.offset, entry.offset + entry.bytes.size());
    case EntryKind::kResize:
      return fmt::format("resize {} to {}", entry.path, entry.offset);
    case EntryKind::kRename:
      return fmt::format("rename {} to {}", entry.path, entry.new_path);
    default:
      return fmt::format("{} {}", word(entry.kind), entry.path.empty() ? "." : entry.path);
  }
}

}  // namespace penny::proof::power
