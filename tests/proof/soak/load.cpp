// A process of the load. Orders, one a line, each answered with one line:
//
//     flat-out | bounded   "ok"; how fast writers and readers go from now on
//     sample               "sample ERRORS WORST BUCKET:COUNT ..." of the commits since the last one
//     stop                 "stopped ACKNOWLEDGED ERRORS FIRST-ERROR", once no call is under way
//     seen                 "seen USER REV HOLES": the watcher has come to this rev, and how often it was out of order

#include <atomic>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>
#include <penny/penny.hpp>

#include "proof/soak/latencies.hpp"
#include "proof/soak/soak.hpp"
#include "support/stores.hpp"

namespace penny::proof::soak {
namespace {

using std::chrono::microseconds;
using Clock = std::chrono::steady_clock;
using test::operation_of;

constexpr std::size_t kWriters = 4;
constexpr int kUsers = 64;
constexpr double kReadsPerSecond = 25;
constexpr double kOpeningsPerSecond = 10;

std::string user_of(std::uint64_t number) { return "user-" + std::to_string(number % kUsers); }

class Load {
 public:
  Load(std::string path, unsigned number, double rate)
      : path_(std::move(path)), number_(number), rate_(rate), watched_user_(user_of(number)) {
    if (number_ == 0) {
      threads_.emplace_back([this] { open_and_close(); });
      return;
    }
    store_.emplace(test::must(Store::open(path_)));
    for (std::size_t i = 0; i < kWriters; ++i) threads_.emplace_back([this, i] { write(i); });
    threads_.emplace_back([this] { read(); });
    watcher_ = std::thread([this] { watch(); });
  }

  void go_flat_out(bool is_flat_out) { is_flat_out_.store(is_flat_out); }

  std::string sample() {
    const std::lock_guard lock(mutex_);
    for (const std::atomic<std::int64_t>& since : under_way_) {
      if (const std::int64_t begin = since.load(); begin != 0)
        latencies_.wait(std::chrono::duration_cast<microseconds>(Clock::now().time_since_epoch()) -
                        microseconds(begin));
    }
    std::string line = fmt::format("sample {} {}", errors_, latencies_.line());
    latencies_ = {};
    return line;
  }

  std::string stop() {
    is_stopped_.store(true);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    const std::lock_guard lock(mutex_);
    return fmt::format("stopped {} {} {}", acknowledged_, errors_, first_error_);
  }

  // Asked when all processes have stopped writing.
  std::string seen() {
    is_watch_to_end_.store(true);
    if (watcher_.joinable()) watcher_.join();
    return fmt::format("seen {} {} {}", watched_user_, seen_rev_, holes_);
  }

 private:
  class Pace {
   public:
    explicit Pace(double per_second)
        : between_(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / per_second))) {}
    void wait() {
      next_ = std::max(next_ + between_, Clock::now() - 10 * between_);  // what was missed is not made up for
      std::this_thread::sleep_until(next_);
    }

   private:
    Clock::duration between_;
    Clock::time_point next_ = Clock::now();
  };

  template <class T>
  bool note(const Result<T>& result) {
    if (result) return true;
    const std::lock_guard lock(mutex_);
    errors_ += 1;
    if (first_error_.empty())
      first_error_ = fmt::format("{}: {}", to_string(result.error().code), result.error().message);
    return false;
  }

  void commit(Store& store, std::size_t writer, Operation operation) {
    const Clock::time_point begin = Clock::now();
    under_way_[writer].store(std::chrono::duration_cast<microseconds>(begin.time_since_epoch()).count());
    const auto stored = store.commit(std::move(operation));
    under_way_[writer].store(0);
    if (!note(stored)) return;
    const std::lock_guard lock(mutex_);
    latencies_.add(std::chrono::duration_cast<microseconds>(Clock::now() - begin));
    acknowledged_ += 1;
  }

  static Operation operation(std::uint64_t n, std::mt19937_64& random, std::optional<OperationId>& fact) {
    const std::string user = user_of(random());
    switch (n % 10) {
      case 3:
        return operation_of(
            user,
            AdjustDimension{.name = "communication_formality", .delta = n % 20 == 3 ? 0.01 : -0.01, .trigger = "soak"});
      case 5:
        return operation_of(
            user,
            ObservePreference{.key = "key-" + std::to_string(random() % 20), .value = "\"blue\"", .confidence = 0.2});
      case 7:
        fact = OperationId::make();
        return test::with_id(operation_of("facts", RememberFact{.text = "likes tea"}), *fact);
      case 8:
        // The one that was just remembered, so the table of facts gets tombstones only.
        return operation_of("facts", ForgetFact{.fact = *fact});
      default:
        return operation_of(user, AppendTurn{.user_input = std::string(80 + random() % 100, 'q'),
                                             .assistant_response = std::string(200 + random() % 200, 'a')});
    }
  }

  void write(std::size_t writer) {
    std::mt19937_64 random(number_ * 100 + writer);
    std::optional<OperationId> fact;
    Pace pace(rate_);
    for (std::uint64_t n = 0; !is_stopped_.load(); ++n) {
      if (!is_flat_out_.load()) pace.wait();
      commit(*store_, writer, operation(n, random, fact));
    }
  }

  void read() {
    Pace pace(kReadsPerSecond);
    for (std::uint64_t n = number_; !is_stopped_.load(); ++n) {
      if (!is_flat_out_.load()) pace.wait();
      const std::string user = user_of(n * 7);
      (void)note(store_->last_turns(user, 10));
      (void)note(store_->prompt_context(user));
      (void)note(store_->personality(user));
      (void)note(store_->preferences(user));
      if (n % 10 == 0) (void)note(store_->sessions(user, 0, 5));
    }
  }

  void watch() {
    auto watch = store_->watch(watched_user_, 0);
    if (!note(watch)) return;
    for (;;) {
      const bool is_last_round = is_watch_to_end_.load();
      const auto change = watch->next(std::chrono::milliseconds(200));
      if (!note(change)) return;
      if (*change) {
        holes_ += (*change)->rev == seen_rev_ + 1 ? 0U : 1U;
        seen_rev_ = (*change)->rev;
      } else if (is_last_round) {
        return;
      }
    }
  }

  void open_and_close() {
    Pace pace(kOpeningsPerSecond);
    while (!is_stopped_.load()) {
      pace.wait();
      auto store = Store::open(path_);
      if (!note(store)) continue;
      (void)note(store->last_turns(watched_user_, 10));
      commit(*store, 0, test::a_turn(watched_user_));
      (void)note(store->statistics());
    }
  }

  const std::string path_;
  const unsigned number_;
  const double rate_;
  const std::string watched_user_;
  std::optional<Store> store_;
  std::atomic<bool> is_flat_out_{false};
  std::atomic<bool> is_stopped_{false};
  std::atomic<bool> is_watch_to_end_{false};
  std::array<std::atomic<std::int64_t>, kWriters> under_way_{};  // when the writer's call began, or 0
  std::mutex mutex_;                                             // the four below
  Latencies latencies_;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t errors_ = 0;
  std::string first_error_;
  std::uint64_t seen_rev_ = 0;  // these two: of the watcher, until it is joined
  std::uint64_t holes_ = 0;
  std::vector<std::thread> threads_;
  std::thread watcher_;
};

}  // namespace

int load(const std::vector<std::string>& arguments) {
  Load load(arguments.at(0), static_cast<unsigned>(std::stoul(arguments.at(1))), std::stod(arguments.at(2)));
  const auto answer = [](const std::string& line) {
    fmt::print("{}\n", line);
    (void)std::fflush(stdout);
  };
  for (std::string order; std::getline(std::cin, order);) {
    if (order == "flat-out" || order == "bounded") {
      load.go_flat_out(order == "flat-out");
      answer("ok");
    } else if (order == "sample") {
      answer(load.sample());
    } else if (order == "stop") {
      answer(load.stop());
    } else if (order == "seen") {
      answer(load.seen());
    }
  }
  return 0;
}

}  // namespace penny::proof::soak
