// Reads: pages, order, time, users apart from each other, and snapshots while others write.

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

using test::must;
using test::operation_of;

const std::string kUser = "ada";
constexpr std::size_t kPagesMax = 100;

// The revs of all items of a list that is read page by page; `read` takes the key to go on from.
template <class Read, class KeyOf>
std::vector<std::uint64_t> walk(Read read, KeyOf key_of) {
  std::vector<std::uint64_t> found;
  std::optional<std::uint64_t> after = 0;
  for (std::size_t pages = 0; after && pages < kPagesMax; ++pages) {
    const auto page = must(read(*after));
    for (const auto& item : page.items) found.push_back(key_of(item));
    after = page.next;
  }
  return found;
}

std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last, std::uint64_t step = 1) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t number = first; number <= last; number += step) all.push_back(number);
  return all;
}

void fill(Store& store, const std::string& user, std::string_view mark) {
  (void)must(store.commit(test::a_turn(user, fmt::format("input {}", mark), "shared name")));
  (void)must(store.commit(operation_of(user, RememberFact{.text = fmt::format("fact {}", mark)})));
  (void)must(
      store.commit(operation_of(user, SetPreference{.key = "shared key", .value = fmt::format("\"{}\"", mark)})));
  (void)must(store.commit(operation_of(user, SetDimension{.name = "mood", .value = std::string(mark)})));
}

// Everything that the store tells of one user, as one text.
std::string all_of(const Store& store, std::string_view user) {
  std::string all;
  for (const Turn& turn : must(store.last_turns(user)).items) all += turn.user_input + "\n";
  for (const Turn& turn : must(store.session_turns(user, "shared name")).items) all += turn.user_input + "\n";
  for (const Turn& turn : must(store.turns_between(user, Time{}, Time{} + std::chrono::years(1000))).items)
    all += turn.user_input + "\n";
  for (const Session& session : must(store.sessions(user)).items) all += session.summary + "\n";
  for (const Fact& fact : must(store.facts(user)).items) all += fact.text + "\n";
  for (const Preference& preference : must(store.preferences(user)).items) all += preference.value + "\n";
  for (const Dimension& dimension : must(store.personality(user)).value) {
    if (const auto* text = std::get_if<std::string>(&dimension.value)) all += *text + "\n";
  }
  for (const Evolution& row : must(store.evolution(user)).items) all += std::get<std::string>(row.new_value) + "\n";
  for (const Change& change : must(store.changes(user)).items) {
    if (const auto* turn = std::get_if<AppendTurn>(&change.operation.payload)) all += turn->user_input + "\n";
    if (const auto* fact = std::get_if<RememberFact>(&change.operation.payload)) all += fact->text + "\n";
  }
  return all + must(store.prompt_context(user)).value;
}

}  // namespace

void pages(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  for (int i = 0; i < 7; ++i) {
    (void)must(store.commit(test::a_turn(kUser, "hello", fmt::format("session {}", i % 2))));
    (void)must(store.commit(operation_of(kUser, RememberFact{.text = "likes tea"})));
    (void)must(store.commit(operation_of(kUser, AdjustDimension{.name = "mood", .delta = 0.01})));
  }
  const std::string claim = "A list that is read page by page gives every item once, in order";
  const auto rev_of = [](const auto& item) { return item.rev; };
  for (const std::size_t limit : {std::size_t{2}, std::size_t{3}, std::size_t{7}, std::size_t{100}}) {
    const std::string where = fmt::format("pages of {}", limit);
    same(report, claim, walk([&](std::uint64_t after) { return store.changes(kUser, after, limit); }, rev_of),
         numbers(1, 21), where + ", changes");
    same(report, claim,
         walk([&](std::uint64_t after) { return store.all_changes(after, limit); },
              [](const Change& change) { return change.seq; }),
         numbers(1, 21), where + ", changes of all users");
    same(report, claim,
         walk(
             [&](std::uint64_t after) {
               return store.turns_between(kUser, Time{}, Time{} + std::chrono::years(1000), after, limit);
             },
             rev_of),
         numbers(1, 21, 3), where + ", turns by time");
    same(report, claim,
         walk([&](std::uint64_t after) { return store.session_turns(kUser, "session 0", after, limit); }, rev_of),
         numbers(1, 21, 6), where + ", turns of a session");
    same(report, claim, walk([&](std::uint64_t after) { return store.facts(kUser, after, limit); }, rev_of),
         numbers(2, 21, 3), where + ", facts");
    same(report, claim, walk([&](std::uint64_t after) { return store.evolution(kUser, "mood", after, limit); }, rev_of),
         numbers(3, 21, 3), where + ", evolution");
  }
  same(report, claim, must(store.last_turns(kUser, 3)).items.size(), std::size_t{3}, "the last three turns");
}

void order_and_time(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  for (const int day : {5, 3, 4, 1}) {
    (void)must(store.commit(test::at_time(test::a_turn(kUser, fmt::format("day {}", day), "diary"), test::day(day))));
  }
  const auto inputs = [](const Page<Turn>& page) {
    std::vector<std::string> all;
    for (const Turn& turn : page.items) all.push_back(turn.user_input);
    return all;
  };
  const std::string order = "The order of turns is the order of their commits, whatever time they carry";
  same(report, order, inputs(must(store.last_turns(kUser))), {"day 5", "day 3", "day 4", "day 1"}, "last turns");
  same(report, order, inputs(must(store.session_turns(kUser, "diary"))), {"day 5", "day 3", "day 4", "day 1"},
       "session");
  same(report, "A span of time holds its begin and not its end",
       inputs(must(store.turns_between(kUser, test::day(3), test::day(5)))), {"day 3", "day 4"}, "days 3 to 5");

  const std::string deadline = "A read ends at its deadline";
  Batch batch;
  for (int i = 0; i < 60; ++i) batch.operations.push_back(test::a_turn(kUser, std::string(1000, 'x'), "long"));
  for (int i = 0; i < 5; ++i) (void)must(store.commit(batch));
  Store hasty = must(Store::open(folder.path(), {.read_deadline = std::chrono::milliseconds(0)}));
  const auto read = hasty.turns_between(kUser, Time{}, Time{} + std::chrono::years(1000), 0, 1000);
  same(report, deadline, read ? "answered" : std::string(to_string(read.error().code)),
       std::string("snapshot_expired"));
}

void isolation(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  fill(store, "ada", "of-ada");
  fill(store, "bob", "of-bob");
  const std::string claim = "Nobody reads a word of another user";
  for (const auto& [user, own, other] :
       {std::tuple("ada", "of-ada", "of-bob"), std::tuple("bob", "of-bob", "of-ada")}) {
    const std::string all = all_of(store, user);
    report.check(claim, all.find(other) == std::string::npos, fmt::format("{} reads {}", user, all));
    report.check("Everybody reads their own words", all.find(own) != std::string::npos,
                 fmt::format("{} reads {}", user, all));
  }
  same(report, claim, must(store.facts("nobody")).items.size(), std::size_t{0}, "facts of a user who wrote nothing");
}

void snapshots(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  Store other = folder.open();
  const std::string seen = "A read that begins after an acknowledgement sees what was acknowledged, in every store";
  for (int i = 0; i < 30; ++i) {
    const std::uint64_t rev = must(store.commit(test::a_turn(kUser, fmt::format("{}", i)))).rev;
    for (const Store* reader : {&store, &other}) {
      const auto turns = must(reader->last_turns(kUser, 1));
      report.check(seen, turns.rev >= rev && turns.items.at(0).rev >= rev,
                   fmt::format("rev {} was acknowledged, rev {} was read", rev, turns.rev));
    }
  }

  const std::string whole = "A read is one snapshot: nothing in it is younger than the rev that it names";
  const std::string both = "What one batch wrote is seen whole or not at all";
  std::atomic<bool> is_over{false};
  std::thread writer([&] {
    for (int i = 0; !is_over; ++i) {
      const std::string value = fmt::format("{}", i);
      (void)store.commit(Batch{.operations = {operation_of(kUser, SetPreference{.key = "a", .value = value}),
                                              operation_of(kUser, SetPreference{.key = "b", .value = value})}});
    }
  });
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(250);
  while (std::chrono::steady_clock::now() < until) {
    const auto page = other.preferences(kUser);
    if (!page) break;
    for (const Preference& preference : page->items) {
      report.check(whole, preference.rev <= page->rev,
                   fmt::format("rev {} in a snapshot of rev {}", preference.rev, page->rev));
    }
    report.check(both, page->items.empty() || (page->items.size() == 2 && page->items[0].value == page->items[1].value),
                 "two values of one batch differ");
    const auto turns = other.changes(kUser, page->rev, 10);
    if (turns && !turns->items.empty())
      report.check(whole, turns->items.back().rev <= turns->rev,
                   fmt::format("rev {} in a snapshot of rev {}", turns->items.back().rev, turns->rev));
  }
  is_over = true;
  writer.join();
}

}  // namespace penny::proof::basics
