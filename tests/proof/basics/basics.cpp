#include "proof/basics/basics.hpp"

#include <array>
#include <chrono>
#include <exception>
#include <string_view>

#include <fmt/format.h>
#include <sqlite3.h>

#include "proof/basics/chapter.hpp"
#include "proof/basics/watched_disk.hpp"

namespace penny::proof::basics {
namespace {

struct Chapter {
  std::string_view name;
  void (*examine)(Report& report);
};

// The quick ones first.
constexpr std::array kChapters{
    Chapter{"personality", personality},
    Chapter{"preferences", preferences},
    Chapter{"sessions", sessions},
    Chapter{"facts", facts},
    Chapter{"forgotten words", forgotten_words},
    Chapter{"forgotten spans", forgotten_spans},
    Chapter{"undoing", undoing},
    Chapter{"moving", moving},
    Chapter{"calls of tools", tool_calls},
    Chapter{"retries", retries},
    Chapter{"refused batches", refused_batches},
    Chapter{"versions", versions},
    Chapter{"unchanged since", unchanged_since},
    Chapter{"limits of values", limits_of_values},
    Chapter{"quota", quota},
    Chapter{"files and modes", files_and_modes},
    Chapter{"pages", pages},
    Chapter{"order and time", order_and_time},
    Chapter{"isolation", isolation},
    Chapter{"chain of digests", chain_of_digests},
    Chapter{"verification", verification},
    Chapter{"lost tails", lost_tails},
    Chapter{"durability", durability},
    Chapter{"full disk", full_disk},
    Chapter{"ballast", ballast},
    Chapter{"failed read", failed_read},
    Chapter{"failed sync", failed_sync},
    Chapter{"snapshots", snapshots},
    Chapter{"watching", watching},
    Chapter{"searching", searching},
    Chapter{"deadlines", deadlines},
    Chapter{"queue", queue},
    Chapter{"closing", closing},
    Chapter{"foreign writers", foreign_writers},
    Chapter{"neighbours", neighbours},
    Chapter{"gate", gate},
    Chapter{"creation", creation},
    Chapter{"forks", forks},
    Chapter{"erasing", erasing},
    Chapter{"giving space back", vacuuming},
    Chapter{"keeping", keeping},
};

}  // namespace

void run(const Order& order, Report& report) {
  // Before anything uses SQLite: a chapter limits its memory.
  (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 1);
  count_folder_syncs();
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  Clock::duration slowest{};
  std::string_view slowest_name;
  Progress progress("chapters", kChapters.size());
  std::size_t examined = 0;
  for (const Chapter& chapter : kChapters) {
    const std::string claim =
        fmt::format("The chapter \"{}\" comes to its end: nothing is refused that must work", chapter.name);
    const auto chapter_began = Clock::now();
    try {
      chapter.examine(report);
      report.check(claim, true);
    } catch (const std::exception& error) {
      report.check(claim, false, error.what());
    }
    if (Clock::now() - chapter_began > slowest) {
      slowest = Clock::now() - chapter_began;
      slowest_name = chapter.name;
    }
    progress.at(++examined);
    if (order.scale == Scale::kShort && !report.is_green()) break;
  }
  const auto seconds = [](Clock::duration took) { return std::chrono::duration<double>(took).count(); };
  report.figure("chapters", fmt::format("{} of {}", examined, kChapters.size()));
  report.figure("time", fmt::format("{:.1f} s, of which {:.1f} s for \"{}\"", seconds(Clock::now() - began),
                                    seconds(slowest), slowest_name));
}

}  // namespace penny::proof::basics
