#include "backend/sqlite/wal_scan.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "backend/sqlite/copied_log.hpp"
#include "backend/sqlite/descriptor.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr std::uint32_t kMagicLittleEndian = 0x377f0682;
constexpr std::uint32_t kFormat = 3'007'000;
constexpr std::size_t kHeaderSumAt = 24;
constexpr std::size_t kHeaderSaltsAt = 16;
constexpr std::size_t kFramesAtOnce = 64;
// SQLite's dead man's switch: everybody who has the shared memory open holds a lock on this byte of it.
constexpr off_t kSwitchAt = 128;

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
  chain_ = wal_checksum_at(header.subspan<kHeaderSumAt>());
  std::ranges::copy(header.subspan<kHeaderSaltsAt, 8>(), salts_.begin());
  is_header_whole_ = wal_integer(header, 0) == kMagicLittleEndian && wal_integer(header, 4) == kFormat &&
                     wal_integer(header, 8) == kPageSize && wal_checksum(header.first<kHeaderSumAt>(), {}) == chain_;
  if (!is_header_whole_) first_broken_ = 0;
}

void WalScan::take(std::span<const std::uint8_t, kWalFrameBytes> bytes) {
  if (rot_) return;
  count_ += 1;
  Frame frame;
  std::ranges::copy(bytes, frame.bytes.begin());
  frame.sum = wal_frame_checksum(bytes);
  frame.belongs =
      wal_page_number(bytes) != 0 && std::ranges::equal(bytes.subspan<kWalFrameSaltsAt, kWalSaltsBytes>(), salts_);
  frame.is_commit = wal_commit_pages(bytes) != 0;

  if (!first_broken_) {
    if (frame.belongs && wal_frame_continues(bytes, chain_)) {
      chain_ = frame.sum;
    } else {
      first_broken_ = count_;
    }
  } else if (!is_header_whole_) {
    // Either the header's checksum is what is left of it, or its salts are.
    const bool is_first = count_ == 1 && wal_page_number(bytes) != 0 && wal_frame_continues(bytes, chain_);
    const bool is_next = before_.belongs && frame.belongs && wal_frame_continues(bytes, before_.sum);
    if (is_first || is_next) rot_ = WalRot{.broken_frame = 0, .proof_frame = count_};
  } else if (before_.belongs && before_.is_commit && frame.belongs && wal_frame_continues(bytes, before_.sum)) {
    // On a disk with sectors that are not written whole, SQLite repeats a commit's last frame before it syncs.
    const bool is_repeated =
        std::ranges::equal(std::span(frame.bytes).first<8>(), std::span(before_.bytes).first<8>()) &&
        std::ranges::equal(std::span(frame.bytes).subspan<kWalFrameHeaderBytes>(),
                           std::span(before_.bytes).subspan<kWalFrameHeaderBytes>());
    if (!is_repeated) rot_ = WalRot{.broken_frame = *first_broken_, .proof_frame = count_};
  }
  before_ = frame;
}

Result<void> check_log(const base::StorePaths& paths) {
  if (base::proof::is_planted("rot_in_the_log_not_looked_for")) return {};
  const Descriptor file(open(paths.wal.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) {
    if (errno == ENOENT) return {};
    return std::unexpected(unreadable(paths.wal));
  }
  std::array<std::uint8_t, kWalHeaderBytes> header{};
  const auto header_bytes = read_wal_bytes(file.get(), header, 0);
  if (!header_bytes) return std::unexpected(unreadable(paths.wal));
  if (*header_bytes < header.size()) return {};
  WalScan scan(header);
  std::vector<std::uint8_t> frames(kFramesAtOnce * kWalFrameBytes);
  for (std::uint64_t at = header.size();; at += frames.size()) {
    const auto got = read_wal_bytes(file.get(), frames, at);
    if (!got) return std::unexpected(unreadable(paths.wal));
    const std::span whole = std::span(frames).first(*got);
    for (std::size_t begin = 0; begin + kWalFrameBytes <= whole.size(); begin += kWalFrameBytes)
      scan.take(whole.subspan(begin).first<kWalFrameBytes>());
    if (scan.rot()) break;
    if (*got < frames.size()) return {};
  }
  if (scan.rot()->broken_frame == 0 && !base::proof::is_planted("torn_header_of_a_copied_log_refused")) {
    const auto is_copied = is_log_copied(file.get(), paths, scan.rot()->proof_frame);
    if (!is_copied) return std::unexpected(is_copied.error());
    if (*is_copied) return {};
  }
  return rotten(paths.wal, *scan.rot());
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
