// Processes that do one thing with a store, and say how long it took.

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>

#include <fmt/core.h>
#include <penny/store.hpp>

#include "bench/figures/child.hpp"
#include "bench/figures/must.hpp"
#include "bench/figures/waits.hpp"
#include "bench/figures/work_folder.hpp"
#include "bench/figures/workers.hpp"
#include "bench/figures/writers.hpp"
#include "bench/shared_page.hpp"
#include "bench/workload.hpp"

namespace penny::figures {
namespace {

constexpr std::size_t kTurnsOfARead = 10;
constexpr std::uint32_t kUses = 1'000;  // reads and writes of a process whose memory is looked at

double ms_since(std::uint64_t begin_ns) { return ms_of(bench::now_ns() - begin_ns); }

Store open_store(const std::string& path) { return must(Store::open(path), "opening the store"); }

void read_last_turns(const Store& store, std::uint32_t user) {
  const auto turns = must(store.last_turns(bench::user_name(user), kTurnsOfARead), "reading the last turns");
  if (turns.items.size() != kTurnsOfARead)
    throw std::runtime_error(fmt::format("{} of the last {} turns were found", turns.items.size(), kTurnsOfARead));
}

void write_a_turn(Store& store, std::uint32_t user) {
  (void)must(store.commit({.user = bench::user_name(user),
                           .payload = AppendTurn{.user_input = "Are you there?", .assistant_response = "I am."}}),
             "writing a turn");
}

// A line of /proc/self/status, in kB.
std::uint64_t status_kb(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1));
  }
  return 0;
}

}  // namespace

void open_once(const std::string& path, bool is_written) {
  std::uint64_t begin_ns = bench::now_ns();
  Store store = open_store(path);
  boost::json::object taken{{"open_ms", ms_since(begin_ns)}};
  begin_ns = bench::now_ns();
  (void)must(store.last_turns(bench::user_name(0), kTurnsOfARead), "the first read");
  taken["read_ms"] = ms_since(begin_ns);
  if (is_written) {
    begin_ns = bench::now_ns();
    write_a_turn(store, 0);
    taken["commit_ms"] = ms_since(begin_ns);
  }
  tell(taken);
}

void read_users(const std::string& path, std::uint32_t users, std::uint32_t reads, std::uint32_t cold_reads) {
  const Store store = open_store(path);
  std::mt19937_64 random(1);
  const auto any_user = [&] { return static_cast<std::uint32_t>(random() % users); };
  const auto measured = [&](std::uint32_t times, const std::function<void()>& before, auto read) {
    bench::Histogram waits;
    for (std::uint32_t time = 0; time < times; ++time) {
      const std::uint32_t user = any_user();
      before();
      const std::uint64_t begin_ns = bench::now_ns();
      read(user);
      waits.record(bench::now_ns() - begin_ns);
    }
    return json_of(waits_of(waits));
  };
  const auto turns = [&](std::uint32_t user) { read_last_turns(store, user); };
  const auto context = [&](std::uint32_t user) {
    if (must(store.prompt_context(bench::user_name(user)), "the prompt context").value.empty())
      throw std::runtime_error("a user has no prompt context");
  };
  for (std::uint32_t user = 0; user < users; ++user) {
    turns(user);
    context(user);
  }
  boost::json::object taken;
  taken["turns_warm"] = measured(reads, [] {}, turns);
  taken["context_warm"] = measured(reads, [] {}, context);
  double left = 0;
  const auto forget = [&] { left = std::max(left, forget_cached(path)); };
  taken["turns_cold"] = measured(cold_reads, forget, turns);
  taken["context_cold"] = measured(cold_reads, forget, context);
  taken["left_in_cache"] = left;
  tell(taken);
}

void use_memory(const std::string& path, std::uint32_t users) {
  boost::json::object memory{{"before_kb", status_kb("VmRSS")}};
  Store store = open_store(path);
  memory["opened_kb"] = status_kb("VmRSS");
  for (std::uint32_t use = 0; use < kUses; ++use) {
    read_last_turns(store, use % users);
    write_a_turn(store, use % users);
  }
  memory["used_kb"] = status_kb("VmRSS");
  memory["most_kb"] = status_kb("VmHWM");
  tell(memory);
}

void back_up(const std::string& path, const std::string& to) {
  const Store store = open_store(path);
  const CopyReport report = must(store.backup(to), "backing up");
  tell({{"bytes", report.bytes},
        {"copying_ms", report.copying.count()},
        {"verifying_ms", report.verifying.count()},
        {"rounds", report.rounds}});
}

void verify(const std::string& path) {
  const Store store = open_store(path);
  const std::uint64_t begin_ns = bench::now_ns();
  const VerifyReport report = must(store.verify(), "verifying");
  tell({{"seconds", ms_since(begin_ns) / 1e3},
        {"operations", report.operations},
        {"problem", report.problems.empty() ? std::string() : report.problems.front()}});
}

void write_for_ever(const std::string& path, std::uint32_t threads) {
  Store store = open_store(path);
  Writers writers(store, {.threads = threads, .seed = bench::now_ns()});
  tell({{"writing", true}});
  for (;;) {
    if (next_command(std::chrono::milliseconds(200)).is_over) return writers.stop();
  }
}

}  // namespace penny::figures
