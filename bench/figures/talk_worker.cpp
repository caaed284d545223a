// The process that writes turns while a voice turn is measured. Command:
//
//     stop    ends it; how many were stored in how many seconds, and how long each took

#include <atomic>
#include <chrono>

#include <penny/store.hpp>

#include "bench/figures/child.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/talk.hpp"
#include "bench/figures/waits.hpp"
#include "bench/figures/workers.hpp"
#include "bench/figures/writers.hpp"
#include "bench/shared_page.hpp"

namespace penny::figures {

void write_talk(const std::string& path, const WrittenTalk& what) {
  constexpr std::chrono::seconds kListen{1};
  constexpr std::uint64_t kTurnsOfAWriter = 10'000'000;
  Store store = must(Store::open(path), "opening the store to write to it");
  const Talk talk(what.seed);
  std::atomic<std::uint64_t> next = what.number * kTurnsOfAWriter;
  const std::uint64_t begin_ns = bench::now_ns();
  Writers writers(store, {.threads = 1, .per_second = what.per_second, .make = [&] {
                            const std::uint64_t number = next++;
                            return talk.turn(what.user.empty() ? talk.any_user(number) : what.user, number);
                          }});
  tell({{"writing", true}});
  for (;;) {
    const Command command = next_command(kListen);
    if (command.is_over) return;
    if (command.text != "stop") continue;
    writers.stop();
    const Writers::Phase phase = writers.phase(0);
    tell({{"stored", phase.stored},
          {"refused", phase.refused},
          {"seconds", static_cast<double>(bench::now_ns() - begin_ns) / 1e9},
          {"waits", json_of(phase.waits)}});
    return;
  }
}

}  // namespace penny::figures
