// penny-account: accounts for every operation of an acknowledgement log with plain SQL on a read-only connection. It
// knows the store's tables and views and nothing of its code.
//
// Exit codes: 0 nothing is wrong; 1 something is; 2 wrong use; 5 log or store cannot be read.

#include <exception>
#include <string>
#include <string_view>

#include <fmt/core.h>
#include <boost/json.hpp>

#include "account/accounting.hpp"

namespace penny::account {
namespace {

constexpr const char* kUsage =
    "Usage: penny-account [--json] STORE LOG\n"
    "Compares the acknowledgement log in the folder LOG with the store, by SQL alone.\n"
    "Example: penny-account data/memory.db data/log\n";

boost::json::object to_json(const Account& account) {
  boost::json::array observers;
  for (const auto& observer : account.observers) {
    observers.push_back({{"process", observer.process}, {"seen", observer.seen}, {"missed", observer.missed}});
  }
  boost::json::array problems;
  for (const auto& problem : account.problems) problems.emplace_back(problem);
  return {{"is_clean", account.is_clean()},
          {"asked", account.asked},
          {"acknowledged", account.acknowledged},
          {"in_doubt", account.in_doubt},
          {"refused", account.refused},
          {"stored", account.stored},
          {"retried", account.retried},
          {"recovered", account.recovered},
          {"lost", account.lost},
          {"doubled", account.doubled},
          {"phantom", account.phantom},
          {"altered", account.altered},
          {"gaps", account.gaps},
          {"broken_chains", account.broken_chains},
          {"wrong_retries", account.wrong_retries},
          {"conversations", account.conversations},
          {"journal_mode", account.journal_mode},
          {"integrity", account.integrity},
          {"observers", std::move(observers)},
          {"lag_p50_ms", account.lag_p50_ms},
          {"lag_p99_ms", account.lag_p99_ms},
          {"problems", std::move(problems)}};
}

void print(const Account& account) {
  fmt::print("asked {}, acknowledged {}, in doubt {}, refused {}, retried {}, recovered {}\n", account.asked,
             account.acknowledged, account.in_doubt, account.refused, account.retried, account.recovered);
  fmt::print("stored {}, lost {}, doubled {}, phantom {}, altered {}, gaps {}, broken chains {}, wrong retries {}\n",
             account.stored, account.lost, account.doubled, account.phantom, account.altered, account.gaps,
             account.broken_chains, account.wrong_retries);
  fmt::print("journal_mode {}, quick_check {}, conversations {}\n", account.journal_mode, account.integrity,
             account.conversations);
  for (const auto& observer : account.observers) {
    fmt::print("observer {}: saw {}, missed {}\n", observer.process, observer.seen, observer.missed);
  }
  for (const auto& problem : account.problems) fmt::print("{}\n", problem);
}

int run(int count, char** arguments) {
  bool is_json = false;
  std::vector<std::string> places;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help") {
      fmt::print("{}", kUsage);
      return 0;
    }
    if (argument == "--json") {
      is_json = true;
    } else if (argument.starts_with("--")) {
      fmt::print(stderr, "penny-account: unknown option {}\n{}", argument, kUsage);
      return 2;
    } else {
      places.emplace_back(argument);
    }
  }
  if (places.size() != 2) {
    fmt::print(stderr, "{}", kUsage);
    return 2;
  }
  const Account result = account(read_logs(places[1]), read_rows(places[0]));
  if (is_json) {
    fmt::print("{}\n", boost::json::serialize(to_json(result)));
  } else {
    print(result);
  }
  return result.is_clean() ? 0 : 1;
}

}  // namespace
}  // namespace penny::account

int main(int count, char** arguments) {
  try {
    return penny::account::run(count, arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "penny-account: {}\n", error.what());
    return 5;
  }
}
