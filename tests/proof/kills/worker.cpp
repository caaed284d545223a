#include "proof/kills/worker.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <stdexcept>
#include <thread>

#include <fmt/core.h>

#include <penny/store.hpp>

#include "base/futex.hpp"
#include "proof/kills/journal.hpp"
#include "proof/kills/lane_writer.hpp"
#include "proof/kills/points.hpp"

namespace penny::proof::kills {
namespace {

constexpr unsigned kLifeMaxSeconds = 6 * 3600;
constexpr std::chrono::milliseconds kPulse{5};
constexpr std::chrono::milliseconds kLateFrom{1};
constexpr std::chrono::milliseconds kReadEvery{4};

void raise_to(std::atomic<std::uint64_t>& worst, std::uint64_t value) {
  std::uint64_t before = worst.load(std::memory_order_relaxed);
  while (before < value && !worst.compare_exchange_weak(before, value, std::memory_order_relaxed)) {
  }
}

class Worker {
 public:
  Worker(const WorkerSetting& setting, Store& store, const Journal& journal, ProcessPage& page)
      : setting_(setting), store_(store), journal_(journal), page_(page) {}

  void run() {
    std::vector<std::thread> threads;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      threads.emplace_back([this, lane] { write(lane); });
    }
    if (setting_.reads) {
      threads.emplace_back([this] { read(); });
      threads.emplace_back([this] { feel_pulse(); });
    }
    for (std::thread& thread : threads) thread.join();
  }

 private:
  void write(std::size_t lane) {
    const RequestName own{.store = setting_.store_number,
                          .process = static_cast<std::uint8_t>(setting_.process),
                          .lane = static_cast<std::uint8_t>(lane),
                          .number = 0};
    LaneWriter(store_, journal_, page_, setting_.seed, own, setting_.deadline).run();
  }

  void read() {
    std::uint64_t rev = 0;
    while (page_.is_to_end.load(std::memory_order_relaxed) == 0) {
      const std::uint64_t begun = now_ns();
      const auto turns = store_.last_turns("user0", 10);
      if (!turns) {
        page_.trouble.write(
            fmt::format("a read was refused: {}: {}", to_string(turns.error().code), turns.error().message));
        return;
      }
      if (turns->rev < rev) {
        page_.trouble.write(fmt::format("a read saw rev {} after another had seen {}", turns->rev, rev));
        return;
      }
      rev = turns->rev;
      raise_to(page_.worst_read_ns, now_ns() - begun);
      page_.reads.fetch_add(1, std::memory_order_relaxed);
      sleep_for(kReadEvery);
    }
  }

  // How late a thread of this process is woken only because the machine is busy.
  void feel_pulse() {
    constexpr auto kWantedNs = static_cast<std::uint64_t>(std::chrono::nanoseconds(kPulse).count());
    constexpr auto kNotedNs = static_cast<std::uint64_t>(std::chrono::nanoseconds(kLateFrom).count());
    while (page_.is_to_end.load(std::memory_order_relaxed) == 0) {
      const std::uint32_t stops = page_.stops.load(std::memory_order_acquire);
      const std::uint64_t begun = now_ns();
      sleep_for(kPulse);
      const std::uint64_t now = now_ns();
      // It was stopped meanwhile.
      if (stops != page_.stops.load(std::memory_order_acquire)) continue;
      if (now > begun + kWantedNs + kNotedNs) page_.lates.append({.at_ns = now, .late_ns = now - begun - kWantedNs});
    }
  }

  void sleep_for(std::chrono::milliseconds pause) {
    const std::atomic<std::uint32_t>& word = page_.is_to_end;
    base::futex_wait_shared(word, 0, std::chrono::steady_clock::now() + pause);
  }

  const WorkerSetting& setting_;
  Store& store_;
  const Journal& journal_;
  ProcessPage& page_;
};

}  // namespace

std::vector<std::string> WorkerSetting::words() const {
  return {store,
          journal,
          census,
          std::to_string(seed),
          std::to_string(store_number),
          std::to_string(process),
          std::to_string(deadline.count()),
          reads ? "reads" : "writes"};
}

WorkerSetting WorkerSetting::parse(const std::vector<std::string>& words) {
  if (words.size() != 8) throw std::runtime_error("a worker takes 8 words");
  return {.store = words[0],
          .journal = words[1],
          .census = words[2],
          .seed = std::stoull(words[3]),
          .store_number = static_cast<std::uint32_t>(std::stoul(words[4])),
          .process = std::stoul(words[5]),
          .deadline = std::chrono::milliseconds(std::stol(words[6])),
          .reads = words[7] == "reads"};
}

int run_worker(const std::vector<std::string>& words) {
  // Nobody would end it if its supervisor died.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  alarm(kLifeMaxSeconds);
  const WorkerSetting setting = WorkerSetting::parse(words);
  const auto census = Mapped<Census>::open(setting.census);
  const auto journal = Mapped<Journal>::open(setting.journal);
  ProcessPage& page = journal->processes.at(setting.process);
  watch_points(*census, page);
  auto store = Store::open(setting.store);
  if (!store) {
    page.trouble.write(
        fmt::format("the store could not be opened: {}: {}", to_string(store.error().code), store.error().message));
    return 3;
  }
  Worker(setting, *store, *journal, page).run();
  store->close();
  return page.trouble.is_written.load(std::memory_order_relaxed) == 0 ? 0 : 4;
}

}  // namespace penny::proof::kills
