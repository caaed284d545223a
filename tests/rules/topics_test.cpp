#include "rules/topics.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace penny::rules {
namespace {

using Strings = std::vector<std::string>;

const std::map<std::string, Strings>& words_by_topic() {
  static const std::map<std::string, Strings> words{
      {"calendar", {"meeting", "appointment", "schedule", "calendar", "event"}},
      {"entertainment", {"movie", "tv", "show", "game", "entertainment"}},
      {"health", {"health", "exercise", "diet", "medical", "fitness"}},
      {"music", {"song", "music", "playlist", "artist", "album"}},
      {"news", {"news", "current", "events", "politics", "world"}},
      {"technology", {"ai", "computer", "software", "tech", "coding", "programming"}},
      {"weather", {"weather", "rain", "sunny", "temperature", "forecast"}},
  };
  return words;
}

TEST(Topics, EveryWordOfEveryTopicNamesIt) {
  for (const auto& [topic, words] : words_by_topic()) {
    for (const std::string& word : words) {
      EXPECT_EQ(topics_of("about " + word + "?"), Strings{topic}) << word;
    }
  }
}

TEST(Topics, RainIsNotAboutTechnology) {
  EXPECT_EQ(topics_of("Will it rain again in Spain?"), Strings{"weather"});
  EXPECT_EQ(topics_of("An email about a showcase of technicians"), Strings{});
}

TEST(Topics, AreInAlphabeticalOrderAndOnce) {
  EXPECT_EQ(topics_of("Weather, rain, AI, software and a SONG"), (Strings{"music", "technology", "weather"}));
}

TEST(Topics, OfATextWithoutThemAreNone) {
  EXPECT_EQ(topics_of(""), Strings{});
  EXPECT_EQ(topics_of("Hello there"), Strings{});
}

TEST(SessionSummary, NamesTopicsAndTurns) {
  EXPECT_EQ(session_summary(Strings{"music", "weather"}, 20), "Discussed: music, weather. Duration: 20 turns");
  EXPECT_EQ(session_summary(Strings{"news"}, 1), "Discussed: news. Duration: 1 turns");
}

TEST(SessionSummary, WithoutTopicsSaysSo) {
  EXPECT_EQ(session_summary({}, 3), "Discussed: nothing in particular. Duration: 3 turns");
}

RC_GTEST_PROP(Topics, AreThoseOfTheWordsThatWereMixedIn, ()) {
  const auto topics = *rc::gen::container<Strings>(
      rc::gen::elementOf(Strings{"calendar", "entertainment", "health", "music", "news", "technology", "weather"}));
  std::string text = "hello";
  for (const std::string& topic : topics) {
    text += *rc::gen::element<std::string>(" and ", ", ", "\n", "; the ");
    text += *rc::gen::elementOf(words_by_topic().at(topic));
  }
  Strings expected = topics;
  std::ranges::sort(expected);
  expected.erase(std::ranges::unique(expected).begin(), expected.end());
  RC_ASSERT(topics_of(text) == expected);
}

RC_GTEST_PROP(Topics, OfTwoTextsTogetherAreTheTopicsOfEither, ()) {
  const auto word = rc::gen::element<std::string>("ai", "rain", "aids", "song", "events", "movie", "the", "diet");
  const auto text = rc::gen::map(rc::gen::container<Strings>(word), [](const Strings& words) {
    std::string joined;
    for (const std::string& each : words) joined += each + " ";
    return joined;
  });
  const std::string first = *text;
  const std::string second = *text;
  const Strings of_first = topics_of(first);
  const Strings of_second = topics_of(second);
  Strings expected;
  std::ranges::set_union(of_first, of_second, std::back_inserter(expected));
  RC_ASSERT(topics_of(first + "\n" + second) == expected);
}

}  // namespace
}  // namespace penny::rules
