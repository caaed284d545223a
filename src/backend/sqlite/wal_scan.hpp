#pragma once

// What a write-ahead log shows of itself, before SQLite opens it. At the first broken frame SQLite drops the rest of the
// log without a word, since a crash in the middle of a commit looks like that. Rot looks different:
//
// 1. A frame belongs to the log if it has the salts of the log's header. Each frame's checksum continues the checksum
//    that stands in the frame before.
// 2. With synchronous=FULL nothing is written behind a commit before that commit is on the disk. So a frame that
//    continues a commit frame proves that this commit, and all before it, were whole once.
// 3. Hence: a broken frame with such a pair at or behind it is rot, and acknowledged operations would be lost with it. A
//    broken frame without one may be what a crash left of a commit that nobody was told of; frames of that commit may
//    be whole, in any order, and stay behind when a shorter commit is written over its beginning.
// 4. A header is written and synced before its first frame, so a broken header in front of a frame of its own is rot, or
//    was broken while it was written anew over a log that the database had got whole (see copied_log.hpp).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include <penny/error.hpp>

#include "backend/sqlite/wal_format.hpp"
#include "base/file_system.hpp"

namespace penny::backend::sqlite {

struct WalRot {
  std::uint64_t broken_frame = 0;  // from 1; 0: the log's header
  std::uint64_t proof_frame = 0;   // the frame that could not be there if the broken one had never been whole
  bool operator==(const WalRot&) const = default;
};

// Takes a log's frames one by one. Pure.
class WalScan {
 public:
  explicit WalScan(std::span<const std::uint8_t, kWalHeaderBytes> header);
  void take(std::span<const std::uint8_t, kWalFrameBytes> frame);
  [[nodiscard]] const std::optional<WalRot>& rot() const { return rot_; }

 private:
  struct Frame {
    std::array<std::uint8_t, kWalFrameBytes> bytes{};
    WalChecksum sum;       // as it stands in the frame
    bool belongs = false;  // to this log
    bool is_commit = false;
  };

  std::array<std::uint8_t, kWalSaltsBytes> salts_{};
  bool is_header_whole_ = false;
  WalChecksum chain_;  // of the last frame before the first broken one
  std::uint64_t count_ = 0;
  std::optional<std::uint64_t> first_broken_;
  Frame before_;
  std::optional<WalRot> rot_;
};

// `kDamaged` if the log has rotted; a log that is missing, empty or torn is none of that. It is certain if nobody wrote the
// log meanwhile; that it is in order is certain anyway. Reads the whole file, and
// of the database what a log without a header holds.
[[nodiscard]] Result<void> check_log(const base::StorePaths& paths);

// Has any process the store open, as SQLite's own lock in the -shm says? Then nobody reads the log anew, and SQLite has
// read it already. Does not block.
[[nodiscard]] bool is_open_anywhere(const std::string& shm_path);

}  // namespace penny::backend::sqlite
