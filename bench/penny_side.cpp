// The store, used as any program uses it: through the public headers alone.

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <penny/penny.hpp>

#include "bench/contender.hpp"
#include "bench/shared_page.hpp"

namespace penny::bench {
namespace {

constexpr std::uint64_t kPrefillSeed = 42;
constexpr std::uint32_t kPrefillThreads = 64;
constexpr std::chrono::seconds kIndexedWithin{120};

template <class T>
T value_or_throw(Result<T> result, std::string_view what) {
  if (!result) {
    const Error& error = result.error();
    throw std::runtime_error(fmt::format("{}: {} ({}); {}", what, error.message, to_string(error.code), error.advice));
  }
  return std::move(*result);
}

Store open_store(const std::string& path) { return value_or_throw(Store::open(path), "opening the store"); }

Operation operation_of(const Write& write, Task task) {
  Operation operation{.user = user_name(write.user), .payload = EndSession{}, .id = write.id};
  if (task == Task::kRaise) {
    operation.user = user_name(kRaisedUser);
    operation.payload =
        AdjustDimension{.name = kRaisedDimension, .delta = kRaiseStep, .trigger = std::string(kRaiseTrigger)};
  } else {
    operation.payload = AppendTurn{.user_input = std::string(write.user_input),
                                   .assistant_response = std::string(write.assistant_response),
                                   .response_time_ms = kResponseTimeMs,
                                   .metadata = std::string(kMetadata)};
  }
  return operation;
}

class PennyWriter : public Writer {
 public:
  PennyWriter(Store& store, Task task) : store_(store), task_(task) {}

  Acknowledgement write(const Write& write) override {
    const auto outcome = store_.commit(operation_of(write, task_));
    if (outcome) return {.answer = Answer::kStored, .rev = outcome->rev};
    switch (outcome.error().code) {
      case ErrorCode::kUnknown:
        return {.answer = Answer::kUnknown};
      case ErrorCode::kOverloaded:
      case ErrorCode::kDeadlineExceeded:
        return {.answer = Answer::kRefused};
      default:
        throw std::runtime_error(
            fmt::format("commit: {} ({})", outcome.error().message, to_string(outcome.error().code)));
    }
  }

 private:
  Store& store_;
  Task task_;
};

class OpenPenny : public OpenStore {
 public:
  OpenPenny(const std::string& path, bool has_search) : store_(open_store(path)) {
    // As the rivals do: what a first access prepares belongs to no writer.
    (void)value_or_throw(store_.last_turns(user_name(0), 1), "the first read");
    if (has_search) wait_until_searchable();
  }

  void wait_until_searchable() override {
    if (!value_or_throw(store_.wait_for_search_index(kIndexedWithin), "indexing"))
      throw std::runtime_error("the search index did not catch up");
  }

  std::unique_ptr<Writer> make_writer(Task task) override { return std::make_unique<PennyWriter>(store_, task); }

 private:
  Store store_;
};

void prefill_turns(Store& store, const Texts& texts, std::uint32_t thread) {
  Writes writes(texts, kPrefillSeed + thread);
  PennyWriter writer(store, Task::kTurns);
  // The first threads take what does not divide evenly.
  const std::uint32_t turns = kPrefilledTurns / kPrefillThreads + (thread < kPrefilledTurns % kPrefillThreads ? 1 : 0);
  for (std::uint32_t turn = 0; turn < turns; ++turn) {
    if (writer.write(writes.next()).answer != Answer::kStored)
      throw std::runtime_error("a turn of the template was not stored");
  }
}

}  // namespace

std::unique_ptr<OpenStore> open_penny(const std::string& path, bool has_search) {
  return std::make_unique<OpenPenny>(path, has_search);
}

// One by one from many threads, so that the users' rows lie as mixed in the file as the rivals'.
void prefill_penny(const std::string& path) {
  Store store = open_store(path);
  (void)value_or_throw(
      store.commit({.user = user_name(kRaisedUser), .payload = SetDimension{.name = kRaisedDimension, .value = 0.0}}),
      "the dimension of the template");
  const Texts texts(kPrefillSeed);
  std::vector<std::thread> threads;
  for (std::uint32_t thread = 0; thread < kPrefillThreads; ++thread) {
    threads.emplace_back([&store, &texts, thread] { prefill_turns(store, texts, thread); });
  }
  for (auto& thread : threads) thread.join();
  store.close();
}

void account_for_penny(const std::string& path, Account& account) {
  const Store store = open_store(path);
  account.turns = value_or_throw(store.statistics(), "statistics").turns;
  std::string problem = "the raised dimension is gone";
  for (const auto& dimension : value_or_throw(store.personality(user_name(kRaisedUser)), "personality").value) {
    if (dimension.name != kRaisedDimension) continue;
    account.raises = dimension.version - 1;
    const double value = std::get<double>(dimension.value);
    const bool is_whole = value == static_cast<double>(account.raises) * kRaiseStep;
    problem = is_whole ? "" : fmt::format("the dimension is {} after {} raises", value, account.raises);
  }
  for (const auto& found : value_or_throw(store.verify(), "verify").problems) problem = found;
  std::memcpy(account.problem.data(), problem.data(), std::min(problem.size(), account.problem.size() - 1));
}

}  // namespace penny::bench
