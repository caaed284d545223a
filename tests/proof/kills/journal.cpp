#include "proof/kills/journal.hpp"

#include <algorithm>

namespace penny::proof::kills {

void Message::write(std::string_view words) {
  if (is_written.exchange(1, std::memory_order_acq_rel) != 0) return;
  std::ranges::copy(words.substr(0, text.size() - 1), text.begin());
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
