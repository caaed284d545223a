#include "cli/stress/request.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/core.h>
#include <penny/store.hpp>

#include "cli/stress/acknowledgements.hpp"

namespace penny::cli::stress {
namespace {

constexpr double kConfidenceChange = 0.001;

std::uint32_t line_of(const account::Entry& head) { return head.source & ~kTeaches; }

std::string preference_value(const account::Entry& head) { return fmt::format("\"line {}\"", line_of(head)); }

// A fact is what the user said, or what was answered if the user was silent.
std::string_view fact_text(std::uint32_t line, const Script& script) {
  return script.user_input(line).empty() ? script.assistant_response(line) : script.user_input(line);
}

void set_texts(account::Entry& entry, std::string_view first, std::string_view second) {
  entry.text_hash = text_hash(first, second);
  entry.first_text_bytes = static_cast<std::uint32_t>(first.size());
  entry.second_text_bytes = static_cast<std::uint32_t>(second.size());
}

Payload payload_of(const account::Entry& head, Modality modality, const Script& script) {
  const std::uint32_t line = line_of(head);
  switch (static_cast<Kind>(head.kind)) {
    case Kind::kAppendTurn:
      return AppendTurn{.user_input = std::string(script.user_input(line)),
                        .assistant_response = std::string(script.assistant_response(line)),
                        .modality = modality,
                        .metadata = fmt::format("{{\"line\":{}}}", line)};
    case Kind::kSetPreference:
      return SetPreference{.key = head.key, .value = preference_value(head), .confidence = 1};
    case Kind::kAdjustDimension:
      return AdjustDimension{.name = head.key, .delta = head.number, .confidence_change = kConfidenceChange};
    case Kind::kSetDimension:
      return SetDimension{.name = head.key, .value = head.number, .confidence_change = kConfidenceChange};
    case Kind::kRememberFact:
      return RememberFact{.text = std::string(fact_text(line, script)), .confidence = 1};
  }
  std::unreachable();
}

}  // namespace

void describe(account::Entry& head, Kind kind, std::uint32_t source, std::string_view key, double number,
              const Script& script) {
  head.kind = static_cast<std::uint8_t>(kind);
  head.source = source;
  head.number = number;
  key.copy(head.key, sizeof(head.key) - 1);
  const std::uint32_t line = line_of(head);
  if (kind == Kind::kAppendTurn) set_texts(head, script.user_input(line), script.assistant_response(line));
  if (kind == Kind::kSetPreference) set_texts(head, preference_value(head), {});
  if (kind == Kind::kRememberFact) set_texts(head, fact_text(line, script), {});
}

Batch build_request(const account::Entry& head, std::string_view user, Modality modality, const Script& script) {
  OperationId id;
  std::ranges::copy(head.id, id.bytes.begin());
  Operation operation{.user = std::string(user),
                      .payload = payload_of(head, modality, script),
                      .id = id,
                      .channel = std::string(to_string(modality))};
  if ((head.source & kTeaches) != 0) {
    // What is taught depends on the hour; the id's is the same in every retry.
    operation.at = id.time();
    auto learned = Store::learn(operation);
    if (learned) return *std::move(learned);
  }
  Batch batch;
  batch.operations.push_back(std::move(operation));
  return batch;
}

void describe_learned(account::Entry& member, const Operation& operation) {
  std::ranges::copy(operation.id->bytes, member.id);
  member.kind = static_cast<std::uint8_t>(operation.payload.index() + 1);
  member.flags = account::kFlagLearned;
}

}  // namespace penny::cli::stress
