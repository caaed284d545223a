#pragma once

// What one user says to the assistant, in the words of `Speech`, now and then so that it teaches something; and what he asks about it
// later. Everything follows from a turn's number. Pure.

#include <cstdint>
#include <string>

#include <penny/operation.hpp>

#include "bench/figures/speech.hpp"

namespace penny::figures {

// Immutable; any thread.
class Talk {
 public:
  explicit Talk(std::uint64_t seed) : speech_(seed) {}

  // The turn with what it teaches (`Store::learn`), and with a fact to remember in every 25th. Throws `std::runtime_error`.
  [[nodiscard]] Batch turn(const std::string& user, std::uint64_t number) const;

  // One of 1,000 users, drawn by the number.
  [[nodiscard]] std::string any_user(std::uint64_t number) const;

  // What the user says in the turn: 8..16 words, and a phrase that teaches before two of three.
  [[nodiscard]] std::string statement(std::uint64_t number) const;

  // A question with some six of the words of a turn that was said.
  [[nodiscard]] std::string question(std::uint64_t number) const;

 private:
  Speech speech_;
};

}  // namespace penny::figures
