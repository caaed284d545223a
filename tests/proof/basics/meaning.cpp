// What operations mean: dimensions, preferences, sessions and facts, against numbers worked out by hand.

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
using test::result_of;

const std::string kUser = "ada";

Dimension dimension(const Store& store, std::string_view name) {
  for (Dimension& one : must(store.personality(kUser)).value) {
    if (one.name == name) return one;
  }
  throw std::runtime_error(fmt::format("there is no dimension {}", name));
}

DimensionResult adjust(Store& store, std::string name, double delta, double confidence_change = 0) {
  return result_of<DimensionResult>(must(store.commit(operation_of(
      kUser, AdjustDimension{.name = std::move(name), .delta = delta, .confidence_change = confidence_change}))));
}

void observe(Store& store, std::string name, DimensionValue value, double confidence) {
  (void)must(store.commit(operation_of(
      kUser, ObserveDimension{.name = std::move(name), .value = std::move(value), .confidence = confidence})));
}

std::string text_of(const DimensionValue& value) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr ? fmt::format("{}", *number) : std::get<std::string>(value);
}

}  // namespace

void personality(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const std::string value_claim = "A dimension is raised and lowered by what is said, and stays within 0 and 1";
  const std::string confidence_claim = "A confidence stays within 0 and 1";
  const std::string formality = "communication_formality";

  DimensionResult result = adjust(store, formality, 0.2, 0.9);  // from 0.5 and 0.3
  close_to(report, value_claim, std::get<double>(result.value), 0.7, "0.5 + 0.2");
  close_to(report, confidence_claim, result.confidence, 1, "0.3 + 0.9");
  result = adjust(store, formality, 0.7, -1);
  close_to(report, value_claim, std::get<double>(result.value), 1, "0.7 + 0.7");
  close_to(report, confidence_claim, result.confidence, 0, "1 - 1");
  result = adjust(store, formality, 0.5);
  close_to(report, value_claim, std::get<double>(result.value), 1, "1 + 0.5");
  result = adjust(store, formality, -0.25, -0.5);
  close_to(report, value_claim, std::get<double>(dimension(store, formality).value), 0.75, "1 - 0.25, read back");
  close_to(report, confidence_claim, dimension(store, formality).confidence, 0, "0 - 0.5, read back");

  const std::string rate_claim = "An observation moves a dimension by the learning rate of that dimension";
  observe(store, "proactive_suggestions", 0.9, 1);  // from 0.4, rate 0.08
  close_to(report, rate_claim, std::get<double>(dimension(store, "proactive_suggestions").value), 0.44);
  close_to(report, rate_claim, dimension(store, "proactive_suggestions").confidence, 0.35, "its confidence");

  const std::string option_claim = "A category changes only by an observation that is surer than 0.5";
  observe(store, "humor_style_preference", std::string("dry"), 0.5);
  same(report, option_claim, text_of(dimension(store, "humor_style_preference").value), std::string("balanced"),
       "at 0.5");
  observe(store, "humor_style_preference", std::string("dry"), 0.6);
  same(report, option_claim, text_of(dimension(store, "humor_style_preference").value), std::string("dry"), "at 0.6");

  const std::string chain_claim = "Every change of a dimension leaves one row of evolution, and the rows make a chain";
  const auto rows = must(store.evolution(kUser, formality)).items;
  same(report, chain_claim, rows.size(), std::size_t{4}, "rows of evolution");
  const std::vector<std::string> expected{"0.5", "0.7", "1", "1", "0.75"};
  for (std::size_t i = 0; i < rows.size() && i + 1 < expected.size(); ++i) {
    same(report, chain_claim, rows[i].version, std::uint64_t{i + 1}, "version");
    same(report, chain_claim, text_of(rows[i].old_value), expected[i], "old value");
    same(report, chain_claim, text_of(rows[i].new_value), expected[i + 1], "new value");
  }
  same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
}

void preferences(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const std::string claim = "Evidence for a preference raises, lowers or replaces it, by how sure each side is";
  const auto observe = [&](std::string value, double confidence) {
    return result_of<PreferenceResult>(must(store.commit(
        operation_of(kUser, ObservePreference{.key = "color", .value = value, .confidence = confidence}))));
  };
  const auto expect = [&](std::string_view value, double confidence, std::uint64_t frequency) {
    const auto all = must(store.preferences(kUser)).items;
    same(report, claim, all.size(), std::size_t{1}, "preferences");
    if (all.empty()) return;
    same(report, claim, std::string_view(all[0].value), value, "value");
    close_to(report, claim, all[0].confidence, confidence, "confidence");
    same(report, claim, all[0].frequency, frequency, "frequency");
  };
  observe("\"blue\"", 0.4);
  expect("\"blue\"", 0.4, 1);
  observe("\"green\"", 0.4);  // no surer: it weakens by 0.05
  expect("\"blue\"", 0.35, 1);
  observe("\"blue\"", 0.3);
  expect("\"blue\"", 0.65, 2);
  observe("\"green\"", 0.9);
  expect("\"green\"", 0.9, 1);
}

void sessions(Report& report) {
  const test::StoreFolder folder;
  Store store = folder.open();
  const std::string roll_claim = "A session that nobody named holds 20 turns, then the next one begins";
  std::vector<std::uint32_t> numbers;
  for (int i = 0; i < 41; ++i) {
    numbers.push_back(result_of<TurnResult>(must(store.commit(test::a_turn(kUser, fmt::format("turn {}", i))))).number);
  }
  same(report, roll_claim, std::vector<std::uint32_t>{numbers[0], numbers[19], numbers[20], numbers[39], numbers[40]},
       {1, 20, 1, 20, 1}, "numbers of the turns 1, 20, 21, 40, 41");
  const auto listed = must(store.sessions(kUser)).items;
  std::vector<std::uint32_t> counts;
  for (const Session& session : listed) counts.push_back(session.turn_count);
  same(report, roll_claim, counts, {20, 20, 1}, "turns of the sessions");

  const std::string end_claim = "A turn after the end of a session begins another one";
  const auto last = result_of<TurnResult>(must(store.commit(test::a_turn(kUser))));
  (void)must(store.commit(operation_of(kUser, EndSession{})));
  const auto next = result_of<TurnResult>(must(store.commit(test::a_turn(kUser))));
  report.check(end_claim, next.session != last.session && next.number == 1,
               fmt::format("turn {} in session {}", next.number, next.session));
  same(report, end_claim, must(store.sessions(kUser)).items.size(), std::size_t{4}, "sessions");

  const std::string latest_claim = "The latest turns are found whatever else was written after them";
  (void)must(store.commit(operation_of(kUser, SetPreference{.key = "a", .value = "1"})));
  (void)must(store.commit(operation_of(kUser, AdjustDimension{.name = "mood", .delta = 0.1})));
  const auto turns = must(store.last_turns(kUser, 2));
  same(report, latest_claim, turns.items.size(), std::size_t{2}, "turns");
  same(report, latest_claim, turns.rev, std::uint64_t{46}, "rev of the read");
  same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
}

void facts(Report& report) {
  const test::StoreFolder folder;
  const std::string secret = "the-secret-of-ada";
  {
    Store store = folder.open();
    const OperationId id = must(store.commit(operation_of(kUser, RememberFact{.text = secret}))).id;
    (void)must(store.commit(operation_of(kUser, ForgetFact{.fact = id})));
    const std::string claim = "A forgotten fact is in no answer and in no row any more";
    same(report, claim, must(store.facts(kUser)).items.size(), std::size_t{0}, "facts");
    const auto feed = must(store.changes(kUser)).items;
    report.check(claim, std::get<RememberFact>(feed.at(0).operation.payload).text.empty() && feed.at(0).is_forgotten,
                 "the change feed still tells the text");
    test::RawDatabase raw(folder.path());
    same(report, claim,
         raw.text("SELECT count(*) FROM ledger WHERE instr(payload, CAST('" + secret + "' AS BLOB)) > 0"),
         std::string("0"), "rows of the ledger that hold the text");
    same(report, "A store that nobody damaged verifies", must(store.verify()).problems, {});
  }
}

}  // namespace penny::proof::basics
