#include "proof/kills/journal.hpp"

#include <algorithm>

namespace penny::proof::kills {

void Message::write(std::string_view words) {
  if (is_written.exchange(1, std::memory_order_acq_rel) != 0) return;
  std::ranges::copy(words.substr(0, text.size() - 1), text.begin());
}

void LateLog::append(const Late& late) {
  const std::uint32_t place = count.load(std::memory_order_relaxed);
  if (place >= kLatesMax) return;
  lates.at(place) = late;
  count.store(place + 1, std::memory_order_release);
}

std::uint64_t LateLog::worst(std::uint64_t from_ns, std::uint64_t until_ns) const {
  std::uint64_t worst = 0;
  const std::uint32_t noted = count.load(std::memory_order_acquire);
  for (std::uint32_t place = 0; place < noted; ++place) {
    const Late& late = lates.at(place);
    // It was due `late_ns` before it was noted.
    if (late.at_ns >= from_ns && late.at_ns - late.late_ns <= until_ns) worst = std::max(worst, late.late_ns);
  }
  return worst;
}

void Lane::append(const Event& event) {
  const std::uint32_t place = count.load(std::memory_order_relaxed);
  events.at(place) = event;
  count.store(place + 1, std::memory_order_release);
}

std::uint64_t Journal::gate_ns(std::uint64_t now_ns) const {
  std::uint64_t sum = 0;
  for (const ProcessPage& process : processes) {
    sum += process.gate_ns.load(std::memory_order_relaxed);
    const std::uint64_t since = process.inside_since_ns.load(std::memory_order_relaxed);
    if (since != 0 && since < now_ns) sum += now_ns - since;
  }
  return sum;
}

}  // namespace penny::proof::kills
