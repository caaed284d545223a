#include "rules/signals.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>

#include "rules/words.hpp"

namespace penny::rules {
namespace {

using Phrases = std::span<const std::string_view>;

constexpr auto kPolite = std::to_array<std::string_view>(
    {"please", "thank you", "could you", "would you mind", "if you could", "appreciate"});
constexpr auto kCasual =
    std::to_array<std::string_view>({"yo", "hey", "sup", "gonna", "wanna", "yeah", "cool", "awesome", "dude"});

constexpr auto kDeep =
    std::to_array<std::string_view>({"implementation", "architecture", "algorithm", "optimize", "how does it work",
                                     "explain the logic", "deep dive", "under the hood", "details", "specifics"});
constexpr auto kSimple =
    std::to_array<std::string_view>({"simple explanation", "eli5", "in plain english", "quick overview", "just tell me",
                                     "basic idea", "summarize", "brief", "tldr"});

constexpr auto kBrief = std::to_array<std::string_view>({"brief", "short", "quick", "summary", "tldr", "just tell me"});
constexpr auto kDetailed = std::to_array<std::string_view>(
    {"detailed", "comprehensive", "explain everything", "full explanation", "thorough"});

constexpr auto kFast = std::to_array<std::string_view>({"quick", "fast", "asap", "immediately", "right now", "urgent"});
constexpr auto kSlow =
    std::to_array<std::string_view>({"take your time", "think about it", "carefully", "thorough", "detailed"});

constexpr auto kAsksForMore =
    std::to_array<std::string_view>({"suggest", "recommend", "what should", "any ideas", "what else"});
constexpr auto kAsksForLess = std::to_array<std::string_view>(
    {"just answer", "only what i asked", "dont suggest", "don't suggest", "stop suggesting"});

constexpr auto kDry = std::to_array<std::string_view>({"lol", "haha", "clever", "witty"});
constexpr auto kPlayful = std::to_array<std::string_view>({"fun", "cute"});
constexpr auto kRoasting = std::to_array<std::string_view>({"savage", "burn", "roasted", "brutal"});
constexpr auto kTechHumor = std::to_array<std::string_view>({"nerdy", "geeky"});
constexpr auto kDadJokes = std::to_array<std::string_view>({"dad joke", "punny", "groan"});

constexpr auto kFrustrated = std::to_array<std::string_view>({"frustrated", "stuck"});
constexpr auto kSeeksHelp = std::to_array<std::string_view>({"help", "struggling"});
constexpr auto kExcited = std::to_array<std::string_view>({"excited", "amazing"});

// A continuous dimension between two groups of phrases.
struct Scale {
  std::string_view dimension;
  Phrases up;
  Phrases down;
  double neutral;
  double up_step;
  double down_step;
  double confidence;
  double confidence_step;
};

constexpr Scale kFormality{"communication_formality", kPolite, kCasual, 0.5, 0.15, 0.15, 0.3, 0.2};
constexpr Scale kPace{"conversation_pace_preference", kFast, kSlow, 0.5, 0.2, 0.2, 0.3, 0.3};
constexpr Scale kProactivity{"proactive_suggestions", kAsksForMore, kAsksForLess, 0.4, 0.2, 0.3, 0.4, 0.3};
constexpr Scale kTechnicalDepth{"technical_depth_preference", kDeep, kSimple, 0.5, 0.2, 0.2, 0.4, 0.25};

constexpr double kPhrasesMin = 0.1;  // how far phrases alone can move a value
constexpr double kPhrasesMax = 0.9;
constexpr double kFormStep = 0.1;  // what the form of the message adds or takes

double confidence_of(double base, double step, int phrases) { return std::min(1.0, base + step * phrases); }

// `form` is added for how the message is written.
std::optional<Signal> read_scale(const Scale& scale, const Words& words, double form = 0) {
  const int up = words.count_present(scale.up);
  const int down = words.count_present(scale.down);
  if (up + down == 0) return {};
  double value = scale.neutral;
  if (up > down) value = std::min(kPhrasesMax, scale.neutral + scale.up_step * up);
  if (down > up) value = std::max(kPhrasesMin, scale.neutral - scale.down_step * down);
  return Signal{.dimension = scale.dimension,
                .value = std::clamp(value + form, 0.0, 1.0),
                .confidence = confidence_of(scale.confidence, scale.confidence_step, up + down)};
}

// Begins with a capital, ends like a sentence, and has no contraction.
bool is_in_full_sentences(std::string_view text, const Words& words) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  const bool begins = text[first] >= 'A' && text[first] <= 'Z';
  const bool ends = text[last] == '.' || text[last] == '!' || text[last] == '?';
  const bool has_contraction =
      std::ranges::any_of(words.all(), [](const std::string& word) { return word.contains('\''); });
  return begins && ends && !has_contraction;
}

Signal read_response_length(const Words& words) {
  constexpr std::string_view kDimension = "response_length_preference";
  const auto signal = [&](const char* option, double confidence) {
    return Signal{.dimension = kDimension, .value = std::string(option), .confidence = confidence};
  };
  const int brief = words.count_present(kBrief);
  const int detailed = words.count_present(kDetailed);
  if (brief > detailed) return signal("brief", confidence_of(0.4, 0.4, brief));
  if (detailed > brief) return signal(detailed > 2 ? "comprehensive" : "detailed", confidence_of(0.4, 0.4, detailed));
  if (words.size() < 10) return signal("brief", 0.4);
  if (words.size() > 50) return signal("detailed", 0.4);
  return signal("medium", 0.3);
}

// The style with the most reactions, the first of them if several have as many.
std::optional<Signal> read_humor(const Words& words) {
  struct Style {
    const char* option;
    Phrases reactions;
  };
  constexpr std::array kStyles{Style{"dry", kDry}, Style{"playful", kPlayful}, Style{"roasting", kRoasting},
                               Style{"tech_humor", kTechHumor}, Style{"dad_jokes", kDadJokes}};
  const char* preferred = nullptr;
  int most = 0;
  for (const Style& style : kStyles) {
    const int reactions = words.count_present(style.reactions);
    if (reactions <= most) continue;
    preferred = style.option;
    most = reactions;
  }
  if (preferred == nullptr) return {};
  return Signal{.dimension = "humor_style_preference",
                .value = std::string(preferred),
                .confidence = confidence_of(0.3, 0.3, most)};
}

std::optional<Signal> read_support(const Words& words) {
  constexpr std::string_view kDimension = "emotional_support_style";
  if (words.count_present(kFrustrated) > 0 && words.count_present(kSeeksHelp) > 0) {
    return Signal{.dimension = kDimension, .value = std::string("solution_focused"), .confidence = 0.6};
  }
  if (words.count_present(kExcited) > 0) {
    return Signal{.dimension = kDimension, .value = std::string("cheerleading"), .confidence = 0.5};
  }
  return {};
}

}  // namespace

std::vector<Signal> signals_of(std::string_view user_input) {
  const Words words(user_input);
  if (words.empty()) return {};
  const double formality_form = is_in_full_sentences(user_input, words) ? kFormStep : -kFormStep;
  const bool is_lively = user_input.contains('!') || std::ranges::count(user_input, '?') > 1;
  const double pace_form = is_lively ? kFormStep : 0;

  std::vector<Signal> signals;
  const auto add = [&](std::optional<Signal> signal) {
    if (signal) signals.push_back(std::move(*signal));
  };
  add(read_scale(kFormality, words, formality_form));
  add(read_scale(kPace, words, pace_form));
  add(read_support(words));
  add(read_humor(words));
  add(read_scale(kProactivity, words));
  add(read_response_length(words));
  add(read_scale(kTechnicalDepth, words));
  return signals;
}

}  // namespace penny::rules
