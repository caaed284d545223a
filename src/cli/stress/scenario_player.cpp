// A member's part in one of the six scenarios.

#include <chrono>
#include <random>
#include <string>
#include <thread>

#include <fmt/core.h>

#include "cli/stress/scenarios.hpp"
#include "cli/stress/worker.hpp"
#include "cli/stress/writer.hpp"

namespace penny::cli::stress {
namespace {

constexpr std::string_view kDimension = "communication_formality";

// Blocks until every member came here.
void meet(const Stage& stage) {
  BoardHeader& header = stage.board.header();
  header.arrived.fetch_add(1, std::memory_order_acq_rel);
  base::futex_wake_shared(header.arrived);
  for (;;) {
    const std::uint32_t seen = header.arrived.load(std::memory_order_acquire);
    if (seen >= header.members) return;
    base::futex_wait_shared(header.arrived, seen, std::chrono::steady_clock::time_point::max());
  }
}

void read_context(const Stage& stage, std::uint16_t thread) {
  ProcessBoard& own = stage.own();
  const auto context = stage.store.prompt_context(stage.script.user(own.user));
  own.reads.fetch_add(1, std::memory_order_relaxed);
  if (!context) {
    own.read_errors.fetch_add(1, std::memory_order_relaxed);
    note_message(own, context.error().message);
    return;
  }
  own.thread[thread].context_rev.store(context->rev, std::memory_order_relaxed);
  own.thread[thread].context_hash.store(text_hash(context->value), std::memory_order_relaxed);
}

// What a reader sees of one dimension never goes back, and its value is one that a writer wrote.
void read_dimension(const Stage& stage, std::uint64_t& version) {
  ProcessBoard& own = stage.own();
  const auto complain = [&own](const std::string& message) {
    own.read_errors.fetch_add(1, std::memory_order_relaxed);
    note_message(own, message);
  };
  own.reads.fetch_add(1, std::memory_order_relaxed);
  const auto personality = stage.store.personality(stage.script.user(own.user));
  if (!personality) return complain(personality.error().message);
  for (const auto& dimension : personality->value) {
    if (dimension.name != kDimension) continue;
    if (dimension.version < version) {
      return complain(fmt::format("version {} was read after version {}", dimension.version, version));
    }
    version = dimension.version;
    return;
  }
  complain(fmt::format("the personality has no {}", kDimension));
}

}  // namespace

void play_scenario(const Stage& stage, WriterLog& log, std::uint16_t thread) {
  const ProcessBoard& own = stage.own();
  const std::size_t scenario = stage.board.header().scenario;
  const std::size_t member = stage.process + thread;  // either one process with all threads, or one thread each
  const auto modality = member % 2 == 0 ? Modality::kChat : Modality::kVoice;
  const auto lines = stage.script.lines_of(own.user, modality);
  const auto line = [&](std::size_t number) { return lines[(member * 100 + number) % lines.size()]; };
  Writer writer(stage.store, stage.board, stage.script, log, stage.process, thread, modality);
  std::mt19937_64 random(stage.board.header().seed + member);

  wait_for_begin(stage);
  switch (scenario) {
    case 1:
      for (std::size_t turn = 0; turn < 10; ++turn) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1 + random() % 10});
        writer.send(Kind::kAppendTurn, line(turn));
      }
      return;
    case 2:
      for (std::size_t update = 0; update < 20; ++update) {
        writer.send(Kind::kAdjustDimension, line(update), kDimension, 0.00390625);
      }
      return;
    case 3:
      for (std::size_t turn = 0; turn < 4; ++turn) writer.send(Kind::kAppendTurn, line(turn));
      meet(stage);
      return read_context(stage, thread);
    case 4:
      for (std::size_t turn = 0; turn < 50; ++turn) writer.send(Kind::kAppendTurn, line(turn));
      return;
    case 5: {
      std::uint64_t version = 0;
      for (std::size_t number = 0; number < 30; ++number) {
        if (member % 2 == 0) {
          read_dimension(stage, version);
        } else {
          const auto value = static_cast<double>((member * 30 + number) % 1000) / 1024;
          writer.send(Kind::kSetDimension, line(number), kDimension, value);
        }
      }
      return;
    }
    case 6:
      for (std::size_t turn = 0; turn < 25; ++turn) writer.send(Kind::kAppendTurn, line(turn));
      return;
    default:
      return;
  }
}

}  // namespace penny::cli::stress
