// The other side of `Neighbour`. A line is a command, its answer is a line:
//
//     open                               open
//     commit USER DEADLINE_MS            stored REV | CODE 0
//     adjust USER DIMENSION DELTA TIMES  stored REV-OF-THE-LAST
//     last USER                          read REV-OF-THE-LATEST-TURN
//     die POINT TIMES                    dying; it kills itself when it comes to the point so often
//     erase USER                         erased REV BYTES_FOUND
//     vacuum                             vacuumed PAGES

#include <atomic>
#include <chrono>
#include <csignal>
#include <iostream>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <penny/penny.hpp>

#include "base/proof.hpp"
#include "proof/basics/basics.hpp"
#include "support/child_process.hpp"
#include "support/stores.hpp"

namespace penny::proof::basics {
namespace {

using std::chrono::milliseconds;

std::string point_to_die_at;
std::atomic<int> times_to_live{0};

void die_at_point(const char* point) {
  if (point_to_die_at == point && times_to_live.fetch_sub(1) == 1) (void)raise(SIGKILL);
}

std::string told(const Result<Outcome>& outcome) {
  return outcome ? fmt::format("stored {}", outcome->rev) : fmt::format("{} 0", to_string(outcome.error().code));
}

std::string obey(std::optional<Store>& store, const std::string& path, const std::vector<std::string>& words) {
  if (words.at(0) == "open") {
    store.emplace(test::must(Store::open(path)));
    return "open";
  }
  if (words[0] == "commit") return told(store->commit(test::a_turn(words.at(1)), milliseconds(std::stoi(words.at(2)))));
  if (words[0] == "adjust") {
    Result<Outcome> outcome;
    for (int i = 0; i < std::stoi(words.at(4)); ++i) {
      outcome = store->commit(
          test::operation_of(words.at(1), AdjustDimension{.name = words.at(2), .delta = std::stod(words.at(3))}));
      if (!outcome) break;
    }
    return told(outcome);
  }
  if (words[0] == "last") return fmt::format("read {}", test::must(store->last_turns(words.at(1), 1)).items.at(0).rev);
  if (words[0] == "die") {
    point_to_die_at = words.at(1);
    times_to_live = std::stoi(words.at(2));
    base::proof::set_point_hook(die_at_point);
    return "dying";
  }
  if (words[0] == "erase") {
    const Erased erased = test::must(store->erase(words.at(1)));
    return fmt::format("erased {} {}", erased.rev, erased.bytes_found);
  }
  if (words[0] == "vacuum") return fmt::format("vacuumed {}", test::must(store->vacuum()).pages);
  throw std::runtime_error("no such command: " + words[0]);
}

}  // namespace

int work(const std::vector<std::string>& arguments) {
  std::optional<Store> store;
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << obey(store, arguments.at(0), test::words(line)) << std::endl;
    } catch (const std::exception& error) {
      std::cout << "failed 0 " << error.what() << std::endl;
    }
  }
  return 0;
}

}  // namespace penny::proof::basics
