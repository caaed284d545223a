// undo

#include <string>

#include <fmt/format.h>

#include "cli/command.hpp"
#include "cli/escape.hpp"
#include "cli/interrupt.hpp"
#include "cli/json_form.hpp"
#include "cli/opening.hpp"
#include "cli/text_form.hpp"
#include "cli/values.hpp"

namespace penny::cli {
namespace {

class Undo : public Command {
 public:
  void add_options(CLI::App& app) override {
    auto* const rev = add_whole_number(app, "--to-rev", to_rev_, "N", "To what was known at this rev; 0: nothing yet");
    auto* const time = add_time(app, "--to-time", to_time_, "To the rev before the first operation after this time");
    rev->excludes(time);
    app.add_flag("--forget-turns", forgets_turns_, "Forget the turns after it too (else they stay)");
    app.add_flag("--dry-run", is_dry_run_, "Show what would be done, and change nothing");
  }

  ExitCode run(Output& output) override {
    if (!to_rev_ && !to_time_) return output.wrong_use("it is not said how far", "give --to-rev or --to-time");
    auto store = open_existing(common);
    if (!store) return output.fail(store.error());
    if (to_time_) {
      const auto rev = store->rev_at(common.user, *to_time_);
      if (!rev) return output.fail(rev.error());
      to_rev_ = *rev;
    }
    return is_dry_run_ ? show(output, *store) : undo(output, *store);
  }

 private:
  ExitCode show(Output& output, const Store& store) {
    const auto plan = store.plan_undo(common.user, *to_rev_);
    if (!plan) return output.fail(plan.error());
    std::string text = fmt::format("undo from rev {} to rev {} would do:\n", plan->from_rev, plan->to_rev);
    boost::json::array operations;
    for (const Batch& batch : plan->batches) {
      for (const Operation& operation : batch.operations) {
        const std::string payload = boost::json::serialize(to_json(operation.payload));
        text += fmt::format("  {} {}\n", kind_name(operation.payload), escape_line(payload));
        operations.push_back(boost::json::object{{"kind", kind_name(operation.payload)},
                                                 {"payload", to_json(operation.payload)},
                                                 {"if_version", *operation.if_version}});
      }
    }
    if (output.is_json()) {
      output.print(
          boost::json::value(boost::json::object{{"from_rev", plan->from_rev},
                                                 {"to_rev", plan->to_rev},
                                                 {"operations", std::move(operations)},
                                                 {"not_restored", boost::json::value_from(plan->not_restored)}}));
      return ExitCode::kDone;
    }
    output.print(text);
    note_losses(output, plan->not_restored);
    return ExitCode::kDone;
  }

  ExitCode undo(Output& output, Store& store) {
    const auto undone = [&] {
      const EndNotice notice("interrupted: a part of the undo may be done",
                             fmt::format("undo to rev {} again, which goes on from there", *to_rev_), output.is_json());
      return store.undo(common.user, *to_rev_, {.forgets_turns = forgets_turns_});
    }();
    if (!undone) return output.fail(undone.error());
    if (output.is_json()) {
      output.print(
          boost::json::value(boost::json::object{{"to_rev", undone->to_rev},
                                                 {"operations", undone->operations},
                                                 {"turns", undone->turns},
                                                 {"not_restored", boost::json::value_from(undone->not_restored)}}));
      return ExitCode::kDone;
    }
    output.print(fmt::format("as at rev {} again, by {}\n", undone->to_rev, count_of(undone->operations, "operation")));
    if (forgets_turns_) output.print(fmt::format("{} forgotten\n", count_of(undone->turns, "turn")));
    note_losses(output, undone->not_restored);
    return ExitCode::kDone;
  }

  static void note_losses(Output& output, const std::vector<std::string>& not_restored) {
    for (const std::string& key : not_restored) output.note(fmt::format("cannot come back: {}", escape_line(key)));
  }

  std::optional<std::uint64_t> to_rev_;
  std::optional<Time> to_time_;
  bool forgets_turns_ = false;
  bool is_dry_run_ = false;
};

}  // namespace

void add_undo_command(CLI::App& app, Commands& commands) {
  commands.add<Undo>(app, "undo", "Take preferences, personality and facts back to what they were",
                     "penny undo --user cj --to-rev 12 --dry-run\n  penny undo --user cj --to-time 2026-11-23T18:00");
}

}  // namespace penny::cli
