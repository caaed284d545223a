#pragma once

// A store_user process, in few words; see tests/processes/store_user.cpp for what it understands.

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/child_process.hpp"
#include "test_paths.hpp"

namespace penny::test {

class StoreUser : public ChildProcess {
 public:
  // Has the store open, unless `is_open` is false.
  explicit StoreUser(const std::string& store, bool is_open = true, bool has_posix_locks = false)
      : ChildProcess(has_posix_locks ? std::vector<std::string>{PENNY_TEST_STORE_USER, store, "posix_locks"}
                                     : std::vector<std::string>{PENNY_TEST_STORE_USER, store}) {
    expect("ready 0", line());
    if (is_open) expect("open", ask("open"));
  }

  struct Answer {
    std::string outcome;
    std::uint64_t rev = 0;
    double took_ms = 0;
  };
  static Answer answer(const std::string& said) {
    const auto parts = words(said);
    if (parts.size() != 3) throw std::runtime_error("unexpected: " + said);
    return {.outcome = parts[0], .rev = std::stoull(parts[1]), .took_ms = std::stod(parts[2])};
  }
  Answer commit(const std::string& user, const std::string& id, int deadline_ms = 30'000) {
    return answer(ask("commit " + user + " " + id + " " + std::to_string(deadline_ms)));
  }

  void load(int threads, const std::string& user, const std::string& log) {
    expect("loading", ask("load " + std::to_string(threads) + " " + user + " " + log));
  }

  // Since last asked: the longest commit that ended, and how many did.
  struct Worst {
    double took_ms = 0;
    std::uint64_t commits = 0;
  };
  Worst worst() {
    const auto parts = words(ask("worst"));
    return {.took_ms = std::stod(parts.at(1)), .commits = std::stoull(parts.at(2))};
  }

  struct Ended {
    std::uint64_t acknowledged = 0;
    std::uint64_t refused = 0;
    std::uint64_t foreign_reads = 0;
    std::string said;
  };
  Ended end() {
    const std::string said = ask("end");
    const auto parts = words(said);
    if (parts.size() < 5) throw std::runtime_error("unexpected: " + said);
    return {.acknowledged = std::stoull(parts[1]),
            .refused = std::stoull(parts[2]),
            .foreign_reads = std::stoull(parts[3]),
            .said = said};
  }

 private:
  static void expect(const std::string& expected, const std::string& said) {
    if (said != expected) throw std::runtime_error("the process said \"" + said + "\", not \"" + expected + "\"");
  }
};

}  // namespace penny::test
