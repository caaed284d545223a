// The store that is damaged: every kind of operation, several users, sessions of all sorts, batches, forgotten facts, texts
// on overflow pages, free pages, and a log with commits that were not copied, in front of what an older log left behind.

#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <unistd.h>

#include "proof/damage/damage.hpp"
#include "support/log_copy.hpp"
#include "support/raw_database.hpp"
#include "support/stores.hpp"

namespace penny::proof::damage {
namespace {

using test::at_time;
using test::must;
using test::operation_of;
using test::with_id;

const std::vector<std::string> kUsers{"ada", "cj", "eve", "ünï"};
constexpr int kRoundsBefore = 10;  // of operations that the database holds
constexpr int kRoundsBehind = 2;   // of those that only the log holds

class Filler {
 public:
  explicit Filler(Store& store) : store_(store) {}

  void round(int number) {
    for (const std::string& user : kUsers) {
      commit(turn(user, sized("What is the capital of city ", 40 + random_() % 200)));
      commit(
          turn(user, sized("A long question ", number % 4 == 0 ? 9000 : 300), "topic-" + std::to_string(number / 3)));
      commit(operation_of(
          user,
          ObservePreference{.key = "color", .value = number % 3 == 0 ? "\"red\"" : "\"blue\"", .confidence = 0.3}));
      commit(operation_of(user, SetPreference{.key = "length-" + std::to_string(number % 5),
                                              .value = "{\"unit\":\"words\",\"most\":" + std::to_string(number) + "}",
                                              .confidence = 0.9}));
      commit(operation_of(user, AdjustDimension{.name = "communication_formality",
                                                .delta = number % 2 == 0 ? -0.3 : 0.2,
                                                .confidence_change = 0.05,
                                                .trigger = "round"}));
      commit(operation_of(
          user, ObserveDimension{.name = "humor_style_preference", .value = std::string("dry"), .confidence = 0.8}));
      commit(operation_of(user, SetDimension{.name = "own-" + std::to_string(number % 3),
                                             .value = number % 2 * 1.0,
                                             .trigger = sized("because ", 100)}));
      remember(user, number % 5 == 4 ? 30'000 : 80);
      batch(user, number);
      if (number % 3 == 2) commit(operation_of(user, EndSession{}));
    }
    if (number % 2 == 1) forget();
  }

 private:
  std::string sized(const std::string& begin, std::size_t size) {
    std::string text = begin;
    while (text.size() < size) text += fmt::format("{:x} ", random_());
    return text.substr(0, std::max(size, begin.size()));
  }

  Operation turn(const std::string& user, const std::string& input, std::optional<std::string> session = {}) {
    return operation_of(user, AppendTurn{.user_input = input,
                                         .assistant_response = sized("The answer is ", 60 + random_() % 200),
                                         .modality = static_cast<Modality>(1 + random_() % 3),
                                         .session = std::move(session),
                                         .response_time_ms = static_cast<double>(random_() % 3000),
                                         .confidence = 0.9,
                                         .metadata = R"({"device":"kitchen"})"});
  }

  // Times are fixed, and either long ago or far ahead, so that nothing that is told depends on the day.
  Operation dated(Operation operation) {
    using std::chrono::days;
    count_ += 1;
    const Time begin = std::chrono::sys_days{std::chrono::year{count_ % 7 == 0 ? 2140 : 2020} / 1 / 1};
    operation.channel = count_ % 2 == 0 ? "voice@kitchen" : "";
    OperationId id{.bytes = {0x01, 0x9b, 0, 0, 0, 0, 0x70, 0, 0x80}};
    for (std::size_t i = 0; i < 4; ++i) id.bytes[5 - i] = static_cast<std::uint8_t>(count_ >> (8 * i));
    return with_id(at_time(std::move(operation), begin + std::chrono::minutes(count_)), id);
  }

  OperationId commit(Operation operation) { return must(store_.commit(dated(std::move(operation)))).id; }

  void remember(const std::string& user, std::size_t size) {
    facts_.push_back(operation_of(
        user, ForgetFact{
                  .fact = commit(operation_of(user, RememberFact{.text = sized("likes ", size), .confidence = 0.7}))}));
  }

  // What was remembered in this round is forgotten for every second user: long facts leave free pages behind.
  void forget() {
    for (std::size_t i = 0; i < facts_.size(); i += 2) (void)commit(facts_[i]);
    facts_.clear();
  }

  void batch(const std::string& user, int number) {
    Batch batch;
    for (Operation& operation :
         std::vector{turn(user, "together"), operation_of(user, RememberFact{.text = "has " + std::to_string(number)}),
                     operation_of(user, AdjustDimension{.name = "verbosity", .delta = 0.1})})
      batch.operations.push_back(dated(std::move(operation)));
    must(store_.commit(std::move(batch)));
  }

  Store& store_;
  std::mt19937_64 random_{4711};
  int count_ = 0;
  std::vector<Operation> facts_;  // the operations that forget them
};

}  // namespace

int fill(const std::vector<std::string>& arguments) {
  const std::string path = arguments.at(0) + "/memory.db";
  Store store = must(Store::open(path));
  Filler filler(store);
  for (int round = 0; round < kRoundsBefore; ++round) filler.round(round);
  test::LogCopy(path).await_end();
  test::RawDatabase(path).run("PRAGMA wal_checkpoint(RESTART)");
  for (int round = 0; round < kRoundsBehind; ++round) filler.round(kRoundsBefore + round);
  fmt::print("filled\n");
  (void)std::fflush(stdout);
  for (;;) pause();
}

}  // namespace penny::proof::damage
