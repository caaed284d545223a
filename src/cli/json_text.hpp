#pragma once

// JSON on one line, as this program prints it: numbers in their shortest decimal form (0.1, where Boost.JSON writes
// 1E-1), and no character that a terminal would obey. Reading it back gives the same value.

#include <string>

#include <boost/json.hpp>

namespace penny::cli {

[[nodiscard]] std::string json_text(const boost::json::value& value);

}  // namespace penny::cli
