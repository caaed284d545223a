#include "proof/kills/requests.hpp"

#include <array>
#include <cstring>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/core.h>

#include "base/sha256.hpp"
#include "model/encoding.hpp"
#include "proof/kills/random.hpp"

namespace penny::proof::kills {
namespace {

constexpr std::uint64_t kUsers = 3;
constexpr std::array<const char*, 2> kDimensions{"communication_formality", "patience"};
constexpr std::size_t kShortText = 200;
constexpr std::size_t kLongText = 150'000;  // many pages, so that checkpoints are due often
constexpr std::array<std::uint8_t, 4> kOurs{'k', 'i', 'l', 'l'};

std::string text(Random& random, std::size_t bytes_max) {
  std::string words(1 + random.below(bytes_max), ' ');
  for (char& letter : words) letter = static_cast<char>('a' + random.below(26));
  return words;
}

Payload turn(Random& random) {
  std::string input = text(random, kShortText);
  return AppendTurn{.user_input = std::move(input), .assistant_response = text(random, kShortText)};
}
Payload long_turn(Random& random) {
  return AppendTurn{.user_input = std::string(1 + random.below(kLongText), 'a'),
                    .assistant_response = text(random, kShortText)};
}
Payload raise(Random& random) {
  return AdjustDimension{.name = kDimensions[random.below(kDimensions.size())], .delta = kRaise};
}
Payload preference(Random& random) {
  return SetPreference{.key = fmt::format("key{}", random.below(5)),
                       .value = fmt::format("\"{}\"", text(random, 30)),
                       .confidence = 0.9};
}
Payload fact(Random& random) { return RememberFact{.text = text(random, kShortText)}; }

using Make = Payload (*)(Random&);

// What is asked for, and how often: a new kind of request is a line here.
struct Recipe {
  std::uint64_t weight;
  std::vector<Make> operations;
};
const std::vector<Recipe>& recipes() {
  static const std::vector<Recipe> all{
      {8, {turn}},
      {2, {long_turn}},
      {6, {raise}},
      {2, {preference}},
      {1, {fact}},
      {4, {turn, raise, fact}},
      {1, {raise, turn, raise, preference, turn, raise, fact, raise, turn, preference, raise, raise}},
  };
  return all;
}

const Recipe& chosen(Random& random) {
  std::uint64_t sum = 0;
  for (const Recipe& recipe : recipes()) sum += recipe.weight;
  std::uint64_t place = random.below(sum);
  for (const Recipe& recipe : recipes()) {
    if (place < recipe.weight) return recipe;
    place -= recipe.weight;
  }
  return recipes().front();
}

OperationId id_of(const RequestName& name, std::size_t index) {
  OperationId id;
  std::size_t place = 0;
  const auto put = [&](std::uint64_t value, int bytes) {
    while (bytes-- > 0) id.bytes.at(place++) = static_cast<std::uint8_t>(value >> (8U * static_cast<unsigned>(bytes)));
  };
  put(name.store, 4);
  put(name.number, 4);
  put(name.process, 1);
  put(name.lane, 1);
  put(index, 1);
  std::memcpy(&id.bytes.at(12), kOurs.data(), kOurs.size());
  return id;
}

std::uint64_t first_bytes(const base::Digest& digest) {
  std::uint64_t value = 0;
  std::memcpy(&value, digest.data(), sizeof value);
  return value;
}

void add(base::Sha256& hash, std::string_view part) {
  hash.update(fmt::format("{}:", part.size()));
  hash.update(part);
}

}  // namespace

Batch request_of(std::uint64_t seed, const RequestName& name) {
  std::uint64_t start = mixed(seed ^ mixed(name.store));
  start = mixed(start ^ name.number ^ std::uint64_t{name.process} << 40U ^ std::uint64_t{name.lane} << 48U);
  Random random(start);
  const std::string user = fmt::format("user{}", random.below(kUsers));
  const Recipe& recipe = chosen(random);
  Batch batch;
  for (const Make make : recipe.operations) {
    batch.operations.push_back(
        {.user = user, .payload = make(random), .id = id_of(name, batch.operations.size()), .if_version = {}});
  }
  return batch;
}

std::optional<OperationName> name_of(const OperationId& id) {
  if (std::memcmp(&id.bytes.at(12), kOurs.data(), kOurs.size()) != 0) return std::nullopt;
  const auto take = [&](std::size_t from) {
    std::uint32_t value = 0;
    for (std::size_t i = from; i < from + 4; ++i) value = value << 8U | id.bytes.at(i);
    return value;
  };
  return OperationName{.request = {.store = take(0), .process = id.bytes[8], .lane = id.bytes[9], .number = take(4)},
                       .index = id.bytes[10]};
}

std::uint64_t digest_of(const Operation& operation) {
  if (const auto* words = std::get_if<AppendTurn>(&operation.payload))
    return digest_of_turn(operation.user, words->user_input, words->assistant_response, words->metadata);
  return digest_of_other(operation.user, model::encode(operation.payload));
}

std::uint64_t digest_of_turn(std::string_view user, std::string_view user_input, std::string_view response,
                             std::string_view metadata) {
  base::Sha256 hash;
  for (const std::string_view part : {user, user_input, response, metadata}) add(hash, part);
  return first_bytes(hash.finish());
}

std::uint64_t digest_of_other(std::string_view user, std::string_view payload) {
  base::Sha256 hash;
  for (const std::string_view part : {user, payload}) add(hash, part);
  return first_bytes(hash.finish());
}

std::uint64_t joined(std::uint64_t before, std::uint64_t digest) { return mixed(before ^ digest); }

std::uint64_t digest_of(const Batch& batch) {
  std::uint64_t digest = 0;
  for (const Operation& operation : batch.operations) digest = joined(digest, digest_of(operation));
  return digest;
}

std::uint64_t digest_of_result(std::string_view encoded) {
  base::Sha256 hash;
  hash.update(encoded);
  return first_bytes(hash.finish());
}

std::uint64_t digest_of(const BatchOutcome& outcome) {
  std::uint64_t digest = 0;
  for (const Outcome& one : outcome.outcomes)
    digest = joined(digest, digest_of_result(model::encode_result(one.result)));
  return digest;
}

}  // namespace penny::proof::kills
