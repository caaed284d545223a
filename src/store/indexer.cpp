#include "store/indexer.hpp"

#include <new>
#include <utility>

#include "backend/sqlite/paced_writes.hpp"
#include "base/proof.hpp"
#include "store/fork.hpp"

namespace penny::store {
namespace {

using backend::sqlite::SearchIndexWriter;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// What comes within this time after a ring is taken together: each transaction of the index costs as much as some ten rows.
constexpr milliseconds kGathered{5};
// Quietly, these are some milliseconds of work,
constexpr std::size_t kFewRows = 32;
// and where they took so long, other threads have all the processors.
constexpr milliseconds kSlow{50};
// More than a search should have to look through by itself.
constexpr std::uint64_t kFarBehind = 256;
constexpr milliseconds kLookAgainAfter{1'000};
constexpr milliseconds kTryAgainAfter{1'000};

}  // namespace

Indexer::Indexer(base::StorePaths paths, std::string store_id, Doorbell& bell, ReadPortion read, LogCallback log)
    : paths_(std::move(paths)),
      store_id_(std::move(store_id)),
      bell_(bell),
      read_(std::move(read)),
      log_(std::move(log)) {}

Indexer::~Indexer() = default;

void Indexer::start() {
  const base::MutexLock lock(mutex_);
  if (thread_ || is_to_end_) return;
  thread_ = std::make_unique<std::thread>([this] { run(); });
}

void Indexer::suspect() {
  is_suspect_ = true;
  start();
  bell_.ring();
}

void Indexer::run() {
  for (;;) {
    const std::uint32_t rings = bell_.rings();
    {
      const base::MutexLock lock(mutex_);
      while (is_forking_ && !is_to_end_) changed_.wait(mutex_);
      if (is_to_end_) return;
      is_in_step_ = true;
    }
    const Progress progress = step();
    {
      const base::MutexLock lock(mutex_);
      is_in_step_ = false;
      changed_.notify_all();
      if (is_to_end_) return;
      if (progress == Progress::kFailed) {
        (void)changed_.wait_until(mutex_, Clock::now() + kTryAgainAfter);
        continue;
      }
    }
    if (progress == Progress::kMore) continue;
    // Whoever does not keep the index hears no bell: each commit would wake every process.
    if (progress == Progress::kDone) bell_.wait(rings, Clock::now() + kLookAgainAfter);
    const base::MutexLock lock(mutex_);
    if (is_to_end_) return;
    (void)changed_.wait_until(mutex_, Clock::now() + (progress == Progress::kDone ? kGathered : kLookAgainAfter));
  }
}

Indexer::Progress Indexer::step() {
  const Call call;
  if (!lock_) {
    lock_ = SoleLock::try_take(paths_, SoleJob::kSearchIndex);
    if (!lock_) return Progress::kNotOurs;
  }
  if (writer_ && writer_->has_moved()) writer_.reset();
  if (!writer_) {
    if (auto opened = open(); !opened) return failed(opened.error());
  }
  if (is_suspect_.exchange(false)) {
    if (auto whole = writer_->check(); !whole) return failed(whole.error());
  }
  auto portion = read_(writer_->position(), is_in_a_hurry_ ? SearchIndexWriter::kPortionRows : kFewRows);
  if (!portion && portion.error().code == ErrorCode::kSnapshotExpired) return Progress::kMore;
  // The ledger's own damage is not cured by another index.
  if (!portion)
    return portion.error().field == backend::sqlite::kNoIndex ? failed(portion.error()) : waits(portion.error());
  if (auto added = add(*portion); !added) return failed(added.error());
  last_failure_.clear();
  is_short_of_space_ = false;
  if (!portion->rows.empty()) return Progress::kMore;
  for (const std::int64_t user : portion->erased) {
    if (auto erased = writer_->erase_user(user); !erased) return failed(erased.error());
  }
  const auto has_more = quietly([&] { return writer_->merge_some(); });
  if (!has_more) return failed(has_more.error());
  if (*has_more) return Progress::kMore;
  const auto has_space = quietly([&] { return writer_->give_some_back(); });
  if (!has_space) return failed(has_space.error());
  return *has_space ? Progress::kMore : Progress::kDone;
}

Result<void> Indexer::add(const SearchIndexWriter::Portion& portion) {
  const auto began = Clock::now();
  auto added = is_in_a_hurry_ ? writer_->add(portion) : quietly([&] { return writer_->add(portion); });
  const bool is_late = is_in_a_hurry_ || Clock::now() - began > kSlow;
  is_in_a_hurry_ = portion.more > kFarBehind || (is_late && portion.more > kFewRows);
  return added;
}

template <typename Work>
std::invoke_result_t<Work> Indexer::quietly(const Work& work) {
  std::optional<std::invoke_result_t<Work>> done;
  quiet_->run([&] {
    const backend::sqlite::PacedWrites paced(is_to_hurry_);
    done.emplace(work());
  });
  return *std::move(done);
}

Result<void> Indexer::open() {
  auto writer = SearchIndexWriter::open(paths_.search, store_id_);
  if (!writer) return std::unexpected(writer.error());
  writer_ = std::move(*writer);
  return {};
}

// What is damaged, missing, of another ledger or of another format is made anew; anything else may pass by itself.
Indexer::Progress Indexer::failed(const Error& error) {
  writer_.reset();
  const bool is_second_time = error.message == last_failure_;
  const bool is_to_be_made = error.code == ErrorCode::kDamaged || error.code == ErrorCode::kNotAStore;
  if (!is_to_be_made || is_second_time || base::proof::is_planted("damaged_index_kept")) return waits(error);
  last_failure_ = error.message;
  if (auto made = backend::sqlite::create_search_index(paths_.search, store_id_); !made) return waits(made.error());
  return Progress::kMore;
}

Indexer::Progress Indexer::waits(const Error& error) {
  if (log_ && error.message != last_failure_) log_(LogLevel::kWarning, "the search index waits: " + error.message);
  last_failure_ = error.message;
  is_short_of_space_ = error.field == backend::sqlite::kFull || error.code == ErrorCode::kNoSpace;
  return Progress::kFailed;
}

void Indexer::close() {
  std::unique_ptr<std::thread> thread;
  {
    const base::MutexLock lock(mutex_);
    is_to_end_ = true;
    is_hurried_ = true;
    changed_.notify_all();
    thread = std::move(thread_);
  }
  if (thread) {
    bell_.ring();
    thread->join();
  }
  quiet_.reset();
  writer_.reset();
  lock_.reset();
}

bool Indexer::pause_for_fork(base::Instant deadline) {
  mutex_.lock_for_fork();
  is_forking_ = true;
  is_hurried_ = true;
  while (is_in_step_ && changed_.wait_until(mutex_, deadline)) {
  }
  if (is_in_step_) return false;
  writer_.reset();
  lock_.reset();
  return true;
}

void Indexer::resume_in_parent() {
  is_forking_ = false;
  is_hurried_ = false;
  changed_.notify_all();
  mutex_.unlock_after_fork();
}

void Indexer::resume_in_child() {
  is_forking_ = false;
  is_hurried_ = false;
  // The threads do not exist here; the next search starts others. A condition variable still counts the parent's waiters.
  (void)thread_.release();
  (void)quiet_.release();
  quiet_ = std::make_unique<QuietWorker>();
  new (&changed_) base::CondVar();
  mutex_.unlock_after_fork();
}

}  // namespace penny::store
