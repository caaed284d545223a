#pragma once

// What the user and the assistant say elsewhere meanwhile: in a chat, by voice, through agents.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include <penny/store.hpp>

#include "base/sync.hpp"

namespace penny::cli {

// Watches from a thread of its own (watcher), which ends with it. Any thread may call any function.
class Elsewhere {
 public:
  // Turns after `since` of any channel but `channel`, each as `text_of` puts it: whole lines, or "". The watcher calls it.
  Elsewhere(const Store& store, std::string user, std::string channel, std::uint64_t since,
            std::function<std::string(const Change&)> text_of);
  ~Elsewhere();
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;

  // Readable when there is something to take. Belongs to this.
  [[nodiscard]] int descriptor() const { return wake_; }

  // What came since the last time; "" if nothing did. Does not block.
  [[nodiscard]] std::string take();

 private:
  void watch();

  const Store& store_;
  const std::string user_;
  const std::string channel_;
  const std::uint64_t since_;
  const std::function<std::string(const Change&)> text_of_;
  const int wake_;
  base::Mutex mutex_{base::Rank::kLeaf};
  std::string lines_ GUARDED_BY(mutex_);
  std::atomic<bool> is_ending_ = false;  // set once, by the destructor
  std::thread watcher_;                  // last: it uses all of the above
};

// A turn in a line, safe for a terminal, without its end: "[voice] words -> answer".
[[nodiscard]] std::string line_of_turn(const Change& change);

}  // namespace penny::cli
