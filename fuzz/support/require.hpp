#pragma once

// What a target promises of every input. A promise that does not hold ends the program, and the fuzzer keeps the input.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/core.h>

#include <penny/error.hpp>

namespace penny::fuzz {

[[noreturn]] inline void broken(std::string_view claim, std::string_view what = {}) {
  fmt::print(stderr, "RED: {}{}{}\n", claim, what.empty() ? "" : ": ", what);
  (void)std::fflush(stderr);
  std::abort();
}

inline void require(bool holds, std::string_view claim) {
  if (!holds) broken(claim);
}

inline std::string told(const Error& error) { return fmt::format("{} ({})", error.message, to_string(error.code)); }

// The value; it must be there.
template <class T>
T need(Result<T> result, std::string_view claim) {
  if (!result) broken(claim, told(result.error()));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace penny::fuzz
