#pragma once

// Words that stand in a store only where a test put them, the search for them in its files, and what else tests of an erase ask.

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/stores.hpp"

namespace penny::test {

// A word that stands nowhere else; the same number makes the same one.
inline std::string canary(int number) { return "canary" + std::to_string(number * 7'919 + 1'000'003) + "bird"; }

// Every text that a caller can hand in, each with a canary of its own, in every kind of operation. Returns the canaries.
inline std::vector<std::string> plant_canaries(Store& store, const std::string& user, int first) {
  int number = first;
  std::vector<std::string> canaries;
  const auto text = [&](const std::string& about = "") {
    canaries.push_back(canary(number++));
    return about + canaries.back();
  };
  const auto commit = [&](Payload payload) {
    Operation operation = operation_of(user, std::move(payload));
    operation.channel = text("on ");
    return must(store.commit(std::move(operation)));
  };
  const std::string session = text();
  const std::string preference = text();
  const std::string dimension = text();
  commit(AppendTurn{.user_input = text("please remember "),
                    .assistant_response = text("I will remember "),
                    .session = session,
                    .metadata = "{\"" + text() + "\":\"" + text() + "\"}"});
  // Longer than a page: these go to pages of their own.
  commit(AppendTurn{.user_input = std::string(9'000, 'a') + text() + std::string(9'000, 'b'),
                    .assistant_response = std::string(9'000, 'c') + text()});
  commit(EndSession{.session = session});
  commit(ObservePreference{.key = preference, .value = "\"" + text() + "\"", .confidence = 0.4});
  commit(SetPreference{.key = preference, .value = "\"" + text() + "\"", .confidence = 0.9});
  commit(SetPreference{.key = text(), .value = "\"" + std::string(20'000, 'p') + text() + "\"", .confidence = 0.9});
  commit(SetDimension{.name = dimension, .value = text(), .trigger = text()});
  commit(ObserveDimension{.name = dimension, .value = text(), .trigger = text()});
  commit(AdjustDimension{.name = "communication_formality", .delta = 0.01, .trigger = text()});
  const Outcome fact = commit(RememberFact{.text = text("likes ")});
  commit(RememberFact{.text = text("dislikes ")});
  commit(ForgetFact{.fact = fact.id});
  const std::string forgotten = text();
  const Outcome turn = commit(AppendTurn{.user_input = "a", .assistant_response = "b", .session = forgotten});
  commit(ForgetTurn{.turn = turn.id});
  commit(ForgetTurns{.first_rev = turn.rev, .last_rev = turn.rev, .session = forgotten});
  commit(ObservePreference{.key = text(), .value = "1", .confidence = 0.4});
  commit(ForgetPreference{.key = preference});
  const Outcome call = commit(TakeToolPermit{.tool = text(), .input = "{\"" + text() + "\":\"" + text() + "\"}"});
  commit(RecordToolOutcome{.call = call.id, .output = text("found ")});
  return canaries;
}

// The canaries in these bytes, found by what they all begin with, so that one pass finds them all.
inline std::set<std::string> canaries_in(const std::string& bytes) {
  constexpr std::string_view kBegin = "canary";
  constexpr std::string_view kEnd = "bird";
  std::set<std::string> found;
  for (std::size_t at = bytes.find(kBegin); at != std::string::npos; at = bytes.find(kBegin, at + 1)) {
    const std::size_t after = bytes.find_first_not_of("0123456789", at + kBegin.size());
    if (after != std::string::npos && bytes.compare(after, kEnd.size(), kEnd) == 0)
      found.insert(bytes.substr(at, after + kEnd.size() - at));
  }
  return found;
}

// Which of the words stand in any file of the folder. They are canaries, or few.
inline std::vector<std::string> found_in_files(const StoreFolder& folder, const std::vector<std::string>& words) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder.folder())) {
    const std::string bytes = bytes_of_file(entry.path());
    const std::set<std::string> canaries = canaries_in(bytes);
    for (const std::string& word : words) {
      const bool is_canary = canaries_in(word).contains(word);
      if (is_canary ? canaries.contains(word) : bytes.find(word) != std::string::npos)
        found.push_back(entry.path().filename().string() + ": " + word);
    }
  }
  return found;
}

inline std::vector<std::string> problems(const Store& store) { return must(store.verify()).problems; }

inline bool is_unfinished(const Store& store) {
  const Diagnosis diagnosis = must(store.diagnose());
  return std::ranges::any_of(diagnosis.warnings, [](const std::string& warning) {
    return warning.find("is unfinished") != std::string::npos;
  });
}

// Nothing that was there before, in any list.
inline void expect_empty(const Store& store, const std::string& user) {
  EXPECT_THAT(must(store.last_turns(user)).items, testing::IsEmpty());
  EXPECT_THAT(must(store.turns_between(user, Time{}, day(100'000))).items, testing::IsEmpty());
  EXPECT_THAT(must(store.sessions(user)).items, testing::IsEmpty());
  EXPECT_THAT(must(store.preferences(user)).items, testing::IsEmpty());
  EXPECT_THAT(must(store.evolution(user)).items, testing::IsEmpty());
  EXPECT_THAT(must(store.facts(user)).items, testing::IsEmpty());
  for (const Dimension& dimension : must(store.personality(user)).value) EXPECT_EQ(dimension.version, 0U);
  const UserStatistics counts = must(store.user_statistics(user)).value;
  EXPECT_EQ(counts.turns + counts.sessions + counts.preferences + counts.dimensions + counts.facts, 0U);
  EXPECT_FALSE(counts.open_session);
  EXPECT_EQ(must(store.prompt_context(user)).value, must(store.prompt_context("nobody")).value);
}

}  // namespace penny::test
