#include "cli/stress/conversations.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string_view>

#include <fmt/core.h>
#include <boost/json.hpp>

namespace penny::cli::stress {
namespace {

std::unexpected<Error> refuse(const std::filesystem::path& path, const std::string& what) {
  return std::unexpected(Error{.code = ErrorCode::kInvalid,
                               .message = fmt::format("{}: {}", path.string(), what),
                               .advice = "Give files of one JSON object a line, with user, modality, user_input and "
                                         "assistant_response, or a folder of .jsonl files.",
                               .field = "conversations"});
}

std::size_t place_of(const std::string& user, std::vector<std::string>& users) {
  const auto found = std::ranges::find(users, user);
  if (found != users.end()) return static_cast<std::size_t>(found - users.begin());
  users.push_back(user);
  return users.size() - 1;
}

std::string text_of(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

Result<void> read_file(const std::filesystem::path& path, Conversations& conversations) {
  std::ifstream file(path);
  if (!file) return refuse(path, "cannot be read");
  std::string text;
  for (std::size_t number = 1; std::getline(file, text); ++number) {
    if (text.empty()) continue;
    boost::system::error_code failed;
    const boost::json::value value = boost::json::parse(text, failed);
    if (failed || !value.is_object()) return refuse(path, fmt::format("line {} is no JSON object", number));
    const auto& object = value.as_object();
    const std::string user = text_of(object, "user");
    if (user.empty()) return refuse(path, fmt::format("line {} has no user", number));
    const std::string modality_text = text_of(object, "modality");
    const auto modality = modality_text.empty() ? Modality::kChat : parse_modality(modality_text);
    if (!modality) return refuse(path, fmt::format("line {} has the unknown modality {}", number, modality_text));
    Line line{.user = place_of(user, conversations.users),
              .modality = *modality,
              .user_input = text_of(object, "user_input"),
              .assistant_response = text_of(object, "assistant_response")};
    if (line.user_input.empty() && line.assistant_response.empty()) continue;
    conversations.lines.push_back(std::move(line));
  }
  return {};
}

constexpr std::string_view kNames[] = {"ada", "ben",  "cleo", "dana", "emil", "fay",
                                       "gus", "hana", "ivo",  "june", "kai",  "lou"};
constexpr std::string_view kOpenings[] = {"Could you please",        "Hey, can you",       "I would like you to",
                                          "Quick question: can you", "Thanks! Now please", "When you have time,",
                                          "Just tell me briefly:",   "Suggest how to"};
constexpr std::string_view kWishes[] = {"explain in detail how the algorithm works under the hood",
                                        "find a song for a slow evening",
                                        "look at the forecast before my meeting",
                                        "summarize the news of today",
                                        "move the appointment to Thursday",
                                        "tell me something funny about software",
                                        "plan an exercise that takes ten minutes",
                                        "recommend a movie for tonight",
                                        "remind me to water the plants",
                                        "help me with the train to Leeds"};
constexpr std::string_view kEndings[] = {".", ", right now.", "?", ", and take your time.", ", it's urgent!", ""};
constexpr std::string_view kAnswers[] = {"Of course. Here is what I found:", "Done.",
                                         "I looked it up for you:", "Let me think about that.", "With pleasure."};
constexpr std::string_view kRemarks[] = {"It will be dry until the evening, with some wind from the west.",
                                         "There are three ways; the second one is the shortest.",
                                         "Nothing else is planned for that day.",
                                         "The first result is from last week, the others are older.",
                                         "You asked the same on Monday, and the answer is still the same.",
                                         ""};

std::string_view one_of(std::span<const std::string_view> choices, std::mt19937_64& random) {
  return choices[random() % choices.size()];
}

std::string name_of(std::size_t user) {
  return user < std::size(kNames) ? std::string(kNames[user]) : fmt::format("user-{}", user + 1);
}

}  // namespace

Result<Conversations> read_conversations(const std::vector<std::filesystem::path>& paths) {
  Conversations conversations;
  for (const auto& path : paths) {
    std::vector<std::filesystem::path> files{path};
    std::error_code failed;
    if (std::filesystem::is_directory(path, failed)) {
      files.clear();
      for (const auto& file : std::filesystem::directory_iterator(path, failed)) {
        if (file.path().extension() == ".jsonl") files.push_back(file.path());
      }
      std::ranges::sort(files);
      if (failed) return refuse(path, failed.message());
    }
    for (const auto& file : files) {
      if (const auto read = read_file(file, conversations); !read) return std::unexpected(read.error());
    }
  }
  if (conversations.lines.empty()) return refuse(paths.front(), "has no conversation");
  return conversations;
}

Conversations make_conversations(std::size_t users, std::uint64_t seed) {
  constexpr std::size_t kLinesOfUser = 240;
  constexpr std::size_t kLinesOfSession = 20;
  std::mt19937_64 random(seed);
  Conversations conversations;
  for (std::size_t user = 0; user < users; ++user) {
    conversations.users.push_back(name_of(user));
    for (std::size_t line = 0; line < kLinesOfUser; ++line) {
      const bool is_voice = (line / kLinesOfSession) % 2 == 1;
      conversations.lines.push_back(
          {.user = user,
           .modality = is_voice ? Modality::kVoice : Modality::kChat,
           .user_input =
               fmt::format("{} {}{}", one_of(kOpenings, random), one_of(kWishes, random), one_of(kEndings, random)),
           .assistant_response = fmt::format("{} {}", one_of(kAnswers, random), one_of(kRemarks, random))});
    }
  }
  return conversations;
}

Conversations with_users(Conversations conversations, std::size_t users) {
  const std::size_t known = conversations.users.size();
  if (users < known) {
    std::erase_if(conversations.lines, [&](const Line& line) { return line.user >= users; });
    conversations.users.resize(users);
    return conversations;
  }
  const std::vector<Line> originals = conversations.lines;
  for (std::size_t user = known; user < users; ++user) {
    conversations.users.push_back(fmt::format("{}-{}", conversations.users[user % known], user / known + 1));
    for (Line line : originals) {
      if (line.user != user % known) continue;
      line.user = user;
      conversations.lines.push_back(std::move(line));
    }
  }
  return conversations;
}

}  // namespace penny::cli::stress
