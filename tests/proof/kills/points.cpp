#include "proof/kills/points.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <sqlite3.h>

#include "backend/sqlite/ofd_locks.hpp"
#include "base/proof.hpp"

namespace penny::proof::kills {
namespace {

constexpr std::array kDemanded{
    Point{"committer.enqueued", false, "after enqueue"},
    Point{"gate.queued", false, "in the gate's queue, with a ticket"},
    Point{"gate.entered", true, "inside the gate, before BEGIN"},
    Point{"writer.begun", true, "after BEGIN"},
    Point{"apply.between_statements", true, "between the statements of one operation"},
    Point{"writer.between_requests", true, "between two requests"},
    Point{"writer.before_commit", true, "before COMMIT"},
    Point{"commit.frame_written", true, "in COMMIT, between two writes to the log"},
    Point{"writer.committed", true, "after COMMIT, before the anchor"},
    Point{"committer.anchored", true, "after the anchor"},
    Point{"gate.leaving", true, "leaving the gate, still locked"},
    Point{"gate.left", false, "the gate is left, nobody woken yet"},
    Point{"committer.before_acknowledging", false, "before the acknowledgement"},
    Point{"committer.acknowledged", false, "after the acknowledgement, before the bell"},
    Point{"committer.rung", false, "after the bell"},
    Point{"caller.answered", false, "the caller has its answer"},
    Point{"checkpoint.begun", true, "before a checkpoint"},
    Point{"checkpoint.page_written", true, "in a checkpoint, between two writes to the database"},
    Point{"checkpoint.copied", true, "after a checkpoint"},
    Point{"create.made", true, "creation: temporary file made"},
    Point{"create.filled", true, "creation: filled"},
    Point{"create.before_rename", true, "creation: before the rename"},
    Point{"create.renamed", true, "creation: after the rename"},
    Point{"open.page_mapped", false, "opening: shared page mapped"},
    Point{"open.recovered", false, "opening: log recovered"},
    Point{"open.opened", false, "opening: before the bell is mapped"},
    Point{"open.slot_claimed", false, "opening: slot in the page taken"},
};

// Of a line of the census.
constexpr std::uint32_t kFree = 0;
constexpr std::uint32_t kBeingWritten = 1;
constexpr std::uint32_t kWritten = 2;

// Set once, before there are threads.
Census* census = nullptr;
ProcessPage* page = nullptr;

// Of one thread. Names are constants, so their addresses do for them.
struct Known {
  const char* name;
  std::uint32_t place;
};
thread_local std::array<Known, kPointsMax> known{};
thread_local std::uint32_t thread_number = 0;  // and 1; 0: not yet
thread_local const char* last_name = "";

std::uint32_t place_of_constant(const char* name) {
  for (Known& one : known) {
    if (one.name == name) return one.place;
    if (one.name == nullptr) {
      one = {.name = name, .place = static_cast<std::uint32_t>(census->place_of(name))};
      return one.place;
    }
  }
  return kPointsMax;
}

void note_last(std::uint32_t place) {
  if (thread_number == 0) thread_number = page->threads.fetch_add(1, std::memory_order_relaxed) + 1;
  if (thread_number <= kThreadsMax) page->last_point[thread_number - 1].store(place + 1, std::memory_order_relaxed);
}

void count_gate_time(std::string_view name) {
  if (name == "gate.entered") {
    page->inside_since_ns.store(now_ns(), std::memory_order_relaxed);
  } else if (name == "gate.left") {
    const std::uint64_t since = page->inside_since_ns.exchange(0, std::memory_order_relaxed);
    if (since != 0) page->gate_ns.fetch_add(now_ns() - since, std::memory_order_relaxed);
  }
}

void reached(const char* name) {
  const std::uint32_t place = place_of_constant(name);
  note_last(place);
  last_name = name;
  count_gate_time(name);
  Strike& strike = page->strike;
  // Pairs with the supervisor's release: countdown and signal were written before.
  if (strike.point.load(std::memory_order_acquire) != place + 1) return;
  if (strike.countdown.fetch_sub(1, std::memory_order_relaxed) != 1) return;
  strike.carried_out.store(place + 1, std::memory_order_release);
  // To this very thread: it goes not one instruction further.
  if (raise(strike.signal.load(std::memory_order_relaxed)) != 0) std::abort();
}

// SQLite's own write, followed by a point if it belongs to a COMMIT or a checkpoint.
ssize_t write_and_reach(int file, const void* bytes, std::size_t size, off_t offset) {
  const ssize_t written = pwrite(file, bytes, size, offset);
  const std::string_view last = last_name;
  if (last == "writer.before_commit" || last == "commit.frame_written") reached("commit.frame_written");
  if (last == "checkpoint.begun" || last == "checkpoint.page_written") reached("checkpoint.page_written");
  return written;
}

}  // namespace

std::span<const Point> demanded_points() { return kDemanded; }

Place place_of(std::string_view name) {
  if (name.starts_with("create.")) return Place::kCreating;
  if (name.starts_with("open.")) return Place::kOpening;
  if (name.starts_with("checkpoint.")) return Place::kCheckpoint;
  return Place::kAnywhere;
}

void Census::add_demanded() {
  for (const Point& point : kDemanded) (void)place_of(point.name);
}

std::string_view Census::name(std::size_t place) const {
  const Line& line = lines_.at(place);
  // Pairs with the release in `place_of`.
  return line.state.load(std::memory_order_acquire) == kWritten ? std::string_view(line.name.data()) : "";
}

std::optional<std::size_t> Census::find(std::string_view name) const {
  for (std::size_t place = 0; place < kPointsMax; ++place) {
    if (this->name(place) == name) return place;
  }
  return std::nullopt;
}

std::size_t Census::place_of(std::string_view name) {
  if (const auto found = find(name)) return *found;
  for (Line& line : lines_) {
    // Whoever is killed before the line is written leaves it unused.
    std::uint32_t state = kFree;
    if (!line.state.compare_exchange_strong(state, kBeingWritten, std::memory_order_acq_rel)) continue;
    std::memcpy(line.name.data(), name.data(), std::min(name.size(), line.name.size() - 1));
    line.state.store(kWritten, std::memory_order_release);
    // Two may have added the same one: the first counts.
    return find(name).value_or(kPointsMax);
  }
  return kPointsMax;
}

const Point* Census::missing() const {
  const auto found = std::ranges::find_if(kDemanded, [this](const Point& point) {
    const auto place = find(point.name);
    return !place || hits(*place) == 0;
  });
  return found == kDemanded.end() ? nullptr : &*found;
}

void watch_points(Census& shared_census, ProcessPage& own_page) {
  census = &shared_census;
  page = &own_page;
  base::proof::set_point_hook(reached);
  // Its own system calls come first, since they are installed once and for all.
  backend::sqlite::install_ofd_locks();
  sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  if (vfs->xSetSystemCall(vfs, "pwrite", reinterpret_cast<sqlite3_syscall_ptr>(write_and_reach)) != SQLITE_OK)
    std::abort();
}

}  // namespace penny::proof::kills
