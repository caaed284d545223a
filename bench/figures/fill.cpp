#include "bench/figures/fill.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <string_view>

#include "bench/figures/interrupt.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/progress.hpp"
#include "bench/figures/threads.hpp"
#include "bench/figures/work_folder.hpp"
#include "bench/shared_page.hpp"
#include "bench/workload.hpp"

namespace penny::figures {
namespace {

constexpr std::array<std::string_view, 5> kPreferences{"language", "tone", "units", "editor", "music"};
constexpr double kPreferenceConfidence = 0.8;
constexpr std::uint64_t kMillion = 1'000'000;

Operation turn_of(const std::string& user, const bench::Write& write) {
  return {.user = user,
          .payload = AppendTurn{.user_input = std::string(write.user_input),
                                .assistant_response = std::string(write.assistant_response),
                                .response_time_ms = bench::kResponseTimeMs,
                                .metadata = std::string(bench::kMetadata)},
          .id = write.id};
}

void fill_to_size(Store& store, const std::string& path, const FillOptions& options,
                  std::atomic<std::uint64_t>& turns) {
  const bench::Texts texts(options.seed);
  Progress progress("MB written");
  run_threads(options.threads, [&](std::uint32_t thread) {
    bench::Writes writes(texts, options.seed * 1'000 + thread);
    std::mt19937_64 random(options.seed * 1'000 + thread);
    while (size_of(path) < options.bytes) {
      throw_if_interrupted();
      const auto user = static_cast<std::uint32_t>(random() % options.users);
      Batch batch;
      for (std::uint32_t turn = 0; turn < options.batch_turns; ++turn)
        batch.operations.push_back(turn_of(bench::user_name(user), writes.next_of(user)));
      (void)must(store.commit(std::move(batch)), "filling the store");
      turns += options.batch_turns;
      if (thread == 0) progress.show(size_of(path) / kMillion, options.bytes / kMillion);
    }
  });
}

void add_latest(Store& store, const FillOptions& options, std::atomic<std::uint64_t>& turns) {
  const bench::Texts texts(options.seed + 1);
  // Each thread has users of its own; all begin with their first at the same time.
  run_threads(options.threads, [&](std::uint32_t thread) {
    bench::Writes writes(texts, options.seed * 2'000 + thread);
    for (std::uint32_t round = 0; round <= kLatestTurns; ++round) {
      for (std::uint32_t user = thread; user < options.users; user += options.threads) {
        throw_if_interrupted();
        Batch batch;
        if (round == 0) {
          for (const std::string_view key : kPreferences) {
            batch.operations.push_back(
                {.user = bench::user_name(user),
                 .payload = SetPreference{
                     .key = std::string(key), .value = "\"as I like it\"", .confidence = kPreferenceConfidence}});
          }
        } else {
          batch.operations.push_back(turn_of(bench::user_name(user), writes.next_of(user)));
          turns += 1;
        }
        (void)must(store.commit(std::move(batch)), "filling the store");
      }
    }
  });
}

}  // namespace

Filled fill(Store& store, const std::string& path, const FillOptions& options) {
  const std::uint64_t begin_ns = bench::now_ns();
  std::atomic<std::uint64_t> turns = 0;
  fill_to_size(store, path, options, turns);
  add_latest(store, options, turns);
  return {.turns = turns, .seconds = static_cast<double>(bench::now_ns() - begin_ns) / 1e9};
}

void fill_one_user(Store& store, const std::string& user, std::uint64_t turns, std::uint64_t seed) {
  constexpr std::uint64_t kBatchTurns = 64;
  const bench::Texts texts(seed);
  bench::Writes writes(texts, seed);
  Progress progress("turns to be exported");
  for (std::uint64_t done = 0; done < turns;) {
    throw_if_interrupted();
    Batch batch;
    for (std::uint64_t turn = 0; turn < std::min(kBatchTurns, turns - done); ++turn)
      batch.operations.push_back(turn_of(user, writes.next_of(0)));
    done += batch.operations.size();
    (void)must(store.commit(std::move(batch)), "filling the store");
    progress.show(done, turns);
  }
}

}  // namespace penny::figures
