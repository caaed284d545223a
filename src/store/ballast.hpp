#pragma once

// Space that is kept for the day when the disk is full: the file `-ballast`, blocks that hold nothing.
//
// 1. Forgetting and erasing need space before they give any: the write-ahead log grows first. When one of them finds the disk full,
//    the ballast's blocks are given back to the disk, and it is tried once more.
// 2. From then on, what adds to the store is refused until the ballast is there again, or it would take the space at once. Each
//    transaction tries to put it back, so writing resumes by itself when there is space.
// 3. It has what the log grows to before it is begun anew, since copying that may have to grow the database by as much. On a disk that
//    has less it is smaller, or missing, and grows when there is space.
// 4. All of it happens inside the gate; the shared page tells every process whether the ballast is there. What the page says wrongly
//    costs a look at the file, or a refusal that the next transaction takes back.
//
// On a file system that cannot reserve blocks (fallocate(2)) there is none, and a full disk is only told.

#include <cstdint>
#include <string>

#include "base/file_system.hpp"
#include "store/gate_page.hpp"

namespace penny::store {

inline constexpr std::uint64_t kBallastBytesMin = std::uint64_t{1} << 20U;
inline constexpr std::uint64_t kBallastBytesMax = std::uint64_t{16} << 20U;

class Ballast {
 public:
  // `page` outlives it.
  Ballast(const base::StorePaths& paths, GatePage& page) : paths_(paths), page_(page) {}

  // Only inside the gate, all of them. They block as long as the disk takes to reserve blocks.

  // Makes it, puts it back, or lets it grow, as far as there is space.
  void keep();
  // Gives its space back; false if there is none to give.
  bool spend();
  // Unknown, or spent: each transaction looks.
  [[nodiscard]] bool is_to_be_kept() const;

 private:
  [[nodiscard]] BallastState kept_now() const;

  const base::StorePaths paths_;
  GatePage& page_;
};

}  // namespace penny::store
