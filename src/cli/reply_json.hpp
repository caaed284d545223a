#pragma once

// An assistant's reply as chat and voice print it with --json.

#include <boost/json.hpp>

#include "assistant/conversation.hpp"

namespace penny::cli {

[[nodiscard]] boost::json::object json_of(const assistant::Reply& reply);

}  // namespace penny::cli
