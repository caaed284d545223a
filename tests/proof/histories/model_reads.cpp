// What the model answers to reads.

#include <algorithm>
#include <limits>

#include <fmt/core.h>

#include "proof/histories/model.hpp"
#include "proof/histories/vocabulary.hpp"

namespace penny::proof::histories {
namespace {

constexpr std::size_t kTurnsTold = 3;
constexpr double kToldAbove = 0.5;

}  // namespace

Entry Model::turn_line(std::uint64_t rev) const {
  Entry line = changes_[rev - 1].told;
  line.session_first = 0;
  return line;
}

std::optional<std::vector<Entry>> Model::read(const Call& call) const {
  std::vector<Entry> lines;
  switch (call.ask) {
    case Ask::kLastTurns:
      for (std::uint64_t turn = last_turn_; turn != 0 && lines.size() < call.limit;
           turn = turn == 1 ? 0 : turn_before_[turn - 2]) {
        lines.push_back(turn_line(turn));
      }
      std::ranges::reverse(lines);
      return lines;
    case Ask::kSessionTurns: {
      const auto found = sessions_.find(call.session);
      if (found == sessions_.end()) return std::nullopt;
      for (const std::uint64_t turn : found->second.turns) {
        if (lines.size() < call.limit) lines.push_back(turn_line(turn));
      }
      return lines;
    }
    case Ask::kPreferences:
      return preferences();
    case Ask::kPersonality:
      return dimensions();
    case Ask::kFacts:
      return facts(call.limit);
    case Ask::kChanges:
      return changes(call.since, call.limit);
    case Ask::kEvolution: {
      const auto first = std::ranges::upper_bound(evolution_, call.since, {}, &Entry::rev);
      const auto left = static_cast<std::size_t>(evolution_.end() - first);
      lines.assign(first, first + static_cast<std::ptrdiff_t>(std::min<std::size_t>(left, call.limit)));
      return lines;
    }
    case Ask::kSessions:
      for (auto begun = begun_.upper_bound(call.since); begun != begun_.end() && lines.size() < call.limit; ++begun) {
        const SessionState& state = sessions_.at(begun->second);
        lines.push_back({.rev = state.turns.back(),
                         .session = begun->second,
                         .session_first = state.first_rev,
                         .number = state.turns.size(),
                         .kind = Kind::kEndSession,
                         .flag = state.ended_rev != 0});
      }
      return lines;
    default:
      return lines;
  }
}

std::vector<Entry> Model::preferences() const {
  std::vector<Entry> lines;
  for (const auto& [name, state] : preferences_) {
    lines.push_back({.rev = state.rev,
                     .number = state.frequency,
                     .version = state.version,
                     .value = state.value,
                     .confidence = state.confidence,
                     .kind = Kind::kSetPreference,
                     .name = name});
  }
  return lines;
}

std::vector<Entry> Model::dimensions() const {
  std::vector<Entry> lines;
  for (const Name name : default_dimensions()) {
    const DimensionState state = dimension(name);
    lines.push_back({.rev = state.rev,
                     .version = state.version,
                     .value = state.value,
                     .confidence = state.confidence,
                     .kind = Kind::kSetDimension,
                     .name = name});
  }
  return lines;
}

std::vector<Entry> Model::facts(std::size_t limit) const {
  std::vector<Entry> lines;
  for (const auto& [rev, fact] : remembered_) {
    if (lines.size() == limit) break;
    lines.push_back(
        {.id = fact, .rev = rev, .version = 1, .confidence = facts_.at(fact).confidence, .kind = Kind::kRememberFact});
  }
  return lines;
}

std::vector<Entry> Model::changes(std::uint64_t since, std::size_t limit) const {
  std::vector<Entry> lines;
  for (std::uint64_t rev = since + 1; rev <= changes_.size() && lines.size() < limit; ++rev) {
    const Stored& stored = changes_[rev - 1];
    lines.push_back(stored.told);
    if (stored.asked->kind == Kind::kRememberFact) lines.back().flag = !facts_.at(stored.asked->id).is_remembered;
  }
  return lines;
}

std::vector<SessionLine> Model::sessions() const {
  std::vector<SessionLine> lines;
  for (const auto& [first_rev, session] : begun_) {
    const SessionState& state = sessions_.at(session);
    SessionLine line{
        .session = session, .first_rev = first_rev, .turn_count = state.turns.size(), .is_ended = state.ended_rev != 0};
    for (const std::uint64_t turn : state.turns) line.turns.push_back(turn_line(turn));
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string Model::prompt_context() const {
  std::vector<std::uint64_t> told;
  for (std::uint64_t turn = last_turn_; turn != 0 && told.size() < kTurnsTold;
       turn = turn == 1 ? 0 : turn_before_[turn - 2]) {
    told.push_back(changes_[turn - 1].told.id);
  }
  std::string text = told.empty() ? "" : "Recent conversation:";
  for (auto turn = told.rbegin(); turn != told.rend(); ++turn) {
    text += fmt::format("\nUser: {}\nAssistant: {}", turn_input(*turn), turn_response(*turn));
  }
  std::string sure;
  for (const auto& [name, state] : preferences_) {
    if (state.confidence > kToldAbove)
      sure += fmt::format("{}{}: {}", sure.empty() ? "" : ", ", name_text(name), state.value.bits);
  }
  if (!sure.empty()) text += fmt::format("{}User preferences: {}", text.empty() ? "" : "\n", sure);
  return text;
}

}  // namespace penny::proof::histories
