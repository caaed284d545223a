#include "cli/stress/writer.hpp"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include <fmt/core.h>

namespace penny::cli::stress {
namespace {

constexpr std::size_t kRememberedMax = 256;
constexpr int kUnknownRetriesMax = 20;

bool speaks_of_a_lock(const Error& error) {
  return error.message.find("locked") != std::string::npos || error.message.find("busy") != std::string::npos;
}

}  // namespace

Writer::Writer(Store& store, const Board& board, const Script& script, WriterLog& log, std::size_t process,
               std::uint16_t thread, Modality modality)
    : store_(store),
      board_(board),
      script_(script),
      log_(log),
      process_(board.processes()[process]),
      own_(process_.thread[thread]),
      thread_(thread),
      modality_(modality) {
  own_.in_flight_since_ns.store(0, std::memory_order_relaxed);
}

void Writer::recover() {
  const std::uint32_t size = log_.size();
  for (std::uint32_t place = 0; place < size; ++place) {
    account::Entry& head = log_.at(place);
    if (head.thread != thread_ || head.batch_head != place || state_of(head) != account::EntryState::kInvoked) continue;
    send_entries(place, build_request(head, script_.user(head.user), modality_, script_), Sending::kRecovery);
  }
}

void Writer::send(Kind kind, std::uint32_t source, std::string_view key, double number) {
  account::Entry head{};
  const OperationId id = OperationId::make();
  std::ranges::copy(id.bytes, head.id);
  head.user = process_.user;
  head.thread = thread_;
  describe(head, kind, source, key, number, script_);
  const Batch batch = build_request(head, script_.user(head.user), modality_, script_);

  const auto reserved = log_.reserve(batch.operations.size());
  if (!reserved) {
    has_room_ = false;
    note_message(process_, "the log is full; ask for a shorter run");
    return;
  }
  const std::uint32_t place = *reserved;
  head.batch_head = place;
  head.batch_size = static_cast<std::uint16_t>(batch.operations.size());
  head.invoked_ns = now_ns();
  // The head last: a process that is killed in between left nothing that needs to be settled.
  for (std::size_t offset = batch.operations.size(); offset-- > 0;) {
    account::Entry& entry = log_.at(place + static_cast<std::uint32_t>(offset));
    entry = head;
    if (offset > 0) describe_learned(entry, batch.operations[offset]);
    set_state(entry, account::EntryState::kInvoked);
  }
  send_entries(place, batch, Sending::kFirst);
}

void Writer::resend(std::mt19937_64& random) {
  if (acknowledged_.empty()) return;
  const std::uint32_t place = acknowledged_[random() % acknowledged_.size()];
  const account::Entry& head = log_.at(place);
  send_entries(place, build_request(head, script_.user(head.user), modality_, script_), Sending::kRetry);
}

void Writer::send_entries(std::uint32_t head, const Batch& batch, Sending sending) {
  const bool was_running = is_running();
  const std::uint64_t begin = now_ns();
  if (was_running && answered_ns_ != 0) raise_to(process_.worst_idle_ns, begin - answered_ns_);
  own_.in_flight_since_ns.store(begin, std::memory_order_relaxed);

  auto outcome = call(batch);
  for (int retry = 0; !outcome && outcome.error().code == ErrorCode::kUnknown && retry < kUnknownRetriesMax; ++retry) {
    std::this_thread::yield();
    outcome = call(batch);
    if (sending == Sending::kFirst) sending = Sending::kRecovery;
  }

  const std::uint64_t end = now_ns();
  own_.in_flight_since_ns.store(0, std::memory_order_relaxed);
  const bool is_counted = is_running();
  answered_ns_ = is_counted ? end : 0;
  if (outcome) {
    settle(head, *outcome, sending);
    process_.last_acknowledged_ns.store(end, std::memory_order_relaxed);
    if (is_counted) {
      process_.acknowledged.fetch_add(1, std::memory_order_relaxed);
      process_.waits.add(end - begin);
      raise_to(process_.worst_wait_ns, end - begin);
    }
  } else {
    refuse(head, outcome.error(), sending);
  }
}

Result<BatchOutcome> Writer::call(const Batch& batch) {
  if (batch.operations.size() > 1) return store_.commit(batch);
  auto outcome = store_.commit(batch.operations.front());
  if (!outcome) return std::unexpected(outcome.error());
  BatchOutcome one{.is_already_stored = outcome->is_already_stored, .outcomes = {}};
  one.outcomes.push_back(*std::move(outcome));
  return one;
}

void Writer::settle(std::uint32_t head, const BatchOutcome& outcome, Sending sending) {
  const std::uint64_t now = now_ns();
  for (std::size_t offset = outcome.outcomes.size(); offset-- > 0;) {
    account::Entry& entry = log_.at(head + static_cast<std::uint32_t>(offset));
    const std::uint64_t rev = outcome.outcomes[offset].rev;
    if (sending == Sending::kRetry) {
      const bool is_right = outcome.is_already_stored && entry.rev == rev;
      entry.flags |= is_right ? account::kFlagRetried : account::kFlagRetryWrong;
      continue;
    }
    if (sending == Sending::kRecovery) entry.flags |= account::kFlagRecovered;
    if (sending == Sending::kFirst && outcome.is_already_stored) entry.flags |= account::kFlagStoredBefore;
    entry.rev = rev;
    entry.settled_ns = now;
    set_state(entry, account::EntryState::kAcknowledged);
  }
  if (sending == Sending::kRetry) return;
  acknowledged_.push_back(head);
  if (acknowledged_.size() > kRememberedMax) acknowledged_.pop_front();
}

void Writer::refuse(std::uint32_t head, const Error& error, Sending sending) {
  process_.refused.fetch_add(1, std::memory_order_relaxed);
  if (speaks_of_a_lock(error)) process_.locked.fetch_add(1, std::memory_order_relaxed);
  note_message(process_, fmt::format("{}: {}", to_string(error.code), error.message));
  // What was sent before may be stored, whatever this attempt was told: it stays open in the log.
  if (error.code == ErrorCode::kUnknown || sending != Sending::kFirst) return;
  const std::uint16_t count = log_.at(head).batch_size;
  for (std::uint16_t offset = count; offset-- > 0;) {
    account::Entry& entry = log_.at(head + offset);
    entry.refusal = static_cast<std::uint8_t>(error.code);
    entry.settled_ns = now_ns();
    set_state(entry, account::EntryState::kRefused);
  }
}

}  // namespace penny::cli::stress
