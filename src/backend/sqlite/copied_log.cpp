#include "backend/sqlite/copied_log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include <fcntl.h>

#include "backend/sqlite/descriptor.hpp"
#include "backend/sqlite/wal_format.hpp"

namespace penny::backend::sqlite {
namespace {

std::uint64_t frame_at(std::uint64_t frame) { return kWalHeaderBytes + (frame - 1) * kWalFrameBytes; }

// The frames of a log whose first one tells which salts it has.
class Commits {
 public:
  // False: what came before was not all of the log.
  bool take(std::span<const std::uint8_t, kWalFrameBytes> bytes) {
    count_ += 1;
    const auto salts = bytes.subspan<kWalFrameSaltsAt, kWalSaltsBytes>();
    if (count_ == 1) std::ranges::copy(salts, salts_.begin());
    const std::uint32_t page = wal_page_number(bytes);
    const bool belongs = page != 0 && std::ranges::equal(salts, salts_);
    const bool continues = belongs && (count_ == 1 || (before_ && wal_frame_continues(bytes, *before_)));
    if (is_broken_ && continues && is_before_commit_) return false;
    is_broken_ = is_broken_ || !continues;
    if (!is_broken_) {
      whole_ = count_;
      open_[page] = count_;
      if (const std::uint32_t pages = wal_commit_pages(bytes); pages != 0) {
        pages_ = pages;
        for (const auto& [number, frame] : open_) frame_of_[number] = frame;
        open_.clear();
      }
    }
    before_.reset();
    if (belongs) before_ = wal_frame_checksum(bytes);
    is_before_commit_ = wal_commit_pages(bytes) != 0;
    return true;
  }

  // Page -> the frame that holds it last, over all commits.
  [[nodiscard]] const std::map<std::uint32_t, std::uint64_t>& frame_of() const { return frame_of_; }
  [[nodiscard]] std::uint32_t pages() const { return pages_; }
  // The last frame in front of the first broken one.
  [[nodiscard]] std::uint64_t whole() const { return whole_; }

 private:
  std::uint64_t count_ = 0;
  std::uint64_t whole_ = 0;
  std::array<std::uint8_t, kWalSaltsBytes> salts_{};
  std::optional<WalChecksum> before_;  // of the frame before, if it is one of this log
  bool is_before_commit_ = false;
  bool is_broken_ = false;
  std::map<std::uint32_t, std::uint64_t> open_;
  std::map<std::uint32_t, std::uint64_t> frame_of_;
  std::uint32_t pages_ = 0;
};

}  // namespace

Result<bool> is_log_copied(int wal, const base::StorePaths& paths, std::uint64_t whole_until) {
  Commits commits;
  std::vector<std::uint8_t> frame(kWalFrameBytes);
  const std::span<const std::uint8_t, kWalFrameBytes> bytes(frame);
  for (std::uint64_t number = 1;; ++number) {
    const auto got = read_wal_bytes(wal, frame, frame_at(number));
    if (!got) return std::unexpected(unreadable(paths.wal));
    if (*got < frame.size()) break;
    if (!commits.take(bytes)) return false;
  }
  if (commits.whole() < whole_until) return false;
  const Descriptor database(open(paths.database.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (database.get() < 0) return std::unexpected(unreadable(paths.database));
  std::vector<std::uint8_t> stored(kPageSize);
  for (const auto& [page, number] : commits.frame_of()) {
    if (page > commits.pages()) continue;
    const auto in_log = read_wal_bytes(wal, frame, frame_at(number));
    if (!in_log) return std::unexpected(unreadable(paths.wal));
    const auto in_database = read_wal_bytes(database.get(), stored, std::uint64_t{page - 1} * stored.size());
    if (!in_database) return std::unexpected(unreadable(paths.database));
    if (*in_log < frame.size() || *in_database < stored.size()) return false;
    if (!std::ranges::equal(bytes.subspan<kWalFrameHeaderBytes>(), stored)) return false;
  }
  return true;
}

}  // namespace penny::backend::sqlite
