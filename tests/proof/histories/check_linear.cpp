// Each preference and each dimension alone, as an object with a sequential description of its own.

#include <algorithm>
#include <bit>
#include <cmath>
#include <tuple>

#include <fmt/core.h>

#include "proof/histories/bucket.hpp"
#include "proof/histories/checkers.hpp"
#include "proof/histories/linear_search.hpp"
#include "proof/histories/vocabulary.hpp"
#include "proof/histories/writes.hpp"

namespace penny::proof::histories {
namespace {

constexpr double kFirstConfidence = 0.3;

double clamped(double number) { return std::min(1.0, std::max(0.0, number)); }

// What a call does to the object, and what it was answered.
struct ObjectStep {
  enum class Does : std::uint8_t { kWrites, kReads, kIsRefused };
  Does does = Does::kWrites;
  bool has_answer = true;
  Action action;
  Entry told;
};

// With compare-and-set. Versions are counted here, and only compared with what a call asked for.
struct Register {
  struct State {
    std::uint64_t value = 0;
    double confidence = 0;
    std::uint64_t frequency = 0;
    std::uint64_t version = 0;
    bool operator==(const State&) const = default;
  };
  using Step = ObjectStep;

  static std::size_t hash(const State& state) {
    return state.value * 1'000'003U + std::bit_cast<std::uint64_t>(state.confidence) + state.frequency * 7919U +
           state.version;
  }

  static std::string describe(const State& state) {
    return fmt::format("version {} value {} number {} confidence {}", state.version, state.value, state.frequency,
                       state.confidence);
  }

  static std::optional<State> known(const Step& step) {
    if (step.does != Step::Does::kReads) return std::nullopt;
    return State{step.told.value.bits, step.told.confidence, step.told.number, step.told.version};
  }

  static std::optional<State> step(const State& state, const Step& step) {
    if (step.does == Step::Does::kReads) {
      const bool fits = step.told.value.bits == state.value && step.told.confidence == state.confidence &&
                        step.told.number == state.frequency;
      return fits ? std::optional(state) : std::nullopt;
    }
    const bool holds = step.action.if_version == kNoVersion || step.action.if_version == state.version;
    if (step.does == Step::Does::kIsRefused) return holds ? std::nullopt : std::optional(state);
    if (!holds) return std::nullopt;
    State next = state;
    next.version += 1;
    const bool is_same = state.version > 0 && state.value == step.action.value.bits;
    bool is_taken = true;
    if (step.action.kind == Kind::kSetPreference) {
      next.confidence = step.action.amount;
      next.frequency = is_same ? state.frequency + 1 : 1;
    } else if (is_same) {
      next.confidence = std::min(1.0, state.confidence + step.action.amount);
      next.frequency += 1;
    } else if (state.version == 0 || step.action.amount > state.confidence) {
      next.confidence = step.action.amount;
      next.frequency = 1;
    } else {
      next.confidence = std::max(0.1, state.confidence - 0.05);
      is_taken = false;
    }
    if (is_taken) next.value = step.action.value.bits;
    const bool fits = !step.has_answer || (step.told.confidence == next.confidence &&
                                           step.told.number == next.frequency && step.told.flag == is_taken);
    return fits ? std::optional(next) : std::nullopt;
  }
};

// What observations have taken from the bucket is told to nobody, and shows in what later ones do.
struct Counter {
  struct State {
    Value value;
    double confidence = kFirstConfidence;
    std::uint64_t version = 0;
    Bucket bucket{};
    bool operator==(const State&) const = default;
  };
  using Step = ObjectStep;

  static std::size_t hash(const State& state) {
    return state.value.bits * 1'000'003U + std::bit_cast<std::uint64_t>(state.confidence) + state.version;
  }

  static std::string describe(const State& state) {
    return fmt::format("version {} value {} confidence {}", state.version, histories::describe(state.value),
                       state.confidence);
  }

  // No read tells the bucket: after a failure, or a window too wide to decide, the search of a dimension is over.
  static std::optional<State> known(const Step&) { return std::nullopt; }

  static void observe(State& state, const Action& action) {
    const std::uint64_t minute = minute_of(action.id);
    const double left = state.bucket.left_at(minute);
    double taken = 0;
    if (state.value.type == Value::Type::kReal) {
      const double old = number_of(state.value);
      const double wanted = clamped(old + 0.1 * (number_of(action.value) - old));
      const double reached = std::clamp(wanted, old - left, old + left);
      taken = std::abs(reached - old);
      state.value = real(reached);
    } else if (action.amount > 0.5 && action.value != state.value && left >= 0.1) {
      taken = 0.1;
      state.value = action.value;
    }
    state.bucket.take(minute, taken);
  }

  static std::optional<State> step(const State& state, const Step& step) {
    if (step.does == Step::Does::kReads) {
      const bool fits = step.told.value == state.value && step.told.confidence == state.confidence;
      return fits ? std::optional(state) : std::nullopt;
    }
    const bool holds = step.action.if_version == kNoVersion || step.action.if_version == state.version;
    if (step.does == Step::Does::kIsRefused) return holds ? std::nullopt : std::optional(state);
    if (!holds) return std::nullopt;
    State next = state;
    next.version += 1;
    double change = step.action.confidence_change;
    if (step.action.kind == Kind::kAdjustDimension) {
      next.value = real(clamped(number_of(state.value) + step.action.amount));
    } else if (step.action.kind == Kind::kSetDimension) {
      next.value = step.action.value;
    } else {
      change = step.action.amount * 0.05;
      observe(next, step.action);
    }
    next.confidence = clamped(state.confidence + change);
    const bool fits = !step.has_answer || (step.told.value == next.value && step.told.confidence == next.confidence);
    return fits ? std::optional(next) : std::nullopt;
  }
};

struct Target {
  std::uint8_t user = 0;
  Name name = Name::kNone;
  Ask ask = Ask::kPreferences;
  std::string_view claim;
};

bool is_on(const Action& action, const Target& target) { return action.name == target.name; }

template <class Object>
void search(const History& history, const std::vector<Write>& writes, const Target& target,
            typename Object::State first, LinearCounts& counts, Findings& findings) {
  using Does = ObjectStep::Does;
  std::vector<typename LinearSearch<Object>::Interval> intervals;
  for (const Write& write : writes) {
    const Call& asked = write.asked();
    if (asked.user != target.user || write.is_refused()) continue;
    for (std::size_t i = 0; i < asked.actions.size(); ++i) {
      if (!is_on(asked.actions[i], target)) continue;
      ObjectStep step{
          .does = Does::kWrites, .has_answer = write.is_acknowledged(), .action = asked.actions[i], .told = {}};
      if (write.is_acknowledged()) step.told = write.answer->entries.at(i);
      intervals.push_back({write.invoked, write.settled, !write.is_acknowledged(), false, step,
                           write.is_acknowledged() ? write.answer : &asked});
    }
  }
  for (const Call& call : history.calls) {
    if (call.user != target.user) continue;
    if (call.ask == target.ask && call.has_read()) {
      ObjectStep step{.does = Does::kReads, .action = {}, .told = {}};
      const auto line = std::ranges::find(call.entries, target.name, &Entry::name);
      if (line != call.entries.end()) step.told = *line;
      intervals.push_back({call.invoked, call.completed, false, true, step, &call});
    }
    // A batch may have been refused for another reason.
    const bool is_refused_alone = call.is_write() && call.status == Status::kRefused &&
                                  call.error == ErrorCode::kConflict && !call.guard && call.actions.size() == 1 &&
                                  is_on(call.actions[0], target);
    if (is_refused_alone) {
      const ObjectStep step{.does = Does::kIsRefused, .action = call.actions[0], .told = {}};
      intervals.push_back({call.invoked, call.completed, false, true, step, &call});
    }
  }
  findings.tested(target.claim, intervals.size());
  using Failure = typename LinearSearch<Object>::Failure;
  LinearSearch<Object>(first, counts).run(intervals, [&](const Failure& failure) {
    constexpr std::size_t kShownMax = 12;
    const std::vector<const Call*>& window = failure.calls;
    findings.contradict(target.claim, window.size(), [&] {
      std::string text = fmt::format("{} of {} was", name_text(target.name), user_text(target.user));
      for (const auto& state : failure.before) text += fmt::format(" [{}]", Object::describe(state));
      text += "; no order explains the last of";
      const std::size_t hidden = window.size() > kShownMax ? window.size() - kShownMax : 0;
      if (hidden > 0) text += fmt::format(" {} calls, of which", hidden);
      for (std::size_t i = hidden; i < window.size(); ++i)
        text += "\n            " + describe(*window[i], origin_of(history));
      return text;
    });
  });
}

}  // namespace

LinearCounts check_linear(const History& history, Findings& findings) {
  LinearCounts counts;
  const std::vector<Write> writes = writes_of(history);
  for (const std::uint8_t user : {kAnna, kBen}) {
    search<Register>(history, writes, {user, Name::kTone, Ask::kPreferences, claim::kRegister}, {}, counts, findings);
  }
  search<Counter>(history, writes, {kAnna, Name::kFormality, Ask::kPersonality, claim::kCounter}, {.value = real(0.5)},
                  counts, findings);
  search<Counter>(history, writes, {kBen, Name::kHumor, Ask::kPersonality, claim::kCounter},
                  {.value = option(find_option("balanced"))}, counts, findings);
  return counts;
}

}  // namespace penny::proof::histories
