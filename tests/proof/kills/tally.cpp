#include "proof/kills/tally.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

namespace penny::proof::kills {

void Tally::add(const Tally& other) {
  for (std::size_t place = 0; place < kPointsMax; ++place) {
    after_point[place] += other.after_point[place];
  }
  constexpr std::uint64_t Tally::* kSums[] = {&Tally::kills,
                                              &Tally::inside,
                                              &Tally::waiting,
                                              &Tally::elsewhere,
                                              &Tally::at_once,
                                              &Tally::stores,
                                              &Tally::operations,
                                              &Tally::requests,
                                              &Tally::acknowledged,
                                              &Tally::retries_stored,
                                              &Tally::retries_known,
                                              &Tally::retries_answered,
                                              &Tally::unanswered_stored,
                                              &Tally::unanswered_absent,
                                              &Tally::reads};
  for (const auto sum : kSums) this->*sum += other.*sum;
  worst_wait_ns = std::max(worst_wait_ns, other.worst_wait_ns);
}

void Tally::show(const Census& census, double seconds, Report& report) const {
  const auto count = [&](const std::string& name, std::uint64_t number) {
    report.figure(name, with_thousands_apart(number));
  };
  count("kills", kills);
  report.figure("kills per second", fmt::format("{:.0f}", static_cast<double>(kills) / seconds));
  count("stores", stores);
  count("operations stored", operations);
  count("requests begun", requests);
  count("requests acknowledged", acknowledged);
  count("retries after a death: had been lost", retries_stored);
  count("retries after a death: had been stored", retries_known);
  count("retries of what was answered", retries_answered);
  count("unanswered when all were dead: stored", unanswered_stored);
  count("unanswered when all were dead: not stored", unanswered_absent);
  count("reads of what was just acknowledged", reads);
  report.figure("longest wait for an acknowledgement",
                fmt::format("{:.0f} ms", static_cast<double>(worst_wait_ns) / 1e6));
  for (std::size_t place = 0; place < kPointsMax; ++place) {
    const std::string_view name = census.name(place);
    if (name.empty()) continue;
    const auto known = std::ranges::find(demanded_points(), name, &Point::name);
    count(fmt::format("killed itself at {}{}{}", name, known == demanded_points().end() ? "" : ": ",
                      known == demanded_points().end() ? "" : known->meaning),
          census.hits(place));
  }
  count("killed at a random time, inside the gate", inside);
  count("killed at a random time, waiting for the gate", waiting);
  count("killed at a random time, elsewhere", elsewhere);
  count("killed with all others of its store", at_once);
  std::vector<std::pair<std::uint64_t, std::string_view>> after;
  for (std::size_t place = 0; place < kPointsMax; ++place) {
    if (after_point[place] > 0) after.emplace_back(after_point[place], census.name(place));
  }
  std::ranges::sort(after, std::greater{});
  for (const auto& [number, name] : after) count(fmt::format("threads killed at random after {}", name), number);
}

}  // namespace penny::proof::kills
