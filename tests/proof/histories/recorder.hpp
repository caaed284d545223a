#pragma once

// The record of one process: a shared file with a lane for each of its threads, to which that thread alone appends. A call is
// written before it is made and again after it; the lane's length is raised last. So whatever moment the process is killed at,
// the file holds every call that was begun, and every answer that was seen, whole.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proof/histories/history.hpp"
#include "proof/histories/shared_file.hpp"

namespace penny::proof::histories {

// CLOCK_MONOTONIC: one clock for all processes of a host.
[[nodiscard]] std::uint64_t now_ns();

class Recorder {
 public:
  Recorder(const std::string& path, std::uint32_t lanes);

  // By the lane's thread, before the call: sets the call's number and moment. Throws std::runtime_error if the lane is full.
  void begin(std::uint32_t lane, Call& call);
  // And after it, with the answer filled in: sets the moment.
  void end(std::uint32_t lane, Call& call);

  // The calls of each lane, in order; one without an answer is kPending. While the process writes on, the latest may be missing.
  // No lanes if it was killed before it had a record.
  [[nodiscard]] static std::vector<std::vector<Call>> read(const std::string& path);

 private:
  void append(std::uint32_t lane, const Call& call, bool has_answer);

  SharedFile file_;
  std::vector<std::uint32_t> calls_;  // of each lane
};

}  // namespace penny::proof::histories
