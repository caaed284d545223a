#include "cli/stress/killer.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "base/file_system.hpp"

namespace penny::cli::stress {
namespace {

constexpr std::chrono::milliseconds kHuntMax{30};

}  // namespace

Result<Killer> Killer::make(Crew& crew, std::size_t writers, std::uint64_t seed) {
  const auto paths = base::prepare_paths(std::string(crew.board().store()), false);
  if (!paths) return std::unexpected(paths.error());
  auto page = store::GatePage::open(*paths, false);
  if (!page) return std::unexpected(page.error());
  return Killer(crew, writers, seed, *std::move(page));
}

bool Killer::is_holder(pid_t pid) const {
  const auto holder = page_->holder();
  return holder && holder->pid == pid;
}

bool Killer::is_waiting(pid_t pid) const {
  return std::ranges::any_of(page_->slots(), [pid](const auto& slot) { return slot.pid == pid && slot.is_waiting; });
}

std::optional<std::size_t> Killer::freeze_holder() {
  const auto end = std::chrono::steady_clock::now() + kHuntMax;
  while (std::chrono::steady_clock::now() < end) {
    const auto holder = page_->holder();
    const auto process = holder ? crew_->process_of(holder->pid) : std::nullopt;
    if (!process || *process >= writers_ || !crew_->freeze(*process)) continue;
    if (is_holder(holder->pid)) return process;
    crew_->thaw(*process);  // it had left by the time it stood still
  }
  return std::nullopt;
}

std::optional<std::size_t> Killer::freeze_any() {
  const std::size_t process = random_() % writers_;
  if (!crew_->freeze(process)) return std::nullopt;
  return process;
}

Result<void> Killer::strike() {
  auto victim = aims_at_holder_ ? freeze_holder() : freeze_any();
  aims_at_holder_ = !aims_at_holder_;
  if (!victim) victim = freeze_any();
  if (!victim) return {};  // it ended by itself, which the crew has noted
  const pid_t pid = *crew_->pid(*victim);
  if (is_holder(pid)) {
    ++counts_.inside;
  } else if (is_waiting(pid)) {
    ++counts_.waiting;
  } else {
    ++counts_.outside;
  }
  crew_->kill(*victim);
  return crew_->spawn(*victim);
}

}  // namespace penny::cli::stress
