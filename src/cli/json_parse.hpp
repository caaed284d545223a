#pragma once

// JSON with exact numbers. Boost.JSON 1.81 reads 0.995056 as a neighbour of that number, which then prints as something
// else than what was stored.

#include <string_view>

#include <boost/json.hpp>

namespace penny::cli {

struct ParsedJson {
  bool is_json = false;
  boost::json::value value;  // null also for JSON of more than 256 levels, which is JSON all the same
};

// Reads one JSON value. Numbers become the nearest double, whole ones of at most 64 bits stay whole.
[[nodiscard]] ParsedJson parse_json(std::string_view text);

}  // namespace penny::cli
