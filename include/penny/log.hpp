#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace penny {

enum class LogLevel : std::uint8_t { kInfo, kWarning, kError };

// Called from any thread of the store, without a lock held, never from inside the gate. It must not call the store.
using LogCallback = std::function<void(LogLevel, std::string_view)>;

}  // namespace penny
