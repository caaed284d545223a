#pragma once

// What a process of a run does: write, observe, or play its part in a scenario.

#include <cstddef>
#include <cstdint>

#include <penny/store.hpp>

#include "cli/stress/acknowledgements.hpp"
#include "cli/stress/board.hpp"
#include "cli/stress/script.hpp"

namespace penny::cli::stress {

// Under which the supervisor hands its shared memory down.
inline constexpr int kBoardDescriptor = 3;
inline constexpr int kScriptDescriptor = 4;
inline constexpr int kLogDescriptor = 5;

// The hidden subcommand's work, from begin to end: the exit code of the process.
[[nodiscard]] int run_worker(std::size_t process);

// The parts, one thread each. They return when the run is over.
struct Stage {
  Store& store;
  const Board& board;
  const Script& script;
  std::size_t process;  // its number

  [[nodiscard]] ProcessBoard& own() const { return board.processes()[process]; }
};

void write_load(const Stage& stage, WriterLog& log, std::uint16_t thread);
void play_scenario(const Stage& stage, WriterLog& log, std::uint16_t thread);
void observe(const Stage& stage, ObserverLog& log, std::uint32_t user);

// Tells the supervisor that this thread is ready, and waits for the begin.
void wait_for_begin(const Stage& stage);

}  // namespace penny::cli::stress
