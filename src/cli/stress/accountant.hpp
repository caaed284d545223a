#pragma once

// Asks the separate accounting program, `penny-account`, what it makes of a store and a log.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include <penny/error.hpp>

namespace penny::cli::stress {

struct Verdict {
  bool is_clean = false;
  std::uint64_t asked = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t in_doubt = 0;
  std::uint64_t refused = 0;
  std::uint64_t stored = 0;
  std::uint64_t retried = 0;
  std::uint64_t recovered = 0;
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;  // with what nobody asked for
  std::uint64_t wrong = 0;    // altered, gaps, broken chains, wrong retries
  std::uint64_t conversations = 0;
  std::uint64_t seen = 0;    // by all observers
  std::uint64_t missed = 0;  // by all observers
  double lag_p50_ms = 0;
  double lag_p99_ms = 0;
  std::string journal_mode;
  std::vector<std::string> problems;
  boost::json::object all;  // as it was printed
};

// Blocks until the program has read everything. The program is the one beside this one, else the one on the path.
[[nodiscard]] Result<Verdict> ask_accountant(const std::string& store, const std::filesystem::path& log);

}  // namespace penny::cli::stress
