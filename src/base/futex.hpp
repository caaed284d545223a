#pragma once

// Waiting for a 32-bit word to change, inside one process or across processes that share its page (futex(2)). Linux
// only.

#include <atomic>
#include <chrono>
#include <cstdint>

namespace penny::base {

inline constexpr std::uint32_t kFutexAnyBit = 0xffffffffU;

// Sleeps while `word` is `expected`, until it is woken with a common bit in `bits`, or the deadline passes (no
// deadline: time_point::max()). May also return for no reason: the caller checks its own condition again. Never fails.
void futex_wait_private(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                        std::chrono::steady_clock::time_point deadline);
void futex_wait_shared(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                       std::chrono::steady_clock::time_point deadline, std::uint32_t bits = kFutexAnyBit);

// Wakes everybody who waits for it (with a common bit). A word that is no longer mapped is harmless.
void futex_wake_private(const std::atomic<std::uint32_t>& word);
void futex_wake_shared(const std::atomic<std::uint32_t>& word, std::uint32_t bits = kFutexAnyBit);

}  // namespace penny::base
