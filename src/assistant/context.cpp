#include "assistant/context.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "assistant/question_words.hpp"
#include "model/origin.hpp"

namespace penny::assistant {
namespace {

// Words of tools and of the web are kept apart, and what was forgotten is nobody's to tell.
bool may_be_told(const Turn& turn) { return !turn.is_forgotten && !model::is_of_others(turn.origin); }

Result<void> find_memories(const Store& store, const ContextRequest& request, Context& context) {
  const std::string words = telling_words(request.words);
  if (words.empty()) return {};
  auto page = store.search(request.user,
                           {.words = words, .match = SearchMatch::kAny, .limit = 3 * kMemoriesMax, .is_quick = true});
  if (!page) return std::unexpected(page.error());
  for (SearchHit& hit : page->items) {
    if (context.memories.size() == kMemoriesMax) break;
    const Turn* const turn = std::get_if<Turn>(&hit.found);
    if (turn == nullptr || may_be_told(*turn)) context.memories.push_back(std::move(hit));
  }
  return {};
}

Result<void> find_news(const Store& store, const ContextRequest& request, Context& context) {
  std::uint64_t after = *request.seen_rev;
  // Somebody may have imported a life's worth meanwhile: the latest will do, and the search finds the rest.
  if (context.rev > after + 500) after = context.rev - 500;
  while (true) {
    auto page = store.changes(request.user, after, 100);
    if (!page) return std::unexpected(page.error());
    for (Change& change : page->items) {
      if (change.operation.channel != request.channel && !change.is_forgotten &&
          !model::is_of_others(change.operation.origin))
        context.news.push_back(std::move(change));
    }
    if (!page->next) break;
    after = *page->next;
  }
  if (context.news.size() > kNewsMax)
    context.news.erase(context.news.begin(), context.news.end() - std::ptrdiff_t{kNewsMax});
  return {};
}

}  // namespace

Result<Context> gather(const Store& store, const ContextRequest& request) {
  Context context{.words = std::string(request.words), .modality = request.modality};

  auto turns = store.last_turns(request.user, kRecentTurnsMax);
  if (!turns) return std::unexpected(turns.error());
  context.rev = turns->rev;
  for (Turn& turn : turns->items) {
    if (may_be_told(turn)) context.recent.push_back(std::move(turn));
  }

  auto preferences = store.preferences(request.user);
  if (!preferences) return std::unexpected(preferences.error());
  for (Preference& preference : preferences->items) {
    if (preference.confidence > kPreferenceConfidenceAbove) context.preferences.push_back(std::move(preference));
  }

  auto dimensions = store.personality(request.user);
  if (!dimensions) return std::unexpected(dimensions.error());
  for (Dimension& dimension : dimensions->value) {
    if (dimension.confidence >= kDimensionConfidenceLeast) context.dimensions.push_back(std::move(dimension));
  }

  if (auto found = find_memories(store, request, context); !found) return std::unexpected(found.error());
  if (request.seen_rev && context.rev > *request.seen_rev) {
    if (auto found = find_news(store, request, context); !found) return std::unexpected(found.error());
  }
  return context;
}

}  // namespace penny::assistant
