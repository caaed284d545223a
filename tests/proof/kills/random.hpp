#pragma once

// Numbers that follow from a seed, the same in every process and on every machine.

#include <cmath>
#include <cstdint>

namespace penny::proof::kills {

// Sebastiano Vigna's splitmix64 finaliser: neighbouring seeds give unrelated numbers.
[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { return mixed(state_++); }
  // 0..bound-1
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
  // As the time until the next of events that come at random, on average after `mean`.
  double exponential(double mean) { return -std::log1p(-static_cast<double>(next() >> 11U) * 0x1.0p-53) * mean; }

 private:
  std::uint64_t state_;
};

}  // namespace penny::proof::kills
