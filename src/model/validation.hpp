#pragma once

// The one place where values of callers are checked, before anything is queued or written. All refusals are `kInvalid`;
// their message names the field, the limit and the value's size. The limits: <penny/limits.hpp>.

#include <cstddef>
#include <string_view>

#include <penny/error.hpp>
#include <penny/operation.hpp>

namespace penny::model {

[[nodiscard]] Result<void> validate(const Operation& operation);

// Also: 1..64 operations of one user, 4 MiB, no id twice, at most 64 well-formed condition keys. In a batch of several
// the error's field says of which operation, for example "operations[2].key".
[[nodiscard]] Result<void> validate(const Batch& batch);

[[nodiscard]] Result<void> validate_user(std::string_view user);

// 1..128 bytes of printable UTF-8.
[[nodiscard]] Result<void> validate_name(std::string_view value, std::string_view field);

// Of one page of a list.
[[nodiscard]] Result<void> validate_limit(std::size_t limit);

// What the operation counts against the limits of batches and queues: user, channel and the encoded payload.
[[nodiscard]] std::size_t size_bytes(const Operation& operation);

}  // namespace penny::model
