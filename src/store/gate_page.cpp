#include "store/gate_page.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"
#include "base/futex.hpp"
#include "base/process.hpp"
#include "base/proof.hpp"

namespace penny::store {
namespace {

constexpr std::uint64_t kMagic = 0x31656761'50796e50;  // "PnyPage1"
constexpr std::size_t kSlots = 1024;
constexpr std::size_t kStoreIdWords = 2;
constexpr std::size_t kBootIdWords = 5;  // 36 characters
constexpr std::size_t kDigestWords = 4;
// Garbage in the page must not stop readers for longer than a request may.
constexpr std::chrono::milliseconds kReadersHeldMax{300};

using Word = std::atomic<std::uint64_t>;

// FNV-1a over whole words: it tells garbage from what we wrote, no more.
std::uint64_t checksum(std::span<const std::uint64_t> words) {
  std::uint64_t sum = 0xcbf29ce484222325;
  for (const std::uint64_t word : words) sum = (sum ^ word) * 0x100000001b3;
  return sum | 1;  // a page of zeros is not valid
}

template <std::size_t kWords>
std::array<std::uint64_t, kWords> words_of(std::string_view bytes) {
  std::array<std::uint64_t, kWords> words{};
  std::memcpy(words.data(), bytes.data(), std::min(bytes.size(), sizeof words));
  return words;
}

std::uint64_t nanoseconds(std::chrono::steady_clock::time_point at) {
  return static_cast<std::uint64_t>(at.time_since_epoch().count());
}

std::chrono::steady_clock::time_point instant(std::uint64_t at) {
  return std::chrono::steady_clock::time_point(std::chrono::nanoseconds(at));
}

bool is_alive(pid_t pid, std::uint64_t start_time) {
  const auto process = base::process_stat(pid);
  return process && (start_time == 0 || process->start_time == start_time);
}

struct AnchorWords {
  Word generation;
  Word seq;
  std::array<Word, kDigestWords> digest;
  Word sum;
};

struct Slot {
  std::atomic<std::uint32_t> pid;
  std::atomic<std::uint32_t> is_waiting;
  Word start_time;
  Word oldest_read;  // nanoseconds of CLOCK_MONOTONIC, which all processes share; 0: none
  Word sum;          // over pid and start time
  std::array<Word, 4> unused;
};
static_assert(sizeof(Slot) == 64);

std::uint64_t slot_sum(std::uint32_t pid, std::uint64_t start_time) {
  return checksum(std::array<std::uint64_t, 2>{pid, start_time});
}

}  // namespace

// Zero-filled when new. Everything is atomic: other processes read and write it at any moment.
struct GatePage::Layout {
  Word magic;
  std::array<Word, kStoreIdWords> store_id;
  std::array<Word, kBootIdWords> boot_id;
  Word sum;  // over the words above

  alignas(64) std::atomic<std::uint32_t> ticket;
  alignas(64) std::atomic<std::uint32_t> serving;
  std::atomic<std::uint32_t> entries;
  std::atomic<std::uint32_t> copied_frames;
  std::atomic<std::uint32_t> holder_pid;
  Word holder_start_time;
  Word holder_since;
  std::atomic<std::uint32_t> are_readers_held;  // 0 or 1: readers sleep on it
  std::atomic<std::uint32_t> is_copy_urgent;    // 0 or 1
  Word readers_held_until;
  std::atomic<std::uint32_t> reset_tried_at;
  std::atomic<std::uint32_t> ballast;
  Word copy_begun;

  alignas(64) std::array<AnchorWords, 2> anchors;

  alignas(4096) std::array<Slot, kSlots> slots;
};

Result<std::unique_ptr<GatePage>> GatePage::open(const base::StorePaths& paths, bool create) {
  const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0);
  const int file = ::open(paths.gate.c_str(), flags, 0600);
  if (file < 0) {
    const int error = errno;
    return base::fail(error == ENOENT   ? ErrorCode::kNotFound
                      : error == ENOSPC ? ErrorCode::kNoSpace
                                        : ErrorCode::kNoPermission,
                      fmt::format("{}: {}", paths.gate, std::strerror(error)),
                      "check the owner and mode of the store's folder, and its space");
  }
  struct stat status{};
  void* memory = MAP_FAILED;
  // Growing is harmless however many do it at once; nobody ever shrinks the file. Its blocks are allocated now, so that
  // a full disk is an error here and not a signal later.
  const bool is_large_enough =
      fstat(file, &status) == 0 && static_cast<std::size_t>(status.st_size) >= sizeof(Layout) && status.st_blocks > 0;
  int error = is_large_enough ? 0 : posix_fallocate(file, 0, sizeof(Layout));
  if (error == 0) {
    memory = mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED) error = errno;
  }
  close(file);
  if (error != 0) {
    return base::fail(error == ENOSPC ? ErrorCode::kNoSpace : ErrorCode::kStorageFailed,
                      fmt::format("{}: {}", paths.gate, std::strerror(error)), "make space on the disk and try again");
  }
  return std::unique_ptr<GatePage>(new GatePage(static_cast<Layout*>(memory)));
}

Result<std::unique_ptr<GatePage>> GatePage::open_for_reading(const base::StorePaths& paths) {
  const auto map = [&](int file) {
    struct stat status{};
    const bool is_whole = file >= 0 && fstat(file, &status) == 0 &&
                          static_cast<std::size_t>(status.st_size) >= sizeof(Layout) && status.st_blocks > 0;
    const bool is_shared = is_whole && (fcntl(file, F_GETFL) & O_ACCMODE) == O_RDWR;
    const int flags = is_shared ? MAP_SHARED : is_whole ? MAP_PRIVATE : MAP_PRIVATE | MAP_ANONYMOUS;
    return mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, flags, is_whole ? file : -1, 0);
  };
  int file = ::open(paths.gate.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) file = ::open(paths.gate.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  void* memory = map(file);
  const int error = errno;
  if (file >= 0) close(file);
  if (memory == MAP_FAILED)
    return base::fail(ErrorCode::kStorageFailed, fmt::format("{}: {}", paths.gate, std::strerror(error)), "try again");
  return std::unique_ptr<GatePage>(new GatePage(static_cast<Layout*>(memory)));
}

GatePage::~GatePage() { munmap(static_cast<void*>(layout_), sizeof(Layout)); }

namespace {

template <std::size_t kWords>
std::array<std::uint64_t, kWords> load(const std::array<Word, kWords>& words) {
  std::array<std::uint64_t, kWords> values{};
  for (std::size_t i = 0; i < kWords; ++i) values[i] = words[i].load(std::memory_order_relaxed);
  return values;
}

template <std::size_t kWords>
void save(std::array<Word, kWords>& words, const std::array<std::uint64_t, kWords>& values) {
  for (std::size_t i = 0; i < kWords; ++i) words[i].store(values[i], std::memory_order_relaxed);
}

std::uint64_t header_sum(const std::array<std::uint64_t, kStoreIdWords>& store_id,
                         const std::array<std::uint64_t, kBootIdWords>& boot_id) {
  std::array<std::uint64_t, 1 + kStoreIdWords + kBootIdWords> words{kMagic};
  std::ranges::copy(store_id, words.begin() + 1);
  std::ranges::copy(boot_id, words.begin() + 1 + kStoreIdWords);
  return checksum(words);
}

const std::array<std::uint64_t, kBootIdWords>& this_boot() {
  static const auto words = words_of<kBootIdWords>(base::boot_id());
  return words;
}

}  // namespace

bool GatePage::is_valid() const {
  const auto store_id = load(layout_->store_id);
  return layout_->magic.load(std::memory_order_relaxed) == kMagic && load(layout_->boot_id) == this_boot() &&
         layout_->sum.load(std::memory_order_acquire) == header_sum(store_id, this_boot());
}

bool GatePage::is_valid_for(const std::string& store_id) const {
  return is_valid() && load(layout_->store_id) == words_of<kStoreIdWords>(store_id);
}

bool GatePage::names(const std::string& store_id) const {
  const auto id = load(layout_->store_id);
  return layout_->magic.load(std::memory_order_relaxed) == kMagic && id == words_of<kStoreIdWords>(store_id) &&
         layout_->sum.load(std::memory_order_acquire) == header_sum(id, load(layout_->boot_id));
}

void GatePage::make_invalid() { layout_->sum.store(0, std::memory_order_release); }

void GatePage::forget_anchor() {
  for (AnchorWords& anchor : layout_->anchors) anchor.sum.store(0, std::memory_order_release);
  sync_anchor();
}

void GatePage::make_valid_for(const std::string& store_id) {
  const auto id = words_of<kStoreIdWords>(store_id);
  if (load(layout_->store_id) != id) {
    // Another store's anchor says nothing about this one.
    for (AnchorWords& anchor : layout_->anchors) anchor.sum.store(0, std::memory_order_relaxed);
  }
  layout_->copied_frames.store(0, std::memory_order_relaxed);
  layout_->holder_pid.store(0, std::memory_order_relaxed);
  layout_->are_readers_held.store(0, std::memory_order_relaxed);
  layout_->reset_tried_at.store(0, std::memory_order_relaxed);
  layout_->copy_begun.store(0, std::memory_order_relaxed);
  layout_->is_copy_urgent.store(0, std::memory_order_relaxed);
  set_ballast(BallastState::kUnknown);
  if (load(layout_->boot_id) != this_boot()) {
    for (Slot& slot : layout_->slots) slot.pid.store(0, std::memory_order_relaxed);
  }
  save(layout_->store_id, id);
  save(layout_->boot_id, this_boot());
  layout_->magic.store(kMagic, std::memory_order_relaxed);
  layout_->sum.store(header_sum(id, this_boot()), std::memory_order_release);
}

std::optional<Anchor> GatePage::anchor() const {
  std::optional<Anchor> best;
  std::uint64_t best_generation = 0;
  for (const AnchorWords& words : layout_->anchors) {
    // Pairs with the release in `write_anchor`; a torn copy has a wrong checksum.
    const std::uint64_t sum = words.sum.load(std::memory_order_acquire);
    const std::uint64_t generation = words.generation.load(std::memory_order_relaxed);
    const std::uint64_t seq = words.seq.load(std::memory_order_relaxed);
    const auto digest = load(words.digest);
    if (sum != checksum(std::array<std::uint64_t, 6>{generation, seq, digest[0], digest[1], digest[2], digest[3]}))
      continue;
    if (best && generation <= best_generation) continue;
    best_generation = generation;
    best = Anchor{.seq = seq, .digest = {}};
    std::memcpy(best->digest.data(), digest.data(), best->digest.size());
  }
  return best;
}

void GatePage::write_anchor(const Anchor& anchor) {
  if (base::proof::is_planted("anchor_not_written")) return;
  const bool is_first_newer = layout_->anchors[0].generation.load(std::memory_order_relaxed) >=
                              layout_->anchors[1].generation.load(std::memory_order_relaxed);
  AnchorWords& older = layout_->anchors[is_first_newer ? 1 : 0];
  const std::uint64_t generation =
      layout_->anchors[is_first_newer ? 0 : 1].generation.load(std::memory_order_relaxed) + 1;
  std::array<std::uint64_t, kDigestWords> digest{};
  std::memcpy(digest.data(), anchor.digest.data(), anchor.digest.size());
  older.sum.store(0, std::memory_order_release);
  older.generation.store(generation, std::memory_order_relaxed);
  older.seq.store(anchor.seq, std::memory_order_relaxed);
  save(older.digest, digest);
  older.sum.store(
      checksum(std::array<std::uint64_t, 6>{generation, anchor.seq, digest[0], digest[1], digest[2], digest[3]}),
      std::memory_order_release);
}

bool GatePage::sync_anchor() {
  return msync(static_cast<void*>(layout_), sizeof(Layout) - sizeof(layout_->slots), MS_SYNC) == 0;
}

std::optional<GateHolder> GatePage::holder() const {
  const auto pid = static_cast<pid_t>(layout_->holder_pid.load(std::memory_order_acquire));
  if (pid == 0) return std::nullopt;
  return GateHolder{.pid = pid,
                    .start_time = layout_->holder_start_time.load(std::memory_order_relaxed),
                    .since = instant(layout_->holder_since.load(std::memory_order_relaxed))};
}

void GatePage::set_holder(pid_t pid, std::uint64_t start_time) {
  layout_->holder_start_time.store(start_time, std::memory_order_relaxed);
  layout_->holder_since.store(nanoseconds(std::chrono::steady_clock::now()), std::memory_order_relaxed);
  layout_->holder_pid.store(static_cast<std::uint32_t>(pid), std::memory_order_release);
}

void GatePage::clear_holder() { layout_->holder_pid.store(0, std::memory_order_release); }

std::uint32_t GatePage::copied_frames() const { return layout_->copied_frames.load(std::memory_order_relaxed); }
void GatePage::set_copied_frames(std::uint32_t frames) {
  layout_->copied_frames.store(frames, std::memory_order_relaxed);
}

std::uint32_t GatePage::reset_tried_at() const { return layout_->reset_tried_at.load(std::memory_order_relaxed); }
void GatePage::set_reset_tried_at(std::uint32_t frames) {
  layout_->reset_tried_at.store(frames, std::memory_order_relaxed);
}

std::chrono::steady_clock::time_point GatePage::copy_begun() const {
  return instant(layout_->copy_begun.load(std::memory_order_relaxed));
}
void GatePage::set_copy_begun(std::chrono::steady_clock::time_point at) {
  layout_->copy_begun.store(nanoseconds(at), std::memory_order_relaxed);
}

bool GatePage::is_copy_urgent() const { return layout_->is_copy_urgent.load(std::memory_order_relaxed) != 0; }
void GatePage::set_copy_urgent(bool is_urgent) {
  layout_->is_copy_urgent.store(is_urgent ? 1 : 0, std::memory_order_relaxed);
}

BallastState GatePage::ballast() const {
  const std::uint32_t word = layout_->ballast.load(std::memory_order_relaxed);
  return word <= static_cast<std::uint32_t>(BallastState::kImpossible) ? static_cast<BallastState>(word)
                                                                       : BallastState::kUnknown;
}
void GatePage::set_ballast(BallastState state) {
  layout_->ballast.store(static_cast<std::uint32_t>(state), std::memory_order_relaxed);
}

void GatePage::hold_readers(std::chrono::milliseconds expiry) {
  const auto until = std::chrono::steady_clock::now() + std::min(expiry, kReadersHeldMax);
  layout_->readers_held_until.store(nanoseconds(until), std::memory_order_relaxed);
  layout_->are_readers_held.store(1, std::memory_order_release);
}

void GatePage::let_readers_go() {
  layout_->are_readers_held.store(0, std::memory_order_release);
  base::futex_wake_shared(layout_->are_readers_held);
}

bool GatePage::are_readers_held() const {
  if (layout_->are_readers_held.load(std::memory_order_acquire) != 1) return false;
  const auto until = instant(layout_->readers_held_until.load(std::memory_order_relaxed));
  const auto now = std::chrono::steady_clock::now();
  return now < until && until - now <= kReadersHeldMax;
}

void GatePage::wait_to_read(std::chrono::steady_clock::time_point deadline) const {
  // Pairs with the release in `hold_readers`.
  while (layout_->are_readers_held.load(std::memory_order_acquire) == 1) {
    const auto until = instant(layout_->readers_held_until.load(std::memory_order_relaxed));
    const auto now = std::chrono::steady_clock::now();
    if (now >= until || until - now > kReadersHeldMax || now >= deadline) return;
    base::futex_wait_shared(layout_->are_readers_held, 1, std::min(until, deadline));
  }
}

std::atomic<std::uint32_t>& GatePage::ticket() { return layout_->ticket; }
std::atomic<std::uint32_t>& GatePage::serving() { return layout_->serving; }
std::atomic<std::uint32_t>& GatePage::entries() { return layout_->entries; }

std::optional<std::size_t> GatePage::claim_slot() {
  const auto own_pid = static_cast<std::uint32_t>(getpid());
  const std::uint64_t own_start = base::own_start_time();
  for (const bool may_take_over : {false, true}) {
    for (std::size_t i = 0; i < kSlots; ++i) {
      Slot& slot = layout_->slots[i];
      std::uint32_t pid = slot.pid.load(std::memory_order_acquire);
      if (pid != 0) {
        if (!may_take_over) continue;
        const std::uint64_t start = slot.start_time.load(std::memory_order_relaxed);
        const bool is_whole = slot.sum.load(std::memory_order_relaxed) == slot_sum(pid, start);
        if (is_alive(static_cast<pid_t>(pid), is_whole ? start : 0)) continue;
      }
      // Whoever wins this exchange owns the slot.
      if (!slot.pid.compare_exchange_strong(pid, own_pid, std::memory_order_acq_rel)) continue;
      slot.is_waiting.store(0, std::memory_order_relaxed);
      slot.oldest_read.store(0, std::memory_order_relaxed);
      slot.start_time.store(own_start, std::memory_order_relaxed);
      slot.sum.store(slot_sum(own_pid, own_start), std::memory_order_release);
      return i;
    }
  }
  return std::nullopt;
}

void GatePage::release_slot(std::size_t slot) {
  auto own_pid = static_cast<std::uint32_t>(getpid());
  layout_->slots[slot].pid.compare_exchange_strong(own_pid, 0, std::memory_order_acq_rel);
}

void GatePage::set_waiting(std::size_t slot, bool is_waiting) {
  layout_->slots[slot].is_waiting.store(is_waiting ? 1 : 0, std::memory_order_relaxed);
}

void GatePage::set_oldest_read(std::size_t slot, std::optional<std::chrono::steady_clock::time_point> since) {
  layout_->slots[slot].oldest_read.store(since ? nanoseconds(*since) : 0, std::memory_order_relaxed);
}

std::vector<SlotView> GatePage::slots() const {
  std::vector<SlotView> views;
  for (const Slot& slot : layout_->slots) {
    const std::uint32_t pid = slot.pid.load(std::memory_order_acquire);
    if (pid == 0) continue;
    const std::uint64_t start = slot.start_time.load(std::memory_order_relaxed);
    if (slot.sum.load(std::memory_order_relaxed) != slot_sum(pid, start) || !is_alive(static_cast<pid_t>(pid), start))
      continue;
    SlotView view{.pid = static_cast<pid_t>(pid),
                  .start_time = start,
                  .is_waiting = slot.is_waiting.load(std::memory_order_relaxed) != 0,
                  .oldest_read = {}};
    if (const std::uint64_t since = slot.oldest_read.load(std::memory_order_relaxed); since != 0)
      view.oldest_read = instant(since);
    views.push_back(view);
  }
  return views;
}

}  // namespace penny::store
