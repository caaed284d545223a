#include "store/keeping.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/sqlite/migration.hpp"
#include "backend/sqlite/quiet_files.hpp"
#include "backend/sqlite/schema.hpp"
#include "backend/sqlite/store_file.hpp"
#include "backend/sqlite/wal_scan.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "store/gate.hpp"
#include "store/repeated_erases.hpp"

namespace penny::store {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kGateMax{5};
constexpr const char* kAside = "-before-restore";
constexpr int kAsideMax = 1000;
// What is beside a store and can be made anew.
constexpr const char* kDerived[] = {"-shm", "-search", "-search-wal", "-search-shm"};

bool exists(const std::string& path) {
  struct stat status{};
  return lstat(path.c_str(), &status) == 0;
}

// Whether the path is the store's, or one of the files beside it.
bool is_part_of(const std::string& path, const base::StorePaths& store) {
  if (path == store.database) return true;
  constexpr std::array<std::string_view, 9> kSuffixes{"-wal",    "-shm",        "-gate",       "-bell", "-ballast",
                                                      "-search", "-search-wal", "-search-shm", "-copy"};
  return std::ranges::any_of(kSuffixes,
                             [&](std::string_view suffix) { return path == store.database + std::string(suffix); });
}

bool has_content(const std::string& path) {
  struct stat status{};
  return lstat(path.c_str(), &status) == 0 && status.st_size > 0;
}

std::unexpected<Error> in_use(const std::string& path) {
  return base::fail(ErrorCode::kConflict, path + " is in use",
                    "close the programs that have it open (`penny doctor` shows them), and try again", "in_use");
}

std::unexpected<Error> is_there_already(const std::string& path, std::string advice) {
  return base::fail(ErrorCode::kInvalid, path + " is there already", std::move(advice), "to");
}

std::unexpected<Error> failed(const std::string& path, int error) {
  return base::fail(ErrorCode::kStorageFailed, fmt::format("{}: {}", path, std::strerror(error)),
                    "look at the folder's owner, mode and space");
}

Result<void> move(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
  return failed(from, errno);
}

// The first name that is free for the store that was there before.
std::string free_name_beside(const std::string& database) {
  for (int number = 1; number < kAsideMax; ++number) {
    const std::string name = database + kAside + (number == 1 ? "" : fmt::format("-{}", number));
    if (!exists(name) && !exists(name + "-wal")) return name;
  }
  return database + kAside;
}

// Inside the gate. The log goes after its database, and before the new one comes: nothing ever opens a database with the log
// of another one, and a log that is alone is refused, not taken for nothing.
Result<std::string> move_aside(const base::StorePaths& paths) {
  std::string aside;
  if (exists(paths.database) || has_content(paths.wal)) {
    aside = free_name_beside(paths.database);
    if (auto moved = move(paths.database, aside); !moved) return std::unexpected(moved.error());
    base::proof::reach("restore.database_aside");
    if (!base::proof::is_planted("restore_keeps_the_old_log")) {
      if (auto moved = move(paths.wal, aside + "-wal"); !moved) return std::unexpected(moved.error());
    }
    base::proof::reach("restore.log_aside");
  } else {
    unlink(paths.wal.c_str());
  }
  for (const char* suffix : kDerived) unlink((paths.database + suffix).c_str());
  if (auto synced = base::sync_folder(paths.directory); !synced) return std::unexpected(synced.error());
  return aside;
}

Result<std::string> take_place(TemporaryCopy& copy, const base::StorePaths& paths, const std::string& store_id,
                               bool replace) {
  auto page = GatePage::open(paths, true);
  if (!page) return std::unexpected(page.error());
  auto gate = Gate::open(paths, **page);
  if (!gate) return std::unexpected(gate.error());
  const auto deadline = Clock::now() + kGateMax;
  if (!(*gate)->enter([deadline] { return Clock::now() < deadline; })) return in_use(paths.database);
  if (!replace && exists(paths.database))
    return is_there_already(paths.database, "somebody has just made it: look at it first");
  if (is_in_use(paths)) return in_use(paths.database);
  // Whoever opens it from now on comes to the gate first.
  const bool was_valid = (*page)->is_valid();
  (*page)->make_invalid();
  const auto placed = [&]() -> Result<std::string> {
    if (backend::sqlite::is_open_anywhere(paths.shm)) return in_use(paths.database);
    auto aside = move_aside(paths);
    if (!aside) return aside;
    // What the page remembers was acknowledged by the store that was there before.
    (*page)->forget_anchor();
    if (auto renamed = copy.rename_to(paths); !renamed) return std::unexpected(renamed.error());
    return aside;
  }();
  if (placed || was_valid) (*page)->make_valid_for(store_id);
  return placed;
}

// An older one is upgraded here, where nobody knows it yet.
Result<void> upgrade(const TemporaryCopy& copy) {
  base::StorePaths paths;
  paths.database = copy.path();
  return backend::sqlite::migrate_and_close(paths);
}

}  // namespace

Result<CopyReport> back_up(const CopySource& source, const std::string& to, const ProgressCallback& progress) {
  const auto target = base::prepare_paths(to, true);
  if (!target) return std::unexpected(target.error());
  if (is_part_of(target->database, source.paths))
    return base::fail(ErrorCode::kInvalid, to + " is the store itself", "name another file", "to");
  if (exists(target->database) || has_content(target->wal))
    return is_there_already(target->database, "a backup never takes the place of another file: name a new one");
  auto copy = TemporaryCopy::make(*target);
  if (!copy) return std::unexpected(copy.error());
  auto report = copy_and_verify(source, *copy, progress);
  if (!report) return report;
  if (auto renamed = copy->rename_to(*target); !renamed) return std::unexpected(renamed.error());
  report->path = target->database;
  return report;
}

Result<CopyReport> restore(const std::string& from, const std::string& to, const RestoreOptions& options) {
  const auto backup = base::find_paths(from);
  if (!backup) return std::unexpected(backup.error());
  if (auto known = backend::sqlite::recognise_store(*backup); !known) return std::unexpected(known.error());
  const auto target = base::prepare_paths(to, true);
  if (!target) return std::unexpected(target.error());
  if (target->database == backup->database)
    return base::fail(ErrorCode::kInvalid, "it cannot be restored from itself", "name another store", "to");
  const bool replace = options.replace || base::proof::is_planted("restore_replaces_unasked");
  const bool is_there = exists(target->database) || has_content(target->wal);
  if (is_there && !replace) {
    return is_there_already(target->database,
                            "give another path, or say --replace: then the store that is there is kept beside it");
  }
  if (is_in_use(*target)) return in_use(target->database);
  if (backend::sqlite::is_open_anywhere(backup->shm)) return in_use(backup->database);
  if (auto whole = backend::sqlite::check_log(*backup); !whole) return std::unexpected(whole.error());
  const auto identity = backend::sqlite::read_identity(*backup);
  if (!identity) return std::unexpected(identity.error());

  auto copy = TemporaryCopy::make(*target);
  if (!copy) return std::unexpected(copy.error());
  const CopySource source{.paths = *backup, .store_id = identity->store_id, .is_quiet = true};
  auto report = copy_pages(source, *copy, options.progress);
  if (!report) return report;
  if (identity->schema_version < static_cast<std::uint32_t>(backend::sqlite::kSchemaVersion)) {
    if (auto upgraded = upgrade(*copy); !upgraded) return std::unexpected(upgraded.error());
  }
  if (is_there) {
    const auto erased = erased_since(*copy, identity->store_id, *target);
    if (erased) {
      if (auto again = erase_again(*copy, *erased, options.progress); !again) return std::unexpected(again.error());
      report->users_erased_again = erased->size();
    } else {
      report->erases_unknown = erased.error().message;
    }
  }
  if (auto verified = verify_copy(source, *copy, options.progress, *report); !verified)
    return std::unexpected(verified.error());
  auto aside = take_place(*copy, *target, identity->store_id, replace);
  if (!aside) return std::unexpected(aside.error());
  report->path = target->database;
  report->kept_aside = *aside;
  return report;
}

}  // namespace penny::store
