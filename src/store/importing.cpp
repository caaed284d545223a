// Import: lines become the batches that they were, which go the way of all commits, several in one step so that they
// share a sync. See docs/moving.md.

#include <penny/store.hpp>

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "backend/sqlite/export_reads.hpp"
#include "backend/sqlite/reads.hpp"
#include "base/error.hpp"
#include "base/proof.hpp"
#include "store/engine.hpp"
#include "store/import_reader.hpp"

namespace penny {
namespace {

using store::ImportedBatch;
using store::ImportReader;

// Of one step: a few milliseconds of work inside the gate.
constexpr std::size_t kStepOperationsMax = 128;
constexpr std::size_t kStepBytesMax = std::size_t{256} << 10;
constexpr std::size_t kIdsAtOnce = 5'000;

// Which rev each number of the file has here. They are as far apart, unless somebody else wrote between.
class RevsOfNumbers {
 public:
  void begin_after(std::uint64_t rev) { last_rev_ = rev; }
  void add(std::uint64_t number, std::uint64_t rev) {
    last_rev_ = rev;
    if (!stretches_.empty() && rev - number == stretches_.back().rev - stretches_.back().number) return;
    stretches_.push_back({.number = number, .rev = rev});
  }
  [[nodiscard]] std::uint64_t last_rev() const { return last_rev_; }
  // Nothing: operations of others lie between the two.
  [[nodiscard]] std::optional<std::uint64_t> distance(std::uint64_t first, std::uint64_t last) const {
    const auto after_first = std::ranges::upper_bound(stretches_, first, {}, &Stretch::number);
    const auto after_last = std::ranges::upper_bound(stretches_, last, {}, &Stretch::number);
    if (after_first != after_last || after_first == stretches_.begin()) return std::nullopt;
    const Stretch& stretch = *(after_first - 1);
    return stretch.rev - stretch.number;
  }

 private:
  struct Stretch {  // from `number` on, up to the next one
    std::uint64_t number = 0;
    std::uint64_t rev = 0;
  };
  std::vector<Stretch> stretches_;
  std::uint64_t last_rev_ = 0;
};

// What the user has here already, in order.
class StoredOperations {
 public:
  StoredOperations(store::Engine& engine, std::string user) : engine_(engine), user_(std::move(user)) {}

  // Nothing at the end.
  Result<std::optional<backend::sqlite::StoredId>> peek() {
    if (place_ == ids_.size() && !is_at_end_) {
      const std::uint64_t after = ids_.empty() ? 0 : ids_.back().rev;
      auto ids = engine_.read([&](backend::sqlite::Connection& connection) {
        return backend::sqlite::stored_ids(connection, user_, after, kIdsAtOnce);
      });
      if (!ids) return std::unexpected(ids.error());
      is_at_end_ = ids->empty();
      ids_ = std::move(*ids);
      place_ = 0;
    }
    if (is_at_end_) return std::optional<backend::sqlite::StoredId>();
    return std::optional(ids_[place_]);
  }
  void pass() { place_ += 1; }

 private:
  store::Engine& engine_;
  std::string user_;
  std::vector<backend::sqlite::StoredId> ids_;
  std::size_t place_ = 0;
  bool is_at_end_ = false;
};

// A forgetting of a preference that went on where the one before it ended, which has done all of it here.
bool may_have_nothing_to_do(const Operation& operation) {
  return operation.if_version && std::holds_alternative<ForgetPreference>(operation.payload);
}

// Those take longer than others, and are a step of their own.
bool forgets_much(const Operation& operation) {
  return std::holds_alternative<ForgetTurns>(operation.payload) ||
         std::holds_alternative<ForgetPreference>(operation.payload);
}

class Importer {
 public:
  Importer(store::Engine& engine, const ByteSource& source, const ImportOptions& options)
      : engine_(engine), options_(options), reader_(source, options.as_user) {}

  Result<Imported> run() {
    auto user = reader_.begin();
    if (!user) return std::unexpected(user.error());
    done_.user = std::move(*user);
    const auto head = engine_.read([&](backend::sqlite::Connection& connection) {
      return backend::sqlite::changes(connection, done_.user, std::numeric_limits<std::int64_t>::max(), 1);
    });
    if (!head) return std::unexpected(head.error());
    revs_.begin_after(head->rev);
    if (!options_.is_joined && !base::proof::is_planted("import_joins_strangers")) {
      if (auto passed = pass_what_is_there(); !passed) return std::unexpected(passed.error());
    }
    while (!is_ended_ && !is_file_at_end_) {
      auto batch = reader_.next();
      if (!batch) return fail_after_storing(batch.error());
      is_file_at_end_ = !*batch;
      if (!*batch) break;
      if (auto taken = take(std::move(**batch)); !taken) return std::unexpected(taken.error());
    }
    if (auto stored = store_step(); !stored) return std::unexpected(stored.error());
    done_.is_complete = is_file_at_end_;
    return done_;
  }

 private:
  // What comes before the line that is wrong is stored, as it would be if the file had come in two pieces.
  Result<Imported> fail_after_storing(const Error& error) {
    if (auto stored = store_step(); !stored) return std::unexpected(stored.error());
    return std::unexpected(error);
  }

  // The file must begin with all that the user has, or be the begin of it.
  Result<void> pass_what_is_there() {
    StoredOperations stored(engine_, done_.user);
    for (;;) {
      const auto first = stored.peek();
      if (!first) return std::unexpected(first.error());
      if (!*first) return {};
      auto batch = reader_.next();
      if (!batch) return std::unexpected(batch.error());
      is_file_at_end_ = !*batch;
      if (!*batch) return {};
      if (auto passed = pass(stored, **batch); !passed) return passed;
      if (!tell_progress()) return {};
      if (is_new_from_here_) return take(std::move(**batch));
    }
  }

  Result<void> pass(StoredOperations& stored, const ImportedBatch& batch) {
    std::uint64_t line = batch.first_line;
    std::uint64_t number = batch.first_number;
    for (const Operation& operation : batch.batch.operations) {
      const auto next = stored.peek();
      if (!next) return std::unexpected(next.error());
      if (!*next) {
        is_new_from_here_ = true;  // the store says that a part of the batch is there already, if it is
        return {};
      }
      if ((*next)->id != *operation.id && may_have_nothing_to_do(operation)) {
        done_.skipped += 1;
        return {};
      }
      if ((*next)->id != *operation.id) return has_others(line, **next);
      revs_.add(number, (*next)->rev);
      last_noted_ = (*next)->rev;
      stored.pass();
      done_.operations += 1;
      done_.already_there += 1;
      line += 1;
      number += 1;
    }
    return {};
  }

  std::unexpected<Error> has_others(std::uint64_t line, const backend::sqlite::StoredId& other) const {
    Error error{.code = ErrorCode::kConflict,
                .message = fmt::format("user {} has operations that are not of this file, at rev {} the first",
                                       done_.user, other.rev),
                .advice = "import under another name (as_user, --as), or add to what he has (is_joined, --join)",
                .field = "user"};
    return std::unexpected(ImportReader::at_line(line, std::move(error)));
  }

  Result<void> take(ImportedBatch batch) {
    if (base::proof::is_planted("import_under_new_ids")) {
      for (Operation& operation : batch.batch.operations) operation.id = OperationId::make();
    }
    if (batch.batch.operations.size() > 1 && base::proof::is_planted("import_splits_batches")) {
      for (std::size_t place = 0; place < batch.batch.operations.size(); ++place) {
        auto taken = take({.first_line = batch.first_line + place,
                           .first_number = batch.first_number + place,
                           .bytes = batch.bytes,
                           .batch = {.operations = {batch.batch.operations[place]}}});
        if (!taken) return taken;
      }
      return {};
    }
    const bool is_apart = std::ranges::any_of(batch.batch.operations, forgets_much);
    const std::size_t count = batch.batch.operations.size();
    if (is_apart || operations_ + count > kStepOperationsMax || bytes_ + batch.bytes > kStepBytesMax) {
      if (auto stored = store_step(); !stored) return stored;
      if (is_ended_) return {};
    }
    if (is_apart) {
      if (auto placed = place_revs(batch); !placed) return placed;
    }
    operations_ += count;
    bytes_ += batch.bytes;
    step_.push_back(std::move(batch));
    return is_apart ? store_step() : Result<void>{};
  }

  // Numbers of the file become revs.
  Result<void> place_revs(ImportedBatch& batch) {
    for (std::size_t place = 0; place < batch.batch.operations.size(); ++place) {
      auto* const forget = std::get_if<ForgetTurns>(&batch.batch.operations[place].payload);
      if (forget == nullptr || base::proof::is_planted("import_forgets_by_the_revs_of_the_file")) continue;
      const bool reaches_itself = forget->last_rev >= batch.first_number;
      const std::uint64_t last = reaches_itself ? batch.first_number - 1 : forget->last_rev;
      auto distance = forget->first_rev > last ? std::optional(revs_.last_rev() - (batch.first_number - 1))
                                               : revs_.distance(forget->first_rev, last);
      // What it forgets of its own batch comes right after the last one.
      const bool is_even = !reaches_itself || distance == revs_.last_rev() - (batch.first_number - 1);
      if (!distance || !is_even) {
        Error error{.code = ErrorCode::kConflict,
                    .message = "it forgets turns between which the user has others meanwhile",
                    .advice = "import under another name (as_user, --as)",
                    .field = "payload.first_number"};
        return std::unexpected(ImportReader::at_line(batch.first_line + place, std::move(error)));
      }
      if (reaches_itself) batch.batch.if_unchanged_since = IfUnchangedSince{.rev = revs_.last_rev(), .keys = {"turns"}};
      forget->first_rev += *distance;
      forget->last_rev += *distance;
    }
    return {};
  }

  // The batches that were gathered. If one is refused, those before it are stored.
  Result<void> store_step() {
    std::vector<ImportedBatch> step = std::exchange(step_, {});
    operations_ = 0;
    bytes_ = 0;
    if (step.empty()) return {};
    if (step.size() > 1) {
      std::vector<Batch> batches;
      for (const ImportedBatch& imported : step) batches.push_back(imported.batch);
      auto stored = engine_.commit_together(std::move(batches), kCommitDeadlineDefault);
      base::proof::reach("import.between_steps");
      if (stored) {
        std::size_t place = 0;
        for (const ImportedBatch& imported : step) {
          const std::size_t count = imported.batch.operations.size();
          if (auto noted = note(imported, std::span(stored->outcomes).subspan(place, count)); !noted) return noted;
          place += count;
        }
        (void)tell_progress();
        return {};
      }
      const ErrorCode code = stored.error().code;
      const bool is_refused =
          code == ErrorCode::kInvalid || code == ErrorCode::kNotFound || code == ErrorCode::kConflict;
      if (!is_refused) return std::unexpected(ImportReader::at_line(step.front().first_line, stored.error()));
    }
    for (const ImportedBatch& imported : step) {
      if (auto stored = store_one(imported); !stored) return stored;
    }
    (void)tell_progress();
    return {};
  }

  Result<void> store_one(const ImportedBatch& imported) {
    const bool may_be_skipped = may_have_nothing_to_do(imported.batch.operations.front());
    const auto stored = engine_.commit(imported.batch, kCommitDeadlineDefault);
    if (stored) return note(imported, stored->outcomes);
    const Error& error = stored.error();
    const bool has_nothing_to_do =
        error.code == ErrorCode::kNotFound || (error.code == ErrorCode::kConflict && error.field == "if_version");
    if (may_be_skipped && has_nothing_to_do) {
      done_.skipped += 1;
      return {};
    }
    return std::unexpected(ImportReader::at_line(imported.first_line, error));
  }

  Result<void> note(const ImportedBatch& imported, std::span<const Outcome> outcomes) {
    std::uint64_t number = imported.first_number;
    for (const Outcome& outcome : outcomes) {
      if (outcome.rev <= last_noted_) {
        Error error{.code = ErrorCode::kInvalid,
                    .message = fmt::format("the operation {} was there before", outcome.id.to_string()),
                    .advice = "send lines as `penny export` writes them",
                    .field = "id"};
        const std::uint64_t place = number - imported.first_number;
        return std::unexpected(ImportReader::at_line(imported.first_line + place, std::move(error)));
      }
      last_noted_ = outcome.rev;
      revs_.add(number++, outcome.rev);
      done_.operations += 1;
      done_.already_there += outcome.is_already_stored ? 1 : 0;
    }
    return {};
  }

  bool tell_progress() {
    if (options_.progress && !options_.progress(done_)) is_ended_ = true;
    return !is_ended_;
  }

  store::Engine& engine_;
  const ImportOptions& options_;
  ImportReader reader_;
  Imported done_;
  RevsOfNumbers revs_;
  std::uint64_t last_noted_ = 0;  // rev of the last operation that was stored or passed
  std::vector<ImportedBatch> step_;
  std::size_t operations_ = 0;
  std::size_t bytes_ = 0;
  bool is_new_from_here_ = false;
  bool is_ended_ = false;  // by the callback
  bool is_file_at_end_ = false;
};

}  // namespace

Result<Imported> Store::import_user(const ByteSource& source, const ImportOptions& options) {
  if (!engine_) return base::fail(ErrorCode::kClosed, "the store is closed", "open it again");
  return Importer(*engine_, source, options).run();
}

Result<ImportSummary> Store::check_import(const ByteSource& source) {
  ImportReader reader(source, std::nullopt);
  auto user = reader.begin();
  if (!user) return std::unexpected(user.error());
  ImportSummary summary{.user = std::move(*user), .operations = 0};
  for (;;) {
    const auto batch = reader.next();
    if (!batch) return std::unexpected(batch.error());
    if (!*batch) return summary;
    summary.operations += (*batch)->batch.operations.size();
  }
}

}  // namespace penny
