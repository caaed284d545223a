#include "backend/sqlite/wal_format.hpp"

#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <unistd.h>

#include "base/error.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr std::size_t kFrameCommitAt = 4;
constexpr std::size_t kFrameSumAt = 16;

}  // namespace

WalChecksum wal_checksum(std::span<const std::uint8_t> bytes, WalChecksum before) {
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    std::uint32_t words[2];
    std::memcpy(words, bytes.data() + at, sizeof words);
    before.first += words[0] + before.second;
    before.second += words[1] + before.first;
  }
  return before;
}

WalChecksum wal_checksum_at(std::span<const std::uint8_t> bytes) {
  return {.first = wal_integer(bytes, 0), .second = wal_integer(bytes, 4)};
}

WalChecksum wal_frame_checksum(std::span<const std::uint8_t, kWalFrameBytes> frame) {
  return wal_checksum_at(frame.subspan<kFrameSumAt>());
}

bool wal_frame_continues(std::span<const std::uint8_t, kWalFrameBytes> frame, WalChecksum before) {
  return wal_checksum(frame.subspan<kWalFrameHeaderBytes>(), wal_checksum(frame.first<8>(), before)) ==
         wal_frame_checksum(frame);
}

std::uint32_t wal_page_number(std::span<const std::uint8_t, kWalFrameBytes> frame) { return wal_integer(frame, 0); }

std::uint32_t wal_commit_pages(std::span<const std::uint8_t, kWalFrameBytes> frame) {
  return wal_integer(frame, kFrameCommitAt);
}

std::uint32_t wal_integer(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | bytes[at + i];
  return value;
}

std::optional<std::size_t> read_wal_bytes(int file, std::span<std::uint8_t> into, std::uint64_t at) {
  std::size_t got = 0;
  while (got < into.size()) {
    const ssize_t part = pread(file, into.data() + got, into.size() - got, static_cast<off_t>(at + got));
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) return std::nullopt;
    if (part == 0) break;
    got += static_cast<std::size_t>(part);
  }
  return got;
}

Error unreadable(const std::string& path) {
  return base::fail(ErrorCode::kStorageFailed, fmt::format("{}: {}", path, std::strerror(errno)),
                    "look for disk errors in the system's log")
      .error();
}

}  // namespace penny::backend::sqlite
