// How far a personality may be moved by observations, over all stores and openings of one file. The rule alone:
// rules/learning_bound_test.cpp.

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"
#include "support/virtual_clock.hpp"
#include "support/whole_user.hpp"

namespace penny::test {
namespace {

using namespace std::string_literals;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;

constexpr const char* kFormality = "communication_formality";
constexpr double kRounding = 1e-9;

class BoundedLearning : public testing::Test {
 protected:
  BoundedLearning() : clock_(folder_ / "clock") {
    clock_.words().time_of_day_us = std::int64_t{20'000} * 86'400'000'000;
    clock_.rule();
  }
  ~BoundedLearning() override { VirtualClock::abdicate(); }

  void pass(microseconds time) const { clock_.words().time_of_day_us += time.count(); }

  [[nodiscard]] static Dimension dimension(const Store& store, const std::string& name) {
    for (const Dimension& one : must(store.personality("cj")).value) {
      if (one.name == name) return one;
    }
    throw std::runtime_error("no dimension " + name);
  }
  [[nodiscard]] static double number(const Store& store, const std::string& name = kFormality) {
    return std::get<double>(dimension(store, name).value);
  }
  static DimensionResult commit(Store& store, Payload payload, std::optional<Time> at = {}) {
    Operation operation = operation_of("cj", std::move(payload));
    operation.at = at;
    return result_of<DimensionResult>(must(store.commit(operation)));
  }
  static void observe(Store& store, DimensionValue value, const std::string& name = kFormality) {
    commit(store, ObserveDimension{.name = name, .value = std::move(value)});
  }
  static void expect_whole(const Store& store) { EXPECT_EQ(must(store.verify()).problems, std::vector<std::string>{}); }

  const StoreFolder folder_;
  const VirtualClock clock_;
};

TEST_F(BoundedLearning, HoldsOverAllStoresAndOutlivesThem) {
  {
    Store chat = folder_.open();
    Store voice = folder_.open();
    for (int i = 0; i < 60; ++i) {
      observe(i % 2 == 0 ? chat : voice, 1.0);
      pass(microseconds(1'000));
    }
    EXPECT_NEAR(number(chat), 0.7, 1e-4);
    EXPECT_EQ(number(voice), number(chat));
    expect_whole(voice);
  }
  Store store = folder_.open();
  for (int i = 0; i < 10; ++i) observe(store, 1.0);
  EXPECT_NEAR(number(store), 0.7, 1e-4);
  pass(hours(1));
  for (int i = 0; i < 60; ++i) observe(store, 1.0);
  EXPECT_NEAR(number(store), 0.8, 1e-4);
  // Nobody is told of it as of an error: versions, evolution and confidence go on.
  EXPECT_EQ(dimension(store, kFormality).version, 130U);
  EXPECT_EQ(dimension(store, kFormality).confidence, 1);
  EXPECT_EQ(must(store.evolution("cj", kFormality, 0, 1000)).items.size(), 130U);
  expect_whole(store);
}

TEST_F(BoundedLearning, DoesNotHoldWhatTheUserWants) {
  Store store = folder_.open();
  for (int i = 0; i < 60; ++i) observe(store, 1.0);
  commit(store, AdjustDimension{.name = kFormality, .delta = -0.6});
  EXPECT_NEAR(number(store), 0.1, kRounding);
  commit(store, SetDimension{.name = kFormality, .value = 0.9});
  EXPECT_EQ(number(store), 0.9);
  // Nor does it give anything to what is learned, or take anything from it.
  observe(store, 0.0);
  EXPECT_NEAR(number(store), 0.9, kRounding);
  for (int i = 0; i < 20; ++i) commit(store, AdjustDimension{.name = "own", .delta = i % 2 == 0 ? 0.5 : -0.5});
  observe(store, 1.0, "own");
  EXPECT_EQ(number(store, "own"), 0.5 + 0.1 * 0.5);
  expect_whole(store);
}

TEST_F(BoundedLearning, IsThatOfOneDimensionOfOneUser) {
  Store store = folder_.open();
  for (int i = 0; i < 60; ++i) observe(store, 1.0);
  observe(store, 1.0, "technical_depth_preference");
  EXPECT_EQ(number(store, "technical_depth_preference"), 0.5 + 0.1 * 0.5);
  must(store.commit(operation_of("ada", ObserveDimension{.name = kFormality, .value = 1.0})));
  EXPECT_EQ(must(store.personality("ada")).value.at(0).value, DimensionValue(0.5 + 0.1 * 0.5));
}

TEST_F(BoundedLearning, LetsTwoOptionsBeTakenAtOnceAndOneMorePerHour) {
  Store store = folder_.open();
  const std::string humor = "humor_style_preference";
  for (const char* option : {"dry", "playful", "roasting"}) observe(store, std::string(option), humor);
  EXPECT_EQ(dimension(store, humor).value, DimensionValue("playful"s));
  pass(minutes(61));
  observe(store, "roasting"s, humor);
  observe(store, "dry"s, humor);
  EXPECT_EQ(dimension(store, humor).value, DimensionValue("roasting"s));
  expect_whole(store);
}

// What was spent in a batch that is refused is not spent.
TEST_F(BoundedLearning, IsNotSpentByWhatIsRefused) {
  Store store = folder_.open();
  observe(store, 1.0);
  const double before = number(store);
  Batch refused;
  for (int i = 0; i < 20; ++i)
    refused.operations.push_back(operation_of("cj", ObserveDimension{.name = kFormality, .value = 1.0}));
  refused.operations.push_back(operation_of("cj", ForgetFact{.fact = OperationId::make()}));
  EXPECT_EQ(refusal(store.commit(refused)).code, ErrorCode::kNotFound);
  EXPECT_EQ(number(store), before);
  observe(store, 1.0);
  EXPECT_EQ(number(store), before + 0.1 * (1.0 - before));
  expect_whole(store);
}

TEST_F(BoundedLearning, HoldsForManyWhoShareOneCommit) {
  Store store = folder_.open();
  std::vector<Operation> operations;
  for (int i = 0; i < 60; ++i)
    operations.push_back(operation_of("cj", ObserveDimension{.name = kFormality, .value = 1.0}));
  must(store.commit(Batch{.operations = operations}));
  EXPECT_NEAR(number(store), 0.7, 1e-4);
  EXPECT_EQ(RawDatabase(folder_.path()).text("SELECT count(*) FROM learned"), "1");
  expect_whole(store);
}

TEST_F(BoundedLearning, IsForgottenWithItsUser) {
  Store store = folder_.open();
  for (int i = 0; i < 60; ++i) observe(store, 1.0);
  must(store.erase("cj"));
  EXPECT_EQ(RawDatabase(folder_.path()).text("SELECT count(*) FROM learned"), "0");
  observe(store, 1.0);
  EXPECT_EQ(number(store), 0.5 + 0.1 * 0.5);
  expect_whole(store);
}

TEST_F(BoundedLearning, IsTheSameForWhatIsImported) {
  Store store = folder_.open();
  const Time begin = base::now();
  for (int i = 0; i < 60; ++i) {
    const double observed = i % 7 == 0 ? 0.0 : 1.0;
    commit(store, ObserveDimension{.name = kFormality, .value = observed}, begin + minutes(i * 5 - (i % 11) * 13));
  }
  EXPECT_LT(number(store), 1);
  const StoreFolder elsewhere;
  Store other = elsewhere.open();
  must(import_text(other, exported(store)));
  EXPECT_EQ(whole_user(other), whole_user(store));
  expect_whole(other);
}

TEST_F(BoundedLearning, IsVerified) {
  Store store = folder_.open();
  observe(store, 1.0);
  expect_whole(store);
  RawDatabase raw(folder_.path());
  raw.run("UPDATE learned SET spent = 0");
  EXPECT_THAT(must(store.verify()).problems, testing::Contains(testing::HasSubstr("learned differs")));
  raw.run("DELETE FROM learned");
  EXPECT_THAT(must(store.verify()).problems, testing::Contains(testing::HasSubstr("rows of learned")));
  raw.run("DELETE FROM learning_bound");
  EXPECT_THAT(must(store.verify()).problems, testing::Contains(testing::HasSubstr("since when learning is bounded")));
}

}  // namespace
}  // namespace penny::test
