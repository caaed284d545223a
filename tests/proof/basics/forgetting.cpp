// Forgetting, clean-up and undo: what goes, what stays, and what verify says.

#include <string>
#include <vector>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

using test::must;
using test::operation_of;
using test::with_id;

const std::string kUser = "ada";

std::vector<bool> forgotten_turns(const Store& store) {
  std::vector<bool> all;
  for (const Turn& turn : must(store.last_turns(kUser, 100)).items) all.push_back(turn.is_forgotten);
  return all;
}

std::string rows_with(test::RawDatabase& raw, const std::string& text) {
  return raw.text("SELECT (SELECT count(*) FROM ledger WHERE instr(coalesce(payload, ''), CAST('" + text +
                  "' AS BLOB)) + instr(coalesce(user_input, '') || coalesce(assistant_response, '') || "
                  "coalesce(metadata, ''), '" +
                  text + "') > 0) + (SELECT count(*) FROM evolution WHERE instr(trigger, '" + text + "'))");
}

}  // namespace

void forgotten_words(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const std::string claim = "A forgotten turn or preference is in no row any more, nor what it taught in its words";
  const Batch lesson = must(Store::learn(with_id(test::a_turn(kUser, "please explain my algorithm in detail"))));
  (void)must(store.commit(lesson));
  (void)must(store.commit(operation_of(kUser, SetPreference{.key = "drink", .value = "\"absinthe\""})));
  (void)must(store.commit(operation_of(kUser, ForgetTurn{.turn = *lesson.operations[0].id})));
  (void)must(store.commit(operation_of(kUser, ForgetPreference{.key = "drink"})));
  same(report, claim, forgotten_turns(store), {true}, "the list of turns");
  test::RawDatabase raw(folder.path());
  same(report, claim, rows_with(raw, "explain my"), std::string("0"), "rows with the words of the turn");
  same(report, claim, rows_with(raw, "absinthe"), std::string("0"), "rows with the value of the preference");
  same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});

  const std::string found = "verify finds a turn whose texts are gone although nobody forgot it";
  (void)must(store.commit(test::a_turn(kUser, "hello")));
  raw.run(
      "UPDATE ledger SET salt = NULL, user_input = NULL, assistant_response = NULL, metadata = NULL WHERE kind = 1");
  same(report, found, must(store.verify()).problems.size(), std::size_t{1}, "problems");
}

void forgotten_spans(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 4; ++i)
    (void)must(store.commit(test::at_time(test::a_turn(kUser, "hello", i % 2 == 0 ? "a" : "b"), test::day(i))));
  const std::string decided = "A decision made from turns that were forgotten meanwhile is refused";
  const std::uint64_t read_at = must(store.changes(kUser)).rev;
  (void)must(store.clean_up({.user = kUser, .older_than = test::day(1)}));
  same(report, "Clean-up takes the turns that are older, and no other", forgotten_turns(store),
       {true, false, false, false});
  const auto outcome = store.commit(Batch{.operations = {operation_of(kUser, RememberFact{.text = "said hello"})},
                                          .if_unchanged_since = IfUnchangedSince{.rev = read_at, .keys = {"turns"}}});
  same(report, decided, outcome ? "stored" : std::string(to_string(outcome.error().code)), std::string("conflict"));
  (void)must(store.forget_session(kUser, "b"));
  same(report, "A session is forgotten whole, and no other", forgotten_turns(store), {true, true, false, true});
  same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
}

void undoing(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const auto set = [&](const std::string& value) {
    (void)must(store.commit(operation_of(kUser, SetPreference{.key = "color", .value = value})));
  };
  set("1");
  set("2");
  const UndoPlan plan = must(store.plan_undo(kUser, 1));
  set("3");
  const auto outcome = store.commit(plan.batches.at(0));
  same(report, "Undo overwrites nothing that came after it was planned",
       outcome ? "stored" : std::string(to_string(outcome.error().code)), std::string("conflict"));
  (void)must(store.undo(kUser, 1));
  same(report, "Undo leads back to what was", must(store.preferences(kUser)).items.at(0).value, std::string("1"));
  same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
}

}  // namespace penny::proof::basics
