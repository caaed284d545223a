#pragma once

// A measurement ends at the first error that it does not count.

#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/core.h>
#include <penny/error.hpp>

namespace penny::figures {

// The value. Throws `std::runtime_error` with what the error says otherwise.
template <class T>
T must(Result<T> result, std::string_view what) {
  if (!result) {
    const Error& error = result.error();
    throw std::runtime_error(fmt::format("{}: {} ({}); {}", what, error.message, to_string(error.code), error.advice));
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace penny::figures
