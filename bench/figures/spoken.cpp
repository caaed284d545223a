#include "bench/figures/spoken.hpp"

#include <atomic>
#include <vector>

#include "bench/figures/interrupt.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/threads.hpp"
#include "bench/shared_page.hpp"
#include "bench/workload.hpp"

namespace penny::figures {

Written write_turns(Store& store, const Speech& speech, std::uint32_t users, Stretch stretch, std::uint32_t threads) {
  std::vector<bench::Histogram> waits(threads);
  std::atomic<std::uint64_t> next = stretch.first;
  const std::uint64_t end = stretch.first + stretch.turns;
  const std::uint64_t begin_ns = bench::now_ns();
  run_threads(threads, [&](std::uint32_t thread) {
    for (std::uint64_t number = next++; number < end; number = next++) {
      throw_if_interrupted();
      SpokenTurn turn = speech.turn(number, users);
      Operation operation{.user = bench::user_name(turn.user),
                          .payload = AppendTurn{.user_input = std::move(turn.user_input),
                                                .assistant_response = std::move(turn.assistant_response),
                                                .response_time_ms = bench::kResponseTimeMs,
                                                .metadata = std::string(bench::kMetadata)}};
      const std::uint64_t called_ns = bench::now_ns();
      (void)must(store.commit(std::move(operation)), "writing a turn");
      waits[thread].record(bench::now_ns() - called_ns);
    }
  });
  Written written{.waits = {}, .last_commit_ns = bench::now_ns()};
  written.seconds = static_cast<double>(written.last_commit_ns - begin_ns) / 1e9;
  for (const bench::Histogram& one : waits) written.waits.merge(one);
  return written;
}

}  // namespace penny::figures
