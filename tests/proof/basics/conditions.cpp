// Decisions made from a reading: `if_version` and `if_unchanged_since`.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <penny/penny.hpp>

#include "proof/basics/chapter.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

using test::must;
using test::operation_of;
using test::with_version;

template <class Outcome>
std::string code_of(const Result<Outcome>& outcome) {
  return outcome ? "stored" : std::string(to_string(outcome.error().code));
}

const std::string kUser = "ada";

}  // namespace

void versions(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const std::string claim = "if_version refuses what was decided on another version, and lets through the right one";
  const OperationId fact = must(store.commit(operation_of(kUser, RememberFact{.text = "likes tea"}))).id;
  const std::vector<std::pair<std::string, std::function<Payload(double)>>> kinds{
      {"preference", [](double n) { return SetPreference{.key = "a", .value = fmt::format("{}", n)}; }},
      {"dimension", [](double) { return AdjustDimension{.name = "mood", .delta = 0.01}; }}};
  for (const auto& [kind, payload] : kinds) {
    same(report, claim, code_of(store.commit(with_version(operation_of(kUser, payload(1)), 1))),
         std::string("conflict"), kind + ", not there yet, version 1");
    same(report, claim, code_of(store.commit(with_version(operation_of(kUser, payload(1)), 0))), std::string("stored"),
         kind + ", not there yet, version 0");
    same(report, claim, code_of(store.commit(with_version(operation_of(kUser, payload(2)), 0))),
         std::string("conflict"), kind + ", there, version 0");
    same(report, claim, code_of(store.commit(with_version(operation_of(kUser, payload(2)), 1))), std::string("stored"),
         kind + ", version 1");
    same(report, claim, code_of(store.commit(with_version(operation_of(kUser, payload(3)), 1))),
         std::string("conflict"), kind + ", version 1 again");
  }
  const Operation forget = operation_of(kUser, ForgetFact{.fact = fact});
  same(report, claim, code_of(store.commit(with_version(forget, 2))), std::string("conflict"), "fact, version 2");
  same(report, claim, code_of(store.commit(with_version(forget, 1))), std::string("stored"), "fact, version 1");
}

void unchanged_since(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const std::string claim = "if_unchanged_since refuses a batch when a key changed after the rev, whichever key it is";
  (void)must(store.commit(test::a_turn(kUser, "hello")));
  (void)must(store.commit(test::a_turn(kUser, "named", "work")));
  const OperationId fact = must(store.commit(operation_of(kUser, RememberFact{.text = "likes tea"}))).id;
  (void)must(store.commit(test::a_turn(kUser, "again", "work")));

  const std::vector<std::pair<std::string, Operation>> changes{
      {"turns", test::a_turn(kUser, "more", "elsewhere")},
      {"session:work", test::a_turn(kUser, "more", "work")},
      {"session:work", test::a_turn(kUser, "and more", "work")},  // it is the running one now
      {"preference:color", operation_of(kUser, SetPreference{.key = "color", .value = "1"})},
      {"dimension:mood", operation_of(kUser, AdjustDimension{.name = "mood", .delta = 0.1})},
      {"fact:" + fact.to_string(), operation_of(kUser, ForgetFact{.fact = fact})}};
  for (const auto& [key, change] : changes) {
    const std::uint64_t read_at = must(store.changes(kUser)).rev;
    (void)must(store.commit(change));
    const auto decide = [&](std::vector<std::string> keys, std::uint64_t since) {
      return code_of(
          store.commit(Batch{.operations = {operation_of(kUser, SetPreference{.key = "decided", .value = "1"})},
                             .if_unchanged_since = IfUnchangedSince{.rev = since, .keys = std::move(keys)}}));
    };
    same(report, claim, decide({key}, read_at), std::string("conflict"), key + ", changed");
    same(report, claim, decide({"preference:untouched", key}, read_at), std::string("conflict"),
         key + ", named second");
    same(report, claim, decide({key}, read_at + 1), std::string("stored"), key + ", read after the change");
  }
}

}  // namespace penny::proof::basics
