#pragma once

// Kills processes where it hurts: inside the gate, waiting for it, and elsewhere.
//
// The victim is stopped first. While it stands still nobody else can hold the gate in its place, so what the gate's
// page says of it then is where it was killed.

#include <cstdint>
#include <memory>
#include <random>

#include <penny/error.hpp>

#include "cli/stress/crew.hpp"
#include "store/gate_page.hpp"

namespace penny::cli::stress {

struct KillCounts {
  std::uint64_t inside = 0;
  std::uint64_t waiting = 0;
  std::uint64_t outside = 0;

  [[nodiscard]] std::uint64_t total() const { return inside + waiting + outside; }
};

class Killer {
 public:
  // Of the first `writers` processes of the crew, which outlives it. The store must have been opened by them.
  [[nodiscard]] static Result<Killer> make(Crew& crew, std::size_t writers, std::uint64_t seed);

  // Kills one process (by turns the gate's holder and any) and starts it again. Blocks for a few milliseconds, and at
  // most 30 for a holder to be caught.
  [[nodiscard]] Result<void> strike();

  [[nodiscard]] const KillCounts& counts() const { return counts_; }

 private:
  Killer(Crew& crew, std::size_t writers, std::uint64_t seed, std::unique_ptr<store::GatePage> page)
      : crew_(&crew), writers_(writers), random_(seed), page_(std::move(page)) {}

  [[nodiscard]] std::optional<std::size_t> freeze_holder();
  [[nodiscard]] std::optional<std::size_t> freeze_any();
  [[nodiscard]] bool is_holder(pid_t pid) const;
  [[nodiscard]] bool is_waiting(pid_t pid) const;

  Crew* crew_;
  std::size_t writers_;
  std::mt19937_64 random_;
  std::unique_ptr<store::GatePage> page_;
  KillCounts counts_;
  bool aims_at_holder_ = true;
};

}  // namespace penny::cli::stress
