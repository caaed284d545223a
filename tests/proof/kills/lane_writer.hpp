#pragma once

// One thread of a writing process: asks for one request after the other, and writes into its lane what it began and what it
// was told.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include <penny/store.hpp>

#include "proof/kills/journal.hpp"
#include "proof/kills/random.hpp"
#include "proof/kills/requests.hpp"

namespace penny::proof::kills {

class LaneWriter {
 public:
  // `own`: the names of its requests, number left out. All outlive it.
  LaneWriter(Store& store, const Journal& journal, ProcessPage& page, std::uint64_t seed, const RequestName& own,
             std::chrono::milliseconds deadline);

  // Settles what the process before it had begun without hearing an answer, then goes on until it is told to end, the lane
  // is full, or something happened that may not.
  void run();

 private:
  enum class Answer : std::uint8_t { kStored, kTooLate, kWrong };
  // Where the lane stands: the number of the next request, and whether the one before it has no answer.
  void read_lane();
  // With the same id until it is stored.
  [[nodiscard]] bool store_at_last(std::uint32_t number);
  [[nodiscard]] Answer commit(std::uint32_t number);
  [[nodiscard]] bool is_absent(const Batch& batch);
  [[nodiscard]] bool reads_own(const Batch& batch, std::uint64_t rev);
  void complain(const std::string& words);

  Store& store_;
  const Journal& journal_;
  ProcessPage& page_;
  Lane& lane_;
  const std::uint64_t seed_;
  const RequestName own_;
  const std::chrono::milliseconds deadline_;
  Random random_;
  std::uint32_t next_ = 0;
  bool is_unanswered_ = false;
  std::map<std::string, std::uint64_t> last_rev_;  // of this life's requests, by user
};

}  // namespace penny::proof::kills
