#include "proof/power/requests.hpp"

#include <utility>

#include <fmt/core.h>

namespace penny::proof::power {
namespace {

Operation operation(Speaker& speaker, Payload payload) {
  return {.user = speaker.user,
          .payload = std::move(payload),
          .id = new_id(speaker.random),
          .at = {},
          .origin = Origin::kUser,
          .channel = is_one_in(speaker.random, 3) ? "voice@kitchen" : "",
          .if_version = {}};
}

double share(Random& random) { return static_cast<double>(draw(random, 1001)) / 1000; }

std::string text(Speaker& speaker, std::string_view about) {
  constexpr std::size_t kSizes[] = {0, 0, 40, 400, 3'000, 9'000};  // over two pages now and then
  const std::string words = fmt::format("{} {}", about, draw(speaker.random, 1'000'000));
  const std::size_t most = kSizes[draw(speaker.random, std::size(kSizes))];
  return words + std::string(speaker.text_bytes_min + draw(speaker.random, most + 1), 'x');
}

std::string key(Speaker& speaker) { return fmt::format("key {}", draw(speaker.random, 4)); }
std::string json(Speaker& speaker) { return fmt::format("\"value {}\"", draw(speaker.random, 3)); }

constexpr const char* kContinuous = "communication_formality";

Operation append_turn(Speaker& speaker) { return a_turn(speaker); }

Operation append_turn_to_session(Speaker& speaker) {
  Operation turn = a_turn(speaker);
  std::get<AppendTurn>(turn.payload).session = fmt::format("session {}", draw(speaker.random, 3));
  return turn;
}

Operation end_session(Speaker& speaker) { return operation(speaker, EndSession{}); }

Operation observe_preference(Speaker& speaker) {
  return operation(speaker,
                   ObservePreference{.key = key(speaker), .value = json(speaker), .confidence = share(speaker.random)});
}

Operation set_preference(Speaker& speaker) {
  return operation(speaker,
                   SetPreference{.key = key(speaker), .value = json(speaker), .confidence = share(speaker.random)});
}

Operation adjust_dimension(Speaker& speaker) {
  return operation(speaker, AdjustDimension{.name = kContinuous,
                                            .delta = share(speaker.random) - 0.5,
                                            .confidence_change = 0.1,
                                            .trigger = fmt::format("because of {}", draw(speaker.random, 100))});
}

Operation observe_dimension(Speaker& speaker) {
  return operation(
      speaker,
      ObserveDimension{.name = kContinuous, .value = share(speaker.random), .confidence = share(speaker.random)});
}

Operation set_dimension(Speaker& speaker) {
  return operation(speaker,
                   SetDimension{.name = "mood", .value = is_one_in(speaker.random, 2) ? std::string("calm") : "merry"});
}

Operation remember_fact(Speaker& speaker) {
  Operation fact =
      operation(speaker, RememberFact{.text = text(speaker, "likes tea"), .confidence = share(speaker.random)});
  speaker.facts.push_back(*fact.id);
  return fact;
}

Operation forget_fact(Speaker& speaker) {
  if (speaker.facts.empty()) return remember_fact(speaker);
  const std::size_t which = draw(speaker.random, speaker.facts.size());
  const OperationId fact = speaker.facts[which];
  speaker.facts.erase(speaker.facts.begin() + static_cast<std::ptrdiff_t>(which));
  return operation(speaker, ForgetFact{.fact = fact});
}

Operation forget_turns(Speaker& speaker) {
  const std::uint64_t first = 1 + draw(speaker.random, 300);
  return operation(speaker,
                   ForgetTurns{.first_rev = first, .last_rev = first + draw(speaker.random, 20), .session = {}});
}

Operation forget_preference(Speaker& speaker) { return operation(speaker, ForgetPreference{.key = key(speaker)}); }

using MakeOperation = Operation (*)(Speaker& speaker);

template <MakeOperation make>
std::vector<Operation> one(Speaker& speaker) {
  return {make(speaker)};
}

// All operations that are refused only if what they name is not there.
constexpr MakeOperation kSafe[] = {append_turn,      append_turn_to_session, observe_preference, set_preference,
                                   adjust_dimension, observe_dimension,      set_dimension,      remember_fact};

std::vector<Operation> batch(Speaker& speaker) {
  std::vector<Operation> operations;
  const std::size_t count = 2 + draw(speaker.random, 5);
  while (operations.size() < count) operations.push_back(kSafe[draw(speaker.random, std::size(kSafe))](speaker));
  return operations;
}

std::vector<Operation> lesson(Speaker& speaker) {
  Operation turn = a_turn(speaker);
  std::get<AppendTurn>(turn.payload).user_input =
      "Please be brief. I like green tea and I prefer music while I work, thanks!";
  auto learnt = Store::learn(turn);
  return learnt ? std::move(learnt->operations) : std::vector{turn};
}

// Of many tools, so that none is called too often.
std::vector<Operation> tool_call(Speaker& speaker) {
  Operation permit = operation(speaker, TakeToolPermit{.tool = fmt::format("tool {}", draw(speaker.random, 10'000))});
  Operation outcome =
      operation(speaker, RecordToolOutcome{.call = *permit.id, .output = text(speaker, "what it found")});
  return {std::move(permit), std::move(outcome)};
}

std::vector<Operation> conflict(Speaker& speaker) {
  Operation refused = set_preference(speaker);
  refused.if_version = 4711;
  return {refused};
}

}  // namespace

OperationId new_id(Random& random) {
  OperationId id = OperationId::make();  // its time, so that ids grow as a program's do
  for (std::size_t i = 9; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::uint8_t>(random());
  return id;
}

Operation a_turn(Speaker& speaker) {
  return operation(speaker, AppendTurn{.user_input = text(speaker, "question"),
                                       .assistant_response = text(speaker, "answer"),
                                       .modality = is_one_in(speaker.random, 2) ? Modality::kChat : Modality::kVoice,
                                       .session = {},
                                       .response_time_ms = 12.5,
                                       .confidence = share(speaker.random),
                                       .metadata = "{}"});
}

const std::vector<RequestKind>& request_kinds() {
  static const std::vector<RequestKind> kinds{
      {"append_turn", one<append_turn>},
      {"append_turn to a session", one<append_turn_to_session>},
      {"end_session", one<end_session>},
      {"observe_preference", one<observe_preference>},
      {"set_preference", one<set_preference>},
      {"adjust_dimension", one<adjust_dimension>},
      {"observe_dimension", one<observe_dimension>},
      {"set_dimension", one<set_dimension>},
      {"remember_fact", one<remember_fact>},
      {"forget_fact", one<forget_fact>},
      {"forget_turns", one<forget_turns>},
      {"forget_preference", one<forget_preference>},
      {"batch", batch},
      {"learn", lesson},
      {"call of a tool", tool_call},
      {"refused", conflict, true},
      {"withdrawn", one<append_turn>, true},
  };
  return kinds;
}

}  // namespace penny::proof::power
