#include "store/engine.hpp"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/sqlite/migration.hpp"
#include "backend/sqlite/quiet_files.hpp"
#include "backend/sqlite/reads.hpp"
#include "backend/sqlite/schema.hpp"
#include "backend/sqlite/wal_scan.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "base/proof.hpp"
#include "store/anchor_check.hpp"
#include "store/ballast.hpp"
#include "store/gate.hpp"
#include "store/keeping.hpp"

namespace penny::store {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// How long a fork waits for reads, and for a commit that is on its way to the disk.
constexpr milliseconds kReadsPauseMax{250};
constexpr milliseconds kCommitPauseMax{5'000};
constexpr int kDescriptorsScanned = 4096;
constexpr milliseconds kIndexLookedAtEvery{5};
constexpr milliseconds kOpenPause{1};

// Before SQLite reads the log anew, which it does when nobody has the store open.
bool is_log_in_order(const base::StorePaths& paths) {
  return backend::sqlite::is_open_anywhere(paths.shm) || backend::sqlite::check_log(paths).has_value();
}

// Another process may be recovering the log, which takes as long as reading it.
Result<backend::sqlite::StoreFile> open_store(const base::StorePaths& paths, base::Instant deadline) {
  for (;;) {
    auto file = backend::sqlite::open_store(paths);
    if (file || file.error().field != backend::sqlite::kBusy || Clock::now() >= deadline) return file;
    std::this_thread::sleep_for(kOpenPause);
  }
}

bool is_older(const backend::sqlite::StoreFile& file) {
  return file.schema_version < static_cast<std::uint32_t>(backend::sqlite::kSchemaVersion);
}

// Inside the gate: of all who find it older, the first upgrades it.
Result<backend::sqlite::StoreFile> upgrade(const base::StorePaths& paths, base::Instant deadline) {
  for (;;) {
    auto done = backend::sqlite::migrate(paths);
    if (done) return open_store(paths, deadline);
    if (done.error().field != backend::sqlite::kBusy) return std::unexpected(std::move(done.error()));
    if (Clock::now() < deadline) continue;
    return base::fail(ErrorCode::kDeadlineExceeded,
                      "another program wrote to the store until it was too late to upgrade it",
                      "close programs that write to it without Penny, and try again");
  }
}

// The store of the paths, made if it is not there. Creation, an upgrade and a page that nobody trusts need the gate, and so does a
// closer look at a log that seems to have rotted, since somebody may just be writing it; everybody else comes in without
// it, so that a store can be read and diagnosed while the gate's holder is stopped.
Result<backend::sqlite::StoreFile> enter_and_open(const base::StorePaths& paths, GatePage& page, bool create,
                                                  base::Instant deadline) {
  if (page.is_valid() && backend::sqlite::identity_of(paths.database) && is_log_in_order(paths)) {
    auto file = open_store(paths, deadline);
    if (!file || (page.is_valid_for(file->store_id) && !is_older(*file))) return file;
  }
  if (create && base::proof::is_planted("creation_without_the_gate")) (void)backend::sqlite::create_store(paths);
  auto gate = Gate::open(paths, page);
  if (!gate) return std::unexpected(gate.error());
  if (!(*gate)->enter([deadline] { return Clock::now() < deadline; })) {
    return base::fail(ErrorCode::kDeadlineExceeded, "the store's gate was not free in time to open it",
                      "try again; `penny doctor` shows who holds the gate");
  }
  if (create) {
    if (auto created = backend::sqlite::create_store(paths); !created) return std::unexpected(created.error());
  }
  // Nobody writes the log meanwhile, unless a foreign program has just opened the store, which read it then.
  if (!backend::sqlite::is_open_anywhere(paths.shm)) {
    const auto whole = backend::sqlite::check_log(paths);
    if (!whole && !backend::sqlite::is_open_anywhere(paths.shm)) return std::unexpected(whole.error());
  }
  auto file = open_store(paths, deadline);
  if (file && is_older(*file)) file = upgrade(paths, deadline);
  if (file && !page.is_valid_for(file->store_id)) page.make_valid_for(file->store_id);
  return file;
}

// On a full disk the first to open a store finds no space for what SQLite keeps beside it; the ballast has some.
bool spend_ballast_to_open(const base::StorePaths& paths, GatePage& page, base::Instant deadline) {
  auto gate = Gate::open(paths, page);
  return gate && (*gate)->enter([deadline] { return Clock::now() < deadline; }) && Ballast(paths, page).spend();
}

}  // namespace

Engine::Engine(backend::sqlite::StoreFile file, std::unique_ptr<GatePage> page, std::unique_ptr<Doorbell> bell,
               const OpenOptions& options)
    : file_(std::move(file)),
      read_deadline_(std::min(options.read_deadline, milliseconds(limits::kReadDeadlineMax))),
      is_read_only_(options.read_only),
      page_(std::move(page)),
      bell_(std::move(bell)),
      readers_(file_.paths, *page_, options.read_only,
               is_older(file_) ? backend::sqlite::imagine_upgrade : ReaderPool::Prepare{}),
      committer_(file_, *page_, *bell_, options),
      searching_(
          file_.paths, file_.store_id, *page_, *bell_,
          [this](const backend::sqlite::IndexPosition& after, std::size_t rows_max) {
            return read([&](backend::sqlite::Connection& connection) {
              return backend::sqlite::SearchIndexWriter::read_portion(connection, after, rows_max);
            });
          },
          options.log, options.read_only) {
  committer_.set_erased_beside([this](const std::vector<std::int64_t>& users, std::uint64_t seq) {
    return searching_.has_erased(users, seq, Clock::now() + read_deadline_);
  });
}

Result<std::unique_ptr<Engine>> Engine::open(const std::string& path, const OpenOptions& options) {
  const Call call;
  if (is_refused()) return std::unexpected(forked());
  const OpeningGuard opening;
  if (options.read_only) return open_to_read(path, options);
  const base::Instant deadline = Clock::now() + options.deadline;
  auto paths = base::prepare_paths(path, options.create);
  if (!paths) return std::unexpected(paths.error());
  // Nothing is made beside a file that is no store.
  if (backend::sqlite::identity_of(paths->database)) {
    if (auto known = backend::sqlite::recognise_store(*paths); !known) return std::unexpected(known.error());
  }
  auto page = GatePage::open(*paths, true);
  if (!page) return std::unexpected(page.error());
  base::proof::reach("open.page_mapped");
  const auto anchor = (*page)->anchor();
  auto file = enter_and_open(*paths, **page, options.create, deadline);
  if (!file && file.error().code == ErrorCode::kNoSpace && spend_ballast_to_open(*paths, **page, deadline))
    file = enter_and_open(*paths, **page, options.create, deadline);
  if (!file) return std::unexpected(file.error());
  base::proof::reach("open.opened");
  auto bell = Doorbell::open(*paths);
  if (!bell) return std::unexpected(bell.error());

  const bool is_anchor_ours = (*page)->anchor().has_value();
  std::unique_ptr<Engine> engine(new Engine(std::move(*file), std::move(*page), std::move(*bell), options));
  if (is_anchor_ours) {
    auto agrees = engine->read(
        [&](backend::sqlite::Connection& connection) { return check_anchor(anchor, *engine->page_, connection); });
    if (!agrees) return std::unexpected(agrees.error());
  }
  engine->claim_slot();
  base::proof::reach("open.slot_claimed");
  register_for_fork(*engine);
  engine->resume_erasing();
  return engine;
}

Result<std::unique_ptr<Engine>> Engine::open_to_read(const std::string& path, const OpenOptions& options) {
  const base::Instant deadline = Clock::now() + options.deadline;
  auto paths = base::find_paths(path);
  if (!paths) return std::unexpected(paths.error());
  if (auto known = backend::sqlite::recognise_store(*paths); !known) return std::unexpected(known.error());
  auto page = GatePage::open_for_reading(*paths);
  if (!page) return std::unexpected(page.error());
  const auto anchor = (*page)->anchor();
  auto bell = Doorbell::open_for_reading(*paths);
  if (!bell) return std::unexpected(bell.error());
  for (;;) {
    const auto stamp = backend::sqlite::quiet_stamp(*paths);
    if (stamp) {
      if (auto whole = backend::sqlite::check_log(*paths); !whole) return std::unexpected(whole.error());
    }
    auto file = backend::sqlite::open_store_to_read(*paths, stamp.has_value());
    const bool is_undisturbed = backend::sqlite::quiet_stamp(*paths) == stamp;
    const bool is_busy = !file && file.error().field == backend::sqlite::kBusy;
    if ((is_busy || !is_undisturbed) && Clock::now() < deadline) continue;
    if (!file) return std::unexpected(file.error());
    const bool is_anchor_ours = (*page)->names(file->store_id);
    std::unique_ptr<Engine> engine(new Engine(std::move(*file), std::move(*page), std::move(*bell), options));
    if (anchor && is_anchor_ours) {
      auto agrees =
          engine->read([&](backend::sqlite::Connection& connection) { return check_anchor(anchor, connection); });
      if (!agrees) return std::unexpected(agrees.error());
    }
    engine->claim_slot();
    register_for_fork(*engine);
    return engine;
  }
}

Engine::~Engine() {
  close(milliseconds(0));
  unregister_for_fork(*this);
}

void Engine::claim_slot() {
  if (is_read_only_ && !page_->is_valid()) return;  // nobody is there to see it
  slot_ = page_->claim_slot();
  committer_.set_slot(slot_);
  readers_.set_slot(slot_);
}

Result<BatchOutcome> Engine::commit(Batch batch, milliseconds deadline) {
  const Call call;
  if (is_refused()) return std::unexpected(forked());
  if (auto writable = check_writable(); !writable) return std::unexpected(writable.error());
  const base::Instant until = Clock::now() + deadline;
  auto prepared = backend::prepare(std::move(batch));
  if (!prepared) return std::unexpected(prepared.error());
  const bool is_erase = prepared->operations.front().kind == model::Kind::kEraseUser;
  auto stored = committer_.commit(*prepared, until);
  if (stored && is_erase) committer_.start_erasing();
  return stored;
}

Result<BatchOutcome> Engine::commit_together(std::vector<Batch> batches, milliseconds deadline) {
  const Call call;
  if (is_refused()) return std::unexpected(forked());
  const base::Instant until = Clock::now() + deadline;
  auto prepared = backend::prepare_together(std::move(batches));
  if (!prepared) return std::unexpected(prepared.error());
  return committer_.commit(*prepared, until);
}

void Engine::close(milliseconds deadline) {
  const Call call;
  if (is_refused() || is_closed_.exchange(true)) return;
  committer_.close(Clock::now() + deadline);
  searching_.close();
  readers_.close();
  if (slot_) page_->release_slot(*slot_);
  is_all_closed_.store(true, std::memory_order_release);
}

Result<CopyReport> Engine::backup(const std::string& to, const ProgressCallback& progress) {
  const Call call;
  if (is_refused()) return std::unexpected(forked());
  if (is_closed()) return base::fail(ErrorCode::kClosed, "the store is closed", "open it again");
  struct UnderWay {
    explicit UnderWay(std::atomic<int>& counted) : count(counted) { count += 1; }
    ~UnderWay() { count -= 1; }
    std::atomic<int>& count;
  };
  const UnderWay under_way(copies_under_way_);
  const bool is_quiet = is_read_only_ && backend::sqlite::quiet_stamp(file_.paths).has_value();
  return back_up({.paths = file_.paths,
                  .store_id = file_.store_id,
                  .is_quiet = is_quiet,
                  .page = is_quiet ? nullptr : page_.get()},
                 to, progress);
}

Result<void> Engine::check_writable() const {
  if (!is_read_only_ || base::proof::is_planted("read_only_ignored")) return {};
  return base::fail(ErrorCode::kReadOnly, file_.paths.database + " was opened to read only",
                    "open it without `read_only` (without --read-only) to write");
}

Error Engine::disturbed() {
  return {.code = ErrorCode::kSnapshotExpired,
          .message = "the store was written while it was read",
          .advice = "try again",
          .field = ""};
}

Error Engine::explained(Error error) const {
  const auto known = static_cast<std::uint32_t>(backend::sqlite::kSchemaVersion);
  if (is_read_only_ && error.code == ErrorCode::kDamaged && file_.schema_version > known) {
    error.code = ErrorCode::kNewerSchema;
    error.advice = "a newer Penny wrote it: use that one for this, or `penny verify` of that one if it says the same";
  } else if (is_read_only_ && error.code == ErrorCode::kDamaged && file_.schema_version < known) {
    error.advice = "open it once without --read-only, which upgrades it; " + error.advice;
  } else if (is_read_only_ && error.code == ErrorCode::kNoPermission) {
    error.advice =
        "to read beside who has the store open, its -shm must be writable for us: run as its owner, or read a backup";
  }
  return error;
}

Result<SearchPage> Engine::search(std::string_view user, const SearchQuery& query,
                                  const std::vector<model::SearchTerm>& terms) {
  const base::Instant deadline = Clock::now() + read_deadline_;
  return read([&](backend::sqlite::Connection& connection) {
    return searching_.search(connection, user, query, terms, deadline);
  });
}

Result<bool> Engine::wait_for_search_index(milliseconds deadline,
                                           const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
  const base::Instant until = Clock::now() + deadline;
  const auto head = read([](backend::sqlite::Connection& connection) {
    return connection.integer("SELECT coalesce(max(seq), 0) FROM ledger");
  });
  if (!head) return std::unexpected(head.error());
  const auto wanted = static_cast<std::uint64_t>(*head);
  searching_.start_indexing();
  for (;;) {
    const Call call;
    if (is_refused()) return std::unexpected(forked());
    if (is_closed()) return base::fail(ErrorCode::kClosed, "the store is closed", "open it again");
    const auto indexed = searching_.indexed_to(Clock::now() + read_deadline_);
    if (!indexed) return std::unexpected(indexed.error());
    if (progress) progress(std::min(*indexed, wanted), wanted);
    if (*indexed >= wanted) return true;
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(kIndexLookedAtEvery);
  }
}

Error Engine::forked() {
  return {.code = ErrorCode::kForked,
          .message = "this process was forked while its parent was in the middle of a call to Penny",
          .advice =
              "start processes by spawn (fork and exec), or fork when no call is under way; open the store anew in a "
              "new process",
          .field = ""};
}

bool Engine::prepare_fork() {
  is_locked_ = false;
  if (is_refused() || Call::is_under_way() || copies_under_way_.load() > 0) return false;
  if (is_closed()) return is_all_closed_.load(std::memory_order_acquire);
  is_locked_ = true;
  // The indexer and a search use the store's readers, and a search the index's while it has one of those.
  const bool is_indexer_paused = searching_.indexer().pause_for_fork(Clock::now() + kCommitPauseMax);
  const bool is_committer_paused = committer_.pause_for_fork(Clock::now() + kCommitPauseMax);
  const bool are_readers_paused = readers_.pause_for_fork(Clock::now() + kReadsPauseMax);
  const bool are_searches_paused = searching_.readers().pause_for_fork(Clock::now() + kReadsPauseMax);
  return is_indexer_paused && is_committer_paused && are_readers_paused && are_searches_paused;
}

void Engine::after_fork_in_parent() {
  if (!is_locked_) return;
  searching_.readers().resume_in_parent();
  readers_.resume_in_parent();
  committer_.resume_in_parent();
  searching_.indexer().resume_in_parent();
}

void Engine::resume_in_child() {
  if (!is_locked_) return;
  // A thread of the parent may just have begun to close it.
  is_closed_.store(false, std::memory_order_relaxed);
  searching_.readers().resume_in_child();
  readers_.resume_in_child();
  committer_.resume_in_child();
  searching_.indexer().resume_in_child();
  claim_slot();
}

void Engine::close_inherited_descriptors() const {
  std::array<std::optional<backend::sqlite::FileIdentity>, 7> ours{
      backend::sqlite::identity_of(file_.paths.search),
      backend::sqlite::identity_of(file_.paths.search + "-wal"),
      backend::sqlite::identity_of(file_.paths.search + "-shm"),
      backend::sqlite::identity_of(file_.paths.database),
      backend::sqlite::identity_of(file_.paths.wal),
      backend::sqlite::identity_of(file_.paths.shm),
      backend::sqlite::identity_of(file_.paths.gate)};
  for (int number = 3; number < kDescriptorsScanned; ++number) {
    struct stat status{};
    if (fstat(number, &status) != 0) continue;
    const backend::sqlite::FileIdentity identity{.device = status.st_dev, .inode = status.st_ino};
    if (std::ranges::find(ours, identity) != ours.end()) ::close(number);
  }
}

}  // namespace penny::store
