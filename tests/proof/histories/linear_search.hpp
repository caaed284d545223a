#pragma once

// Is there an order of some calls on one object, each at one moment between its beginning and its end, that explains every
// answer? The search of Wing and Gong as Lowe does it: it walks over the moments, and keeps every configuration (a state, and
// which of the running calls have had their effect) that explains all that ended so far; equal ones are kept once. At a
// moment at which nothing runs only states are left, so a long history falls into short windows.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "proof/histories/checkers.hpp"
#include "proof/histories/history.hpp"

namespace penny::proof::histories {

// `Object` gives State (with ==), Step, `std::optional<State> step(const State&, const Step&)` (nothing: the answer does not
// fit), `std::optional<State> known(const Step&)` (what a read tells of the whole state), `std::size_t hash(const State&)` and
// `std::string describe(const State&)`.
template <class Object>
class LinearSearch {
 public:
  using State = typename Object::State;
  using Step = typename Object::Step;
  struct Interval {
    std::uint64_t invoked = 0;
    std::uint64_t completed = 0;
    bool may_be_absent = false;  // no answer: it had its effect, or has none
    bool is_read = false;
    Step step;
    const Call* call = nullptr;
  };

  LinearSearch(State first, LinearCounts& counts) : counts_(counts) { configurations_.insert({first, 0}); }

  // The calls from a moment at which nothing ran to the one whose answer nothing explains, which is the last.
  struct Failure {
    std::vector<const Call*> calls;
    std::vector<State> before;  // one of these was the state at that moment
  };

  // After a failure the search goes on from the next moment at which the state is known.
  void run(std::vector<Interval>& intervals, const std::function<void(const Failure&)>& on_failure) {
    struct Event {
      std::uint64_t at;
      bool is_end;
      std::size_t interval;
    };
    std::vector<Event> events;
    for (std::size_t i = 0; i < intervals.size(); ++i) {
      events.push_back({intervals[i].invoked, false, i});
      events.push_back({intervals[i].completed, true, i});
    }
    std::ranges::sort(events, {},
                      [](const Event& event) { return std::tuple(event.at, event.is_end, event.interval); });
    Failure window;
    for (const Event& event : events) {
      const Interval& interval = intervals[event.interval];
      if (!event.is_end) {
        if (!interval.is_read) last_write_activity_ = event.at;
        if (open_.empty()) window = {.calls = {}, .before = states()};
        window.calls.push_back(interval.call);
        counts_.calls += 1;
        open_.push_back({&interval, free_bit()});
        continue;
      }
      if (!is_lost_ && !end(interval)) {
        std::erase(window.calls, interval.call);
        window.calls.push_back(interval.call);
        if (!is_over_) on_failure(window);
        lose();
      }
      std::erase_if(open_, [&](const Open& open) { return open.interval == &interval; });
      if (!interval.is_read) last_write_activity_ = event.at;
      if (is_lost_) find_again(interval);
      if (open_.empty()) counts_.windows += 1;
    }
  }

 private:
  struct Configuration {
    State state;
    std::uint64_t done = 0;  // bits of running calls
    bool operator==(const Configuration&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Configuration& configuration) const {
      return Object::hash(configuration.state) * 31 + configuration.done * 0x9E37'79B9'7F4A'7C15U;
    }
  };
  using Configurations = std::unordered_set<Configuration, Hash>;
  struct Open {
    const Interval* interval = nullptr;
    std::uint64_t bit = 0;
  };
  static constexpr std::size_t kConfigurationsMax = 20'000;

  [[nodiscard]] std::vector<State> states() const {
    std::vector<State> all;
    for (const Configuration& configuration : configurations_) all.push_back(configuration.state);
    return all;
  }

  std::uint64_t free_bit() {
    std::uint64_t used = 0;
    for (const Open& open : open_) used |= open.bit;
    const std::uint64_t bit = ~used & (used + 1);
    if (bit == 0 && !is_lost_) {
      counts_.undecided += 1;
      lose();
    }
    return bit;
  }

  // Leaves the configurations in which the call has had its effect. False: there is none, or there are too many to look at.
  bool end(const Interval& interval) {
    const auto open = std::ranges::find(open_, &interval, &Open::interval);
    const std::uint64_t bit = open->bit;
    Configurations seen = configurations_;
    std::vector<Configuration> waiting(seen.begin(), seen.end());
    Configurations ended;
    is_over_ = false;
    while (!waiting.empty()) {
      const Configuration configuration = waiting.back();
      waiting.pop_back();
      if ((configuration.done & bit) != 0) {
        ended.insert({configuration.state, configuration.done & ~bit});
        continue;
      }
      if (interval.may_be_absent) ended.insert(configuration);
      for (const Open& other : open_) {
        if ((configuration.done & other.bit) != 0) continue;
        const auto next = Object::step(configuration.state, other.interval->step);
        if (!next) continue;
        const Configuration after{*next, configuration.done | other.bit};
        if (seen.insert(after).second) waiting.push_back(after);
      }
      if (seen.size() > kConfigurationsMax) {
        counts_.undecided += 1;
        is_over_ = true;
        return false;
      }
    }
    counts_.configurations_max = std::max<std::uint64_t>(counts_.configurations_max, seen.size());
    configurations_ = std::move(ended);
    return !configurations_.empty();
  }

  void lose() {
    is_lost_ = true;
    configurations_.clear();
  }

  // A read during which no write ran tells the state.
  void find_again(const Interval& interval) {
    // One that began earlier may still answer what was before.
    const bool is_quiet = std::ranges::all_of(open_, [&](const Open& open) {
      return open.interval->is_read && open.interval->invoked > last_write_activity_;
    });
    if (!interval.is_read || !is_quiet || last_write_activity_ >= interval.invoked) return;
    const auto state = Object::known(interval.step);
    if (!state) return;
    is_lost_ = false;
    configurations_.clear();
    configurations_.insert({*state, 0});
  }

  LinearCounts& counts_;
  Configurations configurations_;
  std::vector<Open> open_;
  std::uint64_t last_write_activity_ = 0;
  bool is_lost_ = false;
  bool is_over_ = false;
};

}  // namespace penny::proof::histories
