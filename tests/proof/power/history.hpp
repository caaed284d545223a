#pragma once

// What was asked of the store during a trace, what it answered, and between which entries: what must be there after a power
// cut, what may, and what must not.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <penny/penny.hpp>

#include "proof/power/trace.hpp"

namespace penny::proof::power {

enum class Fate : std::uint8_t {
  kUnasked,  // or lost with an earlier power cut: it must not be there
  kBegun,    // no answer yet: it may be there, whole
  kStored,   // acknowledged, or seen by a read
  kRefused,  // certainly not applied
};

struct Request {
  std::string kind;  // "append_turn", "batch"
  std::vector<Operation> operations;
  Fate fate = Fate::kUnasked;
  std::size_t begun = kNever;    // positions of the trace
  std::size_t settled = kNever;  // from there on the fate is known
  std::vector<std::uint64_t> revs;
  bool is_only_seen = false;  // by a read, not acknowledged
};

// Something that goes on, between two positions: a request, or "open", "close", "checkpoint".
struct Activity {
  std::string kind;
  std::size_t from = 0;
  std::size_t until = kNever;
};

class History {
 public:
  History() = default;
  History(History&& other) noexcept;
  History& operator=(History&&) = delete;

  // Any thread.
  Request& add(std::string kind, std::vector<Operation> operations);
  // Returns what it was before. What is stored stays so, and what was refused is not asked again.
  Fate begin(Request& request);
  void store(Request& request, const std::vector<std::uint64_t>& revs);
  void refuse(Request& request);
  [[nodiscard]] std::size_t begin_activity(std::string kind);
  void end_activity(std::size_t activity);
  // A `Store::open` returned.
  void opened(const std::string& store_id);
  // All rows of the ledger, as a read gave them.
  void seen(const std::vector<Change>& rows);
  // The store did what it must not, before any power cut.
  void contradicted(std::string what);

  // By one thread, while nothing is going on.
  [[nodiscard]] std::deque<Request>& requests() { return requests_; }
  [[nodiscard]] const std::deque<Request>& requests() const { return requests_; }
  [[nodiscard]] const std::vector<Activity>& activities() const { return activities_; }
  [[nodiscard]] const std::vector<std::string>& contradictions() const { return contradictions_; }
  // From that position on the store is there, with that id (hexadecimal).
  [[nodiscard]] std::size_t opened_at() const { return opened_at_; }
  [[nodiscard]] const std::string& store_id() const { return store_id_; }

  // The same history for a trace that begins with what a power cut at `position` left, which has these rows ...
  [[nodiscard]] History after_power_cut(std::size_t position, const std::vector<Change>& rows) const;
  // ... and for one that goes on where a kill of all processes ended it, with nothing lost.
  [[nodiscard]] History after_kill(std::size_t position) const;

 private:
  mutable std::mutex mutex_;  // guards the rest while threads are at work
  std::deque<Request> requests_;
  std::vector<Activity> activities_;
  std::vector<std::string> contradictions_;
  std::size_t opened_at_ = kNever;
  std::string store_id_;
};

}  // namespace penny::proof::power
