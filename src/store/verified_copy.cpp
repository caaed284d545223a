#include "store/verified_copy.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "backend/sqlite/descriptor.hpp"
#include "backend/sqlite/migration.hpp"
#include "backend/sqlite/page_copy.hpp"
#include "backend/sqlite/quiet_files.hpp"
#include "backend/sqlite/schema.hpp"
#include "backend/sqlite/store_file.hpp"
#include "backend/sqlite/verify.hpp"
#include "backend/sqlite/wal_scan.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::store {
namespace {

using backend::sqlite::Connection;
using backend::sqlite::ConnectionRole;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr const char* kSuffix = "-copy";
constexpr std::chrono::minutes kWaitMax{1};

std::unexpected<Error> refused(const std::string& path, int error) {
  const bool is_full = error == ENOSPC || error == EDQUOT;
  return base::fail(is_full ? ErrorCode::kNoSpace : ErrorCode::kNoPermission,
                    fmt::format("{}: {}", path, std::strerror(error)),
                    is_full ? "make space, or name another disk" : "name a folder that can be written");
}

milliseconds since(Clock::time_point begin) { return std::chrono::duration_cast<milliseconds>(Clock::now() - begin); }

// What is made beside a copy that is opened as a store before it has its name.
void remove_beside(const std::string& path) {
  for (const char* suffix : {"-wal", "-shm", "-gate", "-bell", "-ballast"}) unlink((path + suffix).c_str());
}

// Rather now than at the end.
Result<void> check_space(Connection& reader, const TemporaryCopy& copy) {
  const auto pages = reader.integer("PRAGMA page_count");
  if (!pages) return std::unexpected(pages.error());
  struct statvfs status{};
  if (fstatvfs(copy.descriptor(), &status) != 0) return {};
  const auto needed = static_cast<std::uint64_t>(*pages) * static_cast<std::uint64_t>(backend::sqlite::kPageSize);
  const std::uint64_t free = std::uint64_t{status.f_bavail} * status.f_frsize;
  if (needed <= free) return {};
  return base::fail(ErrorCode::kNoSpace, fmt::format("the copy needs {} bytes, and {} are free", needed, free),
                    "make space, or name another disk");
}

}  // namespace

Result<TemporaryCopy> TemporaryCopy::make(const base::StorePaths& target) {
  std::string path = target.database;
  if (!base::proof::is_planted("copy_made_under_its_own_name")) path += kSuffix;
  for (;;) {
    backend::sqlite::Descriptor file(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return refused(path, errno);
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      return base::fail(ErrorCode::kConflict, "another process is making " + target.database,
                        "let it end, or give another path", "in_use");
    }
    // Whoever had the lock before may have given the file its name.
    struct stat ours{};
    struct stat named{};
    if (fstat(file.get(), &ours) != 0) return refused(path, errno);
    if (lstat(path.c_str(), &named) != 0 || named.st_ino != ours.st_ino || named.st_dev != ours.st_dev) continue;
    if (fchmod(file.get(), 0600) != 0 || ftruncate(file.get(), 0) != 0) return refused(path, errno);
    if (!base::proof::is_planted("log_of_a_killed_copy_taken_over")) remove_beside(path);
    return TemporaryCopy(std::move(path), file.release());
  }
}

TemporaryCopy::TemporaryCopy(TemporaryCopy&& other) noexcept
    : path_(std::exchange(other.path_, {})), file_(std::exchange(other.file_, -1)) {}

TemporaryCopy::~TemporaryCopy() {
  // Before the lock goes: then the name is another one's.
  if (!path_.empty()) {
    unlink(path_.c_str());
    remove_beside(path_);
  }
  if (file_ >= 0) close(file_);
}

Result<void> TemporaryCopy::rename_to(const base::StorePaths& target) {
  remove_beside(path_);
  base::proof::reach("copy.before_rename");
  const bool may_replace = base::proof::is_planted("copy_takes_a_name_that_is_taken");
  int failed =
      renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.database.c_str(), may_replace ? 0 : RENAME_NOREPLACE);
  if (failed != 0 && errno == EINVAL) {
    // A file system that cannot promise that; a second name is refused everywhere if it is taken.
    failed = link(path_.c_str(), target.database.c_str());
    if (failed == 0) unlink(path_.c_str());
  }
  if (failed != 0 && errno == EEXIST)
    return base::fail(ErrorCode::kInvalid, target.database + " is there already", "name another file", "to");
  if (failed != 0) return refused(target.database, errno);
  path_.clear();
  base::proof::reach("copy.renamed");
  return base::sync_folder(target.directory);
}

Result<CopyReport> copy_pages(const CopySource& source, const TemporaryCopy& copy, const ProgressCallback& progress) {
  const auto begin = Clock::now();
  const auto stamp = source.is_quiet ? backend::sqlite::quiet_stamp(source.paths) : std::nullopt;
  auto reader =
      Connection::open(source.paths.database, source.is_quiet ? ConnectionRole::kQuietReader : ConnectionRole::kReader);
  if (!reader) return std::unexpected(reader.error());
  if (auto enough = check_space(**reader, copy); !enough) return std::unexpected(enough.error());

  backend::sqlite::PageCopy pages(
      **reader, source.paths, copy.descriptor(), source.is_quiet,
      {.are_readers_asked_to_end = [&] { return source.page != nullptr && source.page->are_readers_held(); },
       .wait_to_read =
           [&] {
             if (source.page != nullptr) source.page->wait_to_read(Clock::now() + kWaitMax);
           },
       .progress =
           [&](std::uint64_t done, std::uint64_t all) {
             return !progress || progress({.stage = Progress::Stage::kCopying,
                                           .done_bytes = done * backend::sqlite::kPageSize,
                                           .all_bytes = all * backend::sqlite::kPageSize});
           }});
  const auto copied = pages.run();
  if (!copied) return std::unexpected(copied.error());
  reader->reset();
  if (source.is_quiet && (!stamp || backend::sqlite::quiet_stamp(source.paths) != stamp)) {
    return base::fail(ErrorCode::kOverloaded, source.paths.database + " was opened or written while it was copied",
                      "try again");
  }
  CopyReport report;
  report.bytes = copied->pages * static_cast<std::uint64_t>(backend::sqlite::kPageSize);
  report.rounds = copied->rounds;
  report.copying = since(begin);
  base::proof::reach("copy.copied");
  return report;
}

Result<void> verify_copy(const CopySource& source, const TemporaryCopy& copy, const ProgressCallback& progress,
                         CopyReport& report) {
  if (progress && !progress({.stage = Progress::Stage::kVerifying, .done_bytes = 0, .all_bytes = 0}))
    return base::fail(ErrorCode::kStopped, "the copy was stopped", "begin it again; nothing was left behind");
  const auto begin = Clock::now();
  auto connection = Connection::open(copy.path(), ConnectionRole::kQuietReader);
  if (!connection) return std::unexpected(connection.error());
  if (auto ready = backend::sqlite::imagine_upgrade(**connection); !ready) return ready;
  const auto verified = backend::sqlite::verify(**connection, source.store_id);
  if (!verified) return std::unexpected(verified.error());
  if (!verified->problems.empty() && !base::proof::is_planted("copy_not_verified")) {
    return base::fail(ErrorCode::kDamaged,
                      fmt::format("the copy does not verify ({} found, the first: {})", verified->problems.size(),
                                  verified->problems.front()),
                      "run `penny verify`; if the store is damaged, `penny rescue` saves what can be read");
  }
  report.users = verified->users;
  report.operations = verified->operations;
  report.verifying = since(begin);
  return {};
}

Result<CopyReport> copy_and_verify(const CopySource& source, const TemporaryCopy& copy,
                                   const ProgressCallback& progress) {
  auto report = copy_pages(source, copy, progress);
  if (!report) return report;
  if (auto verified = verify_copy(source, copy, progress, *report); !verified) return std::unexpected(verified.error());
  return report;
}

bool is_in_use(const base::StorePaths& paths) {
  if (backend::sqlite::is_open_anywhere(paths.shm)) return true;
  const auto page = GatePage::open_for_reading(paths);
  return page && (*page)->is_valid() && !(*page)->slots().empty();
}

}  // namespace penny::store
