#include "support/damaged_store.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>
#include <unistd.h>

#include "proof/damage/answers.hpp"
#include "support/require.hpp"
#include "support/stores.hpp"

namespace penny::fuzz {
namespace {

using proof::damage::Answer;

void require_damage(const Error& error, std::string_view what) {
  if (!is_damage(error.code)) broken(fmt::format("{}: a damage is called so", what), told(error));
}

// The first problem that `verify` finds; empty: none.
std::string first_problem(const Store& store) {
  const auto report = store.verify();
  if (!report) {
    require_damage(report.error(), "verify");
    return report.error().message;
  }
  return report->problems.empty() ? "" : report->problems.front();
}

bool is_refused(const Answer& answer) { return answer.error && answer.error != ErrorCode::kNotFound; }

void check_errors(const std::vector<Answer>& answers) {
  for (const Answer& answer : answers) {
    if (is_refused(answer) && !is_damage(*answer.error))
      broken(fmt::format("{}: a damage is called so", answer.question),
             fmt::format("{} ({})", answer.text, to_string(*answer.error)));
  }
}

// What ask_everything leaves out.
void read_more(const PreparedStore& prepared, const Store& store) {
  const auto check = [](const auto& answer, std::string_view what) {
    if (!answer && answer.error().code != ErrorCode::kNotFound) require_damage(answer.error(), what);
  };
  check(store.search("cj", {.words = "green tea", .match = SearchMatch::kAny}), "search");
  check(store.preference_history("cj", "length"), "preference_history");
  check(store.fact_history("cj", prepared.fact()), "fact_history");
  check(store.plan_undo("cj", 0), "plan_undo");
  check(store.rev_at("cj", test::day(0)), "rev_at");
  check(store.export_user("cj", [](std::string_view) { return true; }), "export");
}

// Of a store in which nothing is wrong.
void compare(const PreparedStore& prepared, const Store& store, const std::vector<Answer>& answers, bool has_anchor) {
  bool is_all_there = true;
  for (std::size_t place = 0; place < prepared.subjects().size(); ++place) {
    const std::string& user = prepared.subjects()[place].user;
    const auto operations = need(operations_of(store, user), "a whole store tells its operations");
    const std::vector<std::string>& before = prepared.operations(place);
    const bool is_begin =
        operations.size() <= before.size() && std::equal(operations.begin(), operations.end(), before.begin());
    if (!is_begin) broken("what verify calls whole is what was stored", "operations of " + user);
    is_all_there = is_all_there && operations.size() == before.size();
  }
  require(is_all_there || !has_anchor, "what the anchor knows is there, or the store is refused");
  if (!is_all_there) return;
  for (std::size_t place = 0; place < answers.size(); ++place) {
    if (answers[place] != prepared.answers()[place])
      broken("what verify calls whole answers as before", answers[place].question);
  }
}

void write(Store& store) {
  for (const char* user : {"cj", "newcomer"}) {
    const auto stored = store.commit(Batch{.operations = test::one_of_each(user)});
    if (!stored) broken("what verify calls whole takes operations", told(stored.error()));
  }
  const std::string problem = first_problem(store);
  if (!problem.empty()) broken("what verify called whole is whole after a commit", problem);
}

}  // namespace

bool is_damage(ErrorCode code) {
  return code == ErrorCode::kDamaged || code == ErrorCode::kNotAStore || code == ErrorCode::kNewerSchema;
}

bool ask_damaged(const PreparedStore& prepared, const Questions& questions) {
  auto opened = Store::open(prepared.path(), {.create = false, .read_only = questions.is_read_only});
  if (!opened) {
    require_damage(opened.error(), "open");
    return false;
  }
  Store& store = *opened;
  std::vector<Answer> answers;
  if (questions.reads) answers = proof::damage::ask_everything(store, prepared.subjects());
  check_errors(answers);
  if (questions.reads_more) read_more(prepared, store);
  if (!questions.verifies) return true;
  if (!first_problem(store).empty()) return true;
  compare(prepared, store, answers, questions.has_anchor);
  if (questions.writes && !questions.is_read_only) write(store);
  return true;
}

void rescue_damaged(const PreparedStore& prepared) {
  const std::string path = prepared.path() + "-rescued";
  const auto rescued = rescue(prepared.path(), path);
  if (!rescued) {
    require_damage(rescued.error(), "rescue");
    return;
  }
  {
    const Store store = need(Store::open(path, {.create = false}), "a rescued store opens");
    for (std::size_t place = 0; place < prepared.subjects().size(); ++place) {
      const std::vector<std::string>& before = prepared.operations(place);
      for (const std::string& operation :
           need(operations_of(store, prepared.subjects()[place].user), "a rescued store tells its operations")) {
        if (std::ranges::find(before, operation) == before.end()) broken("what is rescued was said before", operation);
      }
    }
  }
  for (const char* suffix : {"", "-wal", "-shm", "-gate", "-bell"}) unlink((path + suffix).c_str());
}

}  // namespace penny::fuzz
