// The model against values worked out by hand.

#include <gtest/gtest.h>

#include "proof/histories/hand_made.hpp"

namespace penny::proof::histories {
namespace {

class HistoryModel : public testing::Test {
 protected:
  Judgement apply(std::vector<Action> actions) {
    Call& call = calls_.emplace_back();
    call.actions = std::move(actions);
    return model_.apply(call);
  }
  Entry one(Action action) {
    action.id = ++last_id_;
    const Judgement judgement = apply({action});
    EXPECT_FALSE(judgement.refusal);
    return judgement.entries.at(0);
  }
  ErrorCode refusal(Action action) {
    action.id = ++last_id_;
    return apply({action}).refusal.value();
  }
  static Action tone(Kind kind, std::uint64_t value, double confidence) {
    return {.value = whole(value), .amount = confidence, .kind = kind, .name = Name::kTone};
  }
  static Action dimension(Kind kind, Name name, Value value, double confidence) {
    return {.value = value, .amount = confidence, .kind = kind, .name = name};
  }

  std::deque<Call> calls_;
  Model model_;
  std::uint64_t last_id_ = 100;
};

TEST_F(HistoryModel, WeighsEvidenceForAPreference) {
  EXPECT_EQ(one(tone(Kind::kObservePreference, 1, 0.5)).confidence, 0.5);
  Entry told = one(tone(Kind::kObservePreference, 1, 0.25));
  EXPECT_EQ(told.confidence, 0.75);
  EXPECT_EQ(told.number, 2U);
  told = one(tone(Kind::kObservePreference, 2, 0.75));  // not surer
  EXPECT_EQ(told.confidence, 0.75 - 0.05);
  EXPECT_FALSE(told.flag);
  told = one(tone(Kind::kObservePreference, 2, 0.8));
  EXPECT_EQ(told.confidence, 0.8);
  EXPECT_EQ(told.number, 1U);
  EXPECT_EQ(one(tone(Kind::kObservePreference, 2, 0.9)).confidence, 1.0);
  told = one(tone(Kind::kSetPreference, 2, 0.1));
  EXPECT_EQ(told.number, 3U);
  EXPECT_EQ(told.version, 6U);
  EXPECT_EQ(one(tone(Kind::kObservePreference, 3, 0.05)).confidence, 0.1);
}

TEST_F(HistoryModel, MovesAContinuousDimension) {
  EXPECT_EQ(number_of(one(dimension(Kind::kObserveDimension, Name::kFormality, real(0.9), 1)).value),
            0.5 + 0.1 * (0.9 - 0.5));
  EXPECT_EQ(one({.amount = 1, .kind = Kind::kAdjustDimension, .name = Name::kFormality}).value, real(1));
  EXPECT_EQ(
      one({.amount = -1, .confidence_change = -1, .kind = Kind::kAdjustDimension, .name = Name::kFormality}).value,
      real(0));
  EXPECT_EQ(model_.evolution().back().confidence_change, -(0.3 + 0.05));  // all that there was
  const Entry told = one(dimension(Kind::kSetDimension, Name::kFormality, real(0.25), 0));
  EXPECT_EQ(told.value, real(0.25));
  EXPECT_EQ(told.confidence, 0);
  EXPECT_EQ(told.version, 4U);
}

TEST_F(HistoryModel, TakesAnOptionThatIsSureEnough) {
  const Value dry = option(find_option("dry"));
  EXPECT_EQ(one(dimension(Kind::kObserveDimension, Name::kHumor, dry, 0.5)).value, option(find_option("balanced")));
  EXPECT_EQ(one(dimension(Kind::kObserveDimension, Name::kHumor, dry, 0.6)).value, dry);
  EXPECT_EQ(refusal(dimension(Kind::kSetDimension, Name::kHumor, option(find_option("brief")), 0)),
            ErrorCode::kInvalid);
  EXPECT_EQ(refusal({.amount = 0.1, .kind = Kind::kAdjustDimension, .name = Name::kHumor}), ErrorCode::kInvalid);
}

// 0.2 at once, and 0.1 more per hour.
TEST_F(HistoryModel, MovesNoFurtherThanTheBucketLets) {
  const auto observe = [this](std::uint64_t minute, double observed) {
    while (minute_of(last_id_ + 1) != minute) ++last_id_;
    return number_of(one(dimension(Kind::kObserveDimension, Name::kFormality, real(observed), 1)).value);
  };
  one(dimension(Kind::kSetDimension, Name::kFormality, real(0), 0));
  observe(20, 1);
  EXPECT_EQ(observe(20, 1), 0.1 + 0.1 * 0.9);
  EXPECT_DOUBLE_EQ(observe(20, 1), 0.2);
  EXPECT_DOUBLE_EQ(observe(20, 0), 0.2);
  EXPECT_DOUBLE_EQ(observe(50, 1), 0.25);
  EXPECT_DOUBLE_EQ(observe(14, 1), 0.25);  // a clock that went back
  EXPECT_DOUBLE_EQ(observe(20, 0), 0.24);
  EXPECT_EQ(one({.amount = 0.5, .kind = Kind::kAdjustDimension, .name = Name::kFormality}).version, 9U);
}

TEST_F(HistoryModel, TakesTwoOptionsAtOnce) {
  const auto observe = [this](std::uint64_t minute, std::string_view text) {
    while (minute_of(last_id_ + 1) != minute) ++last_id_;
    return one(dimension(Kind::kObserveDimension, Name::kHumor, option(find_option(text)), 1)).value;
  };
  EXPECT_EQ(observe(7, "dry"), option(find_option("dry")));
  EXPECT_EQ(observe(7, "dry"), option(find_option("dry")));
  EXPECT_EQ(observe(7, "playful"), option(find_option("playful")));
  EXPECT_EQ(observe(7, "dry"), option(find_option("playful")));
  EXPECT_EQ(observe(66, "dry"), option(find_option("playful")));
  EXPECT_EQ(observe(68, "dry"), option(find_option("dry")));
}

TEST_F(HistoryModel, BeginsASessionAfterTwentyTurnsAndAfterAnEnd) {
  const Entry first = one(turn(0, 0));
  for (int i = 2; i <= 20; ++i) EXPECT_EQ(one(turn(0, 0)).session, first.session);
  const Entry next = one(turn(0, 0));
  EXPECT_EQ(next.number, 1U);
  EXPECT_NE(next.session, first.session);
  EXPECT_TRUE(one({.kind = Kind::kEndSession}).flag);
  EXPECT_EQ(refusal({.kind = Kind::kEndSession}), ErrorCode::kNotFound);
  EXPECT_EQ(one(turn(0, 0)).number, 1U);
}

TEST_F(HistoryModel, RefusesATurnForANamedSessionThatEnded) {
  const std::uint64_t session = named_session(0, 1);
  one(turn(0, session));
  one({.session = session, .kind = Kind::kEndSession});
  EXPECT_FALSE(one({.session = session, .kind = Kind::kEndSession}).flag);
  EXPECT_EQ(refusal(turn(0, session)), ErrorCode::kConflict);
}

TEST_F(HistoryModel, TakesBackABatchThatIsRefused) {
  one(tone(Kind::kSetPreference, 1, 0.9));
  const Judgement judgement =
      apply({turn(1),
             remember(2),
             forget(3, 2),
             adjust(4, 0.1),
             {.id = 5, .value = whole(2), .amount = 1, .kind = Kind::kSetPreference, .name = Name::kTone},
             forget(6, 2)});
  EXPECT_EQ(judgement.refusal, ErrorCode::kNotFound);
  EXPECT_EQ(model_.rev(), 1U);
  EXPECT_TRUE(model_.sessions().empty());
  EXPECT_TRUE(model_.facts(10).empty());
  EXPECT_TRUE(model_.evolution().empty());
  EXPECT_EQ(model_.preferences().at(0).value, whole(1));
  EXPECT_EQ(model_.dimensions().at(0).version, 0U);
}

TEST_F(HistoryModel, AnswersARetryAndRefusesAnotherPayload) {
  const Judgement first = apply({turn(1), adjust(2, 0.1)});
  const Judgement again = apply({turn(1), adjust(2, 0.1)});
  EXPECT_TRUE(again.is_already_stored);
  EXPECT_EQ(again.entries, first.entries);
  EXPECT_EQ(apply({turn(1), adjust(2, 0.2)}).refusal, ErrorCode::kInvalid);
  EXPECT_EQ(apply({turn(1)}).refusal, ErrorCode::kInvalid);
}

TEST_F(HistoryModel, TellsThePromptContext) {
  EXPECT_EQ(model_.prompt_context(), "");
  one(tone(Kind::kSetPreference, 4, 0.5));
  EXPECT_EQ(model_.prompt_context(), "");
  one(tone(Kind::kSetPreference, 4, 0.6));
  EXPECT_EQ(model_.prompt_context(), "User preferences: tone: 4");
  apply({turn(7)});
  EXPECT_EQ(model_.prompt_context(), "Recent conversation:\nUser: " + turn_input(7) +
                                         "\nAssistant: " + turn_response(7) + "\nUser preferences: tone: 4");
}

}  // namespace
}  // namespace penny::proof::histories
