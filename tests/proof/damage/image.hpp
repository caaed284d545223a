#pragma once

// The bytes of all files of a store: what a damage is done to.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace penny::proof::damage {

enum class File : std::uint8_t { kDatabase, kLog, kSharedMemory, kPage, kBell };

inline constexpr std::array<std::string_view, 5> kSuffixes{"", "-wal", "-shm", "-gate", "-bell"};

struct Image {
  std::array<std::string, kSuffixes.size()> bytes;  // by File
  [[nodiscard]] std::string& of(File file) { return bytes[static_cast<std::size_t>(file)]; }
  [[nodiscard]] const std::string& of(File file) const { return bytes[static_cast<std::size_t>(file)]; }
  bool operator==(const Image&) const = default;
};

// `path` is the database's. Both throw if the disk refuses.
[[nodiscard]] Image read_image(const std::string& path);
// New files in the place of those that are there. The page is left away if it is to be `without_page`.
void write_image(const Image& image, const std::string& path, bool without_page);

}  // namespace penny::proof::damage
