#include "rules/learning.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <penny/limits.hpp>

#include "base/json.hpp"
#include "base/utf8.hpp"
#include "rules/dimension.hpp"
#include "rules/signals.hpp"
#include "rules/topics.hpp"

namespace penny::rules {
namespace {

constexpr const char* kTurnId = "01890a5d-ac96-774b-bcce-b302099a8057";

std::vector<Payload> learn_from(std::string user_input, int hour = 9) {
  const AppendTurn turn{.user_input = std::move(user_input),
                        .assistant_response = "Great, thanks! lol, urgent weather."};
  return learn(turn, hour, *OperationId::parse(kTurnId));
}

ObservePreference preference(std::string key, std::string value, double confidence) {
  return {.key = std::move(key), .value = std::move(value), .confidence = confidence};
}

std::vector<ObservePreference> preferences_of(const std::vector<Payload>& operations) {
  std::vector<ObservePreference> preferences;
  for (const Payload& operation : operations) {
    if (const auto* observed = std::get_if<ObservePreference>(&operation)) preferences.push_back(*observed);
  }
  return preferences;
}

std::vector<ObserveDimension> dimensions_of(const std::vector<Payload>& operations) {
  std::vector<ObserveDimension> dimensions;
  for (const Payload& operation : operations) {
    if (const auto* observed = std::get_if<ObserveDimension>(&operation)) dimensions.push_back(*observed);
  }
  return dimensions;
}

using Preferences = std::vector<ObservePreference>;

const ObservePreference kMorning = preference("active_time", "\"morning\"", 0.05);

TEST(Learning, ThanksMeansHelpful) {
  for (const char* text : {"Thanks", "thank you", "Great!", "perfect"}) {
    EXPECT_EQ(preferences_of(learn_from(text)),
              (Preferences{preference("response_style", "\"helpful\"", 0.1), kMorning}))
        << text;
  }
}

TEST(Learning, LaughterMeansHumorous) {
  for (const char* text : {"funny", "a joke", "Humor"}) {
    EXPECT_EQ(preferences_of(learn_from(text)),
              (Preferences{preference("response_style", "\"humorous\"", 0.2), kMorning}))
        << text;
  }
}

TEST(Learning, WordsAboutLengthMeanConciseOrDetailed) {
  for (const char* text : {"be brief", "short", "quickly"}) {
    EXPECT_EQ(preferences_of(learn_from(text)),
              (Preferences{preference("response_length", "\"concise\"", 0.15), kMorning}))
        << text;
  }
  for (const char* text : {"explain", "in detail", "more info"}) {
    EXPECT_EQ(preferences_of(learn_from(text)),
              (Preferences{preference("response_length", "\"detailed\"", 0.15), kMorning}))
        << text;
  }
}

TEST(Learning, SeveralWordsOfOneGroupAreOneObservation) {
  EXPECT_EQ(preferences_of(learn_from("thanks, great, perfect, thank you, thanks")),
            (Preferences{preference("response_style", "\"helpful\"", 0.1), kMorning}));
}

TEST(Learning, GroupsThatContradictEachOtherAreBothObservedInOrder) {
  EXPECT_EQ(
      preferences_of(learn_from("a funny one, great; explain it quickly")),
      (Preferences{preference("response_style", "\"helpful\"", 0.1), preference("response_style", "\"humorous\"", 0.2),
                   preference("response_length", "\"concise\"", 0.15),
                   preference("response_length", "\"detailed\"", 0.15), kMorning}));
}

TEST(Learning, TopicsBecomeInterests) {
  EXPECT_EQ(preferences_of(learn_from("rain and AI")),
            (Preferences{kMorning, preference("topic_interest_technology", "true", 0.1),
                         preference("topic_interest_weather", "true", 0.1)}));
}

TEST(Learning, MatchesWholeWordsOnly) {
  EXPECT_EQ(preferences_of(learn_from("greatly shortest jokes explained again")), Preferences{kMorning});
}

TEST(Learning, TheHourBecomesAPartOfTheDay) {
  const auto part = [](int hour) { return preferences_of(learn_from("hello", hour)).at(0).value; };
  for (int hour = 0; hour < 24; ++hour) {
    const char* expected = hour >= 6 && hour < 12    ? "\"morning\""
                           : hour >= 12 && hour < 18 ? "\"afternoon\""
                                                     : "\"evening\"";
    EXPECT_EQ(part(hour), expected) << hour;
  }
}

TEST(Learning, ATurnWithoutWordsOfTheUserTeachesNothing) {
  EXPECT_TRUE(learn_from("").empty());
  EXPECT_TRUE(learn_from(" \n...?!").empty());
}

TEST(Learning, TheAssistantsWordsTeachNothing) {
  EXPECT_EQ(preferences_of(learn_from("hello")), Preferences{kMorning});
  EXPECT_TRUE(dimensions_of(learn_from("hello")).empty());
}

TEST(Learning, ASureSignalIsObservedWithTheTurnAsTrigger) {
  const auto dimensions = dimensions_of(learn_from("eli5 recursion"));
  ASSERT_EQ(dimensions.size(), 1U);
  EXPECT_EQ(dimensions[0].name, "technical_depth_preference");
  EXPECT_DOUBLE_EQ(std::get<double>(dimensions[0].value), 0.3);
  EXPECT_DOUBLE_EQ(dimensions[0].confidence, 0.65);
  EXPECT_EQ(dimensions[0].trigger, "Turn 01890a5d-ac96-774b-bcce-b302099a8057: eli5 recursion...");
}

TEST(Learning, ASignalOfOneHalfIsNotSureEnough) {
  EXPECT_TRUE(dimensions_of(learn_from("please open it")).empty());
  EXPECT_TRUE(dimensions_of(learn_from("this is amazing")).empty());
  EXPECT_EQ(dimensions_of(learn_from("could you please open it")).at(0).name, "communication_formality");
}

TEST(Learning, TheTriggerQuotesFiftyCharactersOnOneLine) {
  std::string text = "urgent\n\t";
  for (int i = 0; i < 60; ++i) text += "\u00E9";
  std::string quoted = "urgent  ";
  for (int i = 0; i < 42; ++i) quoted += "\u00E9";
  EXPECT_EQ(dimensions_of(learn_from(text)).at(0).trigger, "Turn " + std::string(kTurnId) + ": " + quoted + "...");
}

TEST(Learning, FitsIntoOneBatchWithItsTurnWhateverIsSaid) {
  const auto operations = learn_from(
      "thanks funny brief explain ai weather meeting song news health movie please hey details algorithm quick suggest "
      "any "
      "ideas lol stuck help");
  EXPECT_EQ(preferences_of(operations).size(), 12U);
  EXPECT_EQ(dimensions_of(operations).size(), 7U);
  EXPECT_LT(operations.size(), limits::kBatchOperationsMax);
}

rc::Gen<std::string> any_input() {
  const auto piece = rc::gen::element<std::string>(
      "thanks", "funny", "brief", "explain", "rain", "ai", "movie", "please", "hey", "algorithm", "tldr", "asap",
      "suggest", "lol", "stuck", "help", "word", "\u00E9\u00E8", "\U0001F600", "\n", "\"", "!", "don't");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const std::vector<std::string>& pieces) {
    std::string text;
    for (const std::string& part : pieces) text += part + " ";
    return text;
  });
}

RC_GTEST_PROP(Learning, MakesOnlyOperationsThatTheRulesAccept, ()) {
  for (const Payload& operation : learn_from(*any_input(), *rc::gen::inRange(0, 24))) {
    if (const auto* observed = std::get_if<ObserveDimension>(&operation)) {
      RC_ASSERT(observe(initial_dimension(observed->name, &observed->value), *observed, 0).has_value());
      RC_ASSERT(observed->confidence > 0.5 && observed->confidence <= 1.0);
      RC_ASSERT(base::is_printable_utf8(observed->trigger));
      RC_ASSERT(observed->trigger.size() <= limits::kTriggerBytesMax);
    } else {
      const auto& learned = std::get<ObservePreference>(operation);
      RC_ASSERT(base::check_json_value(learned.value, "value").has_value());
      RC_ASSERT(learned.confidence > 0.0 && learned.confidence <= 1.0);
      RC_ASSERT(!learned.key.empty() && learned.key.size() <= limits::kNameBytesMax);
    }
  }
}

RC_GTEST_PROP(Learning, IsTheSameEveryTime, ()) {
  const std::string input = *any_input();
  RC_ASSERT(learn_from(input) == learn_from(input));
}

RC_GTEST_PROP(Learning, NeverObservesOneValueTwice, ()) {
  const auto operations = learn_from(*any_input());
  for (auto one = operations.begin(); one != operations.end(); ++one) {
    RC_ASSERT(std::find(std::next(one), operations.end(), *one) == operations.end());
  }
}

RC_GTEST_PROP(Learning, AgreesWithTopicsAndSignals, ()) {
  const std::string input = *any_input();
  const auto operations = learn_from(input);
  std::vector<std::string> interests;
  for (const ObservePreference& learned : preferences_of(operations)) {
    if (learned.key.starts_with("topic_interest_")) interests.push_back(learned.key.substr(15));
  }
  RC_ASSERT(interests == topics_of(input));
  const auto signals = signals_of(input);
  RC_ASSERT(std::ranges::count_if(signals, [](const Signal& signal) { return signal.confidence > 0.5; }) ==
            std::ssize(dimensions_of(operations)));
}

}  // namespace
}  // namespace penny::rules
