// An observer: watches one user live and writes down what it sees, until it has seen the user's last change.

#include <algorithm>
#include <chrono>
#include <string>

#include <fmt/core.h>

#include "cli/stress/worker.hpp"

namespace penny::cli::stress {
namespace {

constexpr std::chrono::milliseconds kPatience{200};    // of one wait, so that the end of the run is noticed
constexpr std::chrono::seconds kPatienceAtTheEnd{20};  // for changes that were committed but not seen

void note_sighting(ObserverLog& log, std::uint32_t user, std::uint64_t rev, const OperationId& id) {
  const auto place = log.reserve(1);
  if (!place) return;
  account::Sighting& sighting = log.at(*place);
  std::ranges::copy(id.bytes, sighting.id);
  sighting.rev = rev;
  sighting.user = user;
  sighting.seen_ns = now_ns();
}

}  // namespace

void observe(const Stage& stage, ObserverLog& log, std::uint32_t user) {
  ProcessBoard& own = stage.own();
  const UserBoard& plan = stage.board.users()[user];
  const auto complain = [&](const Error& error) {
    own.read_errors.fetch_add(1, std::memory_order_relaxed);
    note_message(own, fmt::format("watch: {}: {}", to_string(error.code), error.message));
  };

  std::uint64_t rev = plan.rev_before;
  auto watch = stage.store.watch(stage.script.user(user), rev);
  if (!watch) complain(watch.error());
  note_sighting(log, user, rev, OperationId{});
  wait_for_begin(stage);
  if (!watch) return;

  auto end = std::chrono::steady_clock::time_point::max();
  for (;;) {
    if (stage.board.phase() == Phase::kSettled) {
      if (rev >= plan.last_rev.load(std::memory_order_acquire)) return;
      const auto now = std::chrono::steady_clock::now();
      end = std::min(end, now + kPatienceAtTheEnd);
      if (now >= end) return;
    }
    const auto change = watch->next(kPatience);
    if (!change) return complain(change.error());
    if (!*change) continue;
    rev = (*change)->rev;
    note_sighting(log, user, rev, (*change)->operation.id.value_or(OperationId{}));
    own.reads.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace penny::cli::stress
