// SIGSTOP of whoever holds the gate, and of whoever waits for it: deadlines are kept, nothing is lost or stored twice.

#include <filesystem>
#include <memory>

#include <fmt/core.h>

#include "proof/kills/court.hpp"
#include "proof/kills/kills.hpp"
#include "proof/kills/mapped.hpp"
#include "proof/kills/stop_attack.hpp"

namespace penny::proof::kills {
namespace {

constexpr std::uint64_t kShort = 5;
constexpr std::uint64_t kCi = 60;
constexpr std::uint64_t kLong = 5'000;
constexpr std::uint64_t kStopsOfAStore = 10;
constexpr std::string_view kRetried =
    "what was refused because of its deadline is stored once by a retry with the same id";

std::string in_milliseconds(std::uint64_t nanoseconds) {
  return fmt::format("{:.1f} ms", static_cast<double>(nanoseconds) / kMillisecond);
}

void show(const StopTally& tally, Report& report) {
  const auto count = [&](const char* name, std::uint64_t number) { report.figure(name, with_thousands_apart(number)); };
  const StopFigures& figures = tally.figures;
  count("stops of the gate's holder", tally.stops_inside);
  count("of them for 1 to 3 s", tally.long_stops);
  count("stops of a process outside of the gate", tally.stops_outside);
  count("operations stored", tally.operations);
  count("requests acknowledged", tally.acknowledged);
  count("answers to others while the holder was stopped", figures.answers_in_stops);
  count("of them refused because of their deadline of 500 ms", figures.refused);
  count("stored later by a retry with the same id", tally.stored_at_retry);
  report.figure("latest of these refusals", in_milliseconds(figures.worst_answer_ns));
  report.figure("longest that a commit waited in the stop of the holder", in_milliseconds(figures.worst_kept_ns));
  report.figure("latest answer of a stopped process after SIGCONT", in_milliseconds(figures.worst_victim_ns));
  count("commits of others beside a stopped waiter", figures.commits_beside);
  report.figure("longest of them", in_milliseconds(figures.worst_commit_ns));
  report.figure("most of such a wait with nobody inside the gate", in_milliseconds(figures.worst_idle_ns));
  count("reads of others beside a stopped process", tally.reads_in_stops);
  report.figure("longest of them", in_milliseconds(tally.worst_read_ns));
  count("waits beyond their limit that a busy machine excuses", figures.late);
  report.figure("latest that a thread was woken, which is the excuse", in_milliseconds(figures.worst_late_ns));
  for (const auto& [where, number] : tally.where) count(fmt::format("stopped {}", where).c_str(), number);
}

}  // namespace

void run_stops(const Order& order, Report& report) {
  const std::uint64_t stops = order.amount_or(kShort, kCi, kLong);
  const std::string census_path = order.folder + "/census";
  const auto census = Mapped<Census>::make(census_path);
  census->add_demanded();
  Court court(report);
  StopTally tally;
  Progress progress("stops", stops);
  std::uint64_t done = 0;
  for (std::uint32_t number = 0; done < stops; ++number) {
    const std::string folder = fmt::format("{}/{}", order.folder, number);
    std::filesystem::create_directory(folder);
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
    const bool is_carried_out = court.attend([&] {
      stop_processes({.folder = folder,
                      .census_path = census_path,
                      .census = &*census,
                      .seed = order.seed,
                      .store_number = number,
                      .stops = std::min(kStopsOfAStore, stops - done)},
                     tally, court, [&] { progress.at(++done); });
    });
    std::filesystem::remove_all(folder);
    if (!is_carried_out) break;
  }
  court.check(kRetried, tally.stored_at_retry > 0, fmt::format("seed {}: there was none", order.seed));
  show(tally, report);
}

}  // namespace penny::proof::kills
