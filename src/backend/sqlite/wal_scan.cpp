#include "backend/sqlite/wal_scan.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "backend/sqlite/descriptor.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

// https://www.sqlite.org/fileformat2.html#walformat: integers are big-endian; the magic's last bit tells the byte order of
// the checksums, which is that of the machine that made the log.
constexpr std::uint32_t kMagicLittleEndian = 0x377f0682;
constexpr std::uint32_t kFormat = 3'007'000;
constexpr std::size_t kHeaderSumAt = 24;
constexpr std::size_t kHeaderSaltsAt = 16;
constexpr std::size_t kFrameSaltsAt = 8;
constexpr std::size_t kFrameSumAt = 16;
constexpr std::size_t kFramesAtOnce = 64;
// SQLite's dead man's switch: everybody who has the shared memory open holds a lock on this byte of it.
constexpr off_t kSwitchAt = 128;

std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | bytes[at + i];
  return value;
}

// As many bytes as there are; nothing if the disk does not give them.
std::optional<std::size_t> read_at(int file, std::span<std::uint8_t> into, std::uint64_t at) {
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

std::unexpected<Error> unreadable(const std::string& path) {
  return base::fail(ErrorCode::kStorageFailed, fmt::format("{}: {}", path, std::strerror(errno)),
                    "look for disk errors in the system's log");
}

std::unexpected<Error> rotten(const std::string& path, const WalRot& rot) {
  return base::fail(
      ErrorCode::kDamaged,
      fmt::format("{} is damaged: {}, and later commits stand behind it (frame {})", path,
                  rot.broken_frame == 0 ? "its header is broken" : fmt::format("frame {} is broken", rot.broken_frame),
                  rot.proof_frame),
      "copy the store's files to a safe place and restore a backup, or put a whole -wal back; to go on without what "
      "was "
      "committed from the broken place on, run `sqlite3 FILE 'PRAGMA wal_checkpoint(TRUNCATE)'` and move the -gate "
      "file "
      "away");
}

}  // namespace

WalScan::WalScan(std::span<const std::uint8_t, kWalHeaderBytes> header) {
  chain_ = checksum_at(header.subspan<kHeaderSumAt>());
  std::ranges::copy(header.subspan<kHeaderSaltsAt, 8>(), salts_.begin());
  is_header_whole_ = big_endian(header, 0) == kMagicLittleEndian && big_endian(header, 4) == kFormat &&
                     big_endian(header, 8) == kPageSize && checksum(header.first<kHeaderSumAt>(), {}) == chain_;
  if (!is_header_whole_) first_broken_ = 0;
}

void WalScan::take(std::span<const std::uint8_t, kWalFrameBytes> bytes) {
  if (rot_) return;
  count_ += 1;
  Frame frame;
  std::ranges::copy(bytes, frame.bytes.begin());
  frame.sum = checksum_at(bytes.subspan<kFrameSumAt>());
  frame.belongs = big_endian(bytes, 0) != 0 && std::ranges::equal(bytes.subspan<kFrameSaltsAt, 8>(), salts_);
  frame.is_commit = big_endian(bytes, 4) != 0;

  if (!first_broken_) {
    if (frame.belongs && continues(frame, chain_)) {
      chain_ = frame.sum;
    } else {
      first_broken_ = count_;
    }
  } else if (!is_header_whole_) {
    // Either the header's checksum is what is left of it, or its salts are.
    const bool is_first = count_ == 1 && big_endian(bytes, 0) != 0 && continues(frame, chain_);
    const bool is_next = before_.belongs && frame.belongs && continues(frame, before_.sum);
    if (is_first || is_next) rot_ = WalRot{.broken_frame = 0, .proof_frame = count_};
  } else if (before_.belongs && before_.is_commit && frame.belongs && continues(frame, before_.sum)) {
    // On a disk with sectors that are not written whole, SQLite repeats a commit's last frame before it syncs.
    const bool is_repeated =
        std::ranges::equal(std::span(frame.bytes).first<8>(), std::span(before_.bytes).first<8>()) &&
        std::ranges::equal(std::span(frame.bytes).subspan<kWalFrameHeaderBytes>(),
                           std::span(before_.bytes).subspan<kWalFrameHeaderBytes>());
    if (!is_repeated) rot_ = WalRot{.broken_frame = *first_broken_, .proof_frame = count_};
  }
  before_ = frame;
}

WalScan::Checksum WalScan::checksum(std::span<const std::uint8_t> bytes, Checksum before) {
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    std::uint32_t words[2];
    std::memcpy(words, bytes.data() + at, sizeof words);
    before.first += words[0] + before.second;
    before.second += words[1] + before.first;
  }
  return before;
}

WalScan::Checksum WalScan::checksum_at(std::span<const std::uint8_t> bytes) {
  return {.first = big_endian(bytes, 0), .second = big_endian(bytes, 4)};
}

bool WalScan::continues(const Frame& frame, Checksum before) {
  const std::span bytes(frame.bytes);
  return checksum(bytes.subspan<kWalFrameHeaderBytes>(), checksum(bytes.first<8>(), before)) == frame.sum;
}

Result<void> check_log(const std::string& wal_path) {
  if (base::proof::is_planted("rot_in_the_log_not_looked_for")) return {};
  const Descriptor file(open(wal_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) {
    if (errno == ENOENT) return {};
    return unreadable(wal_path);
  }
  std::array<std::uint8_t, kWalHeaderBytes> header{};
  const auto header_bytes = read_at(file.get(), header, 0);
  if (!header_bytes) return unreadable(wal_path);
  if (*header_bytes < header.size()) return {};
  WalScan scan(header);
  std::vector<std::uint8_t> frames(kFramesAtOnce * kWalFrameBytes);
  for (std::uint64_t at = header.size();; at += frames.size()) {
    const auto got = read_at(file.get(), frames, at);
    if (!got) return unreadable(wal_path);
    const std::span whole = std::span(frames).first(*got);
    for (std::size_t begin = 0; begin + kWalFrameBytes <= whole.size(); begin += kWalFrameBytes)
      scan.take(whole.subspan(begin).first<kWalFrameBytes>());
    if (scan.rot()) return rotten(wal_path, *scan.rot());
    if (*got < frames.size()) return {};
  }
}

bool is_open_anywhere(const std::string& shm_path) {
  // To ask for a lock needs no right to take it.
  const Descriptor file(open(shm_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return false;
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kSwitchAt;
  lock.l_len = 1;
  return fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace penny::backend::sqlite
