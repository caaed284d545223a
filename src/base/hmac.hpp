#pragma once

// HMAC with SHA-256 (RFC 2104): a hash that only the holder of the key can make.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/sha256.hpp"

namespace penny::base {

// Any thread; does not block. Throws as `Sha256` does.
[[nodiscard]] Digest hmac_sha256(std::span<const std::uint8_t> key, std::string_view message);

}  // namespace penny::base
