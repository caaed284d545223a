#include "proof/faults/strike.hpp"

#include <algorithm>
#include <atomic>

namespace penny::proof::faults {
namespace {

// Relaxed throughout: arming and looking happen while no other thread runs SQLite, and each counter stands for itself.
struct State {
  std::array<std::atomic<std::uint64_t>, kCalls> calls{};
  std::array<Blow, kBlowsMax> blows{};
  std::atomic<std::size_t> blow_count{0};
  std::atomic<std::uint64_t> hits{0};
  std::atomic<std::uint64_t> hits_in_commit{0};
  std::atomic<Phase> phase{Phase::kOutside};
  std::atomic<Phase> first_phase{Phase::kOutside};
  std::atomic<const char*> first_file{nullptr};
  std::atomic<bool> has_failed_sync{false};
  std::atomic<std::uint64_t> writes_after_failed_sync{0};
  std::atomic<HitHook> hook{nullptr};
  std::atomic<std::uint64_t> room{0};
};

State state;

void note_hit(const Blow& blow, std::string_view file) {
  const Phase phase = state.phase.load(std::memory_order_relaxed);
  if (state.hits.fetch_add(1, std::memory_order_relaxed) == 0) {
    state.first_phase.store(phase, std::memory_order_relaxed);
    state.first_file.store(file.data(), std::memory_order_relaxed);
    if (const HitHook hook = state.hook.load(std::memory_order_relaxed)) hook();
  }
  if (phase == Phase::kInCommit) state.hits_in_commit.fetch_add(1, std::memory_order_relaxed);
  if (blow.call == Call::kSync) state.has_failed_sync.store(true, std::memory_order_relaxed);
}

}  // namespace

void arm(std::span<const Blow> blows) {
  for (auto& count : state.calls) count.store(0, std::memory_order_relaxed);
  state.hits.store(0, std::memory_order_relaxed);
  state.hits_in_commit.store(0, std::memory_order_relaxed);
  state.phase.store(Phase::kOutside, std::memory_order_relaxed);
  state.first_phase.store(Phase::kOutside, std::memory_order_relaxed);
  state.first_file.store(nullptr, std::memory_order_relaxed);
  state.has_failed_sync.store(false, std::memory_order_relaxed);
  state.writes_after_failed_sync.store(0, std::memory_order_relaxed);
  const std::size_t count = std::min(blows.size(), kBlowsMax);
  std::copy_n(blows.begin(), count, state.blows.begin());
  state.blow_count.store(count, std::memory_order_release);  // pairs with the acquire in `blow_at`
}

void disarm() { state.blow_count.store(0, std::memory_order_release); }

void set_room(std::uint64_t bytes) { state.room.store(bytes, std::memory_order_relaxed); }

bool is_beyond_room(std::uint64_t end, std::string_view file) {
  const std::uint64_t room = state.room.load(std::memory_order_relaxed);
  if (room == 0 || end <= room) return false;
  note_hit(Blow{.call = Call::kWrite}, file);
  return true;
}

void set_hit_hook(HitHook hook) { state.hook.store(hook, std::memory_order_relaxed); }

Seen seen() {
  const char* file = state.first_file.load(std::memory_order_relaxed);
  return {.hits = state.hits.load(std::memory_order_relaxed),
          .hits_in_commit = state.hits_in_commit.load(std::memory_order_relaxed),
          .first_phase = state.first_phase.load(std::memory_order_relaxed),
          .first_file = file == nullptr ? std::string_view() : std::string_view(file),
          .has_failed_sync = state.has_failed_sync.load(std::memory_order_relaxed),
          .writes_after_failed_sync = state.writes_after_failed_sync.load(std::memory_order_relaxed)};
}

std::array<std::uint64_t, kCalls> calls() {
  std::array<std::uint64_t, kCalls> counts{};
  for (std::size_t i = 0; i < kCalls; ++i) counts[i] = state.calls[i].load(std::memory_order_relaxed);
  return counts;
}

std::optional<Blow> blow_at(Call call, std::string_view file) {
  const std::uint64_t number = state.calls[static_cast<std::size_t>(call)].fetch_add(1, std::memory_order_relaxed) + 1;
  const std::size_t count = state.blow_count.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < count; ++i) {
    const Blow& blow = state.blows[i];
    if (blow.call != call || number < blow.nth || number - blow.nth >= blow.times) continue;
    note_hit(blow, file);
    return blow;
  }
  return std::nullopt;
}

void set_phase(Phase phase) { state.phase.store(phase, std::memory_order_relaxed); }

void note_write_attempt() {
  if (state.has_failed_sync.load(std::memory_order_relaxed))
    state.writes_after_failed_sync.fetch_add(1, std::memory_order_relaxed);
}

std::string_view name_of(Call call) {
  static constexpr std::array<std::string_view, kCalls> kNames{
      "open",     "delete",    "access",       "full_path", "read",     "write",    "truncate",   "sync",
      "size",     "lock",      "unlock",       "shm_map",   "shm_grow", "shm_lock", "shm_unlock", "open(2)",
      "pread(2)", "pwrite(2)", "ftruncate(2)", "stat(2)",   "fcntl(2)", "mmap(2)",  "folder(2)",  "malloc"};
  return kNames.at(static_cast<std::size_t>(call));
}

std::string_view name_of(Phase phase) {
  static constexpr std::array<std::string_view, 3> kNames{"outside of a transaction", "in the transaction",
                                                          "in COMMIT"};
  return kNames.at(static_cast<std::size_t>(phase));
}

}  // namespace penny::proof::faults
