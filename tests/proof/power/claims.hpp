#pragma once

// What is claimed of every state, as sentences.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace penny::proof::power {

enum class Claim : std::uint8_t {
  kOpens,
  kAcknowledged,
  kSeen,
  kWhole,
  kNothingElse,
  kVerified,
  kAnchor,
  kGoesOn,
  kAnswers,
};

inline constexpr std::array<std::string_view, 9> kClaims{
    "A store that was opened once opens after every power cut, and is the same store",
    "Every acknowledged operation is there exactly once, with its payload and its rev",
    "What a read has shown is there, also if the power fails after a kill",
    "An operation or a batch that was not acknowledged is there whole or not at all",
    "Nothing is there that was refused, withdrawn or never asked for",
    "`verify` finds nothing: pages, indexes, revs, digests, and every state table is the fold of the ledger",
    "The anchor in the shared page never raises a false alarm",
    "Any -shm and any shared page: the store opens, answers retries with the first outcome and takes new operations",
    "No request fails without a fault, and every retry is answered with the first outcome",
};

[[nodiscard]] constexpr std::string_view text_of(Claim claim) { return kClaims[static_cast<std::size_t>(claim)]; }

struct Contradiction {
  Claim claim = Claim::kOpens;
  std::string what;
};

using Verdict = std::vector<Contradiction>;

}  // namespace penny::proof::power
