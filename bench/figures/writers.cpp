#include "bench/figures/writers.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include <fmt/core.h>

#include "bench/shared_page.hpp"

namespace penny::figures {
namespace {

constexpr double kSecondNs = 1e9;
constexpr std::chrono::milliseconds kAfterRefusal{10};

void sleep_until(std::uint64_t time_ns) {
  const timespec time{.tv_sec = static_cast<time_t>(time_ns / 1'000'000'000),
                      .tv_nsec = static_cast<long>(time_ns % 1'000'000'000)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nullptr) != 0) {
  }
}

Batch batch_of(const bench::Write& write) {
  return {.operations = {{.user = bench::user_name(write.user),
                          .payload = AppendTurn{.user_input = std::string(write.user_input),
                                                .assistant_response = std::string(write.assistant_response),
                                                .response_time_ms = bench::kResponseTimeMs,
                                                .metadata = std::string(bench::kMetadata)},
                          .id = write.id}}};
}

}  // namespace

Writers::Writers(Store& store, const WriterOptions& options) : store_(store), options_(options), texts_(options.seed) {
  for (std::uint32_t number = 0; number < options_.threads; ++number) records_.push_back(std::make_unique<Record>());
  for (std::uint32_t number = 0; number < options_.threads; ++number) {
    threads_.emplace_back([this, number] { write(*records_[number], number); });
  }
}

Writers::~Writers() {
  is_over_ = true;
  for (std::thread& thread : threads_) thread.join();
}

void Writers::begin_phase(std::size_t phase) { phase_ = phase; }

void Writers::stop() {
  is_over_ = true;
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  for (const auto& record : records_) {
    if (!record->failure.empty()) throw std::runtime_error("a writer: " + record->failure);
  }
}

void Writers::write(Record& record, std::uint32_t number) {
  bench::Writes writes(texts_, options_.seed * 1'000 + number);
  const bool is_paced = options_.per_second > 0;
  const auto interval_ns = is_paced ? static_cast<std::uint64_t>(kSecondNs / options_.per_second) : 0;
  // Spread, so that they do not all come at once.
  std::uint64_t due_ns = bench::now_ns() + (is_paced ? interval_ns * number / options_.threads : 0);
  // Each writes once at least.
  do {
    std::uint64_t begin_ns = bench::now_ns();
    if (is_paced && begin_ns >= due_ns) {
      begin_ns = due_ns;
    } else if (is_paced) {
      sleep_until(due_ns);
      begin_ns = bench::now_ns();
    }
    due_ns += interval_ns;
    const std::size_t phase = phase_;
    const auto outcome = store_.commit(options_.make ? options_.make() : batch_of(writes.next()));
    record.waits[phase].record(bench::now_ns() - begin_ns);
    if (outcome) {
      record.stored[phase] += 1;
      continue;
    }
    const Error& error = outcome.error();
    const bool is_told_to_wait = error.code == ErrorCode::kOverloaded || error.code == ErrorCode::kDeadlineExceeded;
    if (!is_told_to_wait) {
      record.failure = fmt::format("{} ({})", error.message, to_string(error.code));
      return;
    }
    record.refusals[phase][fmt::format("{}: {}", to_string(error.code), error.message)] += 1;
    std::this_thread::sleep_for(kAfterRefusal);
  } while (!is_over_);
}

Writers::Phase Writers::phase(std::size_t number) const {
  Phase phase;
  bench::Histogram waits;
  for (const auto& record : records_) {
    waits.merge(record->waits.at(number));
    phase.stored += record->stored.at(number);
    for (const auto& [text, count] : record->refusals.at(number)) {
      phase.refusals[text] += count;
      phase.refused += count;
    }
  }
  phase.waits = waits_of(waits);
  return phase;
}

}  // namespace penny::figures
