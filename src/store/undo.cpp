// Undo: what was is folded out of the ledger in reads, and what leads back there is committed like everything else.

#include <penny/store.hpp>

#include <limits>
#include <optional>
#include <utility>

#include <fmt/core.h>

#include "backend/sqlite/past_reads.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "model/validation.hpp"
#include "rules/undo.hpp"
#include "store/engine.hpp"

namespace penny {
namespace {

namespace sqlite = backend::sqlite;
using backend::sqlite::Connection;

std::unexpected<Error> closed() { return base::fail(ErrorCode::kClosed, "the store is closed", "open it again"); }

// Up to the rev, or all there is.
Result<void> fold_to(store::Engine& engine, std::string_view user, std::uint64_t until,
                     std::optional<sqlite::UserFold>& fold) {
  for (;;) {
    const auto is_done = engine.read(
        [&](Connection& connection) { return sqlite::fold_more(connection, user, engine.store_id(), until, fold); });
    if (!is_done) return std::unexpected(is_done.error());
    if (*is_done) return {};
  }
}

// As few batches as the limits allow.
std::vector<Batch> batches_of(std::string_view user, std::vector<rules::UndoStep> steps) {
  std::vector<Batch> batches;
  std::size_t size = 0;
  for (rules::UndoStep& step : steps) {
    Operation operation{.user = std::string(user),
                        .payload = std::move(step.payload),
                        .id = OperationId::make(),
                        .if_version = step.if_version};
    if (base::proof::is_planted("undo_overwrites_what_came_meanwhile")) operation.if_version.reset();
    const std::size_t bytes = model::size_bytes(operation);
    if (batches.empty() || batches.back().operations.size() == limits::kBatchOperationsMax ||
        size + bytes > limits::kBatchBytesMax) {
      batches.emplace_back();
      size = 0;
    }
    size += bytes;
    batches.back().operations.push_back(std::move(operation));
  }
  return batches;
}

}  // namespace

Result<UndoPlan> Store::plan_undo(std::string_view user, std::uint64_t to_rev) const {
  if (!engine_) return closed();
  if (auto valid = model::validate_user(user); !valid) return std::unexpected(valid.error());
  std::optional<sqlite::UserFold> fold;
  rules::Memory then;
  if (to_rev > 0) {
    if (auto folded = fold_to(*engine_, user, to_rev, fold); !folded) return std::unexpected(folded.error());
    if (to_rev < fold->first_rev()) {
      return base::fail(ErrorCode::kInvalid, fmt::format("what was before rev {} was erased", fold->first_rev()),
                        "give a later rev", "to_rev");
    }
    if (fold->rev() < to_rev) {
      return base::fail(ErrorCode::kInvalid,
                        fmt::format("the user's latest rev is {}, not yet {}", fold->rev(), to_rev),
                        "give a rev that `changes` tells", "to_rev");
    }
    then = fold->memory();
  }
  if (auto folded = fold_to(*engine_, user, std::numeric_limits<std::int64_t>::max(), fold); !folded)
    return std::unexpected(folded.error());
  rules::Undo undo = rules::undo(then, fold->memory(), fmt::format("undo to rev {}", to_rev));
  return UndoPlan{.to_rev = to_rev,
                  .from_rev = fold->rev(),
                  .batches = batches_of(user, std::move(undo.steps)),
                  .not_restored = std::move(undo.not_restored)};
}

Result<std::uint64_t> Store::rev_at(std::string_view user, Time time) const {
  if (!engine_) return closed();
  if (auto valid = model::validate_user(user); !valid) return std::unexpected(valid.error());
  for (std::uint64_t rev = 0;;) {
    const auto found =
        engine_->read([&](Connection& connection) { return sqlite::rev_at(connection, user, time, rev); });
    if (!found) return std::unexpected(found.error());
    if (found->rev) return *found->rev;
    rev = found->looked_to;
  }
}

Result<Undone> Store::undo(std::string_view user, std::uint64_t to_rev, const UndoOptions& options) {
  auto plan = plan_undo(user, to_rev);
  if (!plan) return std::unexpected(plan.error());
  Undone undone{.to_rev = to_rev, .not_restored = std::move(plan->not_restored)};
  for (Batch& batch : plan->batches) {
    const std::vector<Operation> operations = batch.operations;
    auto stored = commit(std::move(batch));
    if (!stored) {
      if (undone.operations > 0) {
        stored.error().message += fmt::format("; the first {} operations of the undo are stored", undone.operations);
        stored.error().advice = "undo to the same rev again, which goes on from there";
      }
      return std::unexpected(stored.error());
    }
    undone.operations += operations.size();
    // The values of a preference with a long past go in several operations.
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const auto* forgotten = std::get_if<ForgetPreference>(&operations[i].payload);
      if (forgotten == nullptr) continue;
      const auto& result = std::get<PreferenceResult>(stored->outcomes[i].result);
      if (result.frequency == 0) continue;
      const auto done = forget_preference(user, forgotten->key, result.version);
      if (!done) return std::unexpected(done.error());
      undone.operations += done->operations;
    }
  }
  if (options.forgets_turns) {
    const auto done = forget_turns_after(user, to_rev, {});
    if (!done) return std::unexpected(done.error());
    undone.operations += done->operations;
    undone.turns = done->turns;
  }
  return undone;
}

Result<Undone> Store::undo(std::string_view user, Time to_time, const UndoOptions& options) {
  const auto to_rev = rev_at(user, to_time);
  if (!to_rev) return std::unexpected(to_rev.error());
  return undo(user, *to_rev, options);
}

}  // namespace penny
