// Moving a user: what an import brings, and whom it must not touch.

#include <algorithm>
#include <string>
#include <vector>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "support/stores.hpp"
#include "support/whole_user.hpp"

namespace penny::proof::basics {
namespace {

using test::must;
using test::operation_of;
using test::with_id;

const std::string kUser = "ada";

std::string answer_of(const Result<Imported>& outcome) {
  return outcome ? "imported" : std::string(to_string(outcome.error().code));
}

}  // namespace

void moving(Report& report) {
  const test::StoreFolder folder;
  const test::StoreFolder elsewhere;
  Store store = folder.open();
  Store other = elsewhere.open();
  for (Operation& operation : test::one_of_each(kUser)) (void)must(store.commit(std::move(operation)));
  const Batch lesson = must(Store::learn(with_id(test::a_turn(kUser, "please explain my algorithm in detail"))));
  (void)must(store.commit(lesson));
  (void)must(store.commit(test::a_turn(kUser, "hello", "work")));
  (void)must(store.forget_turns_after(kUser, must(store.changes(kUser)).rev - 1));
  const std::string lines = test::exported(store, kUser);

  const std::string same_user = "What is imported is the same, to the last outcome and id";
  (void)must(test::import_text(other, lines));
  same(report, same_user, test::whole_user(other, kUser), test::whole_user(store, kUser));
  same(report, same_user, test::exported(other, kUser), lines, "its export");
  same(report, "A store that nobody damaged verifies", must(other.verify()).problems, {});

  const std::string retry = "A retry after an import is answered with the first outcome, a batch whole";
  const std::uint64_t rev = must(other.changes(kUser)).rev;
  const auto retried = other.commit(lesson);
  report.check(retry, retried && retried->is_already_stored, retried ? "stored again" : retried.error().message);
  (void)must(test::import_text(other, lines, {.is_joined = true}));
  same(report, "An import that is run twice adds nothing", must(other.changes(kUser)).rev, rev);

  // Another ada, whom the file knows nothing of.
  const test::StoreFolder third;
  Store strange = third.open();
  for (int i = 0; i < 60; ++i) (void)must(strange.commit(test::a_turn(kUser, "mine")));
  same(report, "An import does not mix two users unless it is asked to", answer_of(test::import_text(strange, lines)),
       std::string("conflict"));
  (void)must(test::import_text(strange, lines, {.is_joined = true}));
  const auto turns = must(strange.last_turns(kUser, 100)).items;
  same(report, "An import forgets turns of its own file, and nobody else's",
       std::ranges::count(turns, std::string("mine"), &Turn::user_input), std::ptrdiff_t{60});
  same(report, "A store that nobody damaged verifies", must(strange.verify()).problems, {});
}

}  // namespace penny::proof::basics
