#pragma once

// The canonical bytes of a payload and of its result: what the ledger keeps and hashes. One value has one encoding, and
// an encoding never changes, since stores hold its hashes.
//
// A payload begins with its kind's number, a result with its place in the variant. Then the fields follow in declared
// order, each as in base/bytes.hpp: enumerations as integers, ids as bytes, an optional as a flag and then the value, a
// variant as its place and then the value. What the store assigns (rev, at) is not in it.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <penny/error.hpp>
#include <penny/operation.hpp>
#include <penny/outcome.hpp>

#include "base/sha256.hpp"

namespace penny::model {

[[nodiscard]] std::string encode(const Payload& payload);
[[nodiscard]] std::size_t encoded_size(const Payload& payload);

// `kDamaged` for everything that `encode` does not make of a valid payload: cut off, bytes left over, a kind or an
// enumeration out of range, a number that is not finite.
[[nodiscard]] Result<Payload> decode(std::string_view bytes);

// SHA-256(salt, encoding), without building the encoding.
[[nodiscard]] base::Digest payload_hash(std::span<const std::uint8_t> salt, const Payload& payload);

// At most `limits::kOutcomeBytesMax` bytes for results of valid operations.
[[nodiscard]] std::string encode_result(const OperationResult& result);
[[nodiscard]] Result<OperationResult> decode_result(std::string_view bytes);

}  // namespace penny::model
