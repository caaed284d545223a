#include "proof/faults/subject.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "proof/faults/answers.hpp"
#include "support/stores.hpp"

namespace penny::proof::faults {
namespace {

using namespace std::string_literals;
using test::operation_of;

constexpr std::uint32_t kFirstId = 100'000;
constexpr std::size_t kLargeBytes = 120'000;
const std::string kAnn{kUser};

// Operations become one batch, with ids that no prepared store has.
Batch batch(std::vector<Operation> operations, std::uint32_t first_id = kFirstId) {
  for (Operation& operation : operations) operation.id = id_of(first_id++);
  return {.operations = std::move(operations), .if_unchanged_since = {}};
}

std::vector<Batch> one(Payload payload, const std::string& user = kAnn) {
  return {batch({operation_of(user, std::move(payload))})};
}

AppendTurn turn(std::size_t bytes = 20) {
  return {.user_input = std::string(bytes, 'q'), .assistant_response = "answer", .metadata = R"({"room":"kitchen"})"};
}

std::vector<Batch> mixed() {
  return {batch({operation_of(kAnn, turn()), operation_of(kAnn, ObservePreference{.key = "tone", .value = "\"dry\""}),
                 operation_of(kAnn, AdjustDimension{.name = "communication_formality", .delta = 0.1}),
                 operation_of(kAnn, RememberFact{.text = "has a cat"}),
                 operation_of(kAnn, ForgetFact{.fact = id_of(kFact + 1)}), operation_of(kAnn, EndSession{})})};
}

std::vector<Batch> call_of_a_tool() {
  return {batch({operation_of(kAnn, TakeToolPermit{.tool = "math.calc", .calls_max = 100}),
                 operation_of(kAnn, RecordToolOutcome{.call = id_of(kFirstId), .output = "4"})})};
}

std::vector<Batch> guarded() {
  Batch made = batch({operation_of(kAnn, turn()), operation_of(kAnn, SetPreference{.key = "length", .value = "2"})});
  made.operations[1].if_version = 1;
  made.if_unchanged_since = IfUnchangedSince{.rev = 1000, .keys = {"turns", "preference:color", "dimension:mood"}};
  return {std::move(made)};
}

std::vector<Batch> group() {
  return {
      batch({operation_of(kAnn, turn())}, kFirstId),
      batch({operation_of("cleo", turn(60'000)), operation_of("cleo", RememberFact{.text = "is tall"})}, kFirstId + 10),
      batch({operation_of("dora", SetDimension{.name = "mood", .value = "merry"s})}, kFirstId + 20),
      batch({operation_of("emil", ForgetFact{.fact = id_of(1)})}, kFirstId + 30)};
}

struct Commit {
  const char* name;
  std::vector<Batch> (*requests)();
};

// Each of them cold and warm.
const std::vector<Commit>& commits() {
  static const std::vector<Commit> all{
      {"append_turn", [] { return one(turn()); }},
      {"append_large_turn", [] { return one(turn(kLargeBytes)); }},
      {"append_turn_that_rolls_over", [] { return one(turn(), "cleo"); }},
      {"append_turn_of_new_user", [] { return one(turn(), "frank"); }},
      {"end_session", [] { return one(EndSession{}); }},
      {"observe_preference", [] { return one(ObservePreference{.key = "color", .value = "\"blue\""}); }},
      {"set_preference", [] { return one(SetPreference{.key = "color", .value = "\"red\""}); }},
      {"adjust_dimension", [] { return one(AdjustDimension{.name = "communication_formality", .delta = 0.2}); }},
      {"observe_dimension", [] { return one(ObserveDimension{.name = "mood", .value = "merry"s}); }},
      {"set_dimension", [] { return one(SetDimension{.name = "trust", .value = 0.7}); }},
      {"remember_fact", [] { return one(RememberFact{.text = "plays the cello"}); }},
      {"forget_fact", [] { return one(ForgetFact{.fact = id_of(kFact)}); }},
      {"forget_turns", [] { return one(ForgetTurns{.first_rev = 1, .last_rev = 100}); }},
      {"forget_preference", [] { return one(ForgetPreference{.key = "color"}); }},
      {"take_tool_permit", [] { return one(TakeToolPermit{.tool = "web.search", .calls_max = 100}); }},
      {"call_of_a_tool", call_of_a_tool},
      {"mixed_batch", mixed},
      {"guarded_batch", guarded},
  };
  return all;
}

struct ReadRow {
  const char* name;
  Result<std::string> (*read)(Store&);
};

const std::vector<ReadRow>& reads() {
  static const std::vector<ReadRow> all{
      {"last_turns", [](Store& store) { return words(store.last_turns(kUser, 10)); }},
      {"session_turns", [](Store& store) { return words(store.session_turns("cleo", session_of_cleo(store), 0, 30)); }},
      {"turns_between",
       [](Store& store) { return words(store.turns_between(kUser, Time(), Time(std::chrono::days(40'000)))); }},
      {"sessions", [](Store& store) { return words(store.sessions(kUser)); }},
      {"preferences", [](Store& store) { return words(store.preferences(kUser)); }},
      {"personality", [](Store& store) { return words(store.personality(kUser)); }},
      {"evolution", [](Store& store) { return words(store.evolution(kUser)); }},
      {"facts", [](Store& store) { return words(store.facts(kUser)); }},
      {"user_statistics", [](Store& store) { return words(store.user_statistics(kUser)); }},
      {"statistics", [](Store& store) { return words(store.statistics()); }},
      {"prompt_context", [](Store& store) { return words(store.prompt_context(kUser)); }},
      {"changes", [](Store& store) { return words(store.changes(kUser)); }},
      {"all_changes", [](Store& store) { return words(store.all_changes()); }},
      {"watch", [](Store& store) { return words_of_watch(store, kUser); }},
      {"diagnose", [](Store& store) { return words(store.diagnose()); }},
      {"verify", [](Store& store) { return words(store.verify()); }},
  };
  return all;
}

std::vector<Subject> make() {
  std::vector<Subject> all;
  for (const bool is_warm : {true, false}) {
    const std::string way = is_warm ? "" : ", first use";
    for (const Commit& commit : commits())
      all.push_back({.name = commit.name + way, .is_warm = is_warm, .requests = commit.requests});
    for (const ReadRow& row : reads()) {
      all.push_back({.name = row.name + way,
                     .deed = Deed::kRead,
                     .is_warm = is_warm,
                     .read = row.read,
                     .may_speak_of_fault = row.name == "verify"s || row.name == "diagnose"s});
    }
  }
  all.push_back({.name = "group", .is_warm = true, .requests = group, .refused_by_rules = 1});
  all.push_back({.name = "append_turn, empty log", .state = State::kCopied, .requests = [] { return one(turn()); }});
  all.push_back(
      {.name = "checkpoint", .state = State::kDue, .is_warm = true, .requests = [] { return one(turn(kLargeBytes)); }});
  all.push_back({.name = "append_turn, log's index grows", .state = State::kBorder, .is_warm = true, .requests = [] {
                   return one(turn(kLargeBytes));
                 }});
  all.push_back({.name = "create", .deed = Deed::kOpen, .state = State::kAbsent});
  all.push_back({.name = "open after a kill", .deed = Deed::kOpen, .state = State::kHot});
  all.push_back({.name = "open after a kill in a write", .deed = Deed::kOpen, .state = State::kTorn});
  all.push_back({.name = "open, empty log", .deed = Deed::kOpen, .state = State::kCopied});
  all.push_back({.name = "close", .deed = Deed::kClose, .is_warm = true});
  return all;
}

}  // namespace

const std::vector<Subject>& subjects() {
  static const std::vector<Subject> all = make();
  return all;
}

const Subject* find_subject(std::string_view name) {
  const auto found = std::ranges::find(subjects(), name, &Subject::name);
  return found == subjects().end() ? nullptr : &*found;
}

}  // namespace penny::proof::faults
