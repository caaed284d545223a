#pragma once

// What both readers of a write-ahead log know of its form: https://www.sqlite.org/fileformat2.html#walformat. Integers are
// big-endian; the magic's last bit tells the byte order of the checksums, which is that of the machine that made the log.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <penny/error.hpp>

#include "backend/sqlite/schema.hpp"

namespace penny::backend::sqlite {

inline constexpr std::size_t kWalHeaderBytes = 32;
inline constexpr std::size_t kWalFrameHeaderBytes = 24;
inline constexpr std::size_t kWalFrameBytes = kWalFrameHeaderBytes + static_cast<std::size_t>(kPageSize);
inline constexpr std::size_t kWalFrameSaltsAt = 8;
inline constexpr std::size_t kWalSaltsBytes = 8;

struct WalChecksum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  bool operator==(const WalChecksum&) const = default;
};

// Of a multiple of 8 bytes, behind others whose checksum is `before`.
[[nodiscard]] WalChecksum wal_checksum(std::span<const std::uint8_t> bytes, WalChecksum before);

// As it stands there.
[[nodiscard]] WalChecksum wal_checksum_at(std::span<const std::uint8_t> bytes);

// As it stands in the frame's header.
[[nodiscard]] WalChecksum wal_frame_checksum(std::span<const std::uint8_t, kWalFrameBytes> frame);

// Is the frame's own checksum the one that follows `before`, that of the frame in front of it?
[[nodiscard]] bool wal_frame_continues(std::span<const std::uint8_t, kWalFrameBytes> frame, WalChecksum before);

// 0: no frame has that.
[[nodiscard]] std::uint32_t wal_page_number(std::span<const std::uint8_t, kWalFrameBytes> frame);

// The size of the database in pages after the commit that ends with this frame; 0 if none ends here.
[[nodiscard]] std::uint32_t wal_commit_pages(std::span<const std::uint8_t, kWalFrameBytes> frame);

[[nodiscard]] std::uint32_t wal_integer(std::span<const std::uint8_t> bytes, std::size_t at);

// As many bytes as there are; nothing if the disk does not give them. Blocks on the disk.
[[nodiscard]] std::optional<std::size_t> read_wal_bytes(int file, std::span<std::uint8_t> into, std::uint64_t at);

// `kStorageFailed`, with what errno says.
[[nodiscard]] Error unreadable(const std::string& path);

}  // namespace penny::backend::sqlite
