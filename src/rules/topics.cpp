#include "rules/topics.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace penny::rules {
namespace {

struct Topic {
  std::string_view name;
  std::array<std::string_view, 6> words;  // unused places are empty, which no text has
};

constexpr std::array kTopics{
    Topic{"calendar", {"meeting", "appointment", "schedule", "calendar", "event"}},
    Topic{"entertainment", {"movie", "tv", "show", "game", "entertainment"}},
    Topic{"health", {"health", "exercise", "diet", "medical", "fitness"}},
    Topic{"music", {"song", "music", "playlist", "artist", "album"}},
    Topic{"news", {"news", "current", "events", "politics", "world"}},
    Topic{"technology", {"ai", "computer", "software", "tech", "coding", "programming"}},
    Topic{"weather", {"weather", "rain", "sunny", "temperature", "forecast"}},
};
static_assert(std::ranges::is_sorted(kTopics, {}, &Topic::name));

}  // namespace

std::vector<std::string> topics_of(const Words& words) {
  std::vector<std::string> topics;
  for (const Topic& topic : kTopics) {
    if (words.count_present(topic.words) > 0) topics.emplace_back(topic.name);
  }
  return topics;
}

std::vector<std::string> topics_of(std::string_view text) { return topics_of(Words(text)); }

std::string session_summary(std::span<const std::string> topics, std::uint32_t turns) {
  const std::string subject = topics.empty() ? "nothing in particular" : fmt::format("{}", fmt::join(topics, ", "));
  return fmt::format("Discussed: {}. Duration: {} turns", subject, turns);
}

}  // namespace penny::rules
