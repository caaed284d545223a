#include "proof/damage/verdict.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/core.h>

namespace penny::proof::damage {
namespace {
// Separates what a witness may hold anything but.
constexpr char kSeparator = '\x1f';
}  // namespace

std::string to_line(const Verdict& verdict) {
  std::string line = fmt::format("end {:d}{:d}{:d}{:d}{:d}", verdict.is_refused, verdict.has_changed,
                                 verdict.is_read_refused, verdict.is_found, verdict.is_written);
  for (const Red& red : verdict.reds)
    line += fmt::format("{}{}{}", kSeparator, static_cast<int>(red.claim), red.witness);
  std::ranges::replace(line, '\n', ' ');
  return line;
}

Verdict verdict_from(const std::string& line) {
  constexpr std::size_t kFlagsAt = 4;
  if (!line.starts_with("end ") || line.size() < kFlagsAt + 5) throw std::runtime_error("unexpected: " + line);
  const auto flag = [&](std::size_t i) { return line[kFlagsAt + i] == '1'; };
  Verdict verdict{.is_refused = flag(0),
                  .has_changed = flag(1),
                  .is_read_refused = flag(2),
                  .is_found = flag(3),
                  .is_written = flag(4),
                  .reds = {}};
  for (std::size_t at = line.find(kSeparator); at != std::string::npos;) {
    const std::size_t next = line.find(kSeparator, at + 1);
    const std::size_t claim = static_cast<std::size_t>(line.at(at + 1) - '0');
    if (claim >= kClaims.size()) throw std::runtime_error("unexpected: " + line);
    verdict.reds.push_back({.claim = static_cast<Claim>(claim), .witness = line.substr(at + 2, next - at - 2)});
    at = next;
  }
  return verdict;
}

Images load_images(const std::string& folder) {
  return {.killed = read_image(folder + "/killed/memory.db"), .copied = read_image(folder + "/copied/memory.db")};
}

}  // namespace penny::proof::damage
