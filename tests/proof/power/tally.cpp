#include "proof/power/tally.hpp"

#include <ctime>

#include <fmt/core.h>

#include "proof/power/requests.hpp"

namespace penny::proof::power {
namespace {
// A short run has too few runs for every kind to be sure of its turn.
constexpr std::uint64_t kStatesForAllKinds = 50'000;

// Of all threads: on a machine that has other work to do, what the clock says tells little.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
}  // namespace

bool HashSet::insert(std::uint64_t hash) {
  if (hash == 0) hash = 1;
  if (size_ * 2 >= slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    if (slots_[at] == hash) return false;
    if (slots_[at] != 0) continue;
    slots_[at] = hash;
    size_ += 1;
    return true;
  }
}

void HashSet::grow() {
  std::vector<std::uint64_t> old(slots_.size() * 2, 0);
  std::swap(old, slots_);
  size_ = 0;
  for (const std::uint64_t hash : old) {
    if (hash != 0) (void)insert(hash);
  }
}

void Tally::count_state(std::uint64_t image_hash) {
  const std::lock_guard lock(mutex_);
  if (images_.insert(image_hash)) progress_.at(images_.size());
}

void Tally::count_pairs(const std::set<std::pair<std::string, std::string>>& pairs) {
  const std::lock_guard lock(mutex_);
  pairs_.insert(pairs.begin(), pairs.end());
}

void Tally::count_looks(std::uint64_t moments, std::uint64_t looks, std::uint64_t whole_looks) {
  const std::lock_guard lock(mutex_);
  moments_ += moments;
  looks_ += looks;
  whole_looks_ += whole_looks;
}

void Tally::count_trace(std::size_t depth, bool is_after_kill, std::size_t entries) {
  const std::lock_guard lock(mutex_);
  traces_by_depth_.at(depth) += 1;
  traces_after_kill_ += is_after_kill ? 1 : 0;
  entries_ += entries;
}

bool Tally::is_done() {
  const std::lock_guard lock(mutex_);
  return images_.size() >= wanted_;
}

bool Tally::is_first(Claim claim) {
  const std::lock_guard lock(mutex_);
  return !std::exchange(is_red_.at(static_cast<std::size_t>(claim)), true);
}

void Tally::contradict(Claim claim, std::string witness) {
  const std::lock_guard lock(mutex_);
  auto& first = witnesses_.at(static_cast<std::size_t>(claim));
  is_red_.at(static_cast<std::size_t>(claim)) = true;
  if (!first) first = std::move(witness);
}

void Tally::note_unexplained(std::string what) {
  const std::lock_guard lock(mutex_);
  if (unexplained_.empty()) unexplained_ = std::move(what);
}

void Tally::report(Report& report, double seconds) {
  const std::lock_guard lock(mutex_);
  std::set<std::string> kinds;
  for (const auto& [operation, point] : pairs_) kinds.insert(operation);
  report.figure("distinct states of the disk", with_thousands_apart(images_.size()));
  report.figure("states looked at", with_thousands_apart(looks_));
  report.figure("of them gone on with, as a program would", with_thousands_apart(whole_looks_));
  report.figure("rate",
                fmt::format("{:.0f} distinct states per second", static_cast<double>(images_.size()) / seconds));
  report.figure("processor time",
                fmt::format("{:.2f} ms per state looked at", 1000 * processor_seconds() / static_cast<double>(looks_)));
  report.figure("pairs of operation and crash point", with_thousands_apart(pairs_.size()));
  report.figure("runs recorded",
                fmt::format("{} from nothing, {} after one crash, {} after two; {} of them after a kill",
                            traces_by_depth_[1], traces_by_depth_[2], traces_by_depth_[3], traces_after_kill_));
  report.figure("calls recorded", with_thousands_apart(entries_));
  report.figure("moments of a power cut", with_thousands_apart(moments_));
  for (std::size_t i = 0; i < kClaims.size(); ++i)
    report.check(std::string(kClaims[i]), !is_red_[i], witnesses_[i].value_or(""));
  report.check("The recording explains every byte on the disk", unexplained_.empty(), unexplained_);
  if (wanted_ < kStatesForAllKinds) return;
  std::string missing;
  for (const RequestKind& kind : request_kinds()) {
    if (!kind.is_hopeless && !kinds.contains(std::string(kind.name))) missing += fmt::format(" {};", kind.name);
  }
  for (const char* kind : {"open", "checkpoint", "close", "retry"}) {
    if (!kinds.contains(kind)) missing += fmt::format(" {};", kind);
  }
  report.check("The power failed in the middle of every kind of request, of opening and of checkpoints",
               missing.empty(), "never in the middle of" + missing);
}

}  // namespace penny::proof::power
