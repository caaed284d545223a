#pragma once

// Makes the error of a `Result`.

#include <expected>
#include <string>

#include <penny/error.hpp>

namespace penny::base {

// `message` says what is wrong (field, limit and the value's size where there are such), `advice` what to do next.
[[nodiscard]] std::unexpected<Error> fail(ErrorCode code, std::string message, std::string advice = {},
                                          std::string field = {});

}  // namespace penny::base
