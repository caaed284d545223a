#include "store/engine.hpp"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/sqlite/reads.hpp"
#include "backend/sqlite/wal_scan.hpp"
#include "base/error.hpp"
#include "base/process.hpp"
#include "base/proof.hpp"
#include "store/anchor_check.hpp"
#include "store/gate.hpp"

namespace penny::store {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// How long a fork waits for reads, and for a commit that is on its way to the disk.
constexpr milliseconds kReadsPauseMax{250};
constexpr milliseconds kCommitPauseMax{5'000};
constexpr int kDescriptorsScanned = 4096;
constexpr milliseconds kIndexLookedAtEvery{5};

// Before SQLite reads the log anew, which it does when nobody has the store open.
bool is_log_in_order(const base::StorePaths& paths) {
  return backend::sqlite::is_open_anywhere(paths.shm) || backend::sqlite::check_log(paths.wal).has_value();
}

// Another process may be recovering the log, which takes as long as reading it.
Result<backend::sqlite::StoreFile> open_store(const base::StorePaths& paths, base::Instant deadline) {
  for (;;) {
    auto file = backend::sqlite::open_store(paths);
    if (file || file.error().field != backend::sqlite::kBusy || Clock::now() >= deadline) return file;
  }
}

// The store of the paths, made if it is not there. Creation and a page that nobody trusts need the gate, and so does a
// closer look at a log that seems to have rotted, since somebody may just be writing it; everybody else comes in without
// it, so that a store can be read and diagnosed while the gate's holder is stopped.
Result<backend::sqlite::StoreFile> enter_and_open(const base::StorePaths& paths, GatePage& page, bool create,
                                                  base::Instant deadline) {
  if (page.is_valid() && backend::sqlite::identity_of(paths.database) && is_log_in_order(paths)) {
    auto file = open_store(paths, deadline);
    if (!file || page.is_valid_for(file->store_id)) return file;
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
    const auto whole = backend::sqlite::check_log(paths.wal);
    if (!whole && !backend::sqlite::is_open_anywhere(paths.shm)) return std::unexpected(whole.error());
  }
  auto file = open_store(paths, deadline);
  if (file && !page.is_valid_for(file->store_id)) page.make_valid_for(file->store_id);
  return file;
}

}  // namespace

Engine::Engine(backend::sqlite::StoreFile file, std::unique_ptr<GatePage> page, std::unique_ptr<Doorbell> bell,
               const OpenOptions& options)
    : file_(std::move(file)),
      read_deadline_(std::min(options.read_deadline, milliseconds(limits::kReadDeadlineMax))),
      page_(std::move(page)),
      bell_(std::move(bell)),
      readers_(file_.paths.database, *page_),
      committer_(file_, *page_, *bell_, options.queue_requests_max, options.log),
      searching_(
          file_.paths, file_.store_id, *page_, *bell_,
          [this](const backend::sqlite::IndexPosition& after) {
            return read([&](backend::sqlite::Connection& connection) {
              return backend::sqlite::SearchIndexWriter::read_portion(connection, after);
            });
          },
          options.log) {
  committer_.set_erased_beside([this](const std::vector<std::int64_t>& users, std::uint64_t seq) {
    return searching_.has_erased(users, seq, Clock::now() + read_deadline_);
  });
}

Result<std::unique_ptr<Engine>> Engine::open(const std::string& path, const OpenOptions& options) {
  const Call call;
  if (is_refused()) return std::unexpected(forked());
  const OpeningGuard opening;
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

Engine::~Engine() {
  close(milliseconds(0));
  unregister_for_fork(*this);
}

void Engine::claim_slot() {
  slot_ = page_->claim_slot();
  committer_.set_slot(slot_);
  readers_.set_slot(slot_);
}

Result<BatchOutcome> Engine::commit(Batch batch, milliseconds deadline) {
  const Call call;
  if (is_refused()) return std::unexpected(forked());
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

Result<SearchPage> Engine::search(std::string_view user, const SearchQuery& query,
                                  const std::vector<recall::SearchTerm>& terms) {
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
  searching_.indexer().start();
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
  if (is_refused() || Call::is_under_way()) return false;
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
