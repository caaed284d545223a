#include "backend/sqlite/fold_forgetting.hpp"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include <penny/limits.hpp>

#include "base/error.hpp"
#include "base/proof.hpp"
#include "model/encoding.hpp"
#include "rules/learning.hpp"
#include "rules/preference.hpp"

namespace penny::backend::sqlite {

void ForgettingFold::take_turn(const StoredRow& stored) {
  const LedgerRow& row = stored.row;
  turns_.push_back({.rev = row.rev,
                    .session = &*sessions_.insert(row.turn->session).first,
                    .is_text_there = stored.salt.has_value(),
                    .forgotten_rev = 0});
  revs_[row.id] = row.rev;
}

void ForgettingFold::take_lesson(const LedgerRow& row, const std::optional<std::string>& trigger) {
  if (!trigger) {
    lost_lessons_.push_back({.rev = row.rev, .batch_first = row.batch_first, .turn = 0});
    return;
  }
  const auto taught_by = rules::taught_by(*trigger);
  if (!taught_by) return;
  const auto turn = revs_.find(*taught_by);
  if (turn == revs_.end() || turn->second < row.batch_first) return;
  told_lessons_.push_back({.rev = row.rev, .batch_first = row.batch_first, .turn = turn->second});
}

void ForgettingFold::take_observation(const LedgerRow& row, bool is_payload_there) {
  observations_[row.key.value_or("")][row.rev] = is_payload_there;
}

std::vector<ForgettingFold::Turn>::const_iterator ForgettingFold::first_turn_from(std::uint64_t rev) const {
  return std::ranges::lower_bound(turns_, rev, {}, &Turn::rev);
}

void ForgettingFold::forget(Turn& turn, const LedgerRow& row) {
  turn.forgotten_rev = row.rev;
  forgettings_[*turn.session] = row.rev;
  forgettings_[""] = row.rev;
}

Result<OperationResult> ForgettingFold::forget_turn(const LedgerRow& row, const ForgetTurn& operation) {
  const auto rev = revs_.find(operation.turn);
  const auto found = rev == revs_.end() ? turns_.cend() : first_turn_from(rev->second);
  if (found == turns_.cend() || found->forgotten_rev != 0)
    return base::fail(ErrorCode::kNotFound, "there is no such turn");
  forget(turns_[static_cast<std::size_t>(found - turns_.cbegin())], row);
  return ForgottenResult{.turns = 1};
}

OperationResult ForgettingFold::forget_turns(const LedgerRow& row, const ForgetTurns& operation) {
  ForgottenResult result;
  auto place = static_cast<std::size_t>(first_turn_from(operation.first_rev) - turns_.cbegin());
  for (; place < turns_.size() && turns_[place].rev <= operation.last_rev; ++place) {
    Turn& turn = turns_[place];
    if (turn.forgotten_rev != 0 || (operation.session && *turn.session != *operation.session)) continue;
    forget(turn, row);
    result.turns += 1;
  }
  return result;
}

Result<OperationResult> ForgettingFold::forget_preference(const LedgerRow& row, const ForgetPreference& operation,
                                                          rules::PreferenceState& before,
                                                          std::vector<std::string>& problems) {
  if (rules::is_forgotten_whole(before)) return base::fail(ErrorCode::kNotFound, "there is no such preference");
  // How far it looked depends on how long the values were: the outcome alone tells.
  if (!row.outcome) return base::fail(ErrorCode::kDamaged, "the outcome is missing");
  const auto result = model::decode_result(*row.outcome);
  if (!result) return std::unexpected(result.error());
  const auto* told = std::get_if<PreferenceResult>(&*result);
  const std::uint64_t last = rules::revs_left(before).value_or(row.rev - 1);
  if (told == nullptr || told->frequency >= last || last - told->frequency > limits::kForgottenRevsMax)
    return base::fail(ErrorCode::kDamaged, "its outcome says that it forgot nothing, or too much");
  before = rules::forget(before, told->frequency);
  auto& observations = observations_[operation.key];
  const auto end = observations.upper_bound(last);
  for (auto observation = observations.upper_bound(told->frequency); observation != end;) {
    if (observation->second && !base::proof::is_planted("verify_skips_forgetting"))
      problems.push_back(
          fmt::format("user {} rev {}: the preference was forgotten at rev {}, but its value is still there", row.user,
                      observation->first, row.rev));
    observation = observations.erase(observation);
  }
  return PreferenceResult{
      .confidence = 0, .frequency = told->frequency, .version = before.version, .is_value_taken = false};
}

void ForgettingFold::expect_change(const std::string& name, std::uint64_t version, double old_confidence,
                                   double new_confidence) {
  changes_[{name, version}] = {old_confidence, new_confidence};
}

void ForgettingFold::accept_change(EvolutionRow& row) const {
  const auto found = changes_.find({row.name, row.version});
  if (found == changes_.end()) return;
  const auto& [before, after] = found->second;
  if (before + row.confidence_change == after) row.confidence_change = 0;
}

void ForgettingFold::report(std::int64_t user, std::vector<std::string>& problems) const {
  if (base::proof::is_planted("verify_skips_forgetting")) return;
  const auto report_one = [&](std::uint64_t rev, const std::string& what) {
    problems.push_back(fmt::format("user {} rev {}: {}", user, rev, what));
  };
  for (const Turn& turn : turns_) {
    if (!turn.is_text_there && turn.forgotten_rev == 0)
      report_one(turn.rev, "the turn lost its texts, but nobody forgot it");
    if (turn.is_text_there && turn.forgotten_rev != 0)
      report_one(turn.rev,
                 fmt::format("the turn was forgotten at rev {}, but its texts are still there", turn.forgotten_rev));
  }
  for (const Lesson& lesson : told_lessons_) {
    const std::uint64_t forgotten_rev = first_turn_from(lesson.turn)->forgotten_rev;
    if (forgotten_rev > lesson.rev)
      report_one(lesson.rev, fmt::format("it still tells words of a turn that was forgotten at rev {}", forgotten_rev));
  }
  for (const Lesson& lesson : lost_lessons_) {
    const auto is_why = [&](const Turn& turn) { return turn.forgotten_rev > lesson.rev; };
    if (std::none_of(first_turn_from(lesson.batch_first), first_turn_from(lesson.rev), is_why))
      report_one(lesson.rev, "it lost its payload, but nobody forgot the turn that taught it");
  }
  for (const auto& [key, observations] : observations_) {
    for (const auto& [rev, is_payload_there] : observations) {
      if (!is_payload_there) report_one(rev, "the preference lost its value, but nobody forgot it");
    }
  }
}

}  // namespace penny::backend::sqlite
