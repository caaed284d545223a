#include "rules/signals.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string>
#include <vector>

#include "rules/dimension.hpp"

namespace penny::rules {
namespace {

std::optional<Signal> signal_of(std::string_view dimension, std::string_view text) {
  for (Signal& signal : signals_of(text)) {
    if (signal.dimension == dimension) return std::move(signal);
  }
  return {};
}

void expect_number(std::string_view dimension, std::string_view text, double value, double confidence) {
  const auto signal = signal_of(dimension, text);
  ASSERT_TRUE(signal.has_value()) << text;
  EXPECT_DOUBLE_EQ(std::get<double>(signal->value), value) << text;
  EXPECT_DOUBLE_EQ(signal->confidence, confidence) << text;
}

void expect_option(std::string_view dimension, std::string_view text, std::string_view option, double confidence) {
  const auto signal = signal_of(dimension, text);
  ASSERT_TRUE(signal.has_value()) << text;
  EXPECT_EQ(std::get<std::string>(signal->value), option) << text;
  EXPECT_DOUBLE_EQ(signal->confidence, confidence) << text;
}

void expect_silent(std::string_view dimension, std::string_view text) {
  EXPECT_FALSE(signal_of(dimension, text).has_value()) << text;
}

constexpr const char* kFormality = "communication_formality";
constexpr const char* kPace = "conversation_pace_preference";
constexpr const char* kSupport = "emotional_support_style";
constexpr const char* kHumor = "humor_style_preference";
constexpr const char* kProactive = "proactive_suggestions";
constexpr const char* kLength = "response_length_preference";
constexpr const char* kDepth = "technical_depth_preference";

TEST(FormalitySignal, PolitePhrasesInAFullSentenceAreFormal) {
  expect_number(kFormality, "Could you please open the door?", 0.5 + 0.3 + 0.1, 0.7);
  expect_number(kFormality, "Please open the door.", 0.5 + 0.15 + 0.1, 0.5);
}

TEST(FormalitySignal, WithoutAFullSentenceItIsLess) {
  expect_number(kFormality, "could you please open the door?", 0.5 + 0.3 - 0.1, 0.7);
  expect_number(kFormality, "Could you please open the door", 0.5 + 0.3 - 0.1, 0.7);
  expect_number(kFormality, "Could you please say what's up?", 0.5 + 0.3 - 0.1, 0.7);
}

TEST(FormalitySignal, CasualWordsAreCasual) {
  expect_number(kFormality, "hey dude, open it", 0.5 - 0.3 - 0.1, 0.7);
  expect_number(kFormality, "yo dude yeah gonna wanna", 0.0, 1.0);
}

TEST(FormalitySignal, PhrasesAloneReachNineTenths) {
  expect_number(kFormality, "Thank you, please, could you, would you mind, I appreciate it!", 1.0, 1.0);
  expect_number(kFormality, "thank you, please, could you, would you mind, i appreciate it", 0.8, 1.0);
}

TEST(FormalitySignal, AsManyOfBothSidesAreNeutral) { expect_number(kFormality, "please dude", 0.5 - 0.1, 0.7); }

TEST(FormalitySignal, IsSilentWithoutPhrases) {
  expect_silent(kFormality, "Open the door.");
  expect_silent(kFormality, "support they years");
}

TEST(DepthSignal, CountsEachPhraseOnce) {
  expect_number(kDepth, "show the algorithm", 0.7, 0.65);
  expect_number(kDepth, "algorithm, algorithm, algorithm", 0.7, 0.65);
  expect_number(kDepth, "the algorithm under the hood", 0.9, 0.9);
  expect_number(kDepth, "architecture, implementation, algorithm and details", 0.9, 1.0);
}

TEST(DepthSignal, SimpleWordsLowerIt) {
  expect_number(kDepth, "eli5", 0.3, 0.65);
  expect_number(kDepth, "eli5 in plain english, tldr", 0.1, 1.0);
  expect_number(kDepth, "tldr of the algorithm", 0.5, 0.9);
}

TEST(DepthSignal, IsSilentWithoutPhrases) { expect_silent(kDepth, "the algorithms of briefing"); }

TEST(LengthSignal, FollowsTheWords) {
  expect_option(kLength, "a short one", "brief", 0.8);
  expect_option(kLength, "short and quick", "brief", 1.0);
  expect_option(kLength, "a thorough answer", "detailed", 0.8);
  expect_option(kLength, "thorough and detailed", "detailed", 1.0);
  expect_option(kLength, "thorough, detailed and comprehensive", "comprehensive", 1.0);
}

TEST(LengthSignal, FollowsTheLengthOfTheMessageOtherwise) {
  const auto words = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "word ";
    return text;
  };
  expect_option(kLength, words(9), "brief", 0.4);
  expect_option(kLength, words(10), "medium", 0.3);
  expect_option(kLength, words(50), "medium", 0.3);
  expect_option(kLength, words(51), "detailed", 0.4);
  expect_option(kLength, "short but thorough", "brief", 0.4);
}

TEST(PaceSignal, FollowsTheWords) {
  expect_number(kPace, "do it fast", 0.7, 0.6);
  expect_number(kPace, "urgent, do it right now", 0.9, 0.9);
  expect_number(kPace, "take your time", 0.3, 0.6);
  expect_number(kPace, "Take your time, think about it carefully", 0.1, 1.0);
}

TEST(PaceSignal, RisesWithALivelyMessage) {
  expect_number(kPace, "do it fast!", 0.8, 0.6);
  expect_number(kPace, "fast? or now?", 0.8, 0.6);
  expect_number(kPace, "fast?", 0.7, 0.6);
  expect_number(kPace, "asap, urgent, immediately!", 1.0, 1.0);
  expect_silent(kPace, "hello!");
}

TEST(ProactivitySignal, FollowsTheWords) {
  expect_number(kProactive, "any ideas", 0.6, 0.7);
  expect_number(kProactive, "what should I do, any ideas?", 0.8, 1.0);
  expect_number(kProactive, "just answer", 0.1, 0.7);
  expect_number(kProactive, "just answer, only what I asked", 0.1, 1.0);
}

TEST(ProactivitySignal, UnderstandsDontInEverySpelling) {
  expect_number(kProactive, "please dont suggest", 0.4, 1.0);
  expect_number(kProactive, "please don't suggest", 0.4, 1.0);
  expect_number(kProactive, "please don\u2019t suggest", 0.4, 1.0);
  expect_number(kProactive, "stop suggesting", 0.1, 0.7);
}

TEST(HumorSignal, FollowsReactions) {
  expect_option(kHumor, "lol", "dry", 0.6);
  expect_option(kHumor, "so cute", "playful", 0.6);
  expect_option(kHumor, "savage burn", "roasting", 0.9);
  expect_option(kHumor, "that is nerdy", "tech_humor", 0.6);
  expect_option(kHumor, "what a dad joke, groan, punny", "dad_jokes", 1.0);
}

TEST(HumorSignal, TheStyleWithMostReactionsWinsAndTheFirstOfEquals) {
  expect_option(kHumor, "lol, savage burn", "roasting", 0.9);
  expect_option(kHumor, "geeky lol", "dry", 0.6);
}

TEST(HumorSignal, IsSilentWithoutReactions) { expect_silent(kHumor, "a funny heartburn"); }

TEST(SupportSignal, FrustrationThatSeeksHelpWantsASolution) {
  expect_option(kSupport, "I am stuck, help", "solution_focused", 0.6);
  expect_option(kSupport, "frustrated and struggling", "solution_focused", 0.6);
  expect_silent(kSupport, "I am stuck");
  expect_silent(kSupport, "help me");
}

TEST(SupportSignal, ExcitementWantsCheer) {
  expect_option(kSupport, "this is amazing", "cheerleading", 0.5);
  expect_option(kSupport, "amazing, but I am stuck, help", "solution_focused", 0.6);
}

TEST(Signals, OfAMessageWithoutWordsAreNone) {
  EXPECT_TRUE(signals_of("").empty());
  EXPECT_TRUE(signals_of(" ?! \U0001F600").empty());
}

rc::Gen<std::string> any_message() {
  const auto piece = rc::gen::element<std::string>(
      "please", "thank you", "dude", "hey", "algorithm", "eli5", "brief", "thorough", "detailed", "comprehensive",
      "quick", "asap", "take your time", "suggest", "just answer", "lol", "cute", "burn", "nerdy", "groan", "stuck",
      "help", "amazing", "word", "it's", "!", "?", ".", "\u00E9", "\n");
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece), [](const std::vector<std::string>& pieces) {
    std::string text;
    for (const std::string& part : pieces) text += part + " ";
    return text;
  });
}

RC_GTEST_PROP(Signals, AreInRangeAndOfTheKindOfTheirDimension, ()) {
  for (const Signal& signal : signals_of(*any_message())) {
    RC_ASSERT(signal.confidence >= 0.0 && signal.confidence <= 1.0);
    const DimensionRule* rule = find_rule(signal.dimension);
    RC_ASSERT(rule != nullptr);
    if (const double* number = std::get_if<double>(&signal.value)) {
      RC_ASSERT(rule->kind == DimensionKind::kContinuous);
      RC_ASSERT(*number >= 0.0 && *number <= 1.0);
    } else {
      RC_ASSERT(std::ranges::find(rule->options, std::get<std::string>(signal.value)) != rule->options.end());
    }
  }
}

RC_GTEST_PROP(Signals, ComeInOrderOfTheirDimensionsAndOnceEach, ()) {
  const auto signals = signals_of(*any_message());
  const auto is_out_of_order = [](const Signal& a, const Signal& b) { return a.dimension >= b.dimension; };
  RC_ASSERT(std::ranges::adjacent_find(signals, is_out_of_order) == signals.end());
}

RC_GTEST_PROP(Signals, DoNotDependOnCaseButForFormality, ()) {
  const std::string message = *any_message();
  std::string loud = message;
  for (char& byte : loud) byte = static_cast<char>(std::toupper(static_cast<unsigned char>(byte)));
  const auto quiet_signals = signals_of(message);
  const auto loud_signals = signals_of(loud);
  RC_ASSERT(quiet_signals.size() == loud_signals.size());
  for (std::size_t i = 0; i < quiet_signals.size(); ++i) {
    RC_ASSERT(quiet_signals[i].dimension == loud_signals[i].dimension);
    RC_ASSERT(quiet_signals[i].confidence == loud_signals[i].confidence);
    if (quiet_signals[i].dimension != kFormality) RC_ASSERT(quiet_signals[i].value == loud_signals[i].value);
  }
}

}  // namespace
}  // namespace penny::rules
