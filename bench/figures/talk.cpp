#include "bench/figures/talk.hpp"

#include <array>
#include <cstddef>
#include <string_view>

#include <fmt/core.h>
#include <penny/store.hpp>

#include "bench/figures/must.hpp"
#include "bench/workload.hpp"

namespace penny::figures {
namespace {

constexpr std::uint32_t kOtherUsers = 1'000;
constexpr std::uint64_t kFactEvery = 25;
constexpr std::size_t kAskedWords = 6;

// What the rules learn from, and what they do not.
constexpr auto kBeginnings = std::to_array<std::string_view>({
    "",
    "Please, could you tell me: ",
    "",
    "Thanks, that was great. ",
    "",
    "Explain the details of the implementation. ",
    "",
    "Quick, in brief: ",
    "Hey, yeah, cool. ",
    "Any ideas, what should I do? ",
    "",
    "I am stuck, help me. ",
    "There is a meeting in my calendar. ",
    "What song was it? ",
    "The weather is sunny. ",
    "Haha, clever. ",
    "",
    "Take your time: ",
});

}  // namespace

Batch Talk::turn(const std::string& user, std::uint64_t number) const {
  Batch batch = must(
      Store::learn({.user = user,
                    .payload = AppendTurn{.user_input = statement(number),
                                          .assistant_response = speech_.turn(number, kOtherUsers).assistant_response,
                                          .modality = number % 2 == 0 ? Modality::kChat : Modality::kVoice,
                                          .response_time_ms = bench::kResponseTimeMs,
                                          .metadata = std::string(bench::kMetadata)},
                    .channel = "figures"}),
      "learning from a turn");
  if (number % kFactEvery == 0) {
    batch.operations.push_back({.user = user,
                                .payload = RememberFact{.text = speech_.turn(number, kOtherUsers).user_input},
                                .channel = "figures"});
  }
  return batch;
}

std::string Talk::any_user(std::uint64_t number) const {
  return bench::user_name(speech_.turn(number, kOtherUsers).user);
}

std::string Talk::statement(std::uint64_t number) const {
  return std::string(kBeginnings[number % kBeginnings.size()]) + speech_.turn(number, kOtherUsers).user_input;
}

std::string Talk::question(std::uint64_t number) const {
  const Speech::Ranks ranks = speech_.ranks(number);
  std::string text = "What did I say about";
  for (std::size_t place = 0; place < kAskedWords && place < ranks.input.size(); ++place)
    text.append(" ").append(speech_.word(ranks.input[place]));
  return text + "?";
}

}  // namespace penny::figures
