#include "bench/figures/reader_samples.hpp"

#include <algorithm>

#include "bench/figures/interrupt.hpp"
#include "bench/figures/work_folder.hpp"

namespace penny::figures {

Samples sample(const Sampled& what, double seconds, const std::function<bool(double)>& is_done) {
  constexpr std::chrono::milliseconds kEvery{50};
  Samples samples;
  const auto begin = std::chrono::steady_clock::now();
  do {
    pause(kEvery);
    const std::uint64_t log_bytes = size_of(what.store + "-wal");
    const std::uint32_t open = what.counts.open;
    const std::uint32_t waiting = what.counts.waiting;
    samples.count += 1;
    samples.log_bytes_max = std::max(samples.log_bytes_max, log_bytes);
    samples.open_sum += open;
    samples.enough_open += open >= kOpenWanted ? 1 : 0;
    samples.enough_there += open + waiting >= kOpenWanted ? 1 : 0;
    samples.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    samples.is_log_too_long = log_bytes > what.log_bytes_max;
    if (is_done && is_done(samples.seconds)) break;
  } while (samples.seconds < seconds && !samples.is_log_too_long);
  return samples;
}

}  // namespace penny::figures
