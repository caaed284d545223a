#include "cli/stress/worker.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "cli/stress/writer.hpp"

namespace penny::cli::stress {
namespace {

constexpr int kFailed = 1;

// Of a hundred operations.
constexpr unsigned kPlainTurns = 50;
constexpr unsigned kTeachingTurns = 20;
constexpr unsigned kAdjustments = 12;
constexpr unsigned kPreferences = 6;
constexpr unsigned kFacts = 6;  // the rest are retries of what was acknowledged

constexpr std::string_view kDimensions[] = {"conversation_pace_preference", "technical_depth_preference"};
constexpr double kSteps[] = {0.03125, -0.03125, 0.0078125, -0.0078125, 0.125, -0.125};

int give_up(const std::string& message) {
  fmt::print(stderr, "penny stress: {}\n", message);
  return kFailed;
}

// A worker never outlives the supervisor.
bool dies_with(std::int32_t supervisor) { return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == supervisor; }

void write_one(Writer& writer, const std::vector<std::uint32_t>& lines, std::uint64_t number,
               const std::string& preference, std::mt19937_64& random) {
  const std::uint32_t line = lines[number % lines.size()];
  unsigned choice = static_cast<unsigned>(random() % 100);
  const auto is_next = [&choice](unsigned share) {
    if (choice < share) return true;
    choice -= share;
    return false;
  };
  if (is_next(kPlainTurns)) return writer.send(Kind::kAppendTurn, line);
  if (is_next(kTeachingTurns)) return writer.send(Kind::kAppendTurn, line | kTeaches);
  if (is_next(kAdjustments)) {
    const std::string_view dimension = kDimensions[random() % std::size(kDimensions)];
    return writer.send(Kind::kAdjustDimension, line, dimension, kSteps[random() % std::size(kSteps)]);
  }
  if (is_next(kPreferences)) return writer.send(Kind::kSetPreference, line, preference);
  if (is_next(kFacts)) return writer.send(Kind::kRememberFact, line);
  writer.resend(random);
}

template <class Log>
int open_and_run(const Board& board, std::size_t process, const auto& play) {
  auto script = SharedMemory::inherited(kScriptDescriptor);
  auto memory = SharedMemory::inherited(kLogDescriptor);
  if (!script || !memory) return give_up("no shared memory");
  const Script lines(*std::move(script));
  Log log(*std::move(memory));
  auto store = Store::open(std::string(board.store()));
  if (!store) {
    const std::string message = fmt::format("cannot open {}: {}", board.store(), store.error().message);
    note_message(board.processes()[process], message);
    return give_up(message);
  }
  const Stage stage{.store = *store, .board = board, .script = lines, .process = process};
  play(stage, log);
  return 0;
}

void run_threads(std::size_t count, const auto& body) {
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < count; ++thread) {
    threads.emplace_back([&body, thread] { body(static_cast<std::uint16_t>(thread)); });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace

void wait_for_begin(const Stage& stage) {
  stage.own().ready_threads.fetch_add(1, std::memory_order_release);
  stage.board.wait_for(Phase::kRunning);
}

void write_load(const Stage& stage, WriterLog& log, std::uint16_t thread) {
  const ProcessBoard& own = stage.own();
  const auto modality = static_cast<Modality>(own.modality);
  Writer writer(stage.store, stage.board, stage.script, log, stage.process, thread, modality);
  const auto lines = stage.script.lines_of(own.user, modality);
  const std::string preference = fmt::format("stress.{}.{}", stage.process, thread);
  const std::uint32_t life = own.lives.load(std::memory_order_relaxed);
  std::mt19937_64 random(stage.board.header().seed * 1'000'003 + stage.process * 1009 + thread * 101ULL + life);
  std::uint64_t number = random() % lines.size();

  writer.recover();
  wait_for_begin(stage);
  while (stage.board.phase() == Phase::kRunning && writer.has_room()) {
    write_one(writer, lines, number++, preference, random);
  }
}

int run_worker(std::size_t process) {
  constexpr const char* kNotOurs = "this subcommand is only for processes that `penny stress` starts";
  auto memory = SharedMemory::inherited(kBoardDescriptor);
  if (!memory) return give_up(kNotOurs);
  const Board board(*std::move(memory));
  if (!board.is_valid()) return give_up(kNotOurs);
  if (process >= board.header().processes || !dies_with(board.header().supervisor_pid)) return kFailed;

  const ProcessBoard& own = board.processes()[process];
  if (own.role == Role::kObserver) {
    return open_and_run<ObserverLog>(board, process, [&](const Stage& stage, ObserverLog& log) {
      run_threads(own.threads, [&](std::uint16_t thread) {
        observe(stage, log, static_cast<std::uint32_t>(own.user + thread * board.header().observers));
      });
    });
  }
  return open_and_run<WriterLog>(board, process, [&](const Stage& stage, WriterLog& log) {
    run_threads(own.threads, [&](std::uint16_t thread) {
      if (own.role == Role::kWriter) write_load(stage, log, thread);
      if (own.role == Role::kScenario) play_scenario(stage, log, thread);
    });
  });
}

}  // namespace penny::cli::stress
