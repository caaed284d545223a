#pragma once

// The shared page of a store: the file `-gate`, mapped by every process that has the store open.
//
// 1. The page never excludes anybody: flock(2) on the file does (see gate.hpp). Garbage in it costs order and
//    diagnosis, never safety, and is repaired by the next one inside the gate.
// 2. The words of the queue (ticket, serving) live as long as the machine is up: another boot id makes them anew.
// 3. The anchor (seq and digest of the ledger's last row) is written inside the gate after each commit, in two slots
//    by turns, each with a checksum: one of them is whole at every moment. It outlives a reboot. A ledger ahead of it
//    is normal; a ledger behind it has lost acknowledged rows.
// 4. Each open store has a slot, told apart by pid and start time; slots of dead processes are taken over.

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include <penny/error.hpp>

#include "base/file_system.hpp"
#include "base/sha256.hpp"

namespace penny::store {

struct Anchor {
  std::uint64_t seq = 0;
  base::Digest digest{};
};

struct GateHolder {
  pid_t pid = 0;
  std::uint64_t start_time = 0;  // of the process, in clock ticks after boot
  std::chrono::steady_clock::time_point since;
};

struct SlotView {
  pid_t pid = 0;
  std::uint64_t start_time = 0;
  bool is_waiting = false;
  std::optional<std::chrono::steady_clock::time_point> oldest_read;
};

// Of the space that is kept for a full disk; see ballast.hpp.
enum class BallastState : std::uint8_t {
  kUnknown,
  kKept,
  kSpent,       // what adds to the store is refused
  kLacking,     // there was no space for one yet
  kImpossible,  // on this file system
};

class GatePage {
 public:
  // Maps the file, which is made with mode 0600 if `create`; `kNotFound` otherwise.
  [[nodiscard]] static Result<std::unique_ptr<GatePage>> open(const base::StorePaths& paths, bool create);
  // To read only: the page that is there, else an empty one. What is done to it then is nobody else's, unless the
  // file may be written.
  [[nodiscard]] static Result<std::unique_ptr<GatePage>> open_for_reading(const base::StorePaths& paths);
  ~GatePage();
  GatePage(const GatePage&) = delete;
  GatePage& operator=(const GatePage&) = delete;

  // Any thread, any time.
  [[nodiscard]] bool is_valid_for(const std::string& store_id) const;
  [[nodiscard]] bool is_valid() const;
  // Whether it is, or was before the machine was started anew, this store's.
  [[nodiscard]] bool names(const std::string& store_id) const;
  [[nodiscard]] std::optional<Anchor> anchor() const;
  [[nodiscard]] std::optional<GateHolder> holder() const;
  [[nodiscard]] std::vector<SlotView> slots() const;
  [[nodiscard]] BallastState ballast() const;

  // Only inside the gate.
  void make_valid_for(const std::string& store_id);
  // Whoever opens the store comes to the gate first.
  void make_invalid();
  void write_anchor(const Anchor& anchor);
  // Another state takes the place of what was acknowledged.
  void forget_anchor();
  // Writes the anchor to the disk, at a checkpoint. Without it a power cut takes the latest anchors away, which only
  // means that a loss since then would go unnoticed; so a failure (false) is an error only to whoever removes rows.
  bool sync_anchor();
  void set_holder(pid_t pid, std::uint64_t start_time);
  void clear_holder();
  // Frames of the write-ahead log that were already copied into the database, as far as we know. These, and the anchor's sync, also by
  // the one who copies outside the gate: what is told of a log that was begun anew meanwhile costs one copy too early or too late.
  [[nodiscard]] std::uint32_t copied_frames() const;
  void set_copied_frames(std::uint32_t frames);
  // How many frames the log had when somebody tried to begin it anew in vain.
  [[nodiscard]] std::uint32_t reset_tried_at() const;
  void set_reset_tried_at(std::uint32_t frames);
  // When some process last began to copy the log, and whether the one that does is asked to be quick. Nothing depends on these but
  // how hard it writes.
  [[nodiscard]] std::chrono::steady_clock::time_point copy_begun() const;
  void set_copy_begun(std::chrono::steady_clock::time_point at);
  [[nodiscard]] bool is_copy_urgent() const;
  void set_copy_urgent(bool is_urgent);
  void set_ballast(BallastState state);

  // Asks all readers to begin no new read until the request is withdrawn, so that the log can be reset. It expires by itself,
  // so that one who dies meanwhile stops nobody. An erase asks outside the gate too: at worst one request ends another early.
  void hold_readers(std::chrono::milliseconds expiry);
  void let_readers_go();

  // Whether readers are asked to end, and not to begin. Any thread.
  [[nodiscard]] bool are_readers_held() const;

  // Waits while readers are asked not to begin, at most until the deadline. Any thread, outside the gate.
  void wait_to_read(std::chrono::steady_clock::time_point deadline) const;

  // The queue; see gate.hpp.
  [[nodiscard]] std::atomic<std::uint32_t>& ticket();
  [[nodiscard]] std::atomic<std::uint32_t>& serving();
  [[nodiscard]] std::atomic<std::uint32_t>& entries();

  // A slot of this process, or nothing if all are taken (the store works without; `doctor` does not see it then).
  [[nodiscard]] std::optional<std::size_t> claim_slot();
  void release_slot(std::size_t slot);
  void set_waiting(std::size_t slot, bool is_waiting);
  void set_oldest_read(std::size_t slot, std::optional<std::chrono::steady_clock::time_point> since);

 private:
  struct Layout;
  explicit GatePage(Layout* layout) : layout_(layout) {}

  Layout* layout_;
};

}  // namespace penny::store
