#pragma once

// A commit may make it time to copy the write-ahead log, which is done after its answer.

#include <fcntl.h>

#include <stdexcept>

#include "backend/sqlite/descriptor.hpp"
#include "store/sole_lock.hpp"
#include "support/stores.hpp"
#include "support/until.hpp"

namespace penny::test {

class LogCopy {
 public:
  // The store is there.
  explicit LogCopy(const std::string& database)
      : gate_(::open(must(base::prepare_paths(database, false)).gate.c_str(), O_RDWR | O_CLOEXEC)) {
    if (gate_.get() < 0) throw std::runtime_error("no gate");
  }

  // Somebody copies it. Needs no descriptor, so also while there are none.
  [[nodiscard]] bool is_under_way() const {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off_t>(store::SoleJob::kCheckpoint);
    lock.l_len = 1;
    return ::fcntl(gate_.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
  }
  void await_end() const {
    if (!until([this] { return !is_under_way(); })) throw std::runtime_error("the log is copied for ever");
  }

 private:
  const backend::sqlite::Descriptor gate_;
};

}  // namespace penny::test
