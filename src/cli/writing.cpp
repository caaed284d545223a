#include "cli/writing.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <penny/store.hpp>

#include "cli/interrupt.hpp"
#include "cli/json_form.hpp"
#include "cli/opening.hpp"
#include "cli/text_form.hpp"

namespace penny::cli {
namespace {

using std::chrono::milliseconds;

Operation operation_of(const CommonOptions& common, const WriteOptions& options, Payload payload) {
  return {.user = common.user,
          .payload = std::move(payload),
          .id = options.id ? *options.id : OperationId::make(),
          .at = options.at,
          .origin = options.origin,
          .channel = options.channel,
          .if_version = options.if_version};
}

// Opens and commits within one deadline.
Result<BatchOutcome> commit(const CommonOptions& common, const WriteOptions& options, Batch batch,
                            MissingStore missing_store) {
  const auto end = std::chrono::steady_clock::now() + options.deadline;
  auto store = missing_store == MissingStore::kIsCreated ? open_or_create(common, options.deadline)
                                                         : open_existing(common, options.deadline);
  if (!store) return std::unexpected(std::move(store.error()));
  const auto left = std::chrono::ceil<milliseconds>(end - std::chrono::steady_clock::now());
  return store->commit(std::move(batch), std::max(left, milliseconds{0}));
}

ExitCode report_failure(Output& output, Error error, const OperationId& id) {
  if (exit_code_of(error) == ExitCode::kTryAgain) {
    if (!error.advice.empty()) error.advice += "; ";
    error.advice += fmt::format("retry the same command with --id {}", id.to_string());
  }
  return output.fail(error, {{"id", id.to_string()}});
}

void print_outcome(Output& output, const std::vector<Operation>& operations, const BatchOutcome& batch) {
  const Outcome& first = batch.outcomes.front();
  if (output.is_json()) {
    boost::json::object result = to_json(first, kind_name(operations.front().payload));
    if (operations.front().payload.index() == Payload{AppendTurn{}}.index()) {
      boost::json::array learned;
      for (std::size_t i = 1; i < batch.outcomes.size(); ++i) {
        boost::json::object lesson = to_json(batch.outcomes[i], kind_name(operations[i].payload));
        lesson.insert_or_assign("payload", to_json(operations[i].payload));
        learned.emplace_back(std::move(lesson));
      }
      result.emplace("learned", std::move(learned));
    }
    output.print(boost::json::value(std::move(result)));
    return;
  }
  std::string text = fmt::format("{}  rev {}  id {}\n", batch.is_already_stored ? "already stored" : "stored",
                                 first.rev, first.id.to_string());
  for (std::size_t i = 0; i < batch.outcomes.size(); ++i) {
    text +=
        fmt::format("  {}{}\n", i == 0 ? "" : "learned: ", describe(operations[i].payload, batch.outcomes[i].result));
  }
  output.print(text);
}

ExitCode commit_and_report(Output& output, const CommonOptions& common, const WriteOptions& options, Batch batch,
                           MissingStore missing_store) {
  if (options.if_unchanged_since) {
    batch.if_unchanged_since = {.rev = *options.if_unchanged_since, .keys = options.unchanged};
  }
  const std::vector<Operation> operations = batch.operations;
  const OperationId id = *operations.front().id;
  const auto committed = [&] {
    const RetryNotice notice(id, output.is_json());
    return commit(common, options, std::move(batch), missing_store);
  }();
  if (!committed) return report_failure(output, committed.error(), id);
  print_outcome(output, operations, *committed);
  return ExitCode::kDone;
}

}  // namespace

ExitCode write(Output& output, const CommonOptions& common, const WriteOptions& options, Payload payload,
               MissingStore missing_store) {
  return commit_and_report(output, common, options, {.operations = {operation_of(common, options, std::move(payload))}},
                           missing_store);
}

ExitCode write_and_learn(Output& output, const CommonOptions& common, const WriteOptions& options, AppendTurn turn) {
  Operation operation = operation_of(common, options, std::move(turn));
  const OperationId id = *operation.id;
  auto batch = Store::learn(std::move(operation));
  if (!batch) return report_failure(output, batch.error(), id);
  return commit_and_report(output, common, options, *std::move(batch), MissingStore::kIsCreated);
}

}  // namespace penny::cli
