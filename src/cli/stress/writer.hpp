#pragma once

// One writing thread: sends requests to the store one after the other, with every step in the log and on the board.
//
// 1. The log says `invoked` before the store is called and the outcome after it answered.
// 2. An operation whose outcome is unknown (a killed process, `kUnknown`) is sent again with its id until it is
// settled.
// 3. Nothing but a few microseconds lies between an answer and the next call; the longest such time is measured.

#include <cstdint>
#include <deque>
#include <random>

#include <penny/store.hpp>

#include "cli/stress/acknowledgements.hpp"
#include "cli/stress/board.hpp"
#include "cli/stress/request.hpp"
#include "cli/stress/script.hpp"

namespace penny::cli::stress {

class Writer {
 public:
  // Everything outlives the writer.
  Writer(Store& store, const Board& board, const Script& script, WriterLog& log, std::size_t process,
         std::uint16_t thread, Modality modality);

  // Settles what an earlier life of this process left behind. Blocks until it is settled.
  void recover();

  // Whether there is still room in the log.
  [[nodiscard]] bool has_room() const { return has_room_; }

  // Sends one operation and blocks for its outcome.
  void send(Kind kind, std::uint32_t source, std::string_view key = {}, double number = 0);

  // Sends an earlier operation, which was acknowledged, again. Nothing if there was none in this life.
  void resend(std::mt19937_64& random);

 private:
  enum class Sending : std::uint8_t { kFirst, kRecovery, kRetry };

  void send_entries(std::uint32_t head, const Batch& batch, Sending sending);
  [[nodiscard]] Result<BatchOutcome> call(const Batch& batch);
  void settle(std::uint32_t head, const BatchOutcome& outcome, Sending sending);
  void refuse(std::uint32_t head, const Error& error, Sending sending);
  [[nodiscard]] bool is_running() const { return board_.phase() == Phase::kRunning; }

  Store& store_;
  const Board& board_;
  const Script& script_;
  WriterLog& log_;
  ProcessBoard& process_;
  ThreadBoard& own_;
  std::uint16_t thread_;
  Modality modality_;
  std::uint64_t answered_ns_ = 0;  // when the last call returned, if the load was running then
  std::deque<std::uint32_t> acknowledged_;
  bool has_room_ = true;
};

}  // namespace penny::cli::stress
