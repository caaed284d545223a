#pragma once

// What the assistant knows at the moment the user speaks: read from the store in one go, before a model is asked.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <penny/store.hpp>

namespace penny::assistant {

struct Context {
  std::string words;  // of the user, now
  Modality modality = Modality::kChat;

  std::uint64_t rev = 0;  // everything up to it is known below; others may have written since
  std::vector<Turn>
      recent{};  // the latest of all modalities, oldest first; none of tools or of the web, none forgotten
  std::vector<Preference> preferences{};  // the confident ones
  std::vector<Dimension> dimensions{};    // those that count
  std::vector<SearchHit> memories{};      // what the words find, best first; recent turns too
  std::vector<Change> news{};             // what others wrote for the user since the model last looked, oldest first
  std::vector<Operation> lessons{};       // what this turn teaches, beside itself
};

// Dimensions count from this confidence on, preferences above that one (original-behaviour: Memory, Personality).
inline constexpr double kDimensionConfidenceLeast = 0.65;
inline constexpr double kPreferenceConfidenceAbove = 0.5;

inline constexpr std::size_t kRecentTurnsMax = 10;
inline constexpr std::size_t kMemoriesMax = 5;
inline constexpr std::size_t kNewsMax = 20;

struct ContextRequest {
  std::string_view user;
  std::string_view words;
  Modality modality = Modality::kChat;
  std::string_view channel;                 // the caller's own, whose operations are no news
  std::optional<std::uint64_t> seen_rev{};  // news are what is after it; nothing: none
};

// Five reads, each a snapshot of its own. Blocks as they do, a few milliseconds. Errors as of the reads.
[[nodiscard]] Result<Context> gather(const Store& store, const ContextRequest& request);

}  // namespace penny::assistant
