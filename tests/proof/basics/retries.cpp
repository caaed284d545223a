// Exactly once: ids, batches, and what a refused batch leaves behind.

#include <string>
#include <vector>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

using test::must;
using test::operation_of;
using test::with_id;

std::string outcome_of(const Result<Outcome>& outcome) {
  if (!outcome) return fmt::format("{} {}", to_string(outcome.error().code), outcome.error().field);
  return fmt::format("{} at rev {}", outcome->is_already_stored ? "already stored" : "stored", outcome->rev);
}

std::string outcome_of(const Result<BatchOutcome>& outcome) {
  if (!outcome) return fmt::format("{} {}", to_string(outcome.error().code), outcome.error().field);
  std::string all = outcome->is_already_stored ? "already stored at" : "stored at";
  for (const Outcome& one : outcome->outcomes) all += fmt::format(" {}", one.rev);
  return all;
}

std::size_t stored(const Store& store, std::string_view user) { return must(store.changes(user)).items.size(); }

}  // namespace

void retries(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const std::string once = "An operation that is sent again with its id is stored once, and answered as at first";
  const Operation turn = with_id(test::a_turn("ada", "once"));
  same(report, once, outcome_of(store.commit(turn)), std::string("stored at rev 1"), "first");
  (void)must(store.commit(test::a_turn("ada", "between")));
  same(report, once, outcome_of(store.commit(turn)), std::string("already stored at rev 1"), "again");
  same(report, once, stored(store, "ada"), std::size_t{2}, "operations");
  Store other = folder.open();
  same(report, once, outcome_of(other.commit(turn)), std::string("already stored at rev 1"), "again, another store");

  Operation different = turn;
  different.payload = AppendTurn{.user_input = "twice", .assistant_response = "Hello"};
  same(report, "An id names one payload: with another one it is refused", outcome_of(store.commit(different)),
       std::string("invalid id_reused"));

  const std::string apart = "Ids of one user say nothing about those of another";
  (void)must(store.commit(test::a_turn("bob", "first")));
  Operation of_bob = turn;
  of_bob.user = "bob";
  same(report, apart, outcome_of(store.commit(of_bob)), std::string("stored at rev 2"));
  of_bob = with_id(operation_of("carla", RememberFact{.text = "a fact"}));
  (void)must(store.commit(of_bob));
  of_bob.user = "bob";
  same(report, apart, outcome_of(store.commit(of_bob)), std::string("stored at rev 3"), "a fact");

  const std::string whole = "A batch has consecutive revs, is answered whole when it is sent again, and only whole";
  const Batch batch{.operations = {with_id(test::a_turn("ada", "one")), with_id(test::a_turn("ada", "two")),
                                   with_id(operation_of("ada", AdjustDimension{.name = "mood", .delta = 0.1}))}};
  same(report, whole, outcome_of(store.commit(batch)), std::string("stored at 3 4 5"), "first");
  same(report, whole, outcome_of(store.commit(batch)), std::string("already stored at 3 4 5"), "again");
  Batch part = batch;
  part.operations.pop_back();
  same(report, whole, outcome_of(store.commit(part)), std::string("invalid batch_differs"), "without its last one");
  same(report, whole, outcome_of(store.commit(batch.operations[0])), std::string("invalid batch_differs"), "its first");
  const auto feed = must(store.changes("ada", 2)).items;
  same(report, whole, feed.size(), std::size_t{3}, "operations");
  for (std::size_t i = 0; i < feed.size(); ++i) {
    report.check(whole, feed[i].rev == 3 + i && feed[i].operation.id == batch.operations.at(i).id,
                 fmt::format("rev {} is another operation than the batch was told", feed[i].rev));
  }
}

void refused_batches(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const std::string nothing = "A batch with a member that is refused leaves nothing";
  (void)must(store.commit(test::a_turn("ada", "before")));
  const Batch refused{.operations = {test::a_turn("ada", "half"),
                                     operation_of("ada", ForgetFact{.fact = OperationId::make()}),
                                     operation_of("ada", SetPreference{.key = "half", .value = "1"})}};
  same(report, nothing, outcome_of(store.commit(refused)), std::string("not_found fact"), "the answer");
  same(report, nothing, stored(store, "ada"), std::size_t{1}, "operations");
  same(report, nothing, must(store.preferences("ada")).items.size(), std::size_t{0}, "preferences");
  same(report, nothing, outcome_of(store.commit(test::a_turn("ada", "after"))), std::string("stored at rev 2"),
       "the next");

  // Bob was nearly made; Eve is made next.
  Batch of_bob = refused;
  for (Operation& operation : of_bob.operations) operation.user = "bob";
  same(report, nothing, outcome_of(store.commit(of_bob)), std::string("not_found fact"),
       "of a user who is not there yet");
  const std::string apart = "A user whose first batch was refused is not mixed up with the next new one";
  same(report, apart, outcome_of(store.commit(test::a_turn("eve", "of eve"))), std::string("stored at rev 1"), "eve");
  same(report, apart, outcome_of(store.commit(test::a_turn("bob", "of bob"))), std::string("stored at rev 1"), "bob");
  for (const char* user : {"eve", "bob"}) {
    const auto turns = must(store.last_turns(user)).items;
    report.check(apart, turns.size() == 1 && turns[0].user_input == std::string("of ") + user,
                 fmt::format("{} has {} turns, the first is \"{}\"", user, turns.size(),
                             turns.empty() ? "" : turns[0].user_input));
  }
  same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
}

}  // namespace penny::proof::basics
