#include "proof/power/attack.hpp"

#include <algorithm>
#include <set>
#include <unordered_set>
#include <utility>

#include <fmt/core.h>

namespace penny::proof::power {
namespace {

constexpr std::size_t kStatesPerMomentMin = 4;
constexpr std::size_t kShrinkTriesMax = 600;
constexpr std::size_t kGoOnWithoutStoreOneIn = 20;

using Pairs = std::set<std::pair<std::string, std::string>>;

std::string moment_of(const Trace& trace, std::size_t position) {
  return position < trace.entries.size() ? "before " + kind_of(trace.entries[position]) : "at the end";
}

std::set<std::string> kinds_at(const History& history, std::size_t position) {
  std::set<std::string> kinds;
  for (const Activity& activity : history.activities()) {
    if (activity.from <= position && position <= activity.until) kinds.insert(activity.kind);
  }
  return kinds;
}

class Attacker {
 public:
  Attacker(const Attack& attack, Bench& bench, Random& random, Tally& tally)
      : attack_(attack), bench_(bench), random_(random), tally_(tally), judge_(attack.history), disk_(attack.trace) {}

  void run();

 private:
  void attack_moment(const Effort& effort);
  [[nodiscard]] Verdict look(const Survivors& survivors);
  [[nodiscard]] Verdict look_at_image();
  void contradict(const Survivors& survivors, const Verdict& verdict);
  [[nodiscard]] Survivors shrunk(Survivors survivors, Claim claim);
  [[nodiscard]] std::string witness(const Survivors& survivors, const std::string& what) const;

  const Attack& attack_;
  Bench& bench_;
  Random& random_;
  Tally& tally_;
  Judge judge_;
  Disk disk_;
  Image image_;
  std::unordered_set<std::uint64_t> tried_;
  Pairs pairs_;
  std::uint64_t moments_ = 0;
  std::uint64_t looks_ = 0;
  std::uint64_t whole_looks_ = 0;
};

Verdict Attacker::look(const Survivors& survivors) {
  disk_.build(survivors, image_);
  return look_at_image();
}

Verdict Attacker::look_at_image() {
  Verdict verdict;
  const SharedPage* const page = newest_page(attack_.trace, disk_.position());
  const store::Anchor* const anchor = page != nullptr && page->anchor ? &*page->anchor : nullptr;
  (void)bench_.look(image_, judge_, disk_.position(), anchor, random_, verdict);
  return verdict;
}

void Attacker::attack_moment(const Effort& effort) {
  const std::uint64_t demands = judge_.demands_at(disk_.position());
  for (const Survivors& survivors : choose(disk_, effort, random_)) {
    disk_.build(survivors, image_);
    const std::uint64_t hash = hash_of(image_);
    tally_.count_state(hash);
    if (!tried_.insert(hash ^ (demands * 0x9e3779b97f4a7c15)).second) continue;
    looks_ += 1;
    Verdict verdict = look_at_image();
    if (!verdict.empty()) {
      contradict(survivors, verdict);
      continue;
    }
    const bool is_there = image_.files.contains(kStorePath);
    if (!is_one_in(random_, is_there ? attack_.go_on_one_in : kGoOnWithoutStoreOneIn)) continue;
    whole_looks_ += 1;
    bench_.go_on(image_, judge_, disk_.position(), attack_.trace, random_, verdict);
    for (const Contradiction& found : verdict) tally_.contradict(found.claim, witness(survivors, found.what));
  }
}

void Attacker::run() {
  disk_.advance_to(attack_.from);
  const std::size_t moments = attack_.trace.entries.size() - attack_.from + 1;
  const std::size_t per_moment = std::max(kStatesPerMomentMin, attack_.states / moments);
  // A long trace cannot be attacked everywhere.
  const std::size_t one_in = std::max<std::size_t>(1, moments * per_moment / std::max<std::size_t>(1, attack_.states));
  for (;;) {
    if (tally_.is_done()) break;
    if (is_one_in(random_, one_in)) {
      moments_ += 1;
      for (const std::string& kind : kinds_at(attack_.history, disk_.position()))
        pairs_.insert({kind, moment_of(attack_.trace, disk_.position())});
      attack_moment({.states_per_moment = per_moment, .exhaust_one_in = attack_.exhaust_one_in});
    }
    if (disk_.is_at_end()) break;
    disk_.advance();
  }
  tally_.count_pairs(pairs_);
  tally_.count_looks(moments_, looks_, whole_looks_);
}

void Attacker::contradict(const Survivors& survivors, const Verdict& verdict) {
  for (const Contradiction& found : verdict) {
    if (!tally_.is_first(found.claim)) continue;
    const Survivors smallest = shrunk(survivors, found.claim);
    const Verdict again = look(smallest);
    const auto what = std::ranges::find(again, found.claim, &Contradiction::claim);
    tally_.contradict(found.claim, witness(smallest, what == again.end() ? found.what : what->what));
  }
}

// Lets survive whatever can without the claim holding again: what is still lost then is what it takes.
Survivors Attacker::shrunk(Survivors survivors, Claim claim) {
  std::size_t tries = 0;
  const auto try_out = [&](const Survivors& candidate) {
    if (tries++ >= kShrinkTriesMax) return;
    const Verdict verdict = look(candidate);
    if (std::ranges::find(verdict, claim, &Contradiction::claim) != verdict.end()) survivors = candidate;
  };
  try_out(disk_.everything());
  for (const auto& [folder, operations] : disk_.pending_names()) {
    Survivors more = survivors;
    more.names[folder] = operations.size();
    try_out(more);
  }
  for (const Pending& operation : disk_.pending()) {
    Survivors more = survivors;
    std::fill_n(more.units.begin() + static_cast<std::ptrdiff_t>(operation.first_unit), operation.units, true);
    try_out(more);
  }
  for (std::size_t unit = 0; unit < survivors.units.size(); ++unit) {
    if (survivors.units[unit]) continue;
    Survivors more = survivors;
    more.units[unit] = true;
    try_out(more);
  }
  return survivors;
}

std::string Attacker::witness(const Survivors& survivors, const std::string& what) const {
  std::string lost;
  for (const auto& [folder, operations] : disk_.pending_names()) {
    for (std::size_t i = survivors.names.at(folder); i < operations.size(); ++i) lost += text_of(*operations[i]) + "; ";
  }
  for (const Pending& operation : disk_.pending()) {
    std::size_t gone = 0;
    for (std::size_t unit = 0; unit < operation.units; ++unit)
      gone += survivors.units[operation.first_unit + unit] ? 0U : 1U;
    if (gone == 0) continue;
    lost += text_of(*operation.entry);
    lost += gone == operation.units ? "; " : fmt::format(" ({} of {} sectors); ", gone, operation.units);
  }
  std::string going_on;
  for (const std::string& kind : kinds_at(attack_.history, disk_.position())) going_on += kind + ", ";
  return fmt::format("{}. Power cut at call {} of {} ({}), during {}lost: {}{}", what, disk_.position(),
                     attack_.trace.entries.size(), moment_of(attack_.trace, disk_.position()),
                     going_on.empty() ? "nothing; " : going_on, lost.empty() ? "nothing; " : lost, attack_.title);
}

}  // namespace

void attack(const Attack& attack, Bench& bench, Random& random, Tally& tally) {
  Attacker(attack, bench, random, tally).run();
}

}  // namespace penny::proof::power
