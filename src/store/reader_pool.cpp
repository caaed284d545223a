#include "store/reader_pool.hpp"

#include <algorithm>
#include <new>

#include "base/error.hpp"
#include "base/proof.hpp"

namespace penny::store {
namespace {

using backend::sqlite::Connection;
using backend::sqlite::ConnectionRole;

constexpr std::size_t kIdleMax = 16;
constexpr std::chrono::milliseconds kInterruptEvery{10};

std::unexpected<Error> closed() { return base::fail(ErrorCode::kClosed, "the store is closed", "open it again"); }

}  // namespace

ReaderPool::ReaderPool(base::StorePaths paths, GatePage& page, bool is_read_only, Prepare prepare)
    : paths_(std::move(paths)), is_read_only_(is_read_only), prepare_(std::move(prepare)), page_(page) {}

std::optional<backend::sqlite::QuietStamp> ReaderPool::stamp() const {
  return is_read_only_ ? backend::sqlite::quiet_stamp(paths_) : std::nullopt;
}

ReaderPool::Lease::Lease(Lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      opened_(std::move(other.opened_)),
      running_(other.running_),
      is_discarded_(other.is_discarded_) {}

ReaderPool::Lease::~Lease() {
  if (pool_ != nullptr) pool_->give_back(*this);
}

Result<ReaderPool::Lease> ReaderPool::acquire(base::Instant deadline, backend::sqlite::LogSync log_sync) {
  Lease::Opened opened;
  std::vector<Lease::Opened> outdated;
  page_.wait_to_read(deadline);
  const auto now = stamp();
  {
    const base::MutexLock lock(mutex_);
    while (is_forking_ && !is_closed_) {
      if (!changed_.wait_until(mutex_, deadline)) {
        return base::fail(ErrorCode::kSnapshotExpired, "the read waited for a fork until its deadline", "try again");
      }
    }
    if (is_closed_) return closed();
    open_count_ += 1;
    // What was prepared for what the store was need not fit what it is.
    const bool is_outdated = !idle_.empty() && (idle_.back().stamp != now || (prepare_ && !now));
    if (is_outdated && !base::proof::is_planted("quiet_connection_kept_for_changed_files")) std::swap(outdated, idle_);
    if (!idle_.empty()) {
      opened = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  outdated.clear();
  Error error;
  if (!opened.connection) {
    auto connection =
        Connection::open(paths_.database, now ? ConnectionRole::kQuietReader : ConnectionRole::kReader, log_sync);
    const auto ready = connection && prepare_ ? prepare_(**connection) : Result<void>{};
    if (!ready) {
      error = ready.error();
    } else if (connection) {
      opened = {.connection = std::move(*connection), .stamp = now};
    } else {
      error = connection.error();
    }
  }
  const base::MutexLock lock(mutex_);
  if (!opened.connection) {
    open_count_ -= 1;
    changed_.notify_all();
    return std::unexpected(error);
  }
  Connection* const connection = opened.connection.get();
  if (!base::proof::is_planted("read_deadline_ignored")) connection->set_deadline(deadline);
  running_.push_back({.connection = connection, .since = std::chrono::steady_clock::now()});
  // A fork that began while it was being opened does not have to wait for the whole read.
  if (is_forking_ || is_closed_) connection->interrupt();
  show_oldest();
  return Lease(*this, std::move(opened), std::prev(running_.end()));
}

void ReaderPool::give_back(Lease& lease) {
  Lease::Opened opened = std::move(lease.opened_);
  {
    const base::MutexLock lock(mutex_);
    running_.erase(lease.running_);
    show_oldest();
    // An interrupt may have hit the end of a read's transaction: nobody else should find that open.
    const bool is_reusable =
        !opened.connection->is_in_transaction() || base::proof::is_planted("reader_keeps_its_snapshot");
    if (is_reusable && !lease.is_discarded_ && !is_forking_ && !is_closed_ && idle_.size() < kIdleMax) {
      idle_.push_back(std::move(opened));
      open_count_ -= 1;
      changed_.notify_all();
      return;
    }
  }
  opened.connection.reset();
  const base::MutexLock lock(mutex_);
  open_count_ -= 1;
  changed_.notify_all();
}

void ReaderPool::show_oldest() {
  if (!slot_) return;
  page_.set_oldest_read(*slot_, running_.empty() ? std::nullopt : std::optional(running_.front().since));
}

void ReaderPool::set_slot(std::optional<std::size_t> slot) {
  const base::MutexLock lock(mutex_);
  slot_ = slot;
}

void ReaderPool::close() {
  const base::MutexLock lock(mutex_);
  is_closed_ = true;
  changed_.notify_all();
  (void)end_reads(base::Instant::max());
  idle_.clear();
}

bool ReaderPool::end_reads(base::Instant deadline) {
  while (open_count_ > 0) {
    const base::Instant now = std::chrono::steady_clock::now();
    if (now >= deadline) return false;
    // Again and again: SQLite forgets an interrupt that comes between two statements of a read.
    for (const Lease::Running& read : running_) read.connection->interrupt();
    (void)changed_.wait_until(mutex_, std::min(deadline, now + kInterruptEvery));
  }
  return true;
}

bool ReaderPool::pause_for_fork(base::Instant deadline) {
  mutex_.lock_for_fork();
  is_forking_ = true;
  if (!end_reads(deadline)) return false;
  idle_.clear();
  return true;
}

void ReaderPool::resume_in_parent() {
  is_forking_ = false;
  changed_.notify_all();
  mutex_.unlock_after_fork();
}

void ReaderPool::resume_in_child() {
  is_forking_ = false;
  new (&changed_) base::CondVar();  // it still counts the parent's waiters
  mutex_.unlock_after_fork();
}

}  // namespace penny::store
