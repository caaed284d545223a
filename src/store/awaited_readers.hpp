#pragma once

// Before the write-ahead log is emptied: readers are asked to begin nothing, and those that read are awaited. Outside the gate, and a
// look at a time, so that neither other processes nor the requests of this one wait for readers meanwhile.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <penny/error.hpp>

#include "base/clock.hpp"
#include "store/gate_page.hpp"

namespace penny::store {

// The process whose read began first, or "a reader" if it is in no slot (another program).
[[nodiscard]] std::string who_reads(const GatePage& page);

// Used by one thread.
class AwaitedReaders {
 public:
  static constexpr std::chrono::milliseconds kLookedAtEvery{2};

  explicit AwaitedReaders(GatePage& page) : page_(page) {}

  // The first look asks them. True: nobody reads any more, or it is no use to wait longer.
  [[nodiscard]] bool are_done();
  // They may begin again.
  void let_go();
  // Of a process that was forked: its parent asked.
  void forget() { until_.reset(); }
  // The oldest of those that read. `work`: what is to be done again, for example "erase".
  [[nodiscard]] Error who_stays(std::string_view work) const;

 private:
  GatePage& page_;
  std::optional<base::Instant> until_;
};

}  // namespace penny::store
