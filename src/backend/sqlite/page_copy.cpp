#include "backend/sqlite/page_copy.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "backend/sqlite/schema.hpp"
#include "backend/sqlite/wal_scan.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr const char* kBegin = "BEGIN";
constexpr const char* kEnd = "ROLLBACK";
constexpr const char* kPageCount = "PRAGMA page_count";
constexpr const char* kPage = "SELECT data FROM sqlite_dbpage WHERE pgno = ?";

constexpr std::uint64_t kPagesAtOnce = 256;  // 1 MB
// So few are copied in one snapshot, without another roll.
constexpr std::uint64_t kLastPagesMax = 2048;
// Then the snapshot makes way for a checkpoint: 4 MB of log.
constexpr std::uint32_t kFramesBehindMax = 1000;
constexpr std::uint64_t kRoundsMax = 200;
constexpr int kBeginningsMax = 5;
// What is written is synced in steps, so that no writer's sync has to wait for all of it.
constexpr std::size_t kUnsyncedMax = std::size_t{8} << 20;

// The index of the log begins with two copies of its head: https://www.sqlite.org/walformat.html#the_wal_index_file_format
constexpr std::size_t kIndexHeadBytes = 48;
constexpr std::size_t kIsInitialisedAt = 12;
constexpr std::size_t kFramesAt = 16;
constexpr std::size_t kSaltsAt = 32;
// A writer that is not given the processor between the two leaves them different for so long, and nothing else is wrong.
constexpr std::chrono::seconds kHeadPatience{5};
constexpr std::chrono::microseconds kHeadPause{100};

constexpr std::size_t kFrameSaltsAt = 8;

std::uint32_t big_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U | std::uint32_t{bytes[2]} << 8U | bytes[3];
}

std::unexpected<Error> cannot_write(int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT;
  return base::fail(is_full ? ErrorCode::kNoSpace : ErrorCode::kStorageFailed,
                    fmt::format("the copy cannot be written: {}", std::strerror(error)),
                    is_full ? "make space, or copy to another disk" : "look for disk errors in the system's log");
}

std::unexpected<Error> cannot_read(const std::string& path, int error) {
  return base::fail(ErrorCode::kStorageFailed, fmt::format("{}: {}", path, std::strerror(error)),
                    "look for disk errors in the system's log");
}

Result<void> write_all(int file, std::span<const std::uint8_t> bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(file, bytes.data(), bytes.size(), static_cast<off_t>(at));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return cannot_write(written < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    at += static_cast<std::uint64_t>(written);
  }
  return {};
}

}  // namespace

std::uint32_t LogPosition::generation() const { return big_endian(salts.data()); }

Result<PageCopy::Copied> PageCopy::run() {
  buffer_.resize(kPagesAtOnce * static_cast<std::size_t>(kPageSize));
  std::uint64_t rounds = 0;
  for (int beginning = 0; beginning < kBeginningsMax; ++beginning) {
    auto log = copy_all();
    if (!log) return std::unexpected(log.error());
    rounds += 1;
    while (*log == Log::kFollowed) {
      const bool is_last = is_quiet_ || dirty_count_ <= kLastPagesMax;
      bool is_disturbed = false;
      const std::uint64_t again_before = again_;
      log = copy_dirty(is_last, is_disturbed);
      if (!log) return std::unexpected(log.error());
      if (*log == Log::kLost) break;
      if (is_last && !is_disturbed) {
        if (auto ended = end(); !ended) return std::unexpected(ended.error());
        // An earlier round may have written pages that are not there any more.
        if (ftruncate(target_, static_cast<off_t>(pages_ * static_cast<std::uint64_t>(kPageSize))) != 0 ||
            fsync(target_) != 0) {
          return cannot_write(errno);
        }
        return Copied{.pages = pages_, .rounds = rounds + (again_ > again_before ? 1 : 0), .again = again_};
      }
      if (++rounds > kRoundsMax) {
        return base::fail(ErrorCode::kOverloaded, "the store is written faster than it can be copied",
                          "copy to a faster disk, or at a quieter time");
      }
    }
  }
  return base::fail(ErrorCode::kOverloaded, "the write-ahead log was begun anew too often to follow it",
                    "see that no program but Penny writes the store, and try again");
}

// Begins in a state that includes all that was followed.
Result<void> PageCopy::begin() {
  if (auto begun = reader_.query(kBegin).run(); !begun) return begun;
  const auto pages = reader_.integer(kPageCount);
  if (!pages) return std::unexpected(pages.error());
  pages_ = static_cast<std::uint64_t>(*pages);
  dirty_.resize(std::max<std::size_t>(dirty_.size(), pages_ + 1));
  return {};
}

Result<void> PageCopy::end() {
  if (!reader_.is_in_transaction()) return {};
  return reader_.query(kEnd).run();
}

// Ends the snapshot and begins another one, and marks what was changed until then.
Result<PageCopy::Log> PageCopy::roll() {
  if (is_quiet_) return Log::kFollowed;
  const auto held = log_position();
  if (!held) return std::unexpected(held.error());
  auto log = follow_while_held(*held);
  if (!log || *log == Log::kLost) return log;
  if (auto ended = end(); !ended) return std::unexpected(ended.error());
  for (;;) {
    hooks_.wait_to_read();
    const auto before = log_position();
    if (!before) return std::unexpected(before.error());
    if (auto begun = begin(); !begun) return std::unexpected(begun.error());
    const auto after = log_position();
    if (!after) return std::unexpected(after.error());
    if (before->salts != after->salts) {
      if (auto ended = end(); !ended) return std::unexpected(ended.error());
      continue;
    }
    // Up to `after`, since the snapshot may hold all of it; from `before` on again next time, since it need not.
    log = follow_gap(*held, *after);
    position_ = *before;
    return log;
  }
}

Result<PageCopy::Log> PageCopy::roll_if_wanted() {
  if (is_quiet_) return Log::kFollowed;
  const auto now = log_position();
  if (!now) return std::unexpected(now.error());
  const std::uint32_t behind = now->salts == position_.salts ? now->frames - position_.frames : now->frames;
  if (behind < kFramesBehindMax && !hooks_.are_readers_asked_to_end()) return Log::kFollowed;
  return roll();
}

Result<PageCopy::Log> PageCopy::follow_while_held(const LogPosition& now) {
  if (base::proof::is_planted("backup_ignores_the_log")) return Log::kFollowed;
  if (now.salts == position_.salts) return mark(position_.frames, now.frames, now, false);
  const bool is_next = position_.frames == 0 || now.generation() == position_.generation() + 1;
  if (!is_next) return Log::kLost;
  return mark(0, now.frames, now, false);
}

Result<PageCopy::Log> PageCopy::follow_gap(const LogPosition& before, const LogPosition& now) {
  if (base::proof::is_planted("backup_ignores_the_log")) return Log::kFollowed;
  if (now.salts == before.salts) return mark(before.frames, now.frames, now, false);
  if (before.frames != 0 && (now.generation() != before.generation() + 1 || now.frames > before.frames))
    return Log::kLost;
  if (before.frames != 0) {
    // From the last frame that was followed on: if that one is still there, the file was not cut before it was begun anew.
    const std::uint32_t last = before.frames - 1;
    auto tail = mark(last, before.frames, before, false);
    if (tail && *tail == Log::kFollowed) tail = mark(before.frames, UINT32_MAX, before, true);
    if (!tail || *tail == Log::kLost) return tail;
  }
  return mark(0, now.frames, now, false);
}

// The pages of the frames from `first` to before `end` of the log with these salts. `may_end_early`: up to the first frame
// of another log.
Result<PageCopy::Log> PageCopy::mark(std::uint32_t first, std::uint32_t end, const LogPosition& log,
                                     bool may_end_early) {
  if (first >= end) return first == end || may_end_early ? Log::kFollowed : Log::kLost;
  const Descriptor file(open(paths_.wal.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return cannot_read(paths_.wal, errno);
  std::array<std::uint8_t, kWalFrameHeaderBytes> head{};
  for (std::uint32_t frame = first; frame < end; ++frame) {
    const auto at = static_cast<off_t>(kWalHeaderBytes + std::uint64_t{frame} * kWalFrameBytes);
    const ssize_t got = pread(file.get(), head.data(), head.size(), at);
    if (got < 0) return cannot_read(paths_.wal, errno);
    const bool belongs = got == static_cast<ssize_t>(head.size()) &&
                         std::ranges::equal(std::span(head).subspan(kFrameSaltsAt, log.salts.size()), log.salts);
    if (!belongs) return may_end_early ? Log::kFollowed : Log::kLost;
    make_dirty(big_endian(head.data()));
  }
  return Log::kFollowed;
}

void PageCopy::make_dirty(std::uint64_t page) {
  if (page >= dirty_.size()) dirty_.resize(page + 1);
  if (dirty_[page]) return;
  dirty_[page] = true;
  dirty_count_ += 1;
}

Result<LogPosition> PageCopy::log_position() const {
  const Descriptor file(open(paths_.shm.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return cannot_read(paths_.shm, errno);
  std::array<std::uint8_t, 2 * kIndexHeadBytes> heads{};
  const auto deadline = std::chrono::steady_clock::now() + kHeadPatience;
  for (;;) {
    if (pread(file.get(), heads.data(), heads.size(), 0) != static_cast<ssize_t>(heads.size()))
      return cannot_read(paths_.shm, errno);
    // The writer changes one after the other.
    const bool is_whole = heads[kIsInitialisedAt] == 1 && std::ranges::equal(std::span(heads).first(kIndexHeadBytes),
                                                                             std::span(heads).subspan(kIndexHeadBytes));
    if (is_whole) {
      LogPosition position;
      std::memcpy(&position.frames, heads.data() + kFramesAt, sizeof position.frames);
      std::memcpy(position.salts.data(), heads.data() + kSaltsAt, position.salts.size());
      return position;
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return base::fail(ErrorCode::kOverloaded, "a writer does not end its change of the write-ahead log's index",
                        "`penny doctor` names a process that is stopped; let it go on, and try again");
    }
    std::this_thread::sleep_for(kHeadPause);
  }
}

// Everything, in the order of the file. It begins a new snapshot.
Result<PageCopy::Log> PageCopy::copy_all() {
  if (auto ended = end(); !ended) return std::unexpected(ended.error());
  dirty_.assign(dirty_.size(), false);
  dirty_count_ = 0;
  again_ += copied_;
  copied_ = 0;
  if (is_quiet_) {
    if (auto begun = begin(); !begun) return std::unexpected(begun.error());
  } else {
    hooks_.wait_to_read();
    const auto before = log_position();
    if (!before) return std::unexpected(before.error());
    if (auto begun = begin(); !begun) return std::unexpected(begun.error());
    position_ = *before;
  }
  const std::uint64_t all = pages_;
  for (std::uint64_t first = 1; first <= all; first += kPagesAtOnce) {
    // The snapshot may be a shorter one by now.
    const std::uint64_t last = std::min(first + kPagesAtOnce - 1, std::min(all, pages_));
    if (last < first) break;
    if (auto done = copy_pages(first, last - first + 1); !done) return std::unexpected(done.error());
    base::proof::reach("backup.between_steps");
    if (auto reported = report(); !reported) return std::unexpected(reported.error());
    if (auto log = roll_if_wanted(); !log || *log == Log::kLost) return log;
  }
  return Log::kFollowed;
}

// What was changed since it was copied. `is_last`: in one new snapshot; if that cannot be kept, it `is_disturbed`.
Result<PageCopy::Log> PageCopy::copy_dirty(bool is_last, bool& is_disturbed) {
  if (auto log = roll(); !log || *log == Log::kLost) return log;
  const std::vector<bool> wanted = std::exchange(dirty_, std::vector<bool>(dirty_.size()));
  dirty_count_ = 0;
  std::uint64_t copied_now = 0;
  for (std::uint64_t page = 1; page < wanted.size(); ++page) {
    if (!wanted[page]) continue;
    if (page > pages_) {
      // Not in this snapshot, and perhaps in the next.
      make_dirty(page);
      continue;
    }
    if (auto done = copy_pages(page, 1); !done) return std::unexpected(done.error());
    again_ += 1;
    copied_now += 1;
    if (copied_now % kPagesAtOnce != 0) continue;
    if (auto reported = report(); !reported) return std::unexpected(reported.error());
    if (is_last && copied_now < 2 * kLastPagesMax) continue;
    is_disturbed = true;
    if (auto log = roll_if_wanted(); !log || *log == Log::kLost) return log;
  }
  return Log::kFollowed;
}

Result<void> PageCopy::copy_pages(std::uint64_t first, std::uint64_t count) {
  const auto page_bytes = static_cast<std::size_t>(kPageSize);
  for (std::uint64_t i = 0; i < count; ++i) {
    Cursor cursor = reader_.query(kPage);
    const auto found = cursor.bind(first + i).next();
    if (!found) return std::unexpected(found.error());
    const auto bytes = *found ? cursor.blob(0) : std::span<const std::uint8_t>();
    if (bytes.size() != page_bytes) {
      return base::fail(ErrorCode::kDamaged, fmt::format("page {} of {} cannot be read", first + i, pages_),
                        "run `penny verify`; `penny rescue` saves what can be read");
    }
    std::ranges::copy(bytes, buffer_.begin() + static_cast<std::ptrdiff_t>(i * page_bytes));
  }
  const std::size_t size = count * page_bytes;
  if (auto written = write_all(target_, std::span(buffer_).first(size), (first - 1) * page_bytes); !written)
    return written;
  copied_ += count;
  return sync_now_and_then(size);
}

Result<void> PageCopy::sync_now_and_then(std::size_t written) {
  unsynced_ += written;
  if (unsynced_ < kUnsyncedMax) return {};
  unsynced_ = 0;
  if (fdatasync(target_) != 0) return cannot_write(errno);
  return {};
}

Result<void> PageCopy::report() {
  if (!hooks_.progress || hooks_.progress(copied_, std::max(copied_, pages_ + dirty_count_))) return {};
  return base::fail(ErrorCode::kStopped, "the copy was stopped", "begin it again; nothing was left behind");
}

}  // namespace penny::backend::sqlite
