#include "backend/sqlite/store_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "backend/sqlite/connection.hpp"
#include "backend/sqlite/descriptor.hpp"
#include "backend/sqlite/erase_steps.hpp"
#include "backend/sqlite/schema.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "base/random.hpp"

namespace penny::backend::sqlite {
namespace {

constexpr std::string_view kMagic{"SQLite format 3\0", 16};
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kWriteVersionAt = 18;  // 2 in WAL mode, and the byte after it
constexpr std::size_t kApplicationIdAt = 68;

constexpr const char* kSetIdentity = "PRAGMA application_id=1347309145; PRAGMA user_version=4";
static_assert(kApplicationId == 1347309145 && kSchemaVersion == 4);
constexpr const char* kNameStore = "INSERT INTO store(one, store_id, created_at) VALUES(1, ?, ?)";
constexpr std::int64_t kErasingSince = 2;  // version of the schema
constexpr const char* kReadStore = "SELECT store_id FROM store WHERE one = 1";

std::unexpected<Error> no_permission(const std::string& path, int error) {
  return base::fail(error == ENOSPC || error == EDQUOT ? ErrorCode::kNoSpace : ErrorCode::kNoPermission,
                    fmt::format("{}: {}", path, std::strerror(error)),
                    error == ENOSPC || error == EDQUOT ? "make space on the disk"
                                                       : "check the owner and mode of the store and its folder");
}

std::unexpected<Error> not_a_store(const std::string& path, std::string_view what) {
  return base::fail(ErrorCode::kNotAStore, fmt::format("{} is no store of Penny's: {}", path, what),
                    "give another path with --store or $PENNY_STORE; nothing was changed");
}

std::unexpected<Error> replaced(const base::StorePaths& paths) {
  return base::fail(ErrorCode::kStorageFailed,
                    fmt::format("{} or its -wal was deleted or replaced while the store was open", paths.database),
                    "put the file back, then restart this process; never delete a -wal");
}

Result<void> sync_path(const std::string& path, int flags) {
  const Descriptor file(open(path.c_str(), flags | O_CLOEXEC));
  if (file.get() < 0 || fsync(file.get()) != 0) return no_permission(path, errno);
  return {};
}

Result<void> fill(const std::string& path) {
  auto opened = Connection::open(path, ConnectionRole::kCreator);
  if (!opened) return std::unexpected(while_opening(opened.error()));
  Connection& connection = **opened;
  std::array<std::uint8_t, 16> store_id{};
  base::fill_random(store_id);
  const auto run = [&]() -> Result<void> {
    if (auto done = connection.execute("BEGIN IMMEDIATE"); !done) return done;
    for (const char* schema : kSchemas) {
      if (auto done = connection.execute(schema); !done) return done;
    }
    if (auto done = connection.execute(kSetIdentity); !done) return done;
    const std::int64_t now = base::now().time_since_epoch().count();
    if (auto done = connection.query(kNameStore).bind_blob(store_id).bind(now).run(); !done) return done;
    if (auto done = connection.execute("COMMIT"); !done) return done;
    base::proof::reach("create.filled");
    // Closing would do it too, but tell nobody if it cannot. A lock that it does not get is no error to SQLite either, but a
    // row that says so; the log is deleted next, so everything must have been copied.
    const auto is_busy = connection.integer("PRAGMA wal_checkpoint(TRUNCATE)");
    if (!is_busy) return std::unexpected(is_busy.error());
    if (*is_busy != 0) {
      return base::fail(ErrorCode::kStorageFailed, path + " could not be locked while it was made",
                        "look for a want of locks in the system's log, then try again");
    }
    return {};
  };
  if (auto done = run(); !done) return std::unexpected(while_opening(done.error()));
  // Closing removes the empty log (nobody else knows this name), in WAL mode all the same.
  return {};
}

Result<StoreIdentity> identity_in(Connection& connection, const base::StorePaths& paths) {
  const auto version = connection.integer("PRAGMA user_version");
  if (!version) return std::unexpected(while_opening(version.error()));
  if (*version < 1) return not_a_store(paths.database, fmt::format("its schema version is {}", *version));
  Cursor cursor = connection.query(kReadStore);
  const auto row = cursor.next();
  if (!row) return std::unexpected(row.error());
  if (!*row || cursor.blob(0).size() != 16)
    return base::fail(ErrorCode::kDamaged, paths.database + " has lost its store id", "restore a backup");
  const auto id = cursor.blob(0);
  return StoreIdentity{.store_id = std::string(id.begin(), id.end()),
                       .schema_version = static_cast<std::uint32_t>(*version)};
}

Result<void> check_schema(const base::StorePaths& paths, const StoreIdentity& identity) {
  if (identity.schema_version <= kSchemaVersion || base::proof::is_planted("newer_schema_accepted")) return {};
  return newer_schema(paths.database, identity.schema_version);
}

}  // namespace

Error while_opening(Error error) {
  if (error.field == kFull) error.code = ErrorCode::kNoSpace;
  return error;
}

std::unexpected<Error> newer_schema(const std::string& path, std::int64_t version) {
  return base::fail(ErrorCode::kNewerSchema,
                    fmt::format("{} has schema version {}; this Penny knows up to {}", path, version, kSchemaVersion),
                    "use the newer Penny that wrote it; to look at it with this one, open it read-only "
                    "(--read-only)");
}

// Asks for nothing but the inode. A look at a file's times makes the kernel (Linux 6.13 and newer) record the next write's
// time exactly, and the next sync then writes the inode too: 30 to 50 us for each commit.
std::optional<FileIdentity> identity_of(const std::string& path) {
  struct statx status{};
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_INO, &status) != 0) return std::nullopt;
  return FileIdentity{.device = makedev(status.stx_dev_major, status.stx_dev_minor), .inode = status.stx_ino};
}

Result<void> StoreFile::check_same_files() const {
  if (base::proof::is_planted("exchanged_files_not_noticed")) return {};
  if (identity_of(paths.database) == database && identity_of(paths.wal) == wal) return {};
  return replaced(paths);
}

Result<void> StoreFile::check_same_database() const {
  if (identity_of(paths.database) == database) return {};
  return replaced(paths);
}

Result<void> sync_file(const std::string& path) { return sync_path(path, O_RDONLY); }

Result<void> create_store(const base::StorePaths& paths) {
  if (identity_of(paths.database)) return {};
  struct stat wal{};
  if (stat(paths.wal.c_str(), &wal) == 0 && wal.st_size > 0) {
    return base::fail(ErrorCode::kDamaged, fmt::format("{} is there, but its database is not", paths.wal),
                      "put the database back; if it is lost for good, move the -wal away");
  }
  const std::string temporary = base::proof::is_planted("creation_in_place") ? paths.database : paths.database + "-new";
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) unlink((temporary + suffix).c_str());
  {
    // SQLite gives -wal and -shm the mode of the database.
    const Descriptor file(open(temporary.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return no_permission(temporary, errno);
    const mode_t mode = base::proof::is_planted("store_readable_by_others") ? 0644 : 0600;
    if (fchmod(file.get(), mode) != 0) return no_permission(temporary, errno);
  }
  base::proof::reach("create.made");
  if (auto filled = fill(temporary); !filled) {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) unlink((temporary + suffix).c_str());
    return filled;
  }
  if (auto synced = sync_path(temporary, O_RDONLY); !synced) return synced;
  unlink((temporary + "-wal").c_str());
  unlink((temporary + "-shm").c_str());
  unlink(paths.wal.c_str());
  unlink(paths.shm.c_str());
  base::proof::reach("create.before_rename");
  if (rename(temporary.c_str(), paths.database.c_str()) != 0) return no_permission(paths.database, errno);
  base::proof::reach("create.renamed");
  if (base::proof::is_planted("no_folder_is_synced")) return {};
  return sync_path(paths.directory, O_RDONLY | O_DIRECTORY);
}

Result<void> recognise_store(const base::StorePaths& paths) {
  const Descriptor file(open(paths.database.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT)
      return base::fail(ErrorCode::kNotFound, paths.database + " is not there",
                        "write something first, or give another path");
    return no_permission(paths.database, errno);
  }
  std::array<std::uint8_t, kHeaderBytes> header{};
  const auto got = pread(file.get(), header.data(), header.size(), 0);
  if (got < 0) return no_permission(paths.database, errno);
  if (got != static_cast<ssize_t>(header.size()))
    return not_a_store(paths.database, fmt::format("it has only {} bytes", got));
  if (std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0)
    return not_a_store(paths.database, "it is no SQLite database");
  std::uint32_t application_id = 0;
  for (std::size_t i = 0; i < 4; ++i) application_id = application_id << 8U | header[kApplicationIdAt + i];
  if (application_id != static_cast<std::uint32_t>(kApplicationId))
    return not_a_store(paths.database, "it belongs to another application");
  if (header[kWriteVersionAt] != 2 || header[kWriteVersionAt + 1] != 2) {
    return base::fail(
        ErrorCode::kDamaged, paths.database + " is not in WAL mode, which a store never leaves",
        "another program changed it: close that program, then run `sqlite3 FILE 'PRAGMA journal_mode=WAL'`");
  }
  return {};
}

Result<StoreFile> open_store(const base::StorePaths& paths) {
  if (auto known = recognise_store(paths); !known) return std::unexpected(known.error());
  StoreFile file{.paths = paths, .store_id = {}, .schema_version = 0, .database = {}, .wal = {}};
  if (base::proof::is_planted("log_deleted_at_open")) unlink(paths.wal.c_str());
  // A writer, since the first to open it after a crash recovers the log.
  auto opened = Connection::open(paths.database, ConnectionRole::kWriter);
  if (!opened) return std::unexpected(while_opening(opened.error()));
  Connection& connection = **opened;
  const auto identity = identity_in(connection, paths);
  if (!identity) return std::unexpected(identity.error());
  if (auto known = check_schema(paths, *identity); !known) return std::unexpected(known.error());
  file.schema_version = identity->schema_version;
  file.store_id = identity->store_id;
  if (identity->schema_version >= kErasingSince) {
    const auto has_some = has_something_to_erase(connection, base::now().time_since_epoch().count());
    if (!has_some) return std::unexpected(while_opening(has_some.error()));
    file.has_something_to_erase = *has_some;
  }
  const auto database = identity_of(paths.database);
  const auto wal = identity_of(paths.wal);
  if (!database || !wal)
    return base::fail(ErrorCode::kStorageFailed, paths.database + " vanished while it was opened", "try again");
  base::proof::reach("open.recovered");
  file.database = *database;
  file.wal = *wal;
  return file;
}

Result<StoreFile> open_store_to_read(const base::StorePaths& paths, bool is_quiet) {
  if (auto known = recognise_store(paths); !known) return std::unexpected(known.error());
  auto opened = Connection::open(paths.database, is_quiet ? ConnectionRole::kQuietReader : ConnectionRole::kReader);
  if (!opened) return std::unexpected(while_opening(opened.error()));
  const auto identity = identity_in(**opened, paths);
  if (!identity) return std::unexpected(identity.error());
  return StoreFile{.paths = paths,
                   .store_id = identity->store_id,
                   .schema_version = identity->schema_version,
                   .database = identity_of(paths.database).value_or(FileIdentity{}),
                   .wal = identity_of(paths.wal).value_or(FileIdentity{})};
}

Result<StoreIdentity> read_identity(const base::StorePaths& paths) {
  if (auto known = recognise_store(paths); !known) return std::unexpected(known.error());
  auto opened = Connection::open(paths.database, ConnectionRole::kQuietReader);
  if (!opened) return std::unexpected(while_opening(opened.error()));
  auto identity = identity_in(**opened, paths);
  if (!identity) return identity;
  if (auto known = check_schema(paths, *identity); !known) return std::unexpected(known.error());
  return identity;
}

}  // namespace penny::backend::sqlite
