#include "store/ballast.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/sqlite/descriptor.hpp"
#include "base/proof.hpp"

namespace penny::store {
namespace {

constexpr std::uint64_t kBlockBytes = 512;  // the unit of `stx_blocks`

// Growing a file beyond the process's limit is answered by a signal that ends it.
bool is_allowed(std::uint64_t bytes) {
  struct rlimit limit{};
  return getrlimit(RLIMIT_FSIZE, &limit) == 0 && (limit.rlim_cur == RLIM_INFINITY || bytes <= limit.rlim_cur);
}

}  // namespace

bool Ballast::is_to_be_kept() const {
  if (base::proof::is_planted("ballast_never_kept")) return false;
  return page_.ballast() == BallastState::kUnknown || page_.ballast() == BallastState::kSpent;
}

void Ballast::keep() {
  if (page_.ballast() == BallastState::kImpossible) return;
  if (base::proof::is_planted("ballast_never_kept")) return;
  const BallastState state = kept_now();
  if (state != page_.ballast()) page_.set_ballast(state);
}

BallastState Ballast::kept_now() const {
  if (!is_allowed(kBallastBytesMax)) return BallastState::kImpossible;
  const backend::sqlite::Descriptor file(open(paths_.ballast.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
  const BallastState lacking = page_.ballast() == BallastState::kSpent ? BallastState::kSpent : BallastState::kLacking;
  if (file.get() < 0) return errno == ENOSPC || errno == EDQUOT ? lacking : BallastState::kImpossible;
  struct statx status{};
  if (statx(file.get(), "", AT_EMPTY_PATH, STATX_SIZE | STATX_BLOCKS, &status) != 0) return BallastState::kImpossible;
  const std::uint64_t kept = std::min<std::uint64_t>(status.stx_size, status.stx_blocks * kBlockBytes);
  // One that was spent comes back whole: a part of what it gave would be less each time.
  const std::uint64_t least = lacking == BallastState::kSpent ? kBallastBytesMax : kBallastBytesMin;
  for (std::uint64_t wanted = kBallastBytesMax; wanted > kept && wanted >= least; wanted /= 2) {
    if (fallocate(file.get(), 0, 0, static_cast<off_t>(wanted)) == 0) return BallastState::kKept;
    if (errno != ENOSPC && errno != EDQUOT) return BallastState::kImpossible;
    // What was reserved in vain is space that others need.
    if (ftruncate(file.get(), static_cast<off_t>(kept)) != 0) return BallastState::kImpossible;
  }
  return kept >= least ? BallastState::kKept : lacking;
}

bool Ballast::spend() {
  struct stat status{};
  const bool has_some =
      stat(paths_.ballast.c_str(), &status) == 0 && status.st_size > 0 && truncate(paths_.ballast.c_str(), 0) == 0;
  if (has_some) page_.set_ballast(BallastState::kSpent);
  return has_some;
}

}  // namespace penny::store
